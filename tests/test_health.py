from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import ClassVar

import pytest

from engine import Engine
from engine.errors import ModelFailed
from engine.health import LONGEST_REST, SHORTEST_REST, SICK, Health
from tests.conftest import ToyForecaster, to_csv, until, wave


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
