"""Files of a known world, and the forecasts of somebody who knows it: right by construction.

y is an AR(1) process. Its forecast from every moment, 12 steps ahead, is the true conditional distribution, told by ten
mid-quantiles; neighbouring moments share most of their future, as in a real file.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.special import ndtri

from engine.scoring.pairs import Pairs, pairs

HORIZON = 12
LEVELS = ndtri((np.arange(1, 11) - 0.5) / 10)

Floats = NDArray[np.float64]


class Worlds(NamedTuple):
    """F files, (F, N, HORIZON): mean and spread of the forecasts, what happened; (F, N): what is known then."""

    mean: Floats
    spread: Floats
    happened: Floats
    known: Floats

    def scored(self, boldness: float = 1.0) -> Pairs:
        """Columns (F, N, HORIZON) of a forecaster whose spread is the right one times `boldness`."""
        files = [
            pairs(mean[..., None] + boldness * spread[..., None] * LEVELS, happened, "quantiles")
            for mean, spread, happened in zip(self.mean, self.spread, self.happened, strict=True)
        ]
        return Pairs(*(np.stack(columns) for columns in zip(*files, strict=True)))

    def last_value(self) -> Worlds:
        """The same files, forecast by somebody who only knows by how much the last value misses in the long run."""
        mean = np.broadcast_to(self.known[..., None], self.mean.shape)
        usual = np.sqrt(np.square(self.happened - mean).mean(axis=(0, 1)))
        return self._replace(mean=mean, spread=np.broadcast_to(usual, mean.shape))


def worlds(files: int, moments: int, memory: float, rhythm: float = 0.0, seed: int = 0) -> Worlds:
    """memory: of the AR(1) process, 0 to 1; rhythm: how much more restless it is at noon than at midnight, 0 to 1."""
    random = np.random.default_rng(seed)
    restless = 1 + rhythm * np.sin(2 * np.pi * np.arange(moments + HORIZON) / 24)
    shocks = random.normal(size=(files, moments + HORIZON)) * restless
    shocks[:, 0] /= np.sqrt(1 - memory**2)
    values = lfilter([1.0], [1.0, -memory], shocks, axis=1)
    ahead = np.arange(moments)[:, None] + np.arange(1, HORIZON + 1)
    variance = np.zeros((moments, HORIZON))
    before = np.zeros(moments)
    for step in range(HORIZON):
        before = variance[:, step] = memory**2 * before + restless[ahead[:, step]] ** 2
    mean = values[:, :moments, None] * memory ** np.arange(1, HORIZON + 1)
    return Worlds(mean, np.broadcast_to(np.sqrt(variance), mean.shape), values[:, ahead], values[:, :moments])
