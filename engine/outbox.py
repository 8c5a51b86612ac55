"""What the store thread has to do: calls, and blocks that changed. Not locked: the scheduler's lock covers it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from engine.jobs import Block, Entry, StoreCall

PARTIAL_EVERY = 5.0  # seconds between writes of unfinished blocks: what a killed process may lose and compute again


class Outbox:
    """An entry's `dirty` and `refused` hold the numbers of its blocks that have changed since they were written."""

    def __init__(self) -> None:
        self._calls: deque[StoreCall] = deque()
        self._dirty: dict[int, Entry] = {}
        self._refused: dict[int, Entry] = {}
        self._called = False  # whether the last work was a call

    def call(self, function: Callable[[], Any]) -> Future[Any]:
        """Let the store thread run `function`."""
        call = StoreCall(function, Future())
        self._calls.append(call)
        return call.future

    def changed(self, entry: Entry, numbers: Iterable[int]) -> None:
        """Blocks of an entry are to be written."""
        entry.dirty.update(numbers)
        entry.dirty -= entry.refused
        if entry.dirty:
            self._dirty[entry.entry_id] = entry

    def forget(self, entry: Entry) -> None:
        """Nothing of this entry is written any more."""
        self._dirty.pop(entry.entry_id, None)
        self._refused.pop(entry.entry_id, None)

    def refuse(self, block: Block) -> None:
        """A block could not be written: it waits until `retry`."""
        block.entry.refused.add(block.number)
        block.entry.dirty.discard(block.number)
        self._refused[block.entry.entry_id] = block.entry

    def retry(self) -> None:
        """What was refused is to be written like everything else."""
        for entry in self._refused.values():
            numbers, entry.refused = entry.refused, set()
            self.changed(entry, numbers)
        self._refused.clear()

    def next(self, partial: bool) -> StoreCall | Block | None:
        """Calls and full blocks in turn, so that neither waits for ever; with `partial` unfinished blocks, too."""
        block = None if self._calls and not self._called else self._block(partial)
        self._called = block is None and bool(self._calls)
        return block or (self._calls.popleft() if self._calls else None)

    def _block(self, partial: bool) -> Block | None:
        for entry in self._dirty.values():
            assert entry.rows is not None
            for number in entry.dirty:
                if partial or entry.rows.block_full(number):
                    rows = entry.rows
                    block = Block(
                        entry, number, rows.block_rows(number), rows.block_done(number), rows.scorecard(number)
                    )
                    entry.dirty.discard(number)
                    if not entry.dirty:
                        del self._dirty[entry.entry_id]
                    return block
        return None

    @property
    def calls(self) -> int:
        """How many calls wait."""
        return len(self._calls)

    @property
    def blocks(self) -> int:
        """How many blocks are to be written, those that were refused too."""
        entries = {**self._dirty, **self._refused}.values()
        return sum(len(entry.dirty) + len(entry.refused) for entry in entries)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do but what was refused."""
        return not self._calls and not self._dirty
