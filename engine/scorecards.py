"""Scorecards: which rows of a stored block there are, and their scores, so that a dataset opens without its blocks.

Scores look ahead, blocks do not: what is stored beside a block is named by its key and by the values that follow it, as
far as a forecast reaches. So scores, too, are reused exactly where they are the same, and never where they are not.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np

from engine.blocks import BLOCK, block_range
from engine.rows import Scores
from engine.sealed import DamagedPayload
from engine.series import Ints, Series, canonical_bytes
from engine.spec import Spec

BITS = BLOCK // 8
ROW_BYTES = 8 + 3  # CRPS, and three counts


class Scorecard(NamedTuple):
    """offsets (R,) of a block's stored rows, increasing; their scores, (R,) each."""

    offsets: Ints
    scores: Scores

    def to_bytes(self) -> bytes:
        """256 bits, then CRPS (float64), n_scored, inside50, inside80 (uint8)."""
        present = np.zeros(BLOCK, dtype=bool)
        present[self.offsets] = True
        counts = b"".join(column.astype(np.uint8).tobytes() for column in self.scores[1:])
        return np.packbits(present).tobytes() + self.scores.crps.astype("<f8").tobytes() + counts

    @classmethod
    def from_bytes(cls, payload: bytes) -> Scorecard:
        """DamagedPayload if it is not what `to_bytes` made."""
        offsets = np.flatnonzero(np.unpackbits(np.frombuffer(payload[:BITS], dtype=np.uint8)))
        count = len(offsets)
        if len(payload) != BITS + ROW_BYTES * count:
            raise DamagedPayload("a scorecard of another length was expected")
        crps = np.frombuffer(payload, dtype="<f8", count=count, offset=BITS)
        n_scored, inside50, inside80 = np.frombuffer(payload, dtype=np.uint8, offset=BITS + 8 * count).reshape(3, count)
        return cls(offsets, Scores(crps, n_scored, inside50, inside80))


def scorecard_names(series: Series, spec: Spec, keys: list[str]) -> tuple[str, ...]:
    """For each block of the series, oldest first, its key and a hash of the values that its forecasts reach behind it:
    "<block key>/<32 hex digits>"."""
    data = canonical_bytes(series.values)
    names = []
    for block, key in zip(block_range(series), keys, strict=True):
        first = BLOCK * (block + 1) - series.first_slot
        ahead = data[8 * first : 8 * (first + spec.horizon)]
        names.append(f"{key}/{hashlib.sha256(ahead).hexdigest()[:32]}")
    return tuple(names)
