from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import Engine
from engine.errors import ModelFailed
from engine.health import FORGOTTEN, LONGEST_REST, SHORTEST_REST, SICK, Health
from tests.conftest import ToyForecaster, filled, to_csv, until, wave


class Alarm(threading.Event):
    """What Health waits on; remembers for how long, and waits only where a test wants it to."""

    rests: list[float]
    begun: threading.Event
    really = False

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.rests.append(timeout)
        self.begun.set()
        return super().wait(timeout) if self.really else False


@pytest.fixture
def alarm(monkeypatch: pytest.MonkeyPatch) -> type[Alarm]:
    class Own(Alarm):
        rests: ClassVar[list[float]] = []
        begun = threading.Event()

    monkeypatch.setattr("engine.health.threading", SimpleNamespace(Event=Own))
    return Own


def test_the_rests_of_a_sick_engine_double_up_to_a_bound_and_begin_again_when_it_is_well(alarm: type[Alarm]) -> None:
    health = Health()

    def fail(times: int) -> None:
        for _ in range(times):
            health.failed()
            health.rest()

    fail(SICK - 1)
    assert not health.sick
    assert not alarm.rests
    fail(40)
    assert health.sick
    assert alarm.rests[:4] == [SHORTEST_REST * factor for factor in (1, 2, 4, 8)]
    assert alarm.rests[-1] == max(alarm.rests) == LONGEST_REST
    health.succeeded()
    assert not health.sick
    health.rest()
    fail(SICK)
    assert alarm.rests[40:] == [SHORTEST_REST]


@pytest.mark.parametrize("wake", [Health.end, Health.try_again])
def test_who_rests_already_is_woken_by_the_end_and_by_another_try(
    alarm: type[Alarm], wake: Callable[[Health], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.health.SHORTEST_REST", 300.0)
    monkeypatch.setattr("engine.health.LONGEST_REST", 300.0)
    monkeypatch.setattr(alarm, "really", True)
    health = Health()
    for _ in range(SICK):
        health.failed()
    thread = threading.Thread(target=health.rest, daemon=True)
    thread.start()
    assert alarm.begun.wait(20)
    wake(health)
    thread.join(20)
    assert not thread.is_alive()


def test_callers_do_not_wait_for_an_engine_that_rests(
    engine: Engine, toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.health.SHORTEST_REST", 300.0)
    monkeypatch.setattr("engine.health.LONGEST_REST", 300.0)
    toy.failure = ValueError("broken")
    handle = engine.upload(to_csv(wave(300))).dataset.handle
    until(lambda: not engine.status().ready)
    for index in (-3, -4, -5):
        with pytest.raises(ModelFailed):
            engine.forecast(handle, index, timeout=5)
    toy.failure = None
    assert engine.forecast(handle, -6, timeout=5).index == -6


def test_the_same_origin_failing_again_and_again_tells_nothing_of_the_model() -> None:
    health = Health()
    for _ in range(3 * SICK):
        health.failed(("data", 7))
    assert not health.sick


def test_a_sick_engine_to_which_nobody_comes_is_tried_again_after_a_while() -> None:
    now = [100.0]
    health = Health(lambda: now[0])
    for origin in range(SICK):
        health.failed(origin)
    assert health.sick
    now[0] += FORGOTTEN
    assert not health.sick


def test_many_bad_origins_fail_alone_and_leave_the_engine_ready(
    engine: Engine, toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that raises for one context in sixteen, whatever it is given with."""
    monkeypatch.setattr("engine.health.LONGEST_REST", 0.01)
    series, real = wave(600), toy.predict
    bad = 0

    def sensitive(contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        nonlocal bad
        wrong = [context for context in contexts if hash(context.tobytes()[-8:]) % 16 == 0]
        if wrong:
            bad += len(contexts) == 1
            raise ValueError("this context is bad")
        return real(contexts, floor, horizon)

    monkeypatch.setattr(toy, "predict", sensitive)
    handle = engine.upload(to_csv(series)).dataset.handle
    until(lambda: filled(engine, handle))
    assert 10 < engine.progress(handle).failed == bad < 100


def test_looking_at_a_moment_without_a_number_again_and_again_leaves_the_engine_ready(
    engine: Engine, toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = engine.upload(to_csv(wave(60))).dataset.handle
    until(lambda: filled(engine, handle))
    real = toy.predict
    monkeypatch.setattr(toy, "predict", lambda *given: real(*given) * np.float32("nan"))
    for _ in range(SICK + 2):
        with pytest.raises(ModelFailed, match="not finite"):
            engine.forecast(handle, -3, force=True)
    assert engine.status().ready


def test_a_model_without_a_number_for_whole_batches_makes_the_engine_unready(
    engine: Engine, toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = toy.predict
    monkeypatch.setattr(toy, "predict", lambda *given: real(*given) * np.float32("nan"))
    handle = engine.upload(to_csv(wave(900))).dataset.handle
    until(lambda: filled(engine, handle))
    assert engine.progress(handle).done == 0
    assert not engine.status().ready
