"""Slices: moments alike by what was known at them, by the clock, the level, the trend. Never by what came after: where
only extremes are looked at, a perfect forecast looks bad, too (Lerch et al. 2017, "Forecaster's Dilemma")."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from engine.dataset import Dataset
from engine.errors import BadRequest
from engine.series import DAY, Bools, Floats, Ints, Step

LEVELS = ("low", "middle", "high")
TRENDS = ("falling-fast", "falling", "steady", "rising", "rising-fast")
TREND_EDGES = (-1.5, -0.5, 0.5, 1.5)  # of the change over TREND_STEPS, in units of the series' scale
TREND_STEPS = 3
WEEK = 7 * DAY
HOURS, WEEKDAYS, MONTHS = 24, 7, 12


class Kind(NamedTuple):
    """A way to slice: names of its slices in their order, and which one each moment (L,) is in, -1: in none."""

    names: tuple[str, ...]
    cells: Ints


class Slices:
    """Of one dataset. Hours, weekdays (0: Monday) and months (1: January) are those of the series' own clock."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._series = dataset.series

    @property
    def kinds(self) -> tuple[str, ...]:
        """The panels that make sense for the series' step: the clock first, then what it is made of."""
        step = self._series.step
        if _shorter_than(step, DAY):
            return "clock", "hour", "weekday", "month", "level", "trend"
        if _shorter_than(step, WEEK):
            return "clock", "weekday", "month", "level", "trend"
        return "clock", "level", "trend"

    def panel(self, kind: str) -> Kind:
        """What a panel shows; of the clock: of hours of the week, of months of weekdays, or of months alone."""
        if kind != "clock":
            return self.kind(kind)
        if "hour" in self.kinds:
            return self.kind("clock")
        return self.kind("season" if "weekday" in self.kinds else "month")

    def kind(self, name: str) -> Kind:
        """Moments by one property. KeyError if there is no such one."""
        if name in {"level", "trend"}:
            words, cells = (LEVELS, self._level_cells) if name == "level" else (TRENDS, self._trend_cells)
            return Kind(tuple(f"{name}:{word}" for word in words), cells)
        if name in {"hour", "weekday", "month"}:
            first, count, cells = {
                "hour": (0, HOURS, self._hour),
                "weekday": (0, WEEKDAYS, self._weekday),
                "month": (1, MONTHS, self._month),
            }[name]
            return Kind(tuple(f"{name}:{number}" for number in range(first, first + count)), cells)
        first, count, within = {"clock": (0, HOURS, self._hour), "season": (1, MONTHS, self._month)}[name]
        numbers = range(first, first + count)
        names = tuple(f"{name}:{weekday}-{number}" for weekday in range(WEEKDAYS) for number in numbers)
        return Kind(names, self._weekday * count + within)

    def mask(self, key: str) -> Bools:
        """Which moments (L,) are in a slice; all of them in "". BadRequest."""
        if not key:
            return np.ones(len(self._series), dtype=bool)
        try:
            names, cells = self.kind(key.split(":")[0])
            result: Bools = cells == names.index(key)
        except (KeyError, ValueError):
            raise BadRequest(
                f"There is no slice {key[:40]!r}. Known are hour:0 to 23, weekday:0 (Monday) to 6, month:1 to 12, "
                "clock:0-6 (weekday-hour), season:0-3 (weekday-month), level:low, middle, high and trend:falling-fast, "
                "falling, steady, rising, rising-fast.",
                field="slice",
            ) from None
        return result

    def between(self, stretch: tuple[int, int] | None) -> Bools:
        """Which moments (L,) lie between two indices, these included; all of them for None."""
        inside = np.ones(len(self._series), dtype=bool)
        if stretch is not None:
            newest = len(inside) - 1
            inside[: newest + stretch[0]] = inside[newest + stretch[1] + 1 :] = False
        return inside

    def runs(self, key: str) -> list[tuple[int, int]]:
        """Indices (first, last) of the runs of usable moments in a slice, oldest first. BadRequest."""
        inside = self.mask(key) & self._dataset.usable_origins
        edges = np.diff(inside.astype(np.int8), prepend=0, append=0)
        first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
        newest = len(self._series) - 1
        return list(zip((first - newest).tolist(), (last - newest).tolist(), strict=True))

    @cached_property
    def level_edges(self) -> tuple[float, float]:
        """What cuts the file's usable moments in thirds by their last reading, in the data's unit."""
        low, high = np.quantile(self._last_reading[self._dataset.usable_origins], (1 / 3, 2 / 3))
        return float(low), float(high)

    @cached_property
    def _last_reading(self) -> Floats:
        """The newest reading at each moment, (L,); NaN before the first."""
        values = self._series.values
        newest = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
        result: Floats = values[newest]
        return result

    @property
    def _level_cells(self) -> Ints:
        low, high = self.level_edges
        level = self._last_reading
        return np.where(np.isnan(level), -1, (level > low).astype(np.int64) + (level > high))

    @property
    def _trend_cells(self) -> Ints:
        level = self._last_reading
        with np.errstate(over="ignore", invalid="ignore"):
            change = (level[TREND_STEPS:] - level[:-TREND_STEPS]) / self._dataset.scale
        change = np.concatenate((np.full(min(TREND_STEPS, len(level)), np.nan), change))
        return np.where(np.isnan(change), -1, np.searchsorted(TREND_EDGES, change))

    @cached_property
    def _seconds(self) -> Ints:
        """Since 1970 in the series' own clock, (L,)."""
        slots = np.arange(self._series.first_slot, self._series.last_slot + 1)
        return self._series.times(slots).astype(np.int64)

    @cached_property
    def _days(self) -> Ints:
        """Since 1970, (L,)."""
        return self._seconds // DAY

    @cached_property
    def _hour(self) -> Ints:
        return (self._seconds - DAY * self._days) // (DAY // HOURS)

    @cached_property
    def _weekday(self) -> Ints:
        return (self._days + 3) % WEEKDAYS  # 1970-01-01 was a Thursday

    @cached_property
    def _month(self) -> Ints:
        """0: January."""
        months: Ints = self._days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % MONTHS
        return months


def _shorter_than(step: Step, seconds: int) -> bool:
    """A weekday counts as a day."""
    return (step.unit == "weekday" and DAY * step.count < seconds) or (step.unit == "second" and step.count < seconds)
