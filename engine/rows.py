"""Forecasts as rows: one origin's, or many with their scores. Scaled samples, as models make them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.series import Floats
from engine.windows import unscale


class Scores(NamedTuple):
    """Of B origins: mean CRPS over the steps with an actual (NaN without any), how many those are, how many of them
    lie inside the 50 % and the 80 % band. Each (B,)."""

    crps: Floats
    n_scored: NDArray[np.uint8]
    inside50: NDArray[np.uint8]
    inside80: NDArray[np.uint8]


class Forecast(NamedTuple):
    """B forecasts: scaled samples (B, H, S) float32 sorted per step, loc and scale (B,), scores; finite (B,): whether
    all of an origin's samples are numbers, without which it counts as failed."""

    samples: NDArray[np.float32]
    loc: Floats
    scale: Floats
    scores: Scores
    finite: NDArray[np.bool_]

    def rows(self, rows: slice) -> Forecast:
        """Some of the forecasts."""
        crps, n_scored, inside50, inside80 = self.scores
        scores = Scores(crps[rows], n_scored[rows], inside50[rows], inside80[rows])
        return Forecast(self.samples[rows], self.loc[rows], self.scale[rows], scores, self.finite[rows])

    def row(self, position: int) -> Row | None:
        """One of the forecasts; None if it failed."""
        if not self.finite[position]:
            return None
        return Row(self.samples[position].copy(), float(self.loc[position]), float(self.scale[position]))


class Baselines(NamedTuple):
    """What the baseline says at B origins: its median (B, H) in the data's unit, the period it repeats (B,), 1 for the
    last value."""

    median: Floats
    period: NDArray[np.int64]


class Row(NamedTuple):
    """One origin's forecast: scaled samples (H, S) sorted per step, loc, scale."""

    samples: NDArray[np.float32]
    loc: float
    scale: float

    def unscaled(self) -> Floats:
        """Samples (H, S) in the data's unit."""
        values: Floats = unscale(self.samples[None], np.array([self.loc]), np.array([self.scale]))[0]
        return values
