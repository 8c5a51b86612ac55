"""The rest of every file: what becomes of a batch that fails, and of rows that are cleared while they are computed."""

from __future__ import annotations

import pytest

from engine.errors import EngineClosed, Evicted, ModelFailed
from engine.jobs import Block, Lane
from engine.scheduler import Scheduler
from tests.scheduling import finish, opened, slots, take
from tests.sim.rows import FAILED, FakeResult, FakeRows

BROKEN = ModelFailed("broken")


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler(max_tickets=20, max_tickets_per_session=3, batch_size=4)


def test_a_batch_that_failed_is_tried_again_in_halves_before_anything_new(scheduler: Scheduler) -> None:
    entry = opened(scheduler, length=8)
    scheduler.fail(take(scheduler, Lane.BACKGROUND), BROKEN, halve=True)
    first, second, new = (take(scheduler, Lane.BACKGROUND) for _ in range(3))
    assert (len(slots(first)), len(slots(second)), len(slots(new))) == (2, 2, 4)
    for batch in (second, new):
        finish(scheduler, batch)
    for _ in range(3):
        scheduler.fail(first, BROKEN, halve=True)
        first = scheduler.take_inference(Lane.BACKGROUND, wait=False)
    assert first is None
    assert isinstance(entry.rows, FakeRows)
    assert entry.rows.state.count(FAILED) == 2
    assert entry.rows.complete()


def test_halves_of_a_forgotten_dataset_are_forgotten(scheduler: Scheduler) -> None:
    opened(scheduler)
    before, after = take(scheduler, Lane.BACKGROUND), take(scheduler, Lane.BACKGROUND)
    scheduler.fail(before, BROKEN, halve=True)
    scheduler.evict("data")
    scheduler.fail(after, BROKEN, halve=True)
    assert scheduler.take_inference(Lane.BACKGROUND, wait=False) is None


def test_rows_cleared_while_they_are_computed_are_computed_once_more(scheduler: Scheduler) -> None:
    entry = opened(scheduler, length=4)
    batch = take(scheduler, Lane.BACKGROUND)
    scheduler.recompute(entry, [1, 2])
    again = take(scheduler, Lane.BACKGROUND)
    assert slots(again) == [1, 2]
    finish(scheduler, batch)
    assert isinstance(entry.rows, FakeRows)
    assert entry.rows.writes == [1, 0, 0, 1]
    finish(scheduler, again)
    assert entry.rows.writes == [1, 1, 1, 1]


def test_a_finished_dataset_is_taken_up_again_for_rows_that_are_cleared(scheduler: Scheduler) -> None:
    entry = opened(scheduler, length=4)
    finish(scheduler, take(scheduler, Lane.BACKGROUND))
    assert scheduler.take_inference(Lane.BACKGROUND, wait=False) is None
    scheduler.recompute(entry, range(4))
    assert len(slots(take(scheduler, Lane.BACKGROUND))) == 4


def test_rows_of_a_replaced_dataset_are_all_computed_again(scheduler: Scheduler) -> None:
    old = opened(scheduler, length=4)
    batch = take(scheduler, Lane.BACKGROUND)
    new = scheduler.replace("data", FakeRows(4))
    assert new is not None
    finish(scheduler, batch)
    assert old.rows is not None
    assert not old.rows.done(1)
    finish(scheduler, take(scheduler, Lane.BACKGROUND))
    assert new.rows is not None
    assert new.rows.complete()
    with pytest.raises(Evicted):
        scheduler.recompute(old, [1])


def test_a_block_of_a_forgotten_dataset_that_could_not_be_written_is_forgotten(scheduler: Scheduler) -> None:
    opened(scheduler, length=4)
    finish(scheduler, take(scheduler, Lane.BACKGROUND))
    block = scheduler.take_store(partial=True)
    assert isinstance(block, Block)
    scheduler.evict("data")
    scheduler.refused(block)
    scheduler.retry_writing()
    assert scheduler.take_store(partial=True) is None
    scheduler.drain()
    assert scheduler.drained


def test_nothing_is_stored_tried_again_or_replaced_after_the_end(scheduler: Scheduler) -> None:
    entry = opened(scheduler, length=8)
    one, two = take(scheduler, Lane.BACKGROUND), take(scheduler, Lane.BACKGROUND)
    scheduler.close()
    scheduler.store(one, [FakeResult(slots(one))])
    scheduler.fail(two, BROKEN, halve=True)
    assert isinstance(entry.rows, FakeRows)
    assert entry.rows.writes == [0] * 8
    for refused in (lambda: scheduler.recompute(entry, [1]), lambda: scheduler.replace("data", FakeRows(8))):
        with pytest.raises(EngineClosed):
            refused()
