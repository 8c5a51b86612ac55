"""The samples of an entry's rows, in blocks of 256 that are in memory or not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.blocks import BLOCK, Rows
from engine.rows import Forecast, Row
from engine.series import Floats, Ints
from engine.spec import Spec


class _Block(NamedTuple):
    samples: NDArray[np.float32]  # (256, H, S)
    loc: Floats  # (256,)
    scale: Floats  # (256,)


class SampleBlocks:
    """Numpy columns of `count` blocks. Which of a block's rows hold something is for its owner to know."""

    def __init__(self, count: int, spec: Spec) -> None:
        self._spec = spec
        self._blocks: list[_Block | None] = [None] * count
        self._resident = np.zeros(count, dtype=bool)

    def write(self, positions: Ints, forecast: Forecast, sources: Ints) -> list[int]:
        """Keep rows `sources` (B,) of a forecast at positions (B,). The blocks that changed."""
        touched = [int(number) for number in np.unique(positions // BLOCK)]
        for number in touched:
            here = positions // BLOCK == number
            at, source = positions[here] % BLOCK, sources[here]
            self._put(number, at, forecast.samples[source], forecast.loc[source], forecast.scale[source])
        return touched

    def bring_back(self, number: int, rows: Rows) -> None:
        """Keep stored rows of one block."""
        self._put(number, rows.offsets, rows.samples, rows.loc, rows.scale)

    def _put(self, number: int, at: Ints, samples: NDArray[np.float32], loc: Floats, scale: Floats) -> None:
        block = self._blocks[number] or self._allocate(number)
        block.samples[at], block.loc[at], block.scale[at] = samples, loc, scale

    def _allocate(self, number: int) -> _Block:
        shape = (BLOCK, self._spec.horizon, self._spec.num_samples)
        block = _Block(np.zeros(shape, np.float32), np.zeros(BLOCK), np.ones(BLOCK))
        self._blocks[number] = block
        self._resident[number] = True
        return block

    def drop(self, number: int) -> None:
        """Give a block's memory back."""
        self._blocks[number] = None
        self._resident[number] = False

    def row(self, position: int) -> Row:
        """A copy of one row. KeyError if its block is not in memory."""
        block, at = self._blocks[position // BLOCK], position % BLOCK
        if block is None:
            raise KeyError(position)
        return Row(block.samples[at].copy(), float(block.loc[at]), float(block.scale[at]))

    def rows(self, number: int, offsets: Ints) -> Rows:
        """A copy of some rows of one block; of none if it is not in memory."""
        block = self._blocks[number]
        if block is None:
            shape = (0, self._spec.horizon, self._spec.num_samples)
            return Rows(offsets[:0], np.empty(shape, np.float32), np.empty(0), np.empty(0))
        return Rows(offsets, block.samples[offsets], block.loc[offsets], block.scale[offsets])

    def farthest(self, number: int) -> Ints:
        """Numbers of the blocks in memory, the farthest from block `number` first."""
        resident = np.flatnonzero(self._resident)
        order: Ints = resident[np.argsort(-np.abs(resident - number), kind="stable")]
        return order

    def frame(self, slots: Ints, state: NDArray[np.uint8]) -> pl.DataFrame:
        """All blocks in memory as one Polars frame beside slots and states (blocks x 256,), of which nothing is copied
        but the slots."""
        width = self._spec.horizon * self._spec.num_samples
        schema: dict[str, pl.DataType | type[pl.DataType]] = {
            "slot": pl.Int64,
            "state": pl.UInt8,
            "loc": pl.Float64,
            "scale": pl.Float64,
            "samples": pl.Array(pl.Float32, width),
        }
        parts = []
        for number, block in enumerate(self._blocks):
            if block is not None:
                own = slice(number * BLOCK, (number + 1) * BLOCK)
                samples = block.samples.reshape(BLOCK, width)
                parts.append(pl.DataFrame([slots[own], state[own], block.loc, block.scale, samples], list(schema)))
        return pl.concat(parts, rechunk=False) if parts else pl.DataFrame(schema=schema)

    @property
    def block_nbytes(self) -> int:
        """Bytes of one block in memory."""
        return BLOCK * (4 * self._spec.horizon * self._spec.num_samples + 16)

    @property
    def nbytes(self) -> int:
        return int(self._resident.sum()) * self.block_nbytes
