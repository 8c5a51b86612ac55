from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from engine.blocks import BLOCK
from engine.models.seasonal_naive import SeasonalNaive
from engine.results import ResultFrame
from engine.row_states import DONE, FAILED
from engine.rows import Forecast, Scores
from engine.spec import Spec
from engine.windows import usable
from tests.conftest import wave

SPEC = Spec.of(SeasonalNaive(), 12)
SERIES = wave(1000, first_slot=1000)


@pytest.fixture
def frame() -> ResultFrame:
    return ResultFrame(SERIES, SPEC, usable(SERIES.values))


def forecast(count: int, value: float = 1.0) -> Forecast:
    scores = Scores(np.full(count, value), *(np.full(count, 12, np.uint8) for _ in range(3)))
    samples = np.full((count, 12, 10), value, np.float32)
    return Forecast(samples, np.full(count, 5.0), np.full(count, 2.0), scores, np.ones(count, bool))


def fill(frame: ResultFrame, focus: int) -> list[int]:
    """Claim and write until nothing is left; the slots in the order they were claimed."""
    order: list[int] = []
    while len(slots := frame.claim(focus, 32, 1)):
        frame.write(slots, forecast(len(slots)))
        order.extend(slots.tolist())
    return order


def test_the_background_reaches_every_usable_origin_exactly_once(frame: ResultFrame) -> None:
    order = fill(frame, SERIES.last_slot)
    assert sorted(order) == (np.flatnonzero(usable(SERIES.values)) + SERIES.first_slot).tolist()
    assert frame.done_count == frame.total == len(order)


