"""Which entries there are: those that are open, by key, and quick draws. Not locked: the scheduler's lock covers it."""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from typing import Any

from engine.jobs import Entry, Results


class Register:
    """Numbers are never given again: what was forgotten stays forgotten, whoever has its key now."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._current: dict[int, Entry] = {}
        self._open: dict[Hashable, Entry] = {}

    def new(
        self,
        key: Hashable,
        group: Hashable,
        subject: Any,
        rows: Results | None,
        focus: int,
        background: bool = False,
    ) -> Entry:
        """An entry with the next number, which is not in the register yet."""
        return Entry(next(self._numbers), key, group, subject, rows, focus, background)

    def add(self, entry: Entry) -> None:
        """From now on it is current, and open unless it is a quick draw."""
        self._current[entry.entry_id] = entry
        if entry.rows is not None:
            self._open[entry.key] = entry

    def remove(self, entry: Entry) -> None:
        """It is no longer current."""
        del self._current[entry.entry_id]
        if entry.rows is not None:
            del self._open[entry.key]

    def find(self, key: Hashable) -> Entry | None:
        """The open entry of a key."""
        return self._open.get(key)

    def opened(self) -> list[Entry]:
        """All open entries."""
        return list(self._open.values())

    def is_current(self, entry: Entry) -> bool:
        """Whether it is in the register: nothing is kept of one that is not."""
        return self._current.get(entry.entry_id) is entry

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)
