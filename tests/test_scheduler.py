from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.errors import Cancelled, EngineClosed, Evicted, ModelFailed, Overloaded, Superseded
from engine.jobs import TOGETHER, Batch, Block, Lane
from engine.scheduler import Scheduler
from tests.scheduling import finish, opened, slots, take
from tests.sim.rows import DONE, FakeResult, FakeRows


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler(max_tickets=20, max_tickets_per_session=3, batch_size=4)


def test_the_newest_request_is_served_first(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    for slot in range(TOGETHER + 3):
        scheduler.request(entry, slot)
    assert slots(take(scheduler)) + slots(take(scheduler)) == list(range(TOGETHER + 3))[::-1]


def test_what_is_stored_just_before_a_request_would_wait_is_answered(scheduler: Scheduler) -> None:
    class StoredAfterTheFirstLook(FakeRows):
        looks = 0

        def resident(self, slot: int) -> bool:
            self.looks += 1
            if self.looks == 3:  # the first look asks twice
                self.state[slot] = DONE
            return super().resident(slot)

    entry = scheduler.open("data", "m", None, StoredAfterTheFirstLook(40), 39, False)
    assert scheduler.request(entry, 5).future.result(0) == ("row", 5)
    assert scheduler.statistics().waiting == scheduler.statistics().queued == 0


def test_asking_again_moves_a_request_to_the_front(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    for slot in (1, 2, 1):
        scheduler.request(entry, slot)
    assert slots(take(scheduler)) == [1, 2]
    assert scheduler.take_inference(Lane.INTERACTIVE, wait=False) is None


def test_everybody_who_waits_for_an_origin_gets_it_from_one_computation(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    first = scheduler.request(entry, 5)
    batch = take(scheduler)
    second = scheduler.request(entry, 5)
    finish(scheduler, batch)
    assert first.future.result(0) == second.future.result(0) == ("row", 5)


def test_a_stored_origin_is_answered_at_once(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    scheduler.request(entry, 5)
    finish(scheduler, take(scheduler))
    assert scheduler.request(entry, 5).future.result(0) == ("row", 5)
    assert scheduler.statistics().answered == 2


def test_a_viewers_newer_request_takes_the_place_of_its_older_ones_that_still_queue(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    running = scheduler.request(entry, 1, "tab", 1)
    batch = take(scheduler)
    queued = scheduler.request(entry, 2, "tab", 2)
    newest = scheduler.request(entry, 3, "tab", 3)
    with pytest.raises(Superseded):
        queued.future.result(0)
    finish(scheduler, batch)
    assert running.future.result(0) == ("row", 1)
    assert slots(take(scheduler)) == [3]
    assert not newest.future.done()


def test_a_request_that_arrives_after_its_viewers_newer_one_is_superseded(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    scheduler.request(entry, 3, "tab", 5)
    with pytest.raises(Superseded):
        scheduler.request(entry, 2, "tab", 4)


def test_another_viewers_requests_are_left_alone(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    mine = scheduler.request(entry, 1, "tab 1", 1)
    scheduler.request(entry, 2, "tab 2", 9)
    assert not mine.future.done()


def test_too_many_waiting_callers_are_told_so_and_cached_rows_are_still_read(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    scheduler.request(entry, 39)
    finish(scheduler, take(scheduler))
    for slot in range(20):
        scheduler.request(entry, slot)
    with pytest.raises(Overloaded):
        scheduler.request(entry, 30)
    assert scheduler.request(entry, 39).future.result(0) == ("row", 39)


def test_a_viewer_may_not_wait_for_more_than_its_share(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    for slot in range(3):
        scheduler.request(entry, slot, "tab", 7)
    with pytest.raises(Overloaded):
        scheduler.request(entry, 3, "tab", 7)


def test_a_superseded_caller_is_answered_even_if_the_newer_request_is_refused() -> None:
    scheduler = Scheduler(max_tickets=1, max_tickets_per_session=0, batch_size=4)
    entry = opened(scheduler)
    with pytest.raises(Overloaded):
        scheduler.request(entry, 1, "tab", 1)
    assert scheduler.statistics().waiting == 0


def test_a_cancelled_request_is_not_computed(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    ticket = scheduler.request(entry, 1)
    scheduler.cancel(ticket)
    with pytest.raises(Cancelled):
        ticket.future.result(0)
    assert scheduler.take_inference(Lane.INTERACTIVE, wait=False) is None
    scheduler.cancel(ticket)
    assert scheduler.statistics().cancelled == 1


def test_the_background_computes_all_of_a_file_block_by_block_around_the_last_look(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    scheduler.request(entry, 12)
    finish(scheduler, take(scheduler))
    order = []
    while (batch := scheduler.take_inference(Lane.BACKGROUND, wait=False)) is not None:
        order += slots(batch)
        finish(scheduler, batch)
    assert sorted([*order, 12]) == list(range(40))
    assert {slot // 8 for slot in order[:7]} == {1}


def test_the_background_takes_turns_between_datasets(scheduler: Scheduler) -> None:
    for name in ("one", "two"):
        opened(scheduler, name, length=16)
    turns = []
    while (batch := scheduler.take_inference(Lane.BACKGROUND, wait=False)) is not None:
        turns.append(batch.parts[0].entry.key)
        finish(scheduler, batch)
    assert turns == ["one", "two"] * 4


def test_a_background_worker_helps_out_with_more_callers_than_are_served_at_once(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    for slot in range(TOGETHER):
        scheduler.request(entry, slot)
    assert take(scheduler, Lane.BACKGROUND).lane is Lane.BACKGROUND
    for slot in range(TOGETHER, TOGETHER + 2):
        scheduler.request(entry, slot)
    batch = take(scheduler, Lane.BACKGROUND)
    assert (batch.lane, slots(batch)) == (Lane.INTERACTIVE, [1, 0])
    assert slots(take(scheduler)) == list(range(2, TOGETHER + 2))[::-1]


def test_the_background_helps_whoever_waits_for_another_model_than_the_newest(scheduler: Scheduler) -> None:
    one, other = opened(scheduler, "a", group="m"), opened(scheduler, "b", group="n")
    scheduler.request(other, 0)
    for slot in range(2):
        scheduler.request(one, slot)
    helped = take(scheduler, Lane.BACKGROUND)
    assert (helped.lane, helped.parts[0].entry) == (Lane.INTERACTIVE, other)
    assert take(scheduler, Lane.BACKGROUND).lane is Lane.BACKGROUND
    assert slots(take(scheduler)) == [1, 0]


def test_callers_of_different_models_never_share_a_batch(scheduler: Scheduler) -> None:
    one, other = opened(scheduler, "a", group="m"), opened(scheduler, "b", group="n")
    for slot in range(2 * TOGETHER):
        scheduler.request(one, slot)
        scheduler.request(other, slot)
    for lane in (Lane.BACKGROUND, Lane.INTERACTIVE):
        assert len({part.entry.group for part in take(scheduler, lane).parts}) == 1


def test_background_inference_waits_while_calculation_is_behind(scheduler: Scheduler) -> None:
    opened(scheduler)
    for _ in range(4):
        scheduler.inferred(take(scheduler, Lane.BACKGROUND), "samples")
    assert scheduler.take_inference(Lane.BACKGROUND, wait=False) is None
    scheduler.take_calculation(Lane.BACKGROUND, wait=False)
    assert scheduler.take_inference(Lane.BACKGROUND, wait=False) is not None


def test_a_background_batch_answers_a_caller_who_still_queues(scheduler: Scheduler) -> None:
    entry = opened(scheduler, length=4)
    batch = take(scheduler, Lane.BACKGROUND)
    ticket = scheduler.request(entry, 2)
    finish(scheduler, batch)
    assert ticket.future.result(0) == ("row", 2)
    assert scheduler.take_inference(Lane.INTERACTIVE, wait=False) is None


def test_a_forced_origin_is_computed_again_and_the_background_does_not_answer_for_it(scheduler: Scheduler) -> None:
    entry = opened(scheduler, length=4)
    rows = entry.rows
    assert isinstance(rows, FakeRows)
    scheduler.request(entry, 2)
    finish(scheduler, take(scheduler))
    behind = take(scheduler, Lane.BACKGROUND)
    forced = scheduler.request(entry, 2, force=True)
    assert not rows.done(2)
    finish(scheduler, take(scheduler))
    assert forced.future.result(0) == ("row", 2)
    assert rows.writes[2] == 2
    finish(scheduler, behind)
    assert rows.writes == [1, 1, 2, 1]


def test_a_forced_origin_nobody_waits_for_any_more_goes_back_to_the_background(scheduler: Scheduler) -> None:
    entry = opened(scheduler, length=1)
    finish(scheduler, take(scheduler, Lane.BACKGROUND))
    assert scheduler.take_inference(Lane.BACKGROUND, wait=False) is None
    scheduler.cancel(scheduler.request(entry, 0, force=True))
    assert slots(take(scheduler, Lane.BACKGROUND)) == [0]


def test_forgetting_a_dataset_answers_its_waiters_and_drops_its_work(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    running = scheduler.request(entry, 2)
    batch = take(scheduler)
    queued = scheduler.request(entry, 1)
    assert scheduler.evict("data")
    for ticket in (running, queued):
        with pytest.raises(Evicted):
            ticket.future.result(0)
    scheduler.inferred(batch, "samples")
    scheduler.take_calculation(Lane.INTERACTIVE, wait=False)
    scheduler.store(batch, [FakeResult([2])])
    assert entry.rows is not None
    assert not entry.rows.done(2)
    assert scheduler.take_inference(Lane.BACKGROUND, wait=False) is None
    with pytest.raises(Evicted):
        scheduler.request(entry, 1)
    assert not scheduler.evict("data")


def test_a_failed_batch_answers_its_waiters_and_later_requests_try_again(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    ticket = scheduler.request(entry, 1)
    scheduler.fail(take(scheduler), ModelFailed("broken"))
    with pytest.raises(ModelFailed):
        ticket.future.result(0)
    again = scheduler.request(entry, 1)
    finish(scheduler, take(scheduler))
    assert again.future.result(0) == ("row", 1)


def test_a_quick_draw_is_answered_and_leaves_nothing(scheduler: Scheduler) -> None:
    ticket = scheduler.quick("m", None, 7)
    finish(scheduler, take(scheduler))
    assert ticket.future.result(0) == ("row", 7)
    counts = scheduler.statistics()
    assert (counts.entries, counts.dirty_blocks, counts.waiting) == (0, 0, 0)


def test_full_blocks_are_written_at_once_and_unfinished_ones_when_asked(scheduler: Scheduler) -> None:
    entry = opened(scheduler, background=False)
    scheduler.request(entry, 3)
    finish(scheduler, take(scheduler))
    assert scheduler.take_store(partial=False) is None
    work = scheduler.take_store(partial=True)
    assert isinstance(work, Block)
    assert (work.number, work.rows) == (0, [3])
    assert scheduler.take_store(partial=True) is None


def test_a_dataset_is_retired_only_when_it_is_finished_written_and_nobody_waits(scheduler: Scheduler) -> None:
    entry = opened(scheduler, length=2)
    assert not scheduler.retire("data")
    ticket = scheduler.request(entry, 1)
    finish(scheduler, take(scheduler, Lane.BACKGROUND))
    assert ticket.future.done()
    assert scheduler.take_inference(Lane.BACKGROUND, wait=False) is None
    assert not scheduler.retire("data")
    scheduler.take_store(partial=True)
    assert scheduler.retire("data")
    assert scheduler.find("data") is None


def test_closing_answers_every_waiter_and_refuses_everything_new(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    running, queued = scheduler.request(entry, 1), scheduler.request(entry, 2)
    batch = take(scheduler)
    scheduler.close()
    scheduler.close()
    for ticket in (running, queued):
        with pytest.raises(EngineClosed):
            ticket.future.result(0)
    for call in (
        lambda: scheduler.request(entry, 3),
        lambda: scheduler.quick("m", None, 1),
        lambda: opened(scheduler, "new"),
        lambda: scheduler.call_store(dict),
        lambda: scheduler.peek(entry, 3),
    ):
        with pytest.raises(EngineClosed):
            call()
    scheduler.inferred(batch, "samples")
    assert scheduler.take_calculation(Lane.INTERACTIVE) is None
    assert scheduler.statistics().closed == 2


def test_what_was_computed_before_the_end_is_still_written(scheduler: Scheduler) -> None:
    entry = opened(scheduler, background=False)
    scheduler.request(entry, 3)
    finish(scheduler, take(scheduler))
    answer = scheduler.call_store(lambda: "stored")
    scheduler.close()
    scheduler.drain()
    assert not scheduler.drained
    call = scheduler.take_store(partial=False, wait=60)
    assert call is not None
    assert not isinstance(call, Block)
    assert call.function() == "stored"
    assert isinstance(scheduler.take_store(partial=False, wait=60), Block)
    assert scheduler.drained
    assert not answer.done()


def test_a_worker_that_waits_is_woken_by_work_and_by_the_end(scheduler: Scheduler) -> None:
    taken: list[Batch | None] = []

    def work() -> None:
        while (batch := scheduler.take_inference(Lane.INTERACTIVE)) is not None:
            taken.append(batch)
            finish(scheduler, batch)

    thread = threading.Thread(target=work)
    thread.start()
    entry = opened(scheduler, background=False)
    assert scheduler.request(entry, 4).future.result(20) == ("row", 4)
    scheduler.close()
    thread.join(20)
    assert not thread.is_alive()
    assert len(taken) == 1


def test_the_same_key_is_opened_once(scheduler: Scheduler) -> None:
    assert opened(scheduler) is opened(scheduler)
    assert np.array(scheduler.entries()).shape == (1,)


def test_an_origin_that_is_stored_while_its_caller_comes_in_is_answered_and_not_computed(scheduler: Scheduler) -> None:
    class Hesitant(FakeRows):
        looked = False

        def done(self, slot: int) -> bool:
            self.looked, first = True, not self.looked
            return not first and super().done(slot)

    rows = Hesitant(4)
    entry = scheduler.open("data", "m", None, rows, 3, background=False)
    rows.state[2] = DONE
    assert scheduler.request(entry, 2).future.result(0) == ("row", 2)
    assert scheduler.take_inference(Lane.INTERACTIVE, wait=False) is None


def test_who_waits_for_the_disk_counts_among_those_who_wait() -> None:
    scheduler = Scheduler(max_tickets=3, max_tickets_per_session=3, batch_size=4)
    entry = opened(scheduler, background=False)
    scheduler.request(entry, 1)
    for _ in range(2):
        scheduler.call_store(dict)
    for refused in (lambda: scheduler.call_store(dict), lambda: scheduler.request(entry, 2)):
        with pytest.raises(Overloaded, match="3 requests are waiting already"):
            refused()
    unbounded = scheduler.call_store(dict, bounded=False)
    for _ in range(3):
        call = scheduler.take_store(partial=False)
        assert call is not None
        call.future.set_result(None)
    assert unbounded.done()
    assert scheduler.request(entry, 2)


def test_calls_of_the_disk_and_full_blocks_take_turns(scheduler: Scheduler) -> None:
    opened(scheduler, length=24)
    for _ in range(6):
        finish(scheduler, take(scheduler, Lane.BACKGROUND))
    for _ in range(4):
        scheduler.call_store(dict)
    kinds = [type(scheduler.take_store(partial=False)).__name__ for _ in range(8)]
    assert kinds == ["StoreCall", "Block", "StoreCall", "Block", "StoreCall", "Block", "StoreCall", "NoneType"]


def test_a_request_that_is_answered_at_once_supersedes_its_sessions_older_ones(scheduler: Scheduler) -> None:
    entry = opened(scheduler, background=False)
    scheduler.request(entry, 5)
    finish(scheduler, take(scheduler))
    older = scheduler.request(entry, 1, session="tab", seq=1)
    assert scheduler.request(entry, 5, session="tab", seq=2).future.done()
    with pytest.raises(Superseded):
        older.future.result(0)
    assert scheduler.take_inference(Lane.INTERACTIVE, wait=False) is None


def test_a_superseded_request_leaves_the_others_who_wait_for_the_same_origin(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    moved, patient = scheduler.request(entry, 1, "tab", 1), scheduler.request(entry, 1)
    scheduler.request(entry, 2, "tab", 2)
    with pytest.raises(Superseded):
        moved.future.result(0)
    finish(scheduler, take(scheduler))
    assert patient.future.result(0) == ("row", 1)


def test_blocks_of_a_forgotten_dataset_are_neither_brought_back_nor_written_again(scheduler: Scheduler) -> None:
    entry = opened(scheduler)
    assert isinstance(entry.rows, FakeRows)
    finish(scheduler, take(scheduler, Lane.BACKGROUND))
    while scheduler.take_store(partial=True) is not None:
        pass
    assert scheduler.put_away(entry, 0)
    before = list(entry.rows.state)
    assert scheduler.evict(entry.key)
    scheduler.bring_back(entry, 0, None)
    scheduler.rewrite(entry, 0)
    assert entry.rows.state == before
    assert scheduler.take_store(partial=True) is None