@pytest.mark.parametrize("focus", [1000, 1500, 1999])
def test_the_background_works_outward_from_where_somebody_looks(frame: ResultFrame, focus: int) -> None:
    distance = np.abs(np.array(fill(frame, focus)) // BLOCK - focus // BLOCK)
    assert (np.diff(distance) >= 0).all()


def test_claimed_origins_are_not_handed_out_again_until_they_are_cleared(frame: ResultFrame) -> None:
    first = frame.claim(1999, 32, 1)
    second = frame.claim(1999, 32, 2)
    assert not set(first) & set(second)
    frame.clear(first)
    again = frame.claim(1999, 32, 3)
    assert set(again) == set(first)


def test_what_was_computed_before_a_row_was_cleared_is_not_stored(frame: ResultFrame) -> None:
    slots = frame.claim(1999, 32, 1)
    frame.clear(slots[:5])
    frame.claim(1999, 3, 2)
    assert frame.write(slots, forecast(32), claim=1) == [4]
    assert frame.done_count == 27
    assert not any(frame.done(int(slot)) for slot in slots[:5])
    frame.fail(slots[:5], claim=1)
    assert frame.failed_count == 0


def test_a_caller_who_fails_leaves_a_row_to_the_batch_that_computes_it(frame: ResultFrame) -> None:
    slots = frame.claim(1999, 32, 1)
    frame.fail(slots[:1])
    frame.write(slots, forecast(32), claim=1)
    assert frame.done_count == 32


def test_rows_that_are_not_finite_fail_alone(frame: ResultFrame) -> None:
    slots = frame.claim(1999, 32, 1)
    made = forecast(32)._replace(finite=np.arange(32) != 3)
    frame.write(slots, made, claim=1)
    assert (frame.done_count, frame.failed_count) == (31, 1)
    assert not frame.done(int(slots[3]))
    assert made.row(3) is None
    assert made.row(4) is not None


def test_a_row_reads_back_in_the_datas_unit(frame: ResultFrame) -> None:
    frame.write(np.array([1500]), forecast(1, value=3.0))
    assert (frame.row(1500).unscaled() == 3.0 * 2 + 5).all()


def test_an_unfinished_row_cannot_be_read(frame: ResultFrame) -> None:
    with pytest.raises(KeyError):
        frame.row(1500)


def test_a_stored_row_never_changes_unless_it_was_cleared(frame: ResultFrame) -> None:
    frame.write(np.array([1500]), forecast(1, value=1.0))
    assert frame.write(np.array([1500]), forecast(1, value=9.0)) == []
    assert frame.row(1500).samples[0, 0] == 1.0
    frame.clear(np.array([1500]))
    assert not frame.done(1500)
    frame.write(np.array([1500]), forecast(1, value=9.0))
    assert frame.row(1500).samples[0, 0] == 9.0


def test_an_answer_does_not_change_when_its_row_is_computed_anew(frame: ResultFrame) -> None:
    frame.write(np.array([1500]), forecast(1, value=1.0))
    answer = frame.row(1500)
    frame.clear(np.array([1500]))
    frame.write(np.array([1500]), forecast(1, value=9.0))
    assert answer.samples[0, 0] == 1.0


def test_failed_rows_are_left_alone_by_the_background_but_can_be_asked_for(frame: ResultFrame) -> None:
    slots = frame.claim(1999, 32, 1)
    frame.fail(slots, claim=1)
    assert frame.failed_count == len(slots)
    assert not set(fill(frame, 1999)) & set(slots)
    frame.write(slots[:1], forecast(1))
    assert frame.failed_count == len(slots) - 1
    assert frame.done(int(slots[0]))


def test_a_done_row_does_not_fail(frame: ResultFrame) -> None:
    frame.write(np.array([1500]), forecast(1))
    frame.fail(np.array([1500]))
    assert frame.done(1500)


def test_a_block_is_full_when_nothing_of_it_is_missing(frame: ResultFrame) -> None:
    assert not frame.block_full(0)
    fill(frame, 1000)
    assert frame.block_full(0)
    stored = frame.block_rows(1)
    assert frame.block_slots(1, stored.offsets).tolist() == list(range(1024, 1280))


def test_a_block_is_done_when_nothing_of_it_is_missing_or_failed(frame: ResultFrame) -> None:
    slot = np.array([1100])
    assert not frame.block_done(1)
    fill(frame, 1000)
    assert frame.block_done(1)
    frame.clear(slot)
    assert not frame.block_done(1)
    frame.fail(slot)
    assert frame.block_full(1)
    assert not frame.block_done(1)
    frame.write(slot, forecast(1))
    assert frame.block_done(1)


def test_the_frame_shows_the_blocks_without_a_copy(frame: ResultFrame) -> None:
    frame.write(np.array([1500]), forecast(1))
    seen = frame.frame()
    assert seen["samples"].dtype == pl.Array(pl.Float32, 120)
    frame.clear(np.array([1500]))
    frame.write(np.array([1500]), forecast(1, value=42.0))
    row = seen.row(by_predicate=pl.col("slot") == 1500, named=True)
    assert row["samples"] == [42.0] * 120
    assert row["state"] == DONE


def test_scores_cover_the_series_slots_and_no_others(frame: ResultFrame) -> None:
    frame.write(np.array([SERIES.first_slot + 500]), forecast(1, value=0.25))
    scores = frame.scores()
    assert len(scores.crps) == len(SERIES)
    assert np.flatnonzero(~np.isnan(scores.crps)).tolist() == [500]
    assert scores.n_scored[500] == 12


def test_memory_stays_below_two_kilobytes_an_origin(frame: ResultFrame) -> None:
    fill(frame, 1999)
    assert frame.nbytes / len(SERIES) < 2000
    assert FAILED not in frame.frame()["state"]


def test_what_is_not_done_has_no_score(frame: ResultFrame) -> None:
    fill(frame, 1999)
    frame.clear(np.arange(1500, 1520))
    frame.fail(np.arange(1500, 1510))
    scores = frame.scores()
    assert int((scores.n_scored > 0).sum()) == int((~np.isnan(scores.crps)).sum()) == frame.done_count


def test_a_block_has_another_revision_whenever_a_row_of_it_changes(frame: ResultFrame) -> None:
    slots = np.array([1290, 1300])  # of one block; the next begins at 1536
    number = 1300 // BLOCK - 1000 // BLOCK
    seen = [frame.revision(number)]
    for change in (
        lambda: frame.write(slots, forecast(2)),
        lambda: frame.clear(slots[:1]),
        lambda: frame.fail(slots[:1]),
        lambda: frame.clear(slots),
        lambda: frame.write(slots, forecast(2)),  # the same again: it was another in between
    ):
        change()
        seen.append(frame.revision(number))
    assert len(set(seen)) == len(seen)
    frame.write(slots, forecast(2, 2.0))  # they are done already
    frame.write(slots + BLOCK, forecast(2))
    assert frame.revision(number) == seen[-1]
