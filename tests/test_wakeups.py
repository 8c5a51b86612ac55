"""A thread that waits for work is woken by whatever makes work for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import ModelFailed
from engine.jobs import TOGETHER, Batch, Block, Lane
from engine.scheduler import Scheduler
from tests.conftest import until
from tests.scheduling import finish, opened, slots, take

LONG = 25.0  # seconds: a thread that is not woken makes its test fail


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler(max_tickets=20, max_tickets_per_session=3, batch_size=4)


def woken_by(condition: threading.Condition, take: Callable[[], Any], event: Callable[[], object]) -> Any:
    """What a thread that waits in `take` returns with after the event."""
    taken: list[Any] = []
    thread = threading.Thread(target=lambda: taken.append(take()), daemon=True)
    thread.start()
    until(lambda: bool(condition._waiters))  # type: ignore[attr-defined]
    event()
    thread.join(LONG)
    assert taken, "nobody woke the thread"
    return taken[0]


def test_the_background_is_woken_to_help_when_many_callers_wait(scheduler: Scheduler) -> None:
    entry = opened(scheduler, background=False)
    for slot in range(TOGETHER):
        scheduler.request(entry, slot)
    batch = woken_by(
        scheduler._bells.inference[Lane.BACKGROUND],
        lambda: scheduler.take_inference(Lane.BACKGROUND),
        lambda: scheduler.request(entry, TOGETHER),
    )
    assert slots(batch) == [0]


def test_the_background_is_woken_to_help_who_waits_for_another_model_than_the_newest(scheduler: Scheduler) -> None:
    one, other = (opened(scheduler, name, group=name, background=False) for name in ("one", "other"))
    scheduler.request(other, 7)
    batch = woken_by(
        scheduler._bells.inference[Lane.BACKGROUND],
        lambda: scheduler.take_inference(Lane.BACKGROUND),
        lambda: scheduler.request(one, 0),
    )
    assert (batch.parts[0].entry, slots(batch)) == (other, [7])


def test_the_interactive_worker_is_woken_for_half_of_a_batch_that_failed(scheduler: Scheduler) -> None:
    entry = opened(scheduler, background=False)
    for slot in range(2):
        scheduler.request(entry, slot)
    shared = take(scheduler)
    half = woken_by(
        scheduler._bells.inference[Lane.INTERACTIVE],
        lambda: scheduler.take_inference(Lane.INTERACTIVE),
        lambda: scheduler.fail(shared, ModelFailed("broken"), halve=True),
    )
    assert slots(half) == [1]


def test_the_background_is_woken_for_half_of_a_batch_that_failed(scheduler: Scheduler) -> None:
    opened(scheduler, length=4)
    batch = take(scheduler, Lane.BACKGROUND)
    half: Batch = woken_by(
        scheduler._bells.inference[Lane.BACKGROUND],
        lambda: scheduler.take_inference(Lane.BACKGROUND),
        lambda: scheduler.fail(batch, ModelFailed("broken"), halve=True),
    )
    assert len(slots(half)) == 2


def test_a_block_that_became_full_is_written_at_once(scheduler: Scheduler) -> None:
    opened(scheduler, length=4)
    batch = take(scheduler, Lane.BACKGROUND)
    block: Block = woken_by(
        scheduler._bells.storing, lambda: scheduler.take_store(False, wait=LONG + 5), lambda: finish(scheduler, batch)
    )
    assert len(block.rows) == 4


def test_the_end_wakes_every_thread(scheduler: Scheduler) -> None:
    threads = [
        threading.Thread(target=lambda take=take, lane=lane: take(lane), daemon=True)
        for take in (scheduler.take_inference, scheduler.take_calculation)
        for lane in (Lane.INTERACTIVE, Lane.BACKGROUND, Lane.BACKGROUND)
    ]
    for thread in threads:
        thread.start()
    conditions = [*scheduler._bells.inference.values(), *scheduler._bells.calculation.values()]
    until(lambda: sum(len(condition._waiters) for condition in conditions) == len(threads))  # type: ignore[attr-defined]
    scheduler.close()
    for thread in threads:
        thread.join(LONG)
        assert not thread.is_alive()
