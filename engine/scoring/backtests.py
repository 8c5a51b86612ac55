"""Tables of scores in memory: made when somebody asks, kept within a budget, brought up to date a little per call.

A table belongs to one life of an entry; the rivals beside it belong to the series, whichever model they stand beside.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from contextlib import ExitStack, suppress
from typing import NamedTuple

from engine.blocks import Rows
from engine.dataset import Dataset
from engine.errors import DeadlineExceeded, Overloaded
from engine.forecasting import frame_of
from engine.jobs import Entry
from engine.scoring.answers import Backtest, Compared
from engine.scoring.compare import Entrant, compare
from engine.scoring.crossings import Crossings, count_on
from engine.scoring.events import events
from engine.scoring.extent import Extent
from engine.scoring.reading import Opponents, changed, read_on, up_to_date
from engine.scoring.summary import Asked, Reach, summary
from engine.scoring.table import Rivals, Table
from engine.scoring.warned import Events, Question
from engine.series import Series
from engine.tier import OVERHEAD, Tier

PAUSE = 0.2  # seconds between two looks at what is computed, of somebody who waits for all of it
READERS = 2  # who may read at once: they take processors from those who wait for a forecast
PATIENT = 8  # who may wait for that at once: each holds a request thread; others are answered as if they did not wait
ANSWERS = 8  # of a table that are kept: several look at the same page, and it asks several times
USUAL_SAMPLES = 100  # rows of all models lie alike, as if each had so many: two bytes for an outcome


class _OfEntry(NamedTuple):
    entry_id: int
    table: Table
    reading: threading.BoundedSemaphore  # one caller at a time reads into a table
    answers: dict[Asked, tuple[Hashable, Backtest]]  # the last ones, and what they stood on


class _Counted(NamedTuple):
    entry_id: int
    crossings: Crossings
    reading: threading.BoundedSemaphore


class Backtests:
    """`read` gives a copy of the done rows of a block of an entry, by a deadline; `find` the entry of a key that is
    open; `opponents` those that every model is compared with. models: how many there are beside each other."""

    def __init__(
        self,
        budget: int,
        read: Callable[[Entry, int, float], Rows],
        find: Callable[[Hashable], Entry | None],
        opponents: Callable[[], Opponents],
        models: int,
    ) -> None:
        self._budget = budget
        self._models = models
        self._read = read
        self._find = find
        self._opponents = opponents
        self._tier: Tier[_OfEntry | _Counted | Rivals] = Tier(budget)
        self._making = threading.BoundedSemaphore(1)
        self._patient = threading.BoundedSemaphore(PATIENT)
        self._readers = threading.BoundedSemaphore(READERS)

    def of(self, entry: Entry, dataset: Dataset, asked: Asked, timeout: float, wait: bool) -> Backtest:
        """Scores of an entry, after at most `timeout` seconds of reading what is not read yet and, with `wait`, of
        waiting for what is not computed yet. BadRequest, Evicted, StorageFailed, EngineClosed."""
        until = time.monotonic() + timeout
        kept, rivals = self._kept(entry)
        with suppress(DeadlineExceeded, Overloaded):  # the numbers stand on what is read
            self._read_on(entry, kept, rivals, until)
            if wait and self._patient.acquire(blocking=False):
                try:
                    self._read_all(entry, kept, rivals, until)
                finally:
                    self._patient.release()
        self._forget_if_gone(entry)
        reach = Reach(frame_of(entry).done_count, _complete(entry, kept.table, rivals))
        stamp = reach, kept.table.writes, rivals.writes  # before the numbers: what is read meanwhile makes them anew
        found = kept.answers.get(asked)
        if found is None or found[0] != stamp:
            found = stamp, summary(dataset, entry.subject.spec, kept.table, rivals, asked, reach)
            if len(kept.answers) >= ANSWERS:
                kept.answers.clear()
            kept.answers[asked] = found
        return found[1]

    def compared(
        self, models: dict[str, Entry | int], dataset: Dataset, horizon: int, asked: Asked, timeout: float
    ) -> Compared:
        """Scores of several models on the same pairs, after at most `timeout` seconds of reading what is not read yet:
        of each its entry, or how many of its forecasts are stored if it has none. Raises what `of` does."""
        started = time.monotonic()
        entrants = []
        rivals = None
        for number, (model, entry) in enumerate(models.items(), 1):
            if isinstance(entry, int):
                entrants.append(Entrant(model, entry, None))
                continue
            kept, rivals = self._kept(entry)
            with suppress(DeadlineExceeded, Overloaded):
                self._read_on(entry, kept, rivals, started + timeout * number / len(models))
            self._forget_if_gone(entry)
            entrants.append(Entrant(model, frame_of(entry).done_count, kept.table))
        rivals = rivals or Rivals(self._extent(dataset.series, horizon), horizon)
        return compare(dataset, horizon, entrants, rivals, asked.slice, asked.stretch)

    def events(
        self,
        entry: Entry,
        dataset: Dataset,
        asked: Question,
        stretch: tuple[int, int] | None,
        most: int,
        timeout: float,
    ) -> Events:
        """What an entry's forecasts had said about events, after at most `timeout` seconds of reading. Raises what `of`
        does."""
        until = time.monotonic() + timeout
        counted = self._counted(entry, asked)
        with suppress(DeadlineExceeded, Overloaded):
            self._in_turn(
                counted.reading,
                until,
                lambda: count_on(
                    entry, counted.crossings, asked, lambda of, block: self._read(of, block, until), until
                ),
            )
        self._forget_if_gone(entry)
        complete = frame_of(entry).complete() and not changed(entry, counted.crossings)  # before the numbers
        return events(dataset, entry.subject.spec, counted.crossings, asked, stretch, most, complete)

    def forget(self, handle: str) -> None:
        """Keep nothing of a series."""
        self._tier.drop(handle)

    def clear(self) -> None:
        """Keep nothing."""
        self._tier.clear()

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self._tier.nbytes

    def _read_on(self, entry: Entry, kept: _OfEntry, rivals: Rivals, until: float) -> None:
        def read() -> None:
            read_on(entry, kept.table, rivals, self._opponents(), lambda of, block: self._read(of, block, until), until)

        self._in_turn(kept.reading, until, read)

    def _in_turn(self, turn: threading.BoundedSemaphore, until: float, read: Callable[[], None]) -> None:
        """Read, unless somebody else does so, or too many do, until then."""
        with ExitStack() as taken:
            for each in (turn, self._readers):
                if not each.acquire(timeout=max(0.0, until - time.monotonic())):
                    return
                taken.callback(each.release)
            read()

    def _read_all(self, entry: Entry, kept: _OfEntry, rivals: Rivals, until: float) -> None:
        """Read what is computed meanwhile, too."""
        while time.monotonic() < until and not _complete(entry, kept.table, rivals):
            threading.Event().wait(min(PAUSE, max(0.0, until - time.monotonic())))
            self._read_on(entry, kept, rivals, until)

    def _forget_if_gone(self, entry: Entry) -> None:
        """What was forgotten meanwhile perhaps was so before there was something to forget."""
        if self._find(entry.key) is not entry:
            self.forget(entry.subject.series.handle)

    def _kept(self, entry: Entry) -> tuple[_OfEntry, Rivals]:
        """The entry's table and its rivals, empty ones if there are none."""
        series, spec = entry.subject.series, entry.subject.spec
        table_key, rivals_key = (series.handle, spec.key, 0), (series.handle, "rivals", spec.horizon)
        with self._making:
            kept, rivals = self._tier.get(table_key), self._tier.get(rivals_key)
            if not isinstance(rivals, Rivals):
                rivals = Rivals(self._extent(series, spec.horizon), spec.horizon)
                self._tier.put(rivals_key, rivals, rivals.nbytes)
            if not isinstance(kept, _OfEntry) or kept.entry_id != entry.entry_id:
                table = Table(rivals.extent, spec.horizon, spec.num_samples)
                kept = _OfEntry(entry.entry_id, table, threading.BoundedSemaphore(1), {})
                self._tier.put(table_key, kept, table.nbytes)
            return kept, rivals

    def _counted(self, entry: Entry, asked: Question) -> _Counted:
        """The counts of the entry and the line, empty ones if there are none."""
        series, spec = entry.subject.series, entry.subject.spec
        key = series.handle, f"{spec.key} {'above' if asked.above else 'below'} {asked.line!r}", 0
        with self._making:
            counted = self._tier.get(key)
            if not isinstance(counted, _Counted) or counted.entry_id != entry.entry_id:
                crossings = Crossings(self._extent(series, spec.horizon), spec.horizon, spec.num_samples)
                counted = _Counted(entry.entry_id, crossings, threading.BoundedSemaphore(1))
                self._tier.put(key, counted, crossings.nbytes)
            return counted

    def _extent(self, series: Series, horizon: int) -> Extent:
        """All origins of a series, or as evenly spread ones as there is room for: the tables of all models, which would
        drive each other out otherwise."""
        row = self._models * Table.row_bytes(horizon, USUAL_SAMPLES) + Rivals.row_bytes(horizon)
        extent = Extent(series)
        while len(extent) * row + (self._models + 1) * OVERHEAD > self._budget and len(extent.blocks) > 1:
            extent = Extent(series, max(extent.every + 1, extent.every * len(extent) * row // self._budget))
        return extent


def _complete(entry: Entry, table: Table, rivals: Rivals) -> bool:
    return frame_of(entry).complete() and up_to_date(entry, table, rivals)
