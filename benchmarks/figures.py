"""A figure of the bench: a value, its reference from the same run, and the ratio that counts."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine import Series, Step


class Figure(NamedTuple):
    """value and reference in the same unit; goal: the bound of value / reference, `at_least` or at most."""

    name: str
    value: float
    reference: float
    unit: str
    compared_with: str
    goal: float
    at_least: bool

    @property
    def ratio(self) -> float:
        return self.value / self.reference

    @property
    def reached(self) -> bool:
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal

    def row(self) -> str:
        sign = ">=" if self.at_least else "<="
        verdict = "ok" if self.reached else "MISSED"
        return (
            f"{self.name:<46} {self.value:>11,.3f} {self.reference:>11,.3f} {self.unit:<10} "
            f"{self.ratio:>7.2f}  {sign} {self.goal:<5g} {verdict:<7} against {self.compared_with}"
        )

    def to_json(self) -> dict[str, Any]:
        """One row of a record."""
        goal = self.goal if math.isfinite(self.goal) else None
        told = self._asdict() | {"goal": goal, "ratio": self.ratio, "reached": self.reached}
        return {name: round(value, 6) if isinstance(value, float) else value for name, value in told.items()}


HEAD = f"{'figure':<46} {'value':>11} {'reference':>11} {'unit':<10} {'ratio':>7}  goal"


def seconds(work: Callable[[], object], repeat: int) -> list[float]:
    """How long each of `repeat` calls took."""
    took = []
    for _ in range(repeat):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return took


def percentile(took: Sequence[float], share: float) -> float:
    return float(np.quantile(np.asarray(took), share))


def meter(length: int, seed: int = 0) -> Series:
    """A quarter-hourly series with a daily rhythm and a few gaps."""
    random = np.random.default_rng(seed)
    hours = np.arange(length) / 4
    values = (
        30 + 12 * np.sin(hours * np.pi / 12) + random.normal(0, 2, length).cumsum() * 0.05 + random.normal(0, 1, length)
    )
    values[random.random(length) < 0.002] = np.nan
    values[-1] = 30.0
    return Series(values, Step(900, "second"), 1_900_000)


def to_csv(series: Series) -> bytes:
    times = series.times(np.arange(series.first_slot, series.last_slot + 1))
    rows = (f"{t},{'' if v != v else repr(float(v))}" for t, v in zip(times, series.values, strict=True))
    return ("time,load\n" + "\n".join(rows)).encode()
