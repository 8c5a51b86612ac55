"""What sensor exports have in common: the glucose column, kinds of rows, words for readings beyond the limits."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.series import Floats

GLUCOSE = re.compile(r"gluc|gluk|glyc", re.IGNORECASE)
NO_SENSOR = re.compile(r"scan|strip|streifen|meter|calib|kalib|\bbg\b|keton", re.IGNORECASE)
READING_KINDS = {  # column -> kinds of rows that hold a sensor's reading
    "Event Type": ("EGV", "EGW"),
    "Ereignistyp": ("EGV", "EGW"),
    "Record Type": ("0",),
    "Aufzeichnungstyp": ("0",),
}
LIMITS = {
    "mg/dL": (39.0, 401.0),
    "mmol/L": (2.2, 22.3),
}  # what is drawn for a reading below or above the sensor's range
LOW, HIGH = ("low", "lo", "niedrig"), ("high", "hi", "hoch")
UNIT = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
BARE_UNIT = re.compile(r"\b(mg/dL|mmol/L)$")


def unit_of(column: str) -> str | None:
    """The unit in a column's name: the last (...) or [...], or a bare mg/dL or mmol/L at its end."""
    enclosed = UNIT.findall(column)
    bare = BARE_UNIT.search(column)
    return (enclosed[-1].strip() or None) if enclosed else (bare[1] if bare else None)


def is_sensor(column: str) -> bool:
    """Whether a column's name says glucose measured by a sensor, not by scan, strip or meter."""
    return GLUCOSE.search(column) is not None and NO_SENSOR.search(column) is None


def kind_column(names: list[str], value: str) -> str | None:
    """The column that tells readings from other records, where the value is glucose."""
    return next((name for name in names if name in READING_KINDS), None) if is_sensor(value) else None


def censor(cells: pl.Series, values: Floats, unit: str | None) -> NDArray[np.bool_]:
    """Put the limits of `unit` into `values` (in place) where the cells say Low or High; (n,) bool of those."""
    words = cells.str.strip_chars().str.to_lowercase()
    low, high = words.is_in(LOW).to_numpy(), words.is_in(HIGH).to_numpy()
    if unit not in LIMITS:
        return np.zeros(len(values), dtype=bool)
    values[low], values[high] = LIMITS[unit]
    censored: NDArray[np.bool_] = low | high
    return censored
