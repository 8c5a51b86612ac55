"""What the store thread has to do: calls, and blocks that changed. Not locked: the scheduler's lock covers it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from engine.errors import Overloaded
from engine.jobs import Block, Entry, StoreCall

MAX_CALLS = 1024


class Outbox:
    """An entry's `dirty` holds the numbers of its blocks that have changed since they were written."""

    def __init__(self) -> None:
        self._calls: deque[StoreCall] = deque()
        self._dirty: dict[int, Entry] = {}
        self._refused: set[tuple[int, int]] = set()  # (entry_id, block): a full disk, say, did not take them

    def call(self, function: Callable[[], Any]) -> Future[Any]:
        """Let the store thread run `function`. Overloaded."""
        if len(self._calls) >= MAX_CALLS:
            raise Overloaded("Too many reads of the cache are waiting. Try again shortly.")
        call = StoreCall(function, Future())
        self._calls.append(call)
        return call.future

    def changed(self, entry: Entry, numbers: Iterable[int]) -> None:
        """Blocks of an entry are to be written."""
        entry.dirty.update(numbers)
        if entry.dirty:
            self._dirty[entry.entry_id] = entry

    def forget(self, entry: Entry) -> None:
        """Nothing of this entry is written any more."""
        self._dirty.pop(entry.entry_id, None)
        self._refused = {refused for refused in self._refused if refused[0] != entry.entry_id}

    def refuse(self, block: Block) -> None:
        """A block could not be written: it waits until `retry`."""
        self.changed(block.entry, [block.number])
        self._refused.add((block.entry.entry_id, block.number))

    def retry(self) -> None:
        """What was refused is to be written like everything else."""
        self._refused.clear()

    def next(self, partial: bool) -> StoreCall | Block | None:
        """Calls first, then full blocks, with `partial` also unfinished ones."""
        if self._calls:
            return self._calls.popleft()
        for entry in self._dirty.values():
            assert entry.rows is not None
            for number in entry.dirty:
                if (entry.entry_id, number) in self._refused:
                    continue
                if partial or entry.rows.block_full(number):
                    block = Block(entry, number, entry.rows.block_rows(number), entry.rows.block_done(number))
                    entry.dirty.discard(number)
                    if not entry.dirty:
                        del self._dirty[entry.entry_id]
                    return block
        return None

    @property
    def blocks(self) -> int:
        """How many blocks are to be written."""
        return sum(len(entry.dirty) for entry in self._dirty.values())

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do but what was refused."""
        return not self._calls and self.blocks == len(self._refused)
