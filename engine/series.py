"""Series: one value column on a regular time grid, and its handle.

A slot is a point's number on the absolute grid of its step, so two files that hold the same hour agree on its slot
wherever they begin. Fixed steps are counted from 1970-01-01 in the series' own clock, months are 12 x year + month,
weekdays are five to the week. What is left over (the minute past the hour, the day of the month) is the phase: it is
kept for display, per segment.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

HANDLE_FORMAT = b"hindcast-series-1"
DAY = 86_400  # seconds
PIECE = 1 << 16  # values that are hashed together

Unit = Literal["second", "month", "weekday"]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Times = NDArray[np.datetime64]  # datetime64[s], in the series' own clock


@dataclass(frozen=True)
class Step:
    """The distance of two slots: a quarter is Step(3, "month"), a quarter of an hour Step(900, "second")."""

    count: int
    unit: Unit

    @property
    def seconds(self) -> int | None:
        """Length in seconds, None where it is not constant (months, weekdays)."""
        return self.count if self.unit == "second" else None

    @property
    def calendar(self) -> str | None:
        """None for fixed steps, else "month", "year", "weekday" or "<n> months"."""
        if self.unit == "second":
            return None
        if self.unit == "weekday":
            return "weekday"
        return {1: "month", 12: "year"}.get(self.count, f"{self.count} months")


class Phase(NamedTuple):
    """From `slot` on, times lie this far after their grid line.

    Calendar months: in the month `months` after the slot's first one, on `day` of it or on its last day if it is
    shorter (31: month ends), `seconds` after midnight. Other steps: `seconds` after the grid line.
    """

    slot: int
    seconds: int
    months: int = 0
    day: int = 1


@dataclass(frozen=True)
class Series:
    """Values on slots first_slot .. last_slot; missing points are NaN.

    values: (N,) float64, read-only. zone: None for naive local time, else "UTC", "+05:30" or "mixed" (slots are then
    counted in UTC for "UTC" and "mixed", else in the offset's own clock). phases: sorted by slot, the first one at
    first_slot. scope: empty, or the user the series belongs to.
    """

    values: Floats
    step: Step
    first_slot: int
    zone: str | None = None
    phases: tuple[Phase, ...] = field(default=())
    scope: str = ""

    def __post_init__(self) -> None:
        values = np.ascontiguousarray(self.values, dtype=np.float64)
        if values.ndim != 1 or len(values) == 0:
            raise ValueError(f"values must be a non-empty vector, found shape {values.shape}")
        if np.isinf(values).any():
            raise ValueError("values must be finite or NaN")
        if values is self.values and values.flags.writeable:
            values = values.copy()
        values.flags.writeable = False
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "phases", self.phases or (Phase(self.first_slot, 0),))

    def __len__(self) -> int:
        return len(self.values)

    @property
    def last_slot(self) -> int:
        return self.first_slot + len(self.values) - 1

    @cached_property
    def handle(self) -> str:
        """SHA-256 hex of what the series is: same data, same handle, whatever the file looked like."""
        digest = hashlib.sha256(HANDLE_FORMAT)
        head = f"{self.scope}\0{self.zone or ''}\0{self.step.count} {self.step.unit}\0{self.first_slot}\0"
        digest.update(head.encode())
        digest.update(b"".join(struct.pack("<qqqq", *phase) for phase in self.phases) + b"\0")
        for start in range(0, len(self.values), PIECE):
            digest.update(canonical_bytes(self.values[start : start + PIECE]))
        return digest.hexdigest()

    def within(self, scope: str) -> Series:
        """The same series as a scope's own; itself, with the handle it has hashed already, where it is that."""
        return self if scope == self.scope else replace(self, scope=scope)

    def times(self, slots: Ints) -> Times:
        """datetime64[s] of `slots` (any shape; slots beyond the series continue its grid)."""
        return slot_times(np.asarray(slots, dtype=np.int64), self.step, self.phases)

    def slot_of(self, time: np.datetime64) -> int:
        """The slot whose time is nearest to `time`; not clipped to the series."""
        near = int(grid_slots(np.array([time], dtype="datetime64[s]"), self.step)[0])
        around = np.arange(near - 2, near + 3)
        return int(around[np.argmin(np.abs(self.times(around) - time))])


def canonical_bytes(values: Floats) -> bytes:
    """Bytes of float64 values with a single NaN and a single zero, little-endian."""
    canonical = values.astype("<f8")
    canonical[values == 0] = 0.0
    canonical[np.isnan(values)] = np.nan
    return canonical.tobytes()


def slot_times(slots: Ints, step: Step, phases: Sequence[Phase]) -> Times:
    """datetime64[s] of slots (any shape) of a series with these phases."""
    starts, seconds, months, days = np.array(phases, dtype=np.int64).T
    segment = np.clip(np.searchsorted(starts, slots, side="right") - 1, 0, None)
    past_midnight = seconds[segment].astype("timedelta64[s]")
    if step.unit != "month":
        times: Times = grid_times(slots, step) + past_midnight
        return times
    month = slots * step.count + months[segment]
    day = np.minimum(days[segment], month_lengths(month)) - 1
    dates: Times = month_starts(month) + (day * DAY).astype("timedelta64[s]") + past_midnight
    return dates


def grid_slots(times: Times, step: Step) -> Ints:
    """Slot of the grid line at or before each time."""
    times = times.astype("datetime64[s]")
    if step.unit == "second":
        return times.astype(np.int64) // step.count
    if step.unit == "month":
        months = times.astype("datetime64[M]").astype(np.int64) + 12 * 1970  # 12 x year + (month - 1)
        return months // step.count
    days = times.astype("datetime64[D]").astype(np.int64) + 3  # day 0 is Monday 1969-12-29
    return 5 * (days // 7) + np.minimum(days % 7, 4)


def grid_times(slots: Ints, step: Step) -> Times:
    """datetime64[s] of the grid line of each slot."""
    if step.unit == "second":
        return (slots * step.count).astype("datetime64[s]")
    if step.unit == "month":
        return month_starts(slots * step.count)
    return (7 * (slots // 5) + slots % 5 - 3).astype("datetime64[D]").astype("datetime64[s]")


def month_starts(months: Ints) -> Times:
    """datetime64[s] of the first instant of months counted as 12 x year + (month - 1)."""
    return (months - 12 * 1970).astype("datetime64[M]").astype("datetime64[s]")


def month_lengths(months: Ints) -> Ints:
    """Days of months counted as 12 x year + (month - 1)."""
    return (month_starts(months + 1) - month_starts(months)).astype(np.int64) // DAY
