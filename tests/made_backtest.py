"""A made-up answer of a backtest, of hourly data, whose every part a test may change."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import (
    Backtest,
    ByStep,
    Cell,
    Coverage,
    Measures,
    OverTime,
    Panel,
    Range,
    Ranks,
    Skill,
    Standing,
    Stretch,
)

H = 12
NAN = Range(math.nan, math.nan)


def cell(key: str, miss: float, *, stands_out: bool = False, moments: int = 208, n_eff: float = 70.0) -> Cell:
    """A slice; with fewer than ten independent moments it has no range."""
    reach = Range(0.9 * miss, 1.1 * miss) if n_eff >= 10 else NAN
    return Cell(key, moments, n_eff, miss, reach, 1.4 * miss, stands_out)


def panels(hard: tuple[str, ...] = (), **of: float) -> tuple[Panel, ...]:
    """The clock, level and trend of hourly data. hard: keys that stand out. of: n_eff of all."""

    def made(keys: list[str]) -> tuple[Cell, ...]:
        return tuple(cell(key, 4.0 if key in hard else 2.0, stands_out=key in hard, **of) for key in keys)

    trends = ("falling-fast", "falling", "steady", "rising", "rising-fast")
    return (
        Panel("clock", made([f"clock:{day}-{hour}" for day in range(7) for hour in range(24)]), ()),
        Panel("hour", made([f"hour:{hour}" for hour in range(24)]), ()),
        Panel("weekday", made([f"weekday:{day}" for day in range(7)]), ()),
        Panel("level", made([f"level:{name}" for name in ("low", "middle", "high")]), (35.0, 52.0)),
        Panel("trend", made([f"trend:{name}" for name in trends]), (-0.8, -0.2, 0.2, 0.8)),
    )


def by_step(**changed: Any) -> ByStep:
    """Errors that grow with the steps ahead, bands that are right."""
    steps = np.arange(1, H + 1)
    miss = 1.2 + 0.15 * steps
    columns = {
        "pairs": np.full(H, 35_080),
        "n_eff": np.full(H, 12_000.0),
        "crps": miss,
        "crps_low": 0.95 * miss,
        "crps_high": 1.05 * miss,
        "baseline_crps": np.full(H, 3.5),
        "last_value_crps": 1.5 * miss,
        "mae": 1.4 * miss,
        "bias": np.zeros(H),
        "coverage50": np.full(H, 0.503),
        "coverage80": np.full(H, 0.798),
        "expected50_low": np.full(H, 0.49),
        "expected50_high": np.full(H, 0.51),
        "expected80_low": np.full(H, 0.79),
        "expected80_high": np.full(H, 0.81),
    }
    return ByStep(**(columns | changed))


def over_time(length: int = 35_136, columns: int = 200) -> OverTime:
    """A rolling miss that rises once."""
    index = np.linspace(1 - length, -20, columns).astype(np.int64)
    miss = np.full(columns, 2.4)
    miss[columns // 2] = 6.0
    time = np.datetime64("2025-01-01T00:00:00") + index * np.timedelta64(3600, "s")
    return OverTime(index, time, 168, miss, np.full(columns, 3.5), np.full(columns, 0.8))


def ranks(shares: np.ndarray, reach: float = 0.01) -> Ranks:
    """Of ten quantiles: a right forecast has half as much in its first and last bar."""
    nominal = np.array([0.05, *[0.1] * 9, 0.05])
    return Ranks(shares, nominal, nominal - reach, nominal + reach)


def backtest(**changed: Any) -> Backtest:
    """The running example: a year of readings, a forecast that is better by a third, bands that are right."""
    mine = Measures(2.4, 3.1, 4.4, 0.71, -0.05, 0.071, 14.2, 0.503, 0.796)
    theirs = Measures(3.5, 4.4, 6.1, 1.0, 0.02, 0.104, 21.0, 0.49, 0.79)
    fields: dict[str, Any] = {
        "handle": "0" * 64,
        "model": "toy",
        "kind": "quantiles",
        "horizon": H,
        "slice": "",
        "stretch": None,
        "season": 24,
        "season_share": 1.0,
        "scale": 4.4,
        "standing": Standing(35_100, 35_100, 35_100, 35_080, 35_080, True),
        "n_eff": 11_700.0,
        "measures": mine,
        "baseline": theirs,
        "last_value": theirs,
        "skill": Skill(0.31, Range(0.27, 0.35), "better"),
        "skill_last": Skill(0.31, Range(0.27, 0.35), "better"),
        "coverage50": Coverage(0.503, 0.5, Range(0.49, 0.51), "right"),
        "coverage80": Coverage(0.796, 0.8, Range(0.79, 0.81), "right"),
        "by_step": by_step(),
        "panels": panels(),
        "over_time": over_time(),
        "worst": tuple(
            Stretch(-100 * k, np.datetime64("2024-03-05T14:00:00") - 100 * k, 30.0 - k, 12.0) for k in range(1, 21)
        ),
        "ranks": ranks(np.full(11, 1 / 11)),
    }
    return Backtest(**(fields | changed))
