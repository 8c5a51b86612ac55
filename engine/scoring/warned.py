"""What a question about warnings is, and what it is answered with. Plain data, no logic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from engine.scoring.answers import Range
from engine.series import Ints, Times

NOTHING_FOLLOWED = 1  # no index: those are never positive


class Question(NamedTuple):
    """Did it warn me? line: in the data's unit; above: on which side of it lies what matters. k: so many samples of one
    step make a warning; lead: steps it must come before; run: so many readings beyond the line make an event."""

    line: float
    above: bool
    k: int
    lead: int
    run: int


@dataclass(frozen=True)
class EventList:
    """Events, oldest first, (E,) each: index and time of the first reading beyond the line, how many readings; lead:
    steps from the earliest warning to it, 0 where it was missed."""

    index: Ints
    time: Times
    length: Ints
    lead: Ints


@dataclass(frozen=True)
class WarningList:
    """Warnings, oldest first, (W,) each: indices of their first and last moment, the time of the first; index of the
    first event that followed, NOTHING_FOLLOWED where none did."""

    first: Ints
    last: Ints
    time: Times
    event: Ints


@dataclass(frozen=True)
class Events:
    """What the forecasts of a file had said about what happened beyond a line; every word is defined in events.py.

    stretch: as in Backtest, of where events and warnings begin. total: usable origins; read: of them on which this
    stands; complete: nothing is missing that could still come. announced, missed, unjudged: events; followed,
    false, undecided: warnings. The ranges are of announced among announced and missed, of followed among followed
    and false. Unjudged and undecided ones are not listed.
    """

    handle: str
    model: str
    horizon: int
    num_samples: int
    question: Question
    stretch: tuple[int, int] | None
    total: int
    read: int
    complete: bool
    announced: int
    missed: int
    unjudged: int
    announced_range: Range
    followed: int
    false: int
    undecided: int
    followed_range: Range
    events: EventList
    warnings: WarningList
