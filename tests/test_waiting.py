"""Who waits for the disk: a deadline that covers everything, and nothing done for those who have gone."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine import Engine, Settings
from engine.errors import DeadlineExceeded
from engine.fills import RESUMED
from engine.models.base import Loader
from tests.conftest import ToyForecaster, to_csv, until, wave

FILES = [to_csv(wave(60, seed=seed)) for seed in range(6)]


@contextmanager
def busy(engine: Engine) -> Iterator[None]:
    """The store thread has something else to do."""
    go, begun = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        go.wait(30)

    engine._scheduler.call_store(hold)
    assert begun.wait(30)
    try:
        yield
    finally:
        go.set()


def test_an_upload_whose_caller_was_sent_away_is_not_stored_afterwards(
    settings: Settings, registry: dict[str, Loader]
) -> None:
    engine = Engine(dataclasses.replace(settings, request_timeout=0.2), registry)
    with busy(engine), pytest.raises(DeadlineExceeded):
        engine.upload(FILES[0])
    assert engine.datasets() == []
    engine.close()


def test_a_callers_own_deadline_holds_for_the_disk_too(engine: Engine) -> None:
    started = time.monotonic()
    with busy(engine), pytest.raises(DeadlineExceeded):
        engine.forecast("0" * 64, 0, timeout=0.1)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(("budget", "together"), [(1 << 30, RESUMED), (1, 1)])
def test_interrupted_fills_go_on_as_few_at_a_time_as_memory_allows_and_all_end(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster, budget: int, together: int
) -> None:
    engine = Engine(settings, registry)
    toy.gate.clear()
    handles = [engine.upload(file).dataset.handle for file in FILES]
    engine._scheduler.close()
    toy.gate.set()
    engine.close()
    toy.gate.clear()
    again = Engine(dataclasses.replace(settings, memory_budget=budget), registry)
    until(lambda: again.status().statistics.entries == together)
    again.datasets()  # after which another one would have been opened
    assert again.status().statistics.entries == together
    toy.gate.set()
    until(lambda: all(again.progress(handle).state == "done" for handle in handles))
    again.close()


def test_closing_twice_takes_no_longer_than_once(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster
) -> None:
    engine = Engine(dataclasses.replace(settings, graceful_timeout=4.0), registry)
    toy.gate.clear()
    engine.upload(FILES[0])
    until(lambda: toy.entered > 0)
    started = time.monotonic()
    engine.close()  # the model is stuck
    engine.close()
    assert time.monotonic() - started < 4
    toy.gate.set()
