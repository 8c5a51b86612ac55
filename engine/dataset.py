"""Dataset: a series as the doors see it. The index (0 = the last point, -1 the one before, ...) exists only here."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine import windows
from engine.errors import BadRequest, IndexOutOfRange, OriginUnusable, UploadError
from engine.models.seasonal_naive import periods
from engine.series import Series

PROBES = 16  # contexts, evenly spread, whose periods decide the season of the whole series
LEAST_SHARE = 0.25  # of them that show one and the same; the others may be too short, or disturbed
ALIKE = 0.02  # periods that differ by less are the same


class Summary(NamedTuple):
    """What a list of datasets says of each."""

    handle: str
    length: int
    first_index: int
    last_index: int
    start: np.datetime64
    end: np.datetime64
    step_seconds: int | None
    step_calendar: str | None
    zone: str | None


@dataclass(frozen=True)
class Dataset:
    """A series with its usable origins. UploadError TOO_SHORT if there is none."""

    series: Series
    usable_origins: NDArray[np.bool_] = field(init=False)  # (N,), oldest first

    def __post_init__(self) -> None:
        usable = windows.usable(self.series.values)
        if not usable.any():
            raise UploadError(
                f"No stretch of {windows.CONTEXT_LENGTH} steps holds {windows.MIN_OBSERVED} readings, the least that a "
                "first forecast needs. Send a longer file, or one with fewer gaps.",
                code="TOO_SHORT",
            )
        usable.flags.writeable = False
        object.__setattr__(self, "usable_origins", usable)

    @property
    def handle(self) -> str:
        return self.series.handle

    @property
    def length(self) -> int:
        return len(self.series)

    @cached_property
    def first_index(self) -> int:
        """The oldest usable origin."""
        return int(np.argmax(self.usable_origins)) - self.length + 1

    @cached_property
    def last_index(self) -> int:
        """The newest usable origin."""
        return -int(np.argmax(self.usable_origins[::-1]))

    @property
    def start(self) -> np.datetime64:
        return self.time(1 - self.length)

    @property
    def end(self) -> np.datetime64:
        return self.time(0)

    def summary(self) -> Summary:
        step = self.series.step
        return Summary(
            self.handle,
            self.length,
            self.first_index,
            self.last_index,
            self.start,
            self.end,
            step.seconds,
            step.calendar,
            self.series.zone,
        )

    def slot(self, index: int) -> int:
        """The slot of an index; IndexOutOfRange if the series has no such point."""
        if not -self.length < index <= 0:
            raise IndexOutOfRange(
                f"Index {index} is not a point of this series: it has {self.length} points, from index "
                f"{1 - self.length} (the first) to 0 (the last).",
                index=index,
                first=1 - self.length,
                last=0,
            )
        return self.series.last_slot + index

    def slots_between(self, first: int | None, last: int | None) -> tuple[int, int]:
        """The slots of two indices; None: the file's ends. IndexOutOfRange, BadRequest if none is between."""
        start = self.series.first_slot if first is None else self.slot(first)
        end = self.series.last_slot if last is None else self.slot(last)
        if start > end:
            raise BadRequest(f"The range from index {first} to {last} is empty: the first index is the older one.")
        return start, end

    def origin_slot(self, index: int) -> int:
        """The slot of a usable origin; OriginUnusable, with the reason, if it is none."""
        slot = self.slot(index)
        if self.usable(index):
            return slot
        position = slot - self.series.first_slot
        seen = self.series.values[max(0, position - windows.CONTEXT_LENGTH + 1) : position + 1]
        observed = int((~np.isnan(seen)).sum())
        if observed < windows.MIN_OBSERVED:
            raise OriginUnusable(
                f"No forecast from index {index}: only {observed} earlier readings, {windows.MIN_OBSERVED} are needed. "
                f"The first forecast is at index {self.first_index}.",
                observed=observed,
                needed=windows.MIN_OBSERVED,
                first_index=self.first_index,
            )
        age = int(np.argmax(~np.isnan(seen[::-1])))
        raise OriginUnusable(
            f"No forecast from index {index}: the last reading is {age} steps old, {windows.MAX_AGE} are allowed.",
            age=age,
            allowed=windows.MAX_AGE,
            before=self._nearest_usable(position, -1),
            after=self._nearest_usable(position, 1),
        )

    def usable(self, index: int) -> bool:
        return bool(self.usable_origins[self.slot(index) - self.series.first_slot])

    def time(self, index: int) -> np.datetime64:
        """When the origin is, in the series' own clock (datetime64[s])."""
        when: np.datetime64 = self.series.times(np.array([self.slot(index)]))[0]
        return when

    def index_at(self, time: np.datetime64) -> int:
        """The index nearest to a time; may lie outside the series."""
        return self.series.slot_of(time) - self.series.last_slot

    @property
    def season(self) -> int:
        """The period, in steps, that more of the series' contexts show than any other, if so many do; else 1."""
        return self._cycle[0]

    @property
    def season_share(self) -> float:
        """How many of its contexts show the season; in the others the baseline says the last value."""
        return self._cycle[1]

    @cached_property
    def _cycle(self) -> tuple[int, float]:
        candidates = np.flatnonzero(self.usable_origins)
        probes = candidates[np.linspace(0, len(candidates) - 1, PROBES).astype(np.int64)]
        scaled = windows.contexts(self.series, probes + self.series.first_slot).values
        seen = periods(scaled.astype(np.float64))
        found, counts = np.unique(seen[seen > 1], return_counts=True)
        if len(found):
            season = int(found[np.argmax(counts)])
            share = float((np.abs(seen - season) <= max(1.0, ALIKE * season)).mean())
            if share >= LEAST_SHARE:
                return season, share
        return 1, float((seen == 1).mean())

    @cached_property
    def scale(self) -> float:
        """The MASE scale: mean |y_t - y_(t - season)| (Hyndman & Koehler 2006); the usual change where that is 0."""
        values = self.series.values
        for lag in (self.season, 1):
            change = np.abs(values[lag:] - values[:-lag])
            known = change[~np.isnan(change)]
            if len(known) and known.mean() > 0:
                return float(known.mean())
        return float(np.nanstd(values)) or max(abs(float(np.nanmax(values))), 1.0)

    def _nearest_usable(self, position: int, direction: int) -> int | None:
        """Index of the nearest usable origin before (-1) or after (1) a position."""
        side = self.usable_origins[position::direction]
        return position + direction * int(np.argmax(side)) - self.length + 1 if side.any() else None
