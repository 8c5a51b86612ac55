"""The scheduler by hand: short words for the tests that play one interleaving of its methods."""

from __future__ import annotations

from engine.jobs import Batch, Entry, Lane
from engine.scheduler import Scheduler
from tests.sim.rows import FakeResult, FakeRows


def opened(
    scheduler: Scheduler, name: str = "data", length: int = 40, background: bool = True, group: str = "m"
) -> Entry:
    return scheduler.open(name, group, None, FakeRows(length), length - 1, background)


def take(scheduler: Scheduler, lane: Lane = Lane.INTERACTIVE) -> Batch:
    batch = scheduler.take_inference(lane, wait=False)
    assert batch is not None
    return batch


def finish(scheduler: Scheduler, batch: Batch) -> None:
    scheduler.inferred(batch, "samples")
    again = scheduler.take_calculation(batch.lane, wait=False)
    assert again is batch
    scheduler.store(batch, [FakeResult([int(slot) for slot in part.slots]) for part in batch.parts])


def slots(batch: Batch) -> list[int]:
    return [int(slot) for part in batch.parts for slot in part.slots]
