"""The way of a background fill, in one thread, under a profiler: its cost in Python is by batch, not by origin."""

from __future__ import annotations

import cProfile
import pstats

from engine.blocks import block_keys, encode
from engine.forecasting import Subject, calculate, infer
from engine.jobs import Block, Lane
from engine.models.seasonal_naive import SeasonalNaive
from engine.results import ResultFrame
from engine.scheduler import Scheduler
from engine.spec import Spec
from engine.windows import usable
from tests.conftest import wave

SERIES = wave(6000, missing=0.02)


def calls_of_a_fill(batch_size: int) -> tuple[int, int]:
    """Function calls, Python's and built-in ones, of a whole fill; and its batches."""
    model = SeasonalNaive()
    spec = Spec.of(model, 12)
    scheduler = Scheduler(8, 8, batch_size)
    rows = ResultFrame(SERIES, spec, usable(SERIES.values))
    subject = Subject(SERIES, spec, model, tuple(block_keys(SERIES, spec)))
    scheduler.open("one", spec.key, subject, rows, SERIES.last_slot, True)
    batches = 0
    profile = cProfile.Profile()
    profile.enable()
    while (batch := scheduler.take_inference(Lane.BACKGROUND, wait=False)) is not None:
        batches += 1
        scheduler.inferred(batch, infer(batch))
        calculation = scheduler.take_calculation(Lane.BACKGROUND, wait=False)
        assert calculation is batch
        scheduler.store(batch, calculate(batch))
        while (work := scheduler.take_store(partial=False)) is not None:
            assert isinstance(work, Block)
            encode(work.rows)
    profile.disable()
    assert rows.done_count == rows.total
    return pstats.Stats(profile).total_calls, batches  # type: ignore[attr-defined]


def test_no_part_of_a_fill_loops_over_origins_in_python() -> None:
    calls_of_a_fill(64)  # imports and caches warm up
    small_calls, small_batches = calls_of_a_fill(16)
    large_calls, large_batches = calls_of_a_fill(128)
    per_batch = (small_calls - large_calls) / (small_batches - large_batches)
    # A call per origin would make a batch of 128 cost eight times the calls of a batch of 16: both cost the same, but
    # for what is done once a block.
    assert large_calls / large_batches < 1.5 * per_batch
    assert large_calls < 20 * len(SERIES)
