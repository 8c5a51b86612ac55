"""The kernel density against scipy's loop over the steps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import gaussian_kde

from benchmarks.figures import Figure, seconds
from engine.plotdata import GRID, density


def run() -> Iterator[Figure]:
    samples = np.sort(np.random.default_rng(0).normal(50, 5, (32, 12, 10)), axis=-1)
    ours = min(seconds(lambda: density(samples, "draws"), 60)) / len(samples)

    def scipys() -> None:
        lo, hi, _ = density(samples[:1], "draws")
        grid = np.linspace(lo[0], hi[0], GRID)
        for step in samples[0]:
            gaussian_kde(step)(grid)

    theirs = min(seconds(scipys, 60))
    yield Figure("density of one origin", 1 / ours, 1 / theirs, "1/s", "scipy, step by step", 50, True)
