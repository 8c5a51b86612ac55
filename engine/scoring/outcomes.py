"""Where an actual fell among the samples, and inside which bands: one small number per pair.

The ranks it may have (low <= high, apart only where samples equal it) and the number of bands it lies in (the 50 % band
lies inside the 80 % one) are counted through: 198 outcomes of ten samples, so a byte is enough.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.scoring.pairs import Pairs
from engine.series import Bools, Floats, Ints

BANDS = 3  # in none, in the 80 % band, in both


class Outcomes:
    """Those of forecasts with so many samples; `unknown` is the one without an actual."""

    def __init__(self, num_samples: int) -> None:
        self.num_samples = num_samples
        self.unknown = BANDS * (num_samples + 1) * (num_samples + 2) // 2
        self.dtype: np.dtype[Any] = np.min_scalar_type(self.unknown)

    def encoded(self, scored: Pairs) -> NDArray[Any]:
        """Outcomes of pairs (B, H)."""
        low, high = scored.rank_low.astype(np.int64), scored.rank_high.astype(np.int64)
        bands = scored.inside50.astype(np.int64) + scored.inside80
        codes = BANDS * (high * (high + 1) // 2 + low) + bands
        result: NDArray[Any] = np.where(np.isnan(scored.crps), self.unknown, codes).astype(self.dtype)
        return result

    def counts(self, outcomes: NDArray[Any]) -> Ints:
        """How often each outcome is there, (unknown + 1,)."""
        counts: Ints = np.bincount(outcomes, minlength=self.unknown + 1)
        return counts

    def inside(self, band: int) -> Bools:
        """Of each outcome (unknown + 1,), whether the actual lies inside the 80 % (1) or the 50 % band (2)."""
        result = np.arange(self.unknown + 1) % BANDS >= band
        result[self.unknown] = False
        return result

    def ranks(self, counts: Ints) -> Floats:
        """Of counted outcomes, how often each rank 0 ... S was there, (S + 1,); ties are split evenly."""
        high, low = np.tril_indices(self.num_samples + 1)
        of = counts[: self.unknown].reshape(-1, BANDS).sum(axis=1) / (high - low + 1)
        change = np.zeros(self.num_samples + 2)
        np.add.at(change, low, of)
        np.subtract.at(change, high + 1, of)
        result: Floats = np.maximum(change.cumsum()[:-1], 0.0)
        return result
