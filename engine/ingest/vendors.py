"""What sensor exports have in common: the glucose column, kinds of rows, words for readings beyond the limits."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from engine.series import Bools, Floats

GLUCOSE = re.compile(r"gluc|gluk|glyc|glik|glic", re.IGNORECASE)
NO_SENSOR = re.compile(
    r"s[ck]an|numéris|strip|streifen|bandelette|tira\b|striscia|meter|calib|kalib|calibr|\bbg\b|[ck]eton|cétone|"
    r"\brate\b|change|änderung|variation|variazion|variaci|trend|target|ziel|cible|objetivo|alert|alarm|alerte|limit|"
    r"insulin|isig",
    re.IGNORECASE,
)
RECORD_TYPE = re.compile(
    r"record type|aufzeichnungstyp|type d.enregistrement|tipo de registro|tipo di record|tipo di registrazione|"
    r"tipo de registo|recordtype|type record|registreringstype|posttyp|typ rekordu",
    re.IGNORECASE,
)
SENSOR_EVENTS = ("EGV", "EGW")
HISTORIC = "0"  # the record type of readings that a sensor stored by itself
LIMITS = {
    "mg/dL": (39.0, 401.0),
    "mmol/L": (2.2, 22.3),
}  # what is drawn for a reading below or above the sensor's range
LOW = ("low", "lo", "niedrig", "bas", "bajo", "basso", "baixo", "laag", "lav", "låg")
HIGH = ("high", "hi", "hoch", "haut", "élevé", "elevé", "alto", "alta", "hoog", "høj", "hög")
UNIT = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
BARE_UNIT = re.compile(r"\b(mg/dL|mmol/L)$", re.IGNORECASE)
SPELLED = {unit.lower(): unit for unit in LIMITS}
MOST_MMOL = 30.0  # a median glucose below it is in mmol/L
UNITLESS = ("sgv",)  # names that are always glucose, though they do not say so


def unit_of(column: str) -> str | None:
    """The unit in a column's name: the last (...) or [...], or a bare mg/dL or mmol/L at its end."""
    enclosed = UNIT.findall(column)
    bare = BARE_UNIT.search(column)
    unit = (enclosed[-1].strip() or None) if enclosed else (bare[1] if bare else None)
    return spelled(unit) if unit else None


def spelled(unit: str) -> str:
    """A unit, those of glucose in their usual spelling."""
    return SPELLED.get(unit.lower(), unit)


def assumed_unit(column: str, values: Floats) -> str | None:
    """The unit of glucose whose name tells none, by the size of its readings; None of anything else."""
    if unit_of(column) is not None or not (is_sensor(column) or column.lower() in UNITLESS):
        return None
    known = values[~np.isnan(values)]
    return ("mmol/L" if np.median(known) < MOST_MMOL else "mg/dL") if len(known) else None


def is_sensor(column: str) -> bool:
    """Whether a column's name says glucose measured by a sensor, not by scan, strip or meter, or is glucose's unit."""
    if column.lower() in SPELLED:
        return True
    return GLUCOSE.search(column) is not None and NO_SENSOR.search(column) is None


def kind_column(sample: pl.DataFrame, value: str) -> tuple[str, tuple[str, ...]] | None:
    """The column that tells a sensor's readings from other records, and the kinds that are readings."""
    if not is_sensor(value):
        return None
    for name in sample.columns:
        cells = sample[name].str.strip_chars()
        if cells.is_in(SENSOR_EVENTS).any():
            return name, SENSOR_EVENTS
        if RECORD_TYPE.search(name) and (cells == HISTORIC).any():
            return name, (HISTORIC,)
    return None


def censor(words: pl.Series, unit: str | None) -> tuple[Floats, Bools]:
    """The limits of `unit` that stand for words such as Low and High, and which of the words are such, (n,) each."""
    limits, censored = np.full(len(words), np.nan), np.zeros(len(words), dtype=bool)
    if unit in LIMITS:
        words = words.str.strip_chars().str.to_lowercase()
        for names, limit in zip((LOW, HIGH), LIMITS[unit], strict=True):
            said = words.is_in(names).to_numpy()
            limits[said] = limit
            censored |= said
    return limits, censored
