"""Scores of all pairs of a large file, and their ranges, against one numpy pass over its samples."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.figures import Figure
from engine.scoring.held import held
from engine.scoring.memory import block_length
from engine.scoring.pairs import pairs
from engine.scoring.ranges import means, means_of_cells
from engine.scoring.skill import skill

HORIZON, SAMPLES = 12, 10
CELLS = 168  # hours of a week


def run(origins: int = 100_000) -> Iterator[Figure]:
    random = np.random.default_rng(0)
    samples = np.sort(random.normal(50, 5, (origins, HORIZON, SAMPLES)), axis=-1)
    actuals = random.normal(50, 5, (origins, HORIZON))
    once = processor_time(lambda: np.abs(samples - actuals[..., None]).mean())
    scored = processor_time(lambda: pairs(samples, actuals, "quantiles"))
    yield Figure(
        "scores of 12 steps of 100,000 origins", scored, once, "s of CPU", "one numpy pass over the samples", 8, False
    )

    columns = pairs(samples, actuals, "quantiles")
    misses, known = columns.crps.T.astype(np.float64), np.ones(origins)
    total, cells = misses.sum(axis=0), np.arange(origins) % CELLS

    def ranges() -> None:
        block = block_length(total, known, HORIZON)
        means(misses, known, block)
        for inside, level in ((columns.inside50, 0.5), (columns.inside80, 0.8)):
            held(inside.T, known, level, block)
        skill(total, total + 1.0, block)
        means_of_cells(total, known, cells, CELLS, block)

    sure = processor_time(ranges)
    yield Figure("ranges of all of them", sure, once, "s of CPU", "one numpy pass over the samples", 3, False)


def processor_time(work: Callable[[], object]) -> float:
    """The least of three, in seconds."""
    took = []
    for _ in range(3):
        started = time.process_time()
        work()
        took.append(time.process_time() - started)
    return min(took)
