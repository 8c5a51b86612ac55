"""Which origins of a series are scored: all, or those of every k-th block where memory is short."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.blocks import BLOCK, block_range
from engine.series import Bools, Ints, Series

V = TypeVar("V", bound=np.generic)

GOLDEN = 0.6180339887498949  # steps of this share of a line fill it evenly, however many there are


class Extent:
    """Blocks of a series, and one row for each of their slots. Never changed.

    blocks (B,): places of the blocks within the series'. slots (N,): of the rows, oldest first; positions (N,): where
    they lie in the series.
    """

    def __init__(self, series: Series, every: int = 1) -> None:
        own = block_range(series)
        self.every = every
        self.blocks: Ints = np.arange(0, len(own), every)
        firsts = np.maximum(BLOCK * (own.start + self.blocks), series.first_slot)
        lasts = np.minimum(BLOCK * (own.start + self.blocks) + BLOCK - 1, series.last_slot)
        lengths = lasts - firsts + 1
        self._starts = np.concatenate(([0], np.cumsum(lengths)))
        self._firsts = firsts
        self.slots: Ints = np.arange(self._starts[-1]) + np.repeat(firsts - self._starts[:-1], lengths)
        self.positions: Ints = self.slots - series.first_slot
        self.length = len(series)

    def __len__(self) -> int:
        """How many rows."""
        return len(self.slots)

    def rows(self, which: int) -> slice:
        """The rows of the `which`-th block."""
        return slice(int(self._starts[which]), int(self._starts[which + 1]))

    def rows_of(self, which: int, slots: Ints) -> Ints:
        """The rows of slots of the `which`-th block."""
        rows: Ints = slots - self._firsts[which] + self._starts[which]
        return rows

    def any_of(self, rows: Bools) -> Bools:
        """In which blocks (B,) any of some rows (N,) lie."""
        result: Bools = np.logical_or.reduceat(rows, self._starts[:-1])
        return result

    def everywhere(self, values: NDArray[V]) -> NDArray[V]:
        """Values (..., N) of the rows as those of all slots of the series, (..., L): 0 where there is no row."""
        if len(self) == self.length:
            return values
        result = np.zeros((*values.shape[:-1], self.length), values.dtype)
        result[..., self.positions] = values
        return result

    def spread(self) -> Ints:
        """All blocks by number, in an order of which every beginning is spread over the file."""
        order: Ints = np.argsort(np.arange(len(self.blocks)) * GOLDEN % 1.0, kind="stable")
        return order
