"""Scores of all pairs of a large file, their ranges and all that is told of them, against one numpy pass over its
samples; and what reading them costs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure, meter, to_csv
from benchmarks.stored import cheap, written
from engine import Dataset, Engine, Series, Step
from engine.blocks import BLOCK
from engine.models.seasonal_naive import SeasonalNaive
from engine.scoring.extent import Extent
from engine.scoring.held import held
from engine.scoring.memory import block_length
from engine.scoring.pairs import Pairs, pairs
from engine.scoring.ranges import means, means_of_cells
from engine.scoring.skill import skill
from engine.scoring.summary import Asked, Reach, summary
from engine.scoring.table import Rivals, Table
from engine.spec import Spec
from engine.windows import CONTEXT_LENGTH, contexts

HORIZON, SAMPLES = 12, 10
CELLS = 168  # hours of a week


def run(origins: int = 100_000, stored: int = 10_000) -> Iterator[Figure]:
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
        skill(total, total + 1.0, known, block)
        means_of_cells(total, known, cells, CELLS, block)

    sure = processor_time(ranges)
    yield Figure("ranges of all of them", sure, once, "s of CPU", "one numpy pass over the samples", 3, False)
    answered = processor_time(answer(columns))
    yield Figure("a whole backtest of them", answered, once, "s of CPU", "one numpy pass over the samples", 8, False)
    yield from reading(stored)


def answer(columns: Pairs) -> Callable[[], object]:
    """All numbers of the accuracy page, of a table that holds these scores."""
    count = len(columns.crps)
    days = np.arange(count + HORIZON) / 96
    values = np.sin(2 * np.pi * days) + np.random.default_rng(1).normal(0, 0.1, len(days))
    dataset = Dataset(Series(values, Step(900, "second"), 0))
    spec = Spec("any", "any", "fp32", HORIZON, SAMPLES, CONTEXT_LENGTH, "quantiles")
    extent = Extent(dataset.series)
    table, rivals = Table(extent, HORIZON, SAMPLES), Rivals(extent, HORIZON)
    for block in range(len(extent.blocks)):
        slots = extent.slots[extent.rows(block)]
        slots = slots[slots < count]
        some = Pairs(*(column[slots] for column in columns))
        table.write(block, slots, some, 1)
        rivals.write(slots, (some, some))
    return lambda: summary(dataset, spec, table, rivals, Asked("", None, 20), Reach(count, True))


def reading(origins: int) -> Iterator[Figure]:
    """What is stored of a file is read and scored, and both rivals are forecast."""
    naive = SeasonalNaive(SAMPLES)
    with tempfile.TemporaryDirectory() as name, closing(Engine(cheap(Path(name)))) as engine:
        handle = written(engine, to_csv(meter(origins)))
        dataset = engine.dataset(handle)
        slots = np.flatnonzero(dataset.usable_origins) + dataset.series.first_slot

        def forecast() -> None:
            for start in range(0, len(slots), BLOCK):
                seen = contexts(dataset.series, slots[start : start + BLOCK])
                naive.predict(seen.values, seen.floor, HORIZON)

        alone = processor_time(forecast)
        started = time.process_time()
        found = engine.backtest(handle, timeout=60.0)
        took = time.process_time() - started
        assert found.standing.complete
    yield Figure(
        f"scores of {origins:,} origins read", took, alone, "s of CPU", "the baseline's forecasts alone", 2, False
    )


def processor_time(work: Callable[[], object]) -> float:
    """The least of three, in seconds."""
    took = []
    for _ in range(3):
        started = time.process_time()
        work()
        took.append(time.process_time() - started)
    return min(took)
