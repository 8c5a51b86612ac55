"""Tier: values within a budget of bytes, the least recently used ones go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")
Key = tuple[str, str, int]  # a group that is dropped as a whole, and what a value is within it

OVERHEAD = 512  # bytes that a value takes beside its own


class Tier(Generic[V]):
    """Safe from any thread; its lock is held for a few dictionary operations and never with another."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[V, int]] = OrderedDict()  # the least recently used one first
        self._nbytes = 0

    def get(self, key: Key) -> V | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def put(self, key: Key, value: V, size: int) -> None:
        """Keep a value of `size` bytes in place of the key's last one; one larger than the budget is not kept."""
        size += OVERHEAD
        with self._lock:
            self._remove(key)
            if size > self._budget:
                return
            self._kept[key] = value, size
            self._nbytes += size
            while self._nbytes > self._budget:
                self._remove(next(iter(self._kept)))

    def drop(self, group: str) -> None:
        """Forget a group's values."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == group]:
                self._remove(key)

    def clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._kept.clear()
            self._nbytes = 0

    def _remove(self, key: Key) -> None:
        _, size = self._kept.pop(key, (None, 0))
        self._nbytes -= size

    @property
    def nbytes(self) -> int:
        """Bytes kept, never more than the budget."""
        return self._nbytes
