"""What nobody waits for: the rest of every file, a cursor per entry. Not locked: the scheduler's lock covers it."""

from __future__ import annotations

import itertools
from collections import deque

from engine.jobs import Batch, Entry, Lane, Part


class Backlog:
    """Entries with origins left to compute, in turn, batch by batch. O(1) memory per entry."""

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._numbers = itertools.count(1)
        self._entries: deque[Entry] = deque()
        self._halves: deque[Batch] = deque()

    def add(self, entry: Entry) -> bool:
        """Take an entry's cursor up again. Whether it had been dropped."""
        if entry in self._entries:
            return False
        self._entries.append(entry)
        return True

    def remove(self, entry: Entry) -> None:
        if entry in self._entries:
            self._entries.remove(entry)
        self._halves = deque(batch for batch in self._halves if batch.parts[0].entry is not entry)

    def clear(self) -> None:
        self._entries.clear()
        self._halves.clear()

    def halve(self, batch: Batch) -> None:
        """A batch failed: it is tried again in halves, its rows still claimed."""
        self._halves.extend(batch.halves())

    def next(self) -> Batch | None:
        """Halves first; else the next batch of the entry whose turn it is. An entry with nothing left is dropped."""
        if self._halves:
            return self._halves.popleft()
        while self._entries:
            entry = self._entries[0]
            assert entry.rows is not None
            number = next(self._numbers)
            slots = entry.rows.claim(entry.focus, self._batch_size, number)
            if len(slots) == 0:
                self._entries.popleft()
                continue
            self._entries.rotate(-1)
            return Batch(Lane.BACKGROUND, [Part(entry, slots)], number)
        return None
