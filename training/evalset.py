"""The folder of real series that forecasts are scored on. It is for scoring only: nothing is trained on it.

`evalset.parquet` (series_id, t, y: slot and value, NaN = missing), `meta.csv` (series_id, group, season, ...) and
`baselines.csv` (model, sid, MASE, SQL, WQL, cov80, horizon: published scores under training.protocol).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

VARIABLE = "EVALSET_FOLDER"
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "evalset"  # where it lies beside the checkout
FILES = ("evalset.parquet", "meta.csv", "baselines.csv")


class RealSeries(NamedTuple):
    """values (N,) float64 on a regular grid, NaN = missing; season in steps."""

    name: str
    group: str
    season: int
    values: NDArray[np.float64]


class Evalset(NamedTuple):
    """series in the order of meta.csv; published: the rows of baselines.csv."""

    series: list[RealSeries]
    published: pl.DataFrame

    @property
    def groups(self) -> list[str]:
        return list(dict.fromkeys(one.group for one in self.series))


def location(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder that EVALSET_FOLDER names, else ../shared/evalset beside the checkout."""
    return Path(environ[VARIABLE]).expanduser() if environ.get(VARIABLE) else BESIDE


def missing(folder: Path) -> str | None:
    """A sentence about what is not there and what to do, None where all is."""
    absent = [name for name in FILES if not (folder / name).is_file()]
    if not absent:
        return None
    return f"There is no evalset in {folder} ({', '.join(absent)} missing). Set {VARIABLE} to the folder that has it."


def read(folder: Path) -> Evalset:
    """Everything in the folder; FileNotFoundError with a sentence where a file is missing."""
    complaint = missing(folder)
    if complaint:
        raise FileNotFoundError(complaint)
    frame = pl.read_parquet(folder / "evalset.parquet")
    values = {str(name): on_grid(part) for (name,), part in frame.group_by("series_id")}
    meta = pl.read_csv(folder / "meta.csv").select("series_id", "group", "season")
    series = [RealSeries(name, group, season, values[name]) for name, group, season in meta.iter_rows()]
    return Evalset(series, pl.read_csv(folder / "baselines.csv"))


def on_grid(points: pl.DataFrame) -> NDArray[np.float64]:
    """Values of one series by slot, from its first to its last."""
    slots = points["t"].to_numpy().astype(np.int64)
    values = np.full(slots.max() - slots.min() + 1, np.nan)
    values[slots - slots.min()] = points["y"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return values
