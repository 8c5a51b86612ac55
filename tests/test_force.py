"""What becomes of work in flight when its dataset is replaced, evicted or flushed, or the engine closed; and force."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import Engine, PlotData, Settings
from engine.errors import BadRequest, EngineClosed, EngineError, Evicted, IndexOutOfRange, UnknownHandle
from engine.models.base import Loader, built_in
from tests.conftest import ToyForecaster, filled, to_csv, until, wave

SERIES = wave(300)
CSV = to_csv(SERIES)
TOTAL = 300 - 23
INDEX = -40


class Edition(ToyForecaster):
    """The toy, whose samples tell which edition of it computed them: 100 scales higher every time."""

    edition = 0

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        edition = self.edition  # as it was before the gate
        return super().predict(contexts, floor, horizon) + np.float32(100 * edition)


@pytest.fixture
def toy() -> Edition:
    return Edition()


def edition(plot: PlotData) -> int:
    """Which edition of the toy a picture comes from."""
    scale = float(np.std(SERIES.values[: SERIES.values.size + plot.index]))
    return round(float(plot.samples.mean() - SERIES.values[plot.index - 1]) / (100 * scale))


def outcome_of(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """A call in a thread of its own, and where its outcome will be."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(call())
        except EngineError as error:
            outcome.append(type(error))

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


EVENTS: dict[str, Callable[[Engine, str], object]] = {
    "replaced": lambda engine, handle: engine.recalculate(handle),
    "evicted": lambda engine, handle: engine.delete(handle),
    "flushed": lambda engine, handle: engine.flush(),
    "closed": lambda engine, handle: engine.close(),
}

# What happens, to whom, forced or not -> what the waiter gets, and how many rows are stored in the end. Forced are:
# one origin, whose stored row is lost only to a new one; in the background all but the last one, lost at once.
TABLE = [
    ("replaced", "interactive", False, "a new one", TOTAL),
    ("replaced", "interactive", True, "a new one", TOTAL),
    ("replaced", "background", False, None, TOTAL),
    ("replaced", "background", True, None, TOTAL),
    ("evicted", "interactive", False, Evicted, 0),
    ("evicted", "interactive", True, Evicted, 0),
    ("evicted", "background", False, None, 0),
    ("evicted", "background", True, None, 0),
    ("flushed", "interactive", False, Evicted, 0),
    ("flushed", "interactive", True, Evicted, 0),
    ("flushed", "background", False, None, 0),
    ("flushed", "background", True, None, 0),
    ("closed", "interactive", False, EngineClosed, 0),
    ("closed", "interactive", True, EngineClosed, TOTAL),
    ("closed", "background", False, None, 0),
    ("closed", "background", True, None, 1),
]


@pytest.fixture
def reopened(settings: Settings) -> Iterator[Callable[[], Engine]]:
    """Opens the folder again, with nothing computed in the background."""
    opened: list[Engine] = []

    def reopen() -> Engine:
        plain = built_in() | {"toy": lambda settings: ToyForecaster()}
        opened.append(Engine(replace(settings, background=False), plain))
        return opened[-1]

    yield reopen
    for engine in opened:
        engine.close()


@pytest.mark.parametrize(("event", "lane", "force", "answer", "stored"), TABLE)
def test_work_in_flight_is_answered_and_stored_as_the_table_says(
    settings: Settings,
    registry: dict[str, Loader],
    toy: Edition,
    reopened: Callable[[], Engine],
    event: str,
    lane: str,
    force: bool,
    answer: object,
    stored: int,
) -> None:
    engine = Engine(replace(settings, graceful_timeout=1), registry)
    if force:  # everything is there, and computed again
        handle = engine.upload(CSV).dataset.handle
        until(lambda: filled(engine, handle))
    toy.gate.clear()
    entered = toy.entered
    handle = engine.upload(CSV).dataset.handle
    if force and lane == "background":
        engine.recalculate(handle, 1 - len(SERIES), -1)
    if not force or lane == "background":
        until(lambda: toy.entered > entered)  # the background is at it
    thread, outcome = None, []
    if lane == "interactive":
        entered = toy.entered
        thread, outcome = outcome_of(lambda: engine.forecast(handle, INDEX, force=force))
        until(lambda: toy.entered > entered)
    toy.edition = 1
    EVENTS[event](engine, handle)
    toy.gate.set()
    if thread is not None:
        thread.join(20)
        assert not thread.is_alive(), "a waiter was left"
        if answer == "a new one":
            (plot,) = outcome
            assert isinstance(plot, PlotData)
            assert edition(plot) == 1
        else:
            assert outcome == [answer]
    if event == "replaced":
        until(lambda: filled(engine, handle))
        assert {edition(engine.forecast(handle, index)) for index in (-270, INDEX, -1, 0)} == {1}
    engine.close()
    again = reopened()
    if event in {"evicted", "flushed"}:
        assert again.datasets() == []
        with pytest.raises(UnknownHandle):
            again.progress(handle)
    else:
        assert again.progress(handle).done == stored


