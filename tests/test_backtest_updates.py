"""Backtests over time: only what changed is read again, within a budget, and nothing of what was forgotten is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import Backtest, Engine, Settings, errors
from engine.blocks import Rows
from engine.forecasting import frame_of
from engine.jobs import Entry
from engine.models.base import Loader
from engine.scoring import backtests
from engine.series import Series
from tests import direct_scores as direct
from tests.conftest import HOUR, ToyForecaster, filled, to_csv, until, wave
from tests.test_wires import Moody

SERIES = wave(700, first_slot=1000, missing=0.05)  # blocks 3 to 6


@pytest.fixture
def toy() -> Moody:
    return Moody()


@pytest.fixture
def still(settings: Settings, registry: dict[str, Loader]) -> Iterator[Engine]:
    """An engine that computes what is asked for and nothing else."""
    running = Engine(replace(settings, background=False), registry)
    yield running
    running.close()


class Reads:
    """Which blocks a backtest reads; a test may hold one up, or make it fail."""

    def __init__(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.blocks: list[int] = []
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None
        real = engine._backtests._read

        def read(entry: Entry, number: int, deadline: float) -> Rows:
            self.before()
            self.blocks.append(number)
            rows = real(entry, number, deadline)
            self.after()
            return rows

        monkeypatch.setattr(engine._backtests, "_read", read)

    def taken(self) -> list[int]:
        """Since it was asked last."""
        blocks, self.blocks = sorted(self.blocks), []
        return blocks


def stored(engine: Engine, series: Series = SERIES) -> str:
    handle = engine.upload(to_csv(series)).dataset.handle
    until(lambda: not engine.settings.background or filled(engine, handle))
    return handle


def whole(engine: Engine, handle: str, **how: Any) -> Backtest:
    return engine.backtest(handle, timeout=20.0, **how)


def same(ours: Backtest, theirs: Backtest) -> bool:
    """Whether all numbers are the same."""
    return repr(replace(ours, worst=())) == repr(replace(theirs, worst=())) and ours.worst == theirs.worst


def test_the_numbers_grow_with_what_is_computed(still: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    handle, reads = stored(still), Reads(still, monkeypatch)
    assert whole(still, handle).standing.read == 0
    assert reads.taken() == []
    plots = [still.forecast(handle, index) for index in (-20, -21, -600)]
    found = whole(still, handle)
    assert (found.standing.done, found.standing.read, found.standing.complete) == (3, 3, False)
    assert reads.taken() == [1, 3]
    np.testing.assert_allclose(found.measures, direct.measures(direct.pairs_of(plots), found.scale), rtol=1e-6)
    plots.append(still.forecast(handle, -22))
    found = whole(still, handle)
    assert reads.taken() == [3]
    np.testing.assert_allclose(found.measures, direct.measures(direct.pairs_of(plots), found.scale), rtol=1e-6)
    assert same(whole(still, handle), found)
    assert reads.taken() == []


def test_the_rivals_are_forecast_once(still: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = stored(still)
    naive, _ = still._asking.opponents()
    calls: list[int] = []
    real = type(naive).predict

    def predict(self: Any, contexts: Any, floor: Any, horizon: int) -> Any:
        calls.append(len(contexts))
        return real(self, contexts, floor, horizon)

    monkeypatch.setattr(type(naive), "predict", predict)
    for index in (-20, -21):
        still.forecast(handle, index)
        whole(still, handle)
    calls.clear()
    still.forecast(handle, -20, force=True)
    calls.clear()  # of the picture
    assert whole(still, handle).standing.read == 2
    assert calls == []


def test_what_is_computed_anew_is_scored_anew(still: Engine, toy: Moody) -> None:
    handle = stored(still)
    still.forecast(handle, -20)
    before = whole(still, handle)
    toy.shift = 3.0
    plot = still.forecast(handle, -20, force=True)
    after = whole(still, handle)
    assert after.measures.crps > before.measures.crps
    np.testing.assert_allclose(after.measures.crps, plot.crps, rtol=1e-6)
    assert after.baseline == before.baseline


def test_what_changes_while_it_is_read_is_read_again(
    still: Engine, toy: Moody, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, reads = stored(still), Reads(still, monkeypatch)
    still.forecast(handle, -20)
    toy.shift = 3.0
    reads.after = lambda: None if len(reads.blocks) > 1 else again()

    def again() -> None:
        still.forecast(handle, -20, force=True)

    before = whole(still, handle)
    after = whole(still, handle)
    assert reads.taken() == [3, 3]
    np.testing.assert_allclose(after.measures.crps, still.forecast(handle, -20).crps, rtol=1e-6)
    assert after.measures.crps > before.measures.crps


def test_a_file_that_is_computed_anew_as_a_whole_starts_from_nothing(engine: Engine, toy: Moody) -> None:
    handle = stored(engine)
    before = whole(engine, handle)
    toy.gate.clear()
    engine.recalculate(handle)
    found = engine.backtest(handle)
    assert (found.standing.done, found.standing.read) == (0, 0)
    toy.shift = 3.0
    toy.gate.set()
    until(lambda: filled(engine, handle))
    after = whole(engine, handle)
    assert after.standing == before.standing
    assert after.measures.crps > before.measures.crps
    assert after.baseline == before.baseline


def test_scores_of_an_earlier_life_are_not_those_of_the_next(still: Engine, toy: Moody) -> None:
    handle = stored(still)
    still.forecast(handle, -20)
    before = whole(still, handle)
    still.recalculate(handle)
    toy.shift = 3.0
    plot = still.forecast(handle, -20)  # as many changes as before
    after = whole(still, handle)
    assert after.measures.crps > before.measures.crps
    np.testing.assert_allclose(after.measures.crps, plot.crps, rtol=1e-6)


def test_moments_that_are_cleared_no_longer_count(engine: Engine, toy: Moody) -> None:
    handle = stored(engine)
    total = whole(engine, handle).standing.read
    toy.gate.clear()
    engine.recalculate(handle, -50, -41)
    usable = sum(engine.dataset(handle).usable(index) for index in range(-50, -40))
    assert whole(engine, handle).standing.read == total - usable
    toy.gate.set()
    until(lambda: filled(engine, handle))
    assert whole(engine, handle).standing == (total, total, total, *whole(engine, handle).standing[3:])


def test_who_asks_with_patience_has_all_of_it(engine: Engine, toy: Moody) -> None:
    toy.batches.clear()
    handle = engine.upload(to_csv(SERIES)).dataset.handle
    assert not engine.backtest(handle, timeout=0.0).standing.complete
    threading.Timer(0.2, toy.batches.set).start()
    found = engine.backtest(handle, timeout=20.0, wait=True)
    assert found.standing.complete
    assert found.standing.read == found.standing.total


def test_only_so_many_wait_at_once(still: Engine) -> None:
    handle = stored(still)
    with ExitStack() as busy:
        for _ in range(backtests.PATIENT):
            busy.enter_context(still._backtests._patient)
        assert not still.backtest(handle, timeout=20.0, wait=True).standing.complete


def test_only_so_many_read_at_once(engine: Engine) -> None:
    handle = stored(engine)
    with ExitStack() as busy:
        for _ in range(backtests.READERS):
            busy.enter_context(engine._backtests._readers)
        assert engine.backtest(handle, timeout=0.05).standing.read == 0
    assert whole(engine, handle).standing.complete


def test_without_time_nothing_is_read(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    handle, reads = stored(engine), Reads(engine, monkeypatch)
    found = engine.backtest(handle, timeout=0.0)
    assert (found.standing.done, found.standing.read) == (found.standing.total, 0)
    assert reads.taken() == []


def test_numbers_of_a_part_are_spread_over_the_file(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    series = wave(256 * 40, first_slot=0)
    handle = stored(engine, series)
    reads = Reads(engine, monkeypatch)

    def enough() -> None:
        if len(reads.blocks) == 10:
            raise errors.DeadlineExceeded("the time is over")

    reads.before = enough
    found = whole(engine, handle)
    assert found.standing.read <= 2560 < found.standing.total
    assert not found.standing.complete
    assert max(np.diff([-1, *reads.taken(), 40])) <= 8
    reads.before = lambda: None
    assert whole(engine, handle).standing.complete
    assert len(reads.taken()) == 30


def test_scores_are_the_same_after_a_restart(settings: Settings, registry: dict[str, Loader]) -> None:
    first = Engine(settings, registry)
    handle = stored(first)
    before = whole(first, handle)
    first.close()
    second = Engine(replace(settings, background=False), registry)
    after = whole(second, handle)
    second.close()
    assert same(before, after)
    assert after.standing.complete


def test_a_longer_file_has_the_scores_of_its_own(engine: Engine) -> None:
    shorter = Series(SERIES.values[:600], HOUR, SERIES.first_slot)
    early, late = stored(engine, shorter), stored(engine)
    cut = whole(engine, late, stretch=(-699, -100))
    assert cut.standing.selected >= whole(engine, early).standing.selected
    pairs = direct.pairs_of(direct.pictures(engine, late))
    np.testing.assert_allclose(whole(engine, late).measures, direct.measures(pairs, cut.scale), rtol=1e-6)


def test_blocks_that_are_on_the_disk_only_stay_there(settings: Settings, registry: dict[str, Loader]) -> None:
    first = Engine(settings, registry)
    expected = whole(first, stored(first))
    first.close()
    engine = Engine(replace(settings, memory_budget=1), registry)
    found = whole(engine, expected.handle)
    (entry,) = [e for e in engine._scheduler.entries() if e.subject.spec.model == "toy"]
    assert sum(frame_of(entry).holds(number) for number in range(4)) <= 1
    engine.close()
    assert same(found, expected)


@pytest.mark.parametrize("end", ["delete", "flush", "drop"])
def test_nothing_of_what_is_forgotten_is_kept(engine: Engine, end: str) -> None:
    handle = stored(engine)
    whole(engine, handle)
    assert engine._backtests.nbytes > 0
    {"delete": lambda: engine.delete(handle), "flush": engine.flush, "drop": lambda: engine.drop(handle)}[end]()
    assert engine._backtests.nbytes == 0


def test_what_is_forgotten_while_it_is_read_is_not_kept(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    handle, reads = stored(engine), Reads(engine, monkeypatch)

    def forget() -> None:
        if len(reads.blocks) == 2:
            engine.delete(handle)

    reads.before = forget
    with suppress(errors.UnknownHandle):
        whole(engine, handle)
    assert engine._backtests.nbytes == 0


def test_what_is_forgotten_just_before_it_would_be_kept_is_not(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    handle, real = stored(engine), engine._backtests._kept

    def kept(entry: Entry) -> Any:
        engine.delete(handle)
        return real(entry)

    with monkeypatch.context() as patch:
        patch.setattr(engine._backtests, "_kept", kept)
        with suppress(errors.UnknownHandle):
            whole(engine, handle)
    assert engine._backtests.nbytes == 0


def test_a_dataset_that_was_dropped_starts_from_nothing(engine: Engine, toy: Moody) -> None:
    handle = stored(engine)
    before = whole(engine, handle)
    engine.drop(handle)
    toy.shift = 2.0
    until(lambda: whole(engine, handle).standing.complete)
    assert whole(engine, handle).measures.crps != before.measures.crps


def test_tables_stay_within_their_budget(settings: Settings, registry: dict[str, Loader]) -> None:
    engine = Engine(replace(settings, scores_budget=1_000_000), registry)
    found = [whole(engine, stored(engine, wave(1500, seed=seed))) for seed in range(4)]
    assert 0 < engine._backtests.nbytes <= 1_000_000
    assert all(backtest.standing.complete for backtest in found)
    assert same(whole(engine, found[0].handle), found[0])
    engine.close()


def test_rivals_that_had_to_go_come_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = stored(engine)
    before, reads = whole(engine, handle), Reads(engine, monkeypatch)
    engine._backtests._tier.put((handle, "rivals", 12), None, 1 << 60)  # larger than all there is room for
    cold = engine.backtest(handle, timeout=0.0)
    assert (cold.standing.read, cold.standing.complete) == (0, False)
    assert same(whole(engine, handle), before)
    assert len(reads.taken()) == 4


def test_nothing_is_counted_twice_while_nothing_changes(still: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    handle, counted, real = stored(still), [], backtests.summary

    def summary(*arguments: Any) -> Backtest:
        counted.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(backtests, "summary", summary)
    for index in (-20, -21):
        still.forecast(handle, index)
        whole(still, handle)
        assert still.backtest(handle) is still.backtest(handle)
        assert still.backtest(handle, slice="hour:6") is not still.backtest(handle)
        assert still.backtest(handle, slice="hour:6").slice == "hour:6"
    assert len(counted) == 4
    found = [still.backtest(handle, worst=number) for number in range(20)]
    assert [len(backtest.worst) for backtest in found] == [min(number, 1) for number in range(20)]


def test_of_a_file_that_is_too_long_for_the_budget_every_other_block_is_scored(
    settings: Settings, registry: dict[str, Loader]
) -> None:
    engine = Engine(replace(settings, scores_budget=1_000_000, horizon=64), registry)
    handle = stored(engine, wave(1000))
    found = whole(engine, handle)
    assert found.standing.complete
    assert 400 < found.standing.read < 500 < found.standing.done == found.standing.total
    assert 0 < engine._backtests.nbytes <= 1_000_000
    (entry,) = engine._scheduler.entries()
    crps, known, *_ = frame_of(entry).scores()
    here = ((1000 + np.arange(1000)) // 256 % 2 == 1000 // 256 % 2) & (known > 0)
    np.testing.assert_allclose(found.measures.crps, np.average(crps[here], weights=known[here]), rtol=1e-6)
    engine.close()


def test_models_of_a_long_file_have_room_beside_each_other(
    settings: Settings, registry: dict[str, Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(replace(settings, scores_budget=1_000_000, horizon=64, models=("toy", "theta")), registry)
    handle, reads = stored(engine, wave(800)), Reads(engine, monkeypatch)
    engine.backtest(handle, model="theta", timeout=20, wait=True)
    assert [each.takes_part for each in engine.compare(handle, timeout=20).contenders] == 4 * [True]
    assert reads.taken()
    for model in ("toy", "theta", "toy"):
        assert engine.backtest(handle, model=model, timeout=0.0).standing.complete
    engine.compare(handle, timeout=20)
    assert reads.taken() == []
    engine.close()


def test_one_reads_and_the_others_answer_with_what_is_there(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    handle, reads = stored(engine), Reads(engine, monkeypatch)
    entered, gate = threading.Event(), threading.Event()

    def hold() -> None:
        entered.set()
        assert gate.wait(30)

    reads.before = hold
    found: list[Backtest] = []
    slow = threading.Thread(target=lambda: found.append(whole(engine, handle)))
    slow.start()
    assert entered.wait(30)
    assert engine.backtest(handle, timeout=0.05).standing.read == 0
    gate.set()
    slow.join(30)
    assert found[0].standing.complete
    assert len(reads.taken()) == 4


def test_a_busy_disk_leaves_the_numbers_as_they_are(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    handle, reads = stored(engine), Reads(engine, monkeypatch)

    def busy() -> None:
        raise errors.Overloaded("256 requests are waiting already.")

    reads.before = busy
    assert whole(engine, handle).standing.read == 0


def test_what_was_computed_anew_while_it_was_read_is_asked_for_once_more(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, reads = stored(engine), Reads(engine, monkeypatch)
    gone = iter([errors.Evicted("computed anew")])

    def evict() -> None:
        for error in gone:
            raise error

    reads.before = evict
    assert whole(engine, handle).standing.complete


def test_models_beside_each_other_share_their_rivals(engine: Engine, toy: ToyForecaster) -> None:
    handle = stored(engine)
    ours = whole(engine, handle)
    before = engine._backtests.nbytes
    naive = engine.backtest(handle, model="seasonal-naive", timeout=20.0, wait=True)
    assert naive.baseline == pytest.approx(naive.measures, rel=1e-6)
    assert naive.baseline == pytest.approx(ours.baseline, rel=1e-12)
    assert engine._backtests.nbytes - before < before / 2 + 10_000
    assert naive.skill.value == pytest.approx(0, abs=1e-9)


def test_numbers_beyond_single_precision_are_scored_too(engine: Engine) -> None:
    random = np.random.default_rng(3)
    huge = Series(1e99 * (1 + random.random(200)), HOUR, 0)
    found = whole(engine, stored(engine, huge))
    assert found.standing.complete
    assert np.isfinite(found.measures).all()
    tiny = Series(1e-99 * (1 + random.random(200)), HOUR, 0)
    assert whole(engine, stored(engine, tiny)).standing.complete
