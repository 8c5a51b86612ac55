"""Done forecasts as a long table: one row per origin and step, with what happened, all scores and all samples.

As CSV it holds numbers and ISO times only: nothing a spreadsheet could run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import polars as pl

from engine import plotdata
from engine.blocks import BLOCK
from engine.export import Done
from engine.scoring.reading import Opponents, rival_pairs
from engine.series import Floats, Ints, Series
from engine.spec import Spec
from engine.windows import actuals, unscale

SEPARATORS = {".": ",", ",": ";"}  # of a CSV, by its decimal sign
TIME = {".": "%Y-%m-%dT%H:%M:%S", ",": "%Y-%m-%d %H:%M:%S"}  # spreadsheets take no T
DIGITS, MOST_DIGITS, MOST_PLACES = 5, 10, 15  # of a CSV: of a scale, before those, after the point
QUANTILES = {level: f"q{100 * level:g}" for level in plotdata.LEVELS}
INNER, OUTER = (0.25, 0.75), (0.1, 0.9)


def schema(spec: Spec) -> dict[str, pl.DataType]:
    """The table's columns."""
    numbers = [*QUANTILES.values(), "actual", "crps"]
    rest = ["baseline_crps", "last_value_crps", *_samples(spec)]
    return (
        {"index": pl.Int64(), "origin": pl.Datetime("ms"), "step": pl.UInt8(), "time": pl.Datetime("ms")}
        | dict.fromkeys(numbers, pl.Float64())
        | {"inside50": pl.UInt8(), "inside80": pl.UInt8()}
        | dict.fromkeys(rest, pl.Float64())
    )


def frames(
    series: Series, spec: Spec, parts: Iterable[Done], opponents: Opponents, short: bool = False
) -> Iterator[pl.DataFrame]:
    """The table, a part at a time; `short`: numbers to the digits that mean something."""
    for slots, (samples, loc, scale, _, _) in parts:
        yield _frame(
            series, spec, slots, unscale(samples, loc, scale), opponents, _places(loc, scale) if short else None
        )


def csv(series: Series, spec: Spec, parts: Iterable[Done], opponents: Opponents, decimal: str = ".") -> Iterator[bytes]:
    """A header, then a line per row. decimal: "." with commas between cells, or "," with semicolons, as Excel reads it
    in German or French."""
    separator = SEPARATORS[decimal]
    yield (separator.join(schema(spec)) + "\n").encode()
    for table in frames(series, spec, parts, opponents, short=True):
        yield table.write_csv(
            include_header=False, separator=separator, decimal_comma=decimal == ",", datetime_format=TIME[decimal]
        ).encode()


def _frame(
    series: Series, spec: Spec, slots: Ints, samples: Floats, opponents: Opponents, places: Ints | None
) -> pl.DataFrame:
    steps = np.arange(1, spec.horizon + 1)
    happened = actuals(series, slots, spec.horizon)
    bands = dict(
        zip(plotdata.LEVELS, np.moveaxis(plotdata.quantiles(samples, plotdata.LEVELS, spec.kind), -1, 0), strict=True)
    )

    def column(values: Floats) -> Floats:
        return (values if places is None else _rounded(values, places)).ravel()

    def inside(low: float, high: float) -> pl.Series:
        held = np.where(np.isnan(happened), np.nan, (bands[low] <= happened) & (happened <= bands[high]))
        return pl.Series(held.ravel()).fill_nan(None).cast(pl.UInt8)

    rivals = _rivals(series, slots, spec.horizon, opponents)
    columns: dict[str, Any] = {
        "index": np.repeat(slots - series.last_slot, spec.horizon),
        "origin": np.repeat(series.times(slots), spec.horizon).astype("datetime64[ms]"),
        "step": np.tile(steps, len(slots)),
        "time": series.times(slots[:, None] + steps).ravel().astype("datetime64[ms]"),
    }
    columns |= {name: column(bands[level]) for level, name in QUANTILES.items()}
    columns |= {"actual": happened.ravel(), "crps": column(plotdata.crps(samples, happened, spec.kind))}
    columns |= {"inside50": inside(*INNER), "inside80": inside(*OUTER)}
    columns |= {"baseline_crps": column(rivals[0]), "last_value_crps": column(rivals[1])}
    columns |= {name: column(samples[..., at]) for at, name in enumerate(_samples(spec))}
    unknown = pl.col("actual", "crps", "baseline_crps", "last_value_crps").fill_nan(None)
    return pl.DataFrame(columns, schema=schema(spec)).with_columns(unknown)


def _samples(spec: Spec) -> list[str]:
    return [f"s{number}" for number in range(1, spec.num_samples + 1)]


def _rivals(series: Series, slots: Ints, horizon: int, opponents: Opponents) -> tuple[Floats, Floats]:
    """CRPS (B, H) of the baseline and of the last value, made a block's worth of origins at a time."""
    parts = [
        rival_pairs(series, slots[start : start + BLOCK], horizon, opponents) for start in range(0, len(slots), BLOCK)
    ]
    first, second = (np.concatenate([part[at].crps for part in parts]).astype(np.float64) for at in (0, 1))
    return first, second


def _places(loc: Floats, scale: Floats) -> Ints:
    """Decimal places that mean something at each origin's scale, (B,)."""
    finest = np.maximum(scale, 10.0**-MOST_DIGITS * np.abs(loc))
    places: Ints = np.clip(DIGITS - np.floor(np.log10(finest)), 0, MOST_PLACES).astype(np.int64)
    return places


def _rounded(values: Floats, places: Ints) -> Floats:
    """Values (B, H) to so many places (B,)."""
    power = (10.0**places)[:, None]
    result: Floats = np.rint(values * power) / power
    return result
