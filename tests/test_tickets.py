"""Callers when their dataset is replaced, and when the batch they share fails."""

from __future__ import annotations

import pytest

from engine.errors import ModelFailed, Overloaded, Superseded
from engine.jobs import Lane
from engine.scheduler import Scheduler
from tests.scheduling import finish, opened, slots, take
from tests.sim.rows import FakeResult, FakeRows

BROKEN = ModelFailed("broken")


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler(max_tickets=20, max_tickets_per_session=3, batch_size=4)


def test_who_waits_when_a_dataset_is_replaced_gets_the_new_rows_in_the_order_of_asking(scheduler: Scheduler) -> None:
    old = opened(scheduler)
    running = scheduler.request(old, 1)
    batch = take(scheduler)
    other = opened(scheduler, "other")
    waiting = [scheduler.request(entry, slot) for entry, slot in ((old, 2), (other, 3), (old, 4))]
    new = scheduler.replace("data", FakeRows(40))
    assert new is not None
    assert scheduler.find("data") is new
    assert new.entry_id > old.entry_id
    order = [(part.entry, part.slots[0]) for part in take(scheduler).parts]
    assert order == [(new, 4), (other, 3), (new, 2), (new, 1)]
    finish(scheduler, batch)  # of the old one
    assert not any(ticket.future.done() for ticket in (running, *waiting))
    assert not new.rows.done(1)
    assert not old.rows.done(1)


def test_a_session_keeps_only_its_newest_request_of_a_replaced_dataset(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    running = scheduler.request(entry, 1, session="tab", seq=1)
    take(scheduler)
    queued = scheduler.request(entry, 2, session="tab", seq=2)
    scheduler.replace("data", FakeRows(40))
    with pytest.raises(Superseded):
        running.future.result(0)
    finish(scheduler, take(scheduler))
    assert queued.future.result(0) == ("row", 2)


def test_a_request_that_was_carried_over_can_still_be_taken_back(scheduler: Scheduler) -> None:
    ticket = scheduler.request(opened(scheduler), 1)
    scheduler.replace("data", FakeRows(40))
    scheduler.cancel(ticket, BROKEN)
    assert ticket.future.exception(0) is BROKEN
    assert scheduler.take_inference(Lane.INTERACTIVE, wait=False) is None


def test_what_is_not_open_cannot_be_replaced(scheduler: Scheduler) -> None:
    assert scheduler.replace("data", FakeRows(40)) is None


def test_callers_whose_shared_batch_failed_are_tried_again_in_halves(scheduler: Scheduler) -> None:
    entry = opened(scheduler, background=False)
    tickets = [scheduler.request(entry, slot) for slot in range(4)]
    shared = take(scheduler)
    assert slots(shared) == [3, 2, 1, 0]
    scheduler.fail(shared, BROKEN, halve=True)
    halves = [take(scheduler), take(scheduler, Lane.BACKGROUND)]
    assert [slots(half) for half in halves] == [[3, 2], [1, 0]]
    scheduler.fail(halves[0], BROKEN, halve=True)
    finish(scheduler, halves[1])
    scheduler.fail(take(scheduler), BROKEN, halve=True)  # one alone has no half
    finish(scheduler, take(scheduler))
    outcomes = [ticket.future.exception(0) or ticket.future.result(0) for ticket in tickets]
    assert outcomes == [("row", 0), ("row", 1), ("row", 2), BROKEN]


def test_halves_leave_out_who_has_gone_meanwhile(scheduler: Scheduler) -> None:
    entry, other = opened(scheduler, background=False), opened(scheduler, "other", background=False)
    for each in (entry, other):
        scheduler.request(each, 1)
        scheduler.request(each, 2)
    shared = take(scheduler)
    assert len(shared.parts) == 4
    scheduler.fail(shared, BROKEN, halve=True)
    scheduler.evict("other")
    scheduler.evict("data")
    assert scheduler.take_inference(Lane.BACKGROUND, wait=False) is None
    assert scheduler.statistics().waiting == 0


def test_an_origin_without_a_number_fails_for_its_caller_alone(scheduler: Scheduler) -> None:
    entry = opened(scheduler, background=False)
    bad, good = (scheduler.request(entry, slot) for slot in (1, 2))
    batch = take(scheduler)
    results = [FakeResult([slot], frozenset({1})) for slot in slots(batch)]
    scheduler.store(batch, results)
    assert good.future.result(0) == ("row", 2)
    with pytest.raises(ModelFailed, match="not finite"):
        bad.future.result(0)


def test_nobody_seems_to_wait_who_could_not_be_queued(scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = opened(scheduler)

    def out_of_memory(slots: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(entry.rows, "clear", out_of_memory)
        for seq in range(5):  # more than a session may wait for
            with pytest.raises(MemoryError):
                scheduler.request(entry, 1, "tab", seq, force=True)
    counts = scheduler.statistics()
    assert (counts.requested, counts.failed, counts.waiting) == (5, 5, 0)
    ticket = scheduler.request(entry, 1, "tab", 9)
    finish(scheduler, take(scheduler))
    assert ticket.future.result(0) == ("row", 1)


def test_one_user_leaves_places_to_others_however_many_tabs_are_open() -> None:
    scheduler = Scheduler(max_tickets=4, max_tickets_per_session=3, batch_size=4, max_tickets_per_user=2)
    entry = opened(scheduler, background=False)
    hers = [scheduler.request(entry, slot, f"tab {slot}", user="ann") for slot in (1, 2)]
    for ask in (
        lambda: scheduler.request(entry, 3, "tab 3", user="ann"),
        lambda: scheduler.quick("group", entry.subject, 3, user="ann"),
    ):
        with pytest.raises(Overloaded, match="You already wait for 2 forecasts"):
            ask()
    his = [scheduler.request(entry, slot, user="bob") for slot in (4, 5)]
    while (batch := scheduler.take_inference(Lane.INTERACTIVE, wait=False)) is not None:
        finish(scheduler, batch)
    assert all(ticket.future.done() for ticket in (*hers, *his))
    scheduler.request(entry, 3, "tab 3", user="ann")


def test_a_tab_that_is_named_like_another_users_does_not_take_its_place(scheduler: Scheduler) -> None:
    entry = opened(scheduler, background=False)
    hers = scheduler.request(entry, 1, "tab", seq=1, user="ann")
    scheduler.request(entry, 2, "tab", seq=2, user="bob")
    assert not hers.future.done()
