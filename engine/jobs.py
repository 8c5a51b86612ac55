"""The scheduler's words: entry, ticket, job, batch. Plain records; only the scheduler changes them, under its lock."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, Protocol


class Results(Protocol):
    """What the scheduler needs of an entry's results; called under its lock, so each call is at most a batch long."""

    def done(self, slot: int) -> bool: ...
    def resident(self, slot: int) -> bool: ...
    def complete(self) -> bool: ...
    def row(self, slot: int) -> Any: ...
    def claim(self, focus: int, limit: int, number: int) -> Any: ...
    def write(self, slots: Any, result: Any, claim: int = 0) -> list[int]: ...
    def adopt(self, slots: Any, result: Any) -> list[int]: ...
    def fail(self, slots: Any, claim: int = 0) -> None: ...
    def clear(self, slots: Any) -> None: ...
    def block_full(self, number: int) -> bool: ...
    def block_done(self, number: int) -> bool: ...
    def block_rows(self, number: int) -> Any: ...
    def scorecard(self, number: int) -> Any: ...
    def away(self, number: int) -> bool: ...
    def put_away(self, number: int) -> None: ...
    def bring_back(self, number: int, stored: Any) -> None: ...


TOGETHER = 4  # callers whose forecasts the interactive worker makes at once; hindcast-small takes as long for one


class Lane(Enum):
    """Who waits: a person, or the rest of the file."""

    INTERACTIVE = 0
    BACKGROUND = 1


@dataclass(eq=False)
class Entry:
    """One loaded (series, spec). group: what may share a batch. rows: None for a quick draw, which is stored nowhere.

    background: whether a cursor computes what is missing. dirty: blocks that changed since they were written to disk;
    refused: those of them that the disk did not take the last time.
    """

    entry_id: int
    key: Hashable
    group: Hashable
    subject: Any
    rows: Results | None
    focus: int
    background: bool = False
    dirty: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)


@dataclass(eq=False)
class Ticket:
    """One waiting caller. user: who asks, empty where there are no users. Its future is settled exactly once: by
    whoever takes the ticket out of its job."""

    entry_id: int
    slot: int
    session: str | None = None
    seq: int = 0
    user: str = ""
    future: Future[Any] = field(default_factory=Future)

    @property
    def viewer(self) -> tuple[str, str] | None:
        """Whose tab asks: a name that one user gives to a tab of theirs means no tab of another's."""
        return None if self.session is None else (self.user, self.session)


@dataclass(eq=False)
class Job:
    """One origin somebody waits for. asked: a number that grows with every request, taken at the last one for it."""

    entry: Entry
    slot: int
    tickets: list[Ticket]
    asked: int = 0

    @property
    def key(self) -> tuple[int, int]:
        return self.entry.entry_id, self.slot


class Part(NamedTuple):
    """Origins of one entry within a batch."""

    entry: Entry
    slots: Any


@dataclass(eq=False)
class Batch:
    """Origins computed at once; all parts belong to one group, and the background's to one entry.

    number: what the background's rows are claimed under (1, 2, ...); 0 for callers' origins, which claim nothing.
    """

    lane: Lane
    parts: Sequence[Part]
    number: int = 0
    result: Any = None

    @property
    def size(self) -> int:
        """Origins in it."""
        return sum(len(part.slots) for part in self.parts)

    def halves(self) -> list[Batch]:
        """Two batches of half the origins each."""
        if len(self.parts) > 1:
            middle = len(self.parts) // 2
            cut: list[Sequence[Part]] = [self.parts[:middle], self.parts[middle:]]
        else:
            (part,) = self.parts
            middle = len(part.slots) // 2
            cut = [[Part(part.entry, part.slots[:middle])], [Part(part.entry, part.slots[middle:])]]
        return [Batch(self.lane, parts, self.number) for parts in cut]


class Block(NamedTuple):
    """A block to write to disk: a copy of its rows in memory. done: whether those are all that it can have. card: which
    rows of it are done, here or on the disk, and their scores."""

    entry: Entry
    number: int
    rows: Any
    done: bool
    card: Any


class StoreCall(NamedTuple):
    """A call for the store thread, and its answer."""

    function: Callable[[], Any]
    future: Future[Any]


class Statistics(NamedTuple):
    """Counts at one moment. requested = answered + failed + superseded + cancelled + evicted + closed + waiting."""

    entries: int
    queued: int
    in_flight: int
    waiting: int
    calculations: int
    dirty_blocks: int
    requested: int
    answered: int
    failed: int
    superseded: int
    cancelled: int
    evicted: int
    closed: int
