"""Sorted readings -> slots: segments with a phase each, and the values on one regular grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import UploadError
from engine.ingest.steps import months_of
from engine.ingest.tally import tally
from engine.series import DAY, Floats, Ints, Phase, Step, grid_slots, grid_times, month_lengths, month_starts

LONGEST_SHORT_GAP = 3  # null points in a row that do not end a segment
MAX_PHASES = 20_000


@dataclass(frozen=True)
class Grid:
    """Readings on their slots.

    slots: (n,) rising. left_out: number of the first readings that have no slot, to keep the grid within its limit.
    phases: as in Series. segments, missing: counts. short_gaps: runs of 1 to 3 missing points. longest: steps of the
    longest gap. before_longest: number of the reading before it. snapped: readings off their grid point.
    """

    slots: Ints
    left_out: int
    phases: tuple[Phase, ...]
    segments: int
    missing: int
    short_gaps: int
    longest: int
    before_longest: int
    snapped: int

    def place(self, values: Floats) -> Floats:
        """(last - first + 1,) float64 with NaN where no reading is; `values`: (n,) of the readings kept."""
        length = int(self.slots[-1] - self.slots[0]) + 1
        if length == len(values):
            placed = values.copy()
        else:
            placed = np.full(length, np.nan)
            placed[self.slots - self.slots[0]] = values
        placed.flags.writeable = False
        return placed


def lay_grid(steady: Ints, shift: Ints, step: Step, max_slots: int) -> Grid:
    """Grid of (n,) sorted times in seconds on a clock that never changes; less `shift` they are as written.

    Raises UploadError NO_STEP where the times drift so much that there is no grid.
    """
    line, length = _even_line(steady, step)
    slots, drift, is_break = _laid(line, length)
    del line
    first = _first_kept(slots, np.flatnonzero(np.append(True, is_break)), max_slots)
    slots, drift, is_break = slots[first:], drift[first:], is_break[first:]
    exact = steady[first:] - drift if drift.any() else steady[first:]
    gaps = np.diff(slots)
    longest, before_longest = int(gaps.max(initial=1)) - 1, first + (int(np.argmax(gaps)) if len(gaps) else 0)
    gaps = gaps[~is_break & (gaps > 1)] - 1
    return Grid(
        slots=slots,
        left_out=first,
        phases=_phases(slots, exact - shift[first:] if shift.any() else exact, step),
        segments=int(np.count_nonzero(is_break)) + 1,
        missing=int(gaps.sum()),
        short_gaps=len(gaps),
        longest=longest,
        before_longest=before_longest,
        snapped=int(np.count_nonzero(drift)),
    )


def _laid(line: Ints, length: int) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Slots (n,), distance of each time from its grid point (n,), and whether a segment ends before each (n - 1,)."""
    points = np.diff(line)
    is_break = np.zeros(len(points), dtype=bool)
    odd = np.flatnonzero(points != length)
    leaps = points[odd]
    steps = (leaps + length // 2) // length
    left = leaps - steps * length
    points.fill(1)
    points[odd] = steps
    is_break[odd] = (steps < 1) | (steps > LONGEST_SHORT_GAP + 1) | (np.abs(left) * 4 >= length)
    if left.any() or (steps < 1).any():
        off = np.zeros(len(points), dtype=np.int64)
        off[odd] = left
        return _by_segments(line, points, off, is_break, length)
    slots = np.empty(len(line), dtype=np.int64)
    slots[0] = line[0] // length
    np.cumsum(points, out=slots[1:])
    slots[1:] += slots[0]
    return slots, np.broadcast_to(np.int64(0), len(line)), is_break


def _by_segments(
    line: Ints, points: Ints, off: Ints, is_break: NDArray[np.bool_], length: int
) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Slots, distance of each time from its grid point, and the breaks with those that drift adds."""
    is_break = _split_drift(np.where(is_break, 0, off), is_break, length)
    starts = np.flatnonzero(np.append(True, is_break))
    segment = np.cumsum(np.append(True, is_break)) - 1
    along = _since_start(np.where(is_break, 0, points), starts, segment)
    drift = _since_start(np.where(is_break, 0, off), starts, segment)
    middle = _medians(drift, starts, segment)
    own = along + ((line[starts] + middle) // length)[segment]
    return own + _pushes(own, starts)[segment], drift - middle[segment], is_break


def _even_line(steady: Ints, step: Step) -> tuple[Ints, int]:
    """Times on a line where every step has the same length, and that length."""
    if step.unit == "second":
        return steady, step.count
    slots = grid_slots(steady.astype("datetime64[s]"), step)
    if step.unit == "month":
        return slots, 1
    return slots * DAY + steady % DAY, DAY


def _since_start(steps: Ints, starts: Ints, segment: Ints) -> Ints:
    """Sums of (n - 1,) steps from the start of each point's segment, (n,)."""
    total = np.append(0, np.cumsum(steps))
    sums: Ints = total - total[starts][segment]
    return sums


def _medians(drift: Ints, starts: Ints, segment: Ints) -> Ints:
    """Lower median of `drift` per segment."""
    if not drift.any():
        return np.zeros(len(starts), dtype=np.int64)
    by_drift = drift[np.lexsort((drift, segment))]
    sizes = np.diff(np.append(starts, len(drift)))
    medians: Ints = by_drift[starts + (sizes - 1) // 2]
    return medians


def _split_drift(off: Ints, is_break: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """`is_break` and a new segment wherever the phase has crept a quarter step away from the segment's first times."""
    if not off.any():
        return is_break
    is_break = is_break.copy()
    starts = np.flatnonzero(np.append(True, is_break))
    ends = np.append(starts[1:], len(off) + 1)
    total = np.append(0, np.cumsum(off))
    spread = np.maximum.reduceat(total, starts) - np.minimum.reduceat(total, starts)
    splits = 0
    for start, end in zip(starts[4 * spread >= length].tolist(), ends[4 * spread >= length].tolist(), strict=True):
        while (at := _crept(total, start, end, length)) is not None:
            is_break[at - 1] = True
            start = at
            splits += 1
            if splits > MAX_PHASES:
                raise _no_grid(splits)
    return is_break


def _crept(total: Ints, start: int, end: int, length: int) -> int | None:
    """First point of start .. end that lies a quarter step off the segment's first times."""
    home = int(np.median(total[start : min(start + 9, end)]))
    width = 64
    while start < end:
        far = np.flatnonzero(np.abs(total[start : min(start + width, end)] - home) * 4 >= length)
        far = far[far > 0] if width == 64 else far
        if len(far):
            return start + int(far[0])
        start, width = start + width, 2 * width
    return None


def _pushes(own: Ints, starts: Ints) -> Ints:
    """Slots by which each segment moves so that it begins after the one before it ends."""
    first = own[starts]
    last = own[np.append(starts[1:], len(own)) - 1]
    before = np.append(0, np.cumsum(last - first + 1)[:-1])
    pushes: Ints = np.maximum.accumulate(first - before) + before - first
    return pushes


def _first_kept(slots: Ints, starts: Ints, max_slots: int) -> int:
    """Index of the first reading of the last segments that fit into `max_slots`."""
    oldest = slots[-1] - max_slots + 1
    if slots[0] >= oldest:
        return 0
    fits = starts[slots[starts] >= oldest]
    return int(fits[0]) if len(fits) else int(np.searchsorted(slots, oldest))


def _phases(slots: Ints, exact: Ints, step: Step) -> tuple[Phase, ...]:
    """One record per change of the way from grid line to time."""
    if step.unit == "month":
        month = months_of(exact)
        past_start = exact - month_starts(month).astype(np.int64)
        day, length = past_start // DAY + 1, month_lengths(month)
        if (day == np.minimum(day.max(), length)).all():  # one day of the month, or its last where it is shorter
            day = np.full(len(slots), 31 if (day == length).all() else day.max())
        ways = np.column_stack((past_start % DAY, month - slots * step.count, day))
        changes = _changes(ways)
        return tuple(Phase(int(slots[at]), *ways[at].tolist()) for at in changes)
    seconds = slots * step.count if step.unit == "second" else grid_times(slots, step).astype(np.int64)
    np.subtract(exact, seconds, out=seconds)
    return tuple(Phase(int(slots[at]), int(seconds[at])) for at in _changes(seconds))


def _changes(ways: Ints) -> list[int]:
    """Where the rows of `ways` differ from those before them, the first row included; raises NO_STEP for too many."""
    differs = ways[1:] != ways[:-1]
    changes = np.flatnonzero(np.append(True, differs if ways.ndim == 1 else differs.any(axis=1)))
    if len(changes) > MAX_PHASES:
        raise _no_grid(len(changes))
    return changes.tolist()


def _no_grid(changes: int) -> UploadError:
    return UploadError(
        f"The times have no regular step: they leave their grid more than {tally(changes - 1)} times. "
        "Hindcast needs regular readings.",
        code="NO_STEP",
    )