def test_a_range_is_computed_anew_and_nothing_else(engine: Engine, toy: Edition) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    toy.edition = 1
    assert engine.recalculate(handle, -60, -20) == 41
    until(lambda: filled(engine, handle))
    made = {index: edition(engine.forecast(handle, index)) for index in (-61, -60, -40, -20, -19, 0)}
    assert made == {-61: 0, -60: 1, -40: 1, -20: 1, -19: 0, 0: 0}
    assert engine.progress(handle).done == TOTAL


def test_a_range_computed_anew_is_what_a_restart_finds(
    engine: Engine, toy: Edition, reopened: Callable[[], Engine]
) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    toy.edition = 1
    engine.recalculate(handle, -60, -20)
    until(lambda: filled(engine, handle))
    engine.close()
    again = reopened()
    made = [edition(again.forecast(handle, index)) for index in (-61, -60, -20, -19)]
    assert made == [0, 1, 1, 0]


def test_without_the_background_what_was_to_be_computed_anew_is_computed_when_it_is_asked_for(
    settings: Settings, registry: dict[str, Loader], toy: Edition
) -> None:
    engine = Engine(replace(settings, background=False), registry)
    handle = engine.upload(CSV).dataset.handle
    engine.forecast(handle, INDEX)
    toy.edition = 1
    engine.recalculate(handle)
    assert engine.progress(handle).done == 0
    assert edition(engine.forecast(handle, INDEX)) == 1
    engine.close()


def test_only_points_of_the_series_can_be_computed_anew(engine: Engine) -> None:
    handle = engine.upload(CSV).dataset.handle
    with pytest.raises(IndexOutOfRange):
        engine.recalculate(handle, -300, -1)
    with pytest.raises(BadRequest, match="empty"):
        engine.recalculate(handle, -1, -2)
    with pytest.raises(UnknownHandle):
        engine.recalculate("0" * 64)


def test_flushing_forgets_everything_and_the_engine_goes_on(engine: Engine, toy: Edition) -> None:
    handles = [engine.upload(to_csv(wave(300, seed=seed))).dataset.handle for seed in range(3)]
    assert engine.flush() == 3
    assert engine.datasets() == []
    for handle in handles:
        with pytest.raises(UnknownHandle):
            engine.dataset(handle)
    upload = engine.upload(CSV)
    assert upload.reused == 0
    until(lambda: filled(engine, upload.dataset.handle))


def test_a_bad_origin_fails_alone(engine: Engine, toy: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that raises for one context of the file: the other 63 of its batch are forecast."""
    real = toy.predict
    bad = np.float32(SERIES.values[-100])

    def sensitive(contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        lasts = {round(float(context[-1]), 4) for context in contexts}
        if poison in lasts:
            raise ValueError("this context is bad")
        return real(contexts, floor, horizon)

    seen = SERIES.values[: len(SERIES) - 99]
    poison = round(float((bad - seen.mean()) / seen.std()), 4)
    monkeypatch.setattr(toy, "predict", sensitive)
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    progress = engine.progress(handle)
    assert (progress.done, progress.failed) == (TOTAL - 1, 1)
    assert engine.status().ready


def test_only_what_failed_is_tried_again(engine: Engine, toy: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    real, broken = toy.predict, threading.Event()
    broken.set()

    def halting(contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        samples = real(contexts, floor, horizon)
        if broken.is_set():
            samples[:: len(samples) // 4] = np.nan
        return samples

    monkeypatch.setattr(toy, "predict", halting)
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    failed = engine.progress(handle).failed
    assert 0 < failed < TOTAL
    broken.clear()
    toy.edition, before = 1, toy.computed
    assert engine.recalculate(handle, failed=True) == failed
    until(lambda: filled(engine, handle))
    assert (engine.progress(handle).done, engine.progress(handle).failed) == (TOTAL, 0)
    assert toy.computed - before == failed
