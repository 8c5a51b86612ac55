"""Blocks of an entry -> rows of a table: what changed since it was read last, spread over the file, a block at a time.

The two rivals are not stored anywhere: they are forecast here, from the same contexts, once per block.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from engine.blocks import Rows
from engine.forecasting import frame_of
from engine.jobs import Entry
from engine.models.base import Forecaster
from engine.scoring.extent import Extent
from engine.scoring.pairs import LARGEST, Pairs, pairs
from engine.scoring.table import Rivals, Table
from engine.series import Bools, Ints, Series
from engine.windows import actuals, contexts, unscale


class Dated(Protocol):
    """What is read of an entry: extent, and of each of its blocks the revision that was read, 0 for none."""

    extent: Extent
    revisions: Ints


class Opponents(NamedTuple):
    """Who a model is compared with."""

    baseline: Forecaster
    last_value: Forecaster


def read_on(
    entry: Entry,
    table: Table,
    rivals: Rivals,
    opponents: Opponents,
    read: Callable[[Entry, int], Rows],
    until: float,
) -> None:
    """Read what has changed, until a moment (monotonic seconds). `read` gives a copy of the done rows of a block."""
    frame, extent = frame_of(entry), table.extent
    series, spec = entry.subject.series, entry.subject.spec
    for which in changed(entry, table, _alone(table, rivals)):
        if time.monotonic() >= until:
            return
        place = int(extent.blocks[which])
        revision = frame.revision(place)  # before the rows: what changes meanwhile is read again
        rows = read(entry, place)
        slots = frame.block_slots(place, rows.offsets)
        unknown = ~rivals.read[extent.rows_of(which, slots)]
        if unknown.any():
            scored = rival_pairs(series, slots[unknown], spec.horizon, opponents)
            rivals.write(extent.rows_of(which, slots[unknown]), scored)
        happened = actuals(series, slots, spec.horizon)
        own = pairs(unscale(rows.samples, rows.loc, rows.scale), happened, spec.kind)
        table.write(which, slots, own, revision)


def up_to_date(entry: Entry, table: Table, rivals: Rivals) -> bool:
    """Whether nothing has changed since it was read."""
    return not changed(entry, table, _alone(table, rivals))


def changed(entry: Entry, table: Dated, others: Bools | None = None) -> list[int]:
    """Blocks to read, those first of which nothing is read yet; others (B,) are to be read whether they changed or
    not."""
    order = table.extent.spread()
    wanted = frame_of(entry).revisions()[table.extent.blocks] != table.revisions
    if others is not None:
        wanted |= others
    found = order[wanted[order]]
    return [int(which) for which in found[np.argsort(table.revisions[found] > 0, kind="stable")]]


def _alone(table: Table, rivals: Rivals) -> Bools:
    """Blocks (B,) that are read, but whose rivals had to leave the memory."""
    return table.extent.any_of(table.read & ~rivals.read)


def rival_pairs(series: Series, slots: Ints, horizon: int, opponents: Opponents) -> tuple[Pairs, Pairs]:
    """Scores of what the baseline and the last value say at usable origins (B,), a block's worth at most: this is where
    they are forecast, in the calling thread."""
    happened = actuals(series, slots, horizon)
    seen = {length: contexts(series, slots, length) for length in {each.context_length for each in opponents}}

    def scored(opponent: Forecaster) -> Pairs:
        values, loc, scale, floor = seen[opponent.context_length]
        samples = np.sort(opponent.predict(values, floor, horizon), axis=-1)
        with np.errstate(over="ignore"):
            within = np.clip(unscale(samples, loc, scale), -LARGEST, LARGEST)
        return pairs(within, happened, opponent.kind)

    return scored(opponents.baseline), scored(opponents.last_value)
