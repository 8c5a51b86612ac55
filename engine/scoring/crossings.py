"""How many samples of every (origin, step) pair lie beyond a line: all that questions about it need of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.blocks import Rows
from engine.forecasting import frame_of
from engine.jobs import Entry
from engine.scoring.extent import Extent
from engine.scoring.reading import changed
from engine.scoring.warned import Question
from engine.series import Bools, Floats, Ints
from engine.windows import unscale


class Crossings:
    """Of the rows of one entry and one line.

    counts (H, N): of samples beyond it. read (N,): which rows are true. revisions (B,): as in Table.
    """

    def __init__(self, extent: Extent, horizon: int, num_samples: int) -> None:
        self.extent = extent
        self.counts: NDArray[Any] = np.zeros((horizon, len(extent)), np.min_scalar_type(num_samples))
        self.read: Bools = np.zeros(len(extent), dtype=bool)
        self.revisions: Ints = np.zeros(len(extent.blocks), dtype=np.int64)

    @property
    def nbytes(self) -> int:
        return self.counts.nbytes + self.read.nbytes + self.revisions.nbytes


def beyond(asked: Question, values: Floats) -> Bools:
    """Which values lie beyond the line; not those on it, nor what is missing."""
    result: Bools = values > asked.line if asked.above else values < asked.line
    return result


def count_on(
    entry: Entry, crossings: Crossings, asked: Question, read: Callable[[Entry, int], Rows], until: float
) -> None:
    """Count what has changed since, until a moment (monotonic seconds). `read` gives a copy of the done rows of a
    block."""
    frame, extent = frame_of(entry), crossings.extent
    for which in changed(entry, crossings):
        if time.monotonic() >= until:
            return
        place = int(extent.blocks[which])
        revision = frame.revision(place)  # before the rows: what changes meanwhile is read again
        rows = read(entry, place)
        samples = unscale(rows.samples, rows.loc, rows.scale)
        where = extent.rows_of(which, frame.block_slots(place, rows.offsets))
        crossings.read[extent.rows(which)] = False
        crossings.counts[:, where] = beyond(asked, samples).sum(axis=2).T
        crossings.read[where] = True
        crossings.revisions[which] = revision
