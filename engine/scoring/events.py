"""Did it warn me? What happened beyond a line, and what the forecasts had said about it. Vectorised over slots.

An event begins with the first reading beyond the line of a run of them; a missing reading ends no run, an outage
longer than the horizon does. A moment warns if at any one step at least `lead` ahead at least k of its samples lie
beyond the line (steps are separate forecasts: it takes no more than one of them); a moment whose own last reading lies
beyond it warns of nothing, however sure it is. An event is announced if a moment warned that lies at least `lead`
steps before it and no more than the horizon; where all of these moments are beyond the line already or can have no
forecast, or where one of their forecasts is not read, it cannot be judged. Warnings of consecutive moments are one. It
is false if no event begins after its first moment and within the horizon of its last; where that future does not lie
in the file, or less than half of it was read, it is undecided.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from engine.dataset import Dataset
from engine.scoring.answers import Range
from engine.scoring.crossings import Crossings, beyond
from engine.scoring.ranges import CONFIDENCE
from engine.scoring.slices import Slices
from engine.scoring.warned import NOTHING_FOLLOWED, EventList, Events, Question, WarningList
from engine.series import Bools, Floats, Ints
from engine.spec import Spec


class Runs(NamedTuple):
    """Events, oldest first, (E,) each: position of the first reading, how many readings; whether it can be judged;
    steps from the earliest warning to it, 0 without any."""

    start: Ints
    length: Ints
    judged: Bools
    lead: Ints

    def only(self, chosen: Bools | slice) -> Runs:
        """Some of them."""
        return Runs(self.start[chosen], self.length[chosen], self.judged[chosen], self.lead[chosen])


class Warnings(NamedTuple):
    """Oldest first, (W,) each: positions of the first and last moment; position of the first event that followed, -1
    without any; whether that is known."""

    first: Ints
    last: Ints
    event: Ints
    decided: Bools

    def only(self, chosen: Bools | slice) -> Warnings:
        """Some of them."""
        return Warnings(self.first[chosen], self.last[chosen], self.event[chosen], self.decided[chosen])


def announced(
    values: Floats, counts: NDArray[Any], read: Bools, unread: Bools, asked: Question
) -> tuple[Runs, Warnings]:
    """Of a series (L,) and how many samples of each step lay beyond the line, counts (H, L), where `read` (L,). unread
    (L,): moments that can have a forecast, which is not read."""
    horizon, length = counts.shape
    start, readings = _runs(values, asked, horizon)
    newest = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(length)))
    calm = read & (newest >= 0) & ~beyond(asked, values[newest])
    warns = calm & (counts[asked.lead - 1 :] >= asked.k).any(axis=0)

    since, until = np.maximum(start - horizon, 0), start - asked.lead  # the moments that could announce an event
    judged = (_count(calm, since, until) > 0) & (_count(unread, since, until) == 0)
    first = _next(warns)[since]
    runs = Runs(start, readings, judged, np.where(judged & (first <= until), start - first, 0))

    edges = np.diff(warns.astype(np.int8), prepend=0, append=0)
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    begun = np.zeros(length + 1, dtype=bool)
    begun[start] = True
    following = _next(begun)[begins + 1]
    followed = following <= np.minimum(ends + horizon, length - 1)
    seen = 2 * _count(~np.isnan(values), ends + 1, np.minimum(ends + horizon, length - 1)) >= horizon
    decided = followed | (seen & (ends + horizon < length))
    return runs, Warnings(begins, ends, np.where(followed, following, -1), decided)


def events(
    dataset: Dataset,
    spec: Spec,
    crossings: Crossings,
    asked: Question,
    stretch: tuple[int, int] | None,
    most: int,
    complete: bool,
) -> Events:
    """The answer, of a file or of what begins in a stretch of it; the newest `most` events and warnings are listed.
    complete: whether all is read that can be."""
    series, extent = dataset.series, crossings.extent
    read = crossings.read.copy()  # once: it may grow meanwhile
    inside = Slices(dataset).between(stretch)
    there = extent.everywhere(read)
    unread = dataset.usable_origins & ~there
    runs, warnings = announced(series.values, extent.everywhere(crossings.counts), there, unread, asked)
    runs = runs.only(inside[runs.start])
    warnings = warnings.only(inside[warnings.first])
    judged, decided = int(runs.judged.sum()), int(warnings.decided.sum())
    warned, followed = int((runs.lead > 0).sum()), int((warnings.event >= 0).sum())
    listed = runs.only(runs.judged).only(slice(max(0, judged - most), None))
    shown = warnings.only(warnings.decided).only(slice(max(0, decided - most), None))
    newest = len(series) - 1
    return Events(
        handle=dataset.handle,
        model=spec.model,
        horizon=spec.horizon,
        num_samples=spec.num_samples,
        question=asked,
        stretch=stretch,
        total=int(dataset.usable_origins.sum()),
        read=int(read.sum()),
        complete=complete,
        announced=warned,
        missed=judged - warned,
        unjudged=len(runs.start) - judged,
        announced_range=share_range(warned, judged),
        followed=followed,
        false=decided - followed,
        undecided=len(warnings.first) - decided,
        followed_range=share_range(followed, decided),
        events=EventList(
            listed.start - newest, series.times(listed.start + series.first_slot), listed.length, listed.lead
        ),
        warnings=WarningList(
            shown.first - newest,
            shown.last - newest,
            series.times(shown.first + series.first_slot),
            np.where(shown.event < 0, NOTHING_FOLLOWED, shown.event - newest),
        ),
    )


def share_range(part: int, whole: int) -> Range:
    """95 % range of a share: Jeffreys' interval (Brown, Cai & DasGupta 2001), whose ends are 0 and 1 where none and all
    are; NaN of nothing."""
    if whole == 0:
        return Range(float("nan"), float("nan"))
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(betaincinv(part + 0.5, whole - part + 0.5, share)) for share in (tail, 1 - tail))
    return Range(0.0 if part == 0 else low, 1.0 if part == whole else high)


def _runs(values: Floats, asked: Question, horizon: int) -> tuple[Ints, Ints]:
    """Positions where runs of enough readings beyond the line begin, and how many readings they have."""
    places = np.flatnonzero(~np.isnan(values))
    over = beyond(asked, values[places])
    parted = (np.diff(places) > horizon) | ~(over[1:] & over[:-1])  # one reading and the next are of no common run
    begins = np.flatnonzero(over & np.concatenate(([True], parted)))
    ends = np.flatnonzero(over & np.concatenate((parted, [True])))
    long = ends - begins + 1 >= asked.run
    return places[begins[long]], (ends - begins + 1)[long]


def _next(marks: Bools) -> Ints:
    """The first marked position from each one on, (L,); L where there is none."""
    length = len(marks)
    found: Ints = np.minimum.accumulate(np.where(marks, np.arange(length), length)[::-1])[::-1]
    return found


def _count(marks: Bools, first: Ints, last: Ints) -> Ints:
    """Marked positions from each first to each last one, these included; 0 where they lie the wrong way round."""
    until = np.concatenate(([0], np.cumsum(marks)))
    found: Ints = until[np.maximum(last + 1, first)] - until[first]
    return found
