from __future__ import annotations

import dataclasses
import errno
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import numpy as np
import pytest

from engine import Engine, Settings
from engine.errors import DeadlineExceeded, ModelFailed
from engine.forecast_store import ForecastStore
from engine.health import SICK, Health
from engine.jobs import Block
from engine.meter import Meter
from engine.models.base import Loader
from engine.runner import Threads
from engine.scheduler import Scheduler
from engine.workers import Workers
from tests.conftest import ToyForecaster, filled, to_csv, until, wave

CSV = to_csv(wave(400))


class Panic(BaseException):
    """What a Rust panic looks like from Python."""


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.health.LONGEST_REST", 0.1)


@pytest.mark.parametrize("failure", [ValueError("no"), MemoryError(), Panic()])
def test_a_worker_survives_whatever_the_model_raises(
    engine: Engine, toy: ToyForecaster, failure: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    toy.failure = failure
    handle = engine.upload(to_csv(wave(40))).dataset.handle
    with caplog.at_level(logging.CRITICAL), pytest.raises(ModelFailed, match=type(failure).__name__):
        engine.forecast(handle, -12)
    until(lambda: filled(engine, handle))
    assert engine.progress(handle).failed == engine.progress(handle).total
    toy.failure = None
    assert engine.forecast(handle, -12).index == -12


def test_a_model_that_keeps_failing_makes_the_engine_unready_until_it_works_again(
    engine: Engine, toy: ToyForecaster
) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    assert engine.status().ready
    toy.failure = ValueError("broken")
    for index in range(-SICK, 0):
        with pytest.raises(ModelFailed):
            engine.forecast(handle, index, force=True)
    assert not engine.status().ready
    toy.failure = None
    engine.forecast(handle, 0, force=True)
    assert engine.status().ready


@pytest.mark.parametrize(("failure", "noted"), [(None, "succeeded"), (ValueError("broken"), "failed")])
def test_who_is_told_how_it_went_finds_that_the_engine_knows_it(
    engine: Engine, toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch, failure: Exception | None, noted: str
) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    told, told_before = threading.Event(), []
    note = getattr(Health, noted)

    def late(*what: Any) -> None:
        told_before.append(told.wait(0.2))
        note(*what)

    monkeypatch.setattr(Health, noted, late)
    toy.failure = failure
    with suppress(ModelFailed):
        engine.forecast(handle, -1, force=True)
    told.set()
    until(lambda: len(told_before) > 0)
    assert not told_before[0]


@pytest.mark.parametrize("answer", [lambda c, f, h: c[:, :h], lambda c, f, h: None], ids=["wrong shape", "nothing"])
def test_an_answer_that_is_no_forecast_is_refused(
    engine: Engine, toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr(toy, "predict", answer)
    handle = engine.upload(CSV).dataset.handle
    with pytest.raises(ModelFailed):
        engine.forecast(handle, -3)


def test_samples_that_are_not_finite_are_refused(
    engine: Engine, toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = toy.predict
    monkeypatch.setattr(toy, "predict", lambda *given: real(*given) * np.float32("nan"))
    handle = engine.upload(CSV).dataset.handle
    with pytest.raises(ModelFailed, match="not finite"):
        engine.forecast(handle, -3)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux only")
def test_background_threads_are_nicer_than_the_rest(engine: Engine) -> None:
    def niceness(prefix: str) -> set[int]:
        threads = [thread for thread in threading.enumerate() if thread.name.startswith(prefix)]
        assert threads
        return {os.getpriority(os.PRIO_PROCESS, thread.native_id or 0) for thread in threads}

    usual = os.getpriority(os.PRIO_PROCESS, 0)  # the tests themselves may be run with less priority
    assert usual < 10
    until(lambda: niceness("infer-background") == {10})
    until(lambda: niceness("calc-background") == {10})
    assert niceness("infer-interactive") == niceness("calc-interactive") == niceness("store") == {usual}


@pytest.fixture
def bare() -> Iterator[tuple[Scheduler, Workers, list[str]]]:
    """Workers whose writes are only noted."""
    scheduler = Scheduler(8, 8, 8)
    events: list[str] = []

    def write(block: Block) -> None:
        events.append("block")

    workers = Workers(scheduler, write, lambda: None, lambda: events.append("closed"), Threads(1), Meter())
    workers.start_store()
    yield scheduler, workers, events
    end(scheduler, workers)


def end(scheduler: Scheduler, workers: Workers) -> None:
    scheduler.close()
    workers.stop_computing(time.monotonic() + 5)
    workers.stop_storing(time.monotonic() + 5)


def test_the_store_thread_answers_with_the_result_or_the_error(bare: tuple[Scheduler, Workers, list[str]]) -> None:
    scheduler, _, _ = bare
    assert scheduler.call_store(lambda: threading.current_thread().name).result(20) == "store"

    def broken() -> None:
        raise Panic

    with pytest.raises(Panic):
        scheduler.call_store(broken).result(20)
    assert scheduler.call_store(lambda: 1).result(20) == 1


def test_the_store_is_closed_last_and_once(bare: tuple[Scheduler, Workers, list[str]]) -> None:
    scheduler, workers, events = bare
    workers.start()
    assert all(workers.threads().values())
    end(scheduler, workers)
    end(scheduler, workers)
    assert events == ["closed"]
    assert not any(workers.threads().values())


def test_waking_the_closer_closes_without_the_caller_taking_a_lock(
    bare: tuple[Scheduler, Workers, list[str]],
) -> None:
    scheduler, workers, _ = bare
    wake = workers.close_soon(scheduler.close)
    with scheduler._lock:  # as if the signal had interrupted a thread inside the scheduler
        wake()
        assert not scheduler._closed
    until(lambda: scheduler.closed)


def test_fifty_engines_one_after_another_leak_no_thread_and_no_file(
    settings: Settings, registry: dict[str, Loader]
) -> None:
    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    Engine(settings, registry).close()
    threads, files = threading.active_count(), open_files()
    for _ in range(50):
        engine = Engine(settings, registry)
        engine.upload(CSV)
        engine.close()
    assert threading.active_count() <= threads
    assert open_files() <= files + 2


def test_who_asks_for_failed_moments_again_gets_them_at_once_from_a_background_that_rests(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.health.LONGEST_REST", 300.0)
    monkeypatch.setattr("engine.health.SHORTEST_REST", 300.0)
    monkeypatch.setattr("engine.runner.background_cores", lambda: 1)  # another thread might not rest yet
    toy.failure = ValueError("broken")
    with closing(Engine(settings, registry)) as engine:
        handle = engine.upload(CSV).dataset.handle
        until(lambda: engine.progress(handle).failed == SICK)
        assert not engine.status().ready
        toy.failure = None
        assert engine.recalculate(handle, failed=True) >= SICK
        until(lambda: filled(engine, handle))
        assert engine.progress(handle).failed == 0
        assert engine.status().ready


def test_nobody_rests_after_the_end() -> None:
    health = Health()
    for _ in range(SICK + 30):
        health.failed()
    health.end()
    health.rest()
    assert health.sick


def test_a_block_the_disk_refuses_is_not_called_stored_and_is_written_when_there_is_room(
    settings: Settings, registry: dict[str, Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(settings, registry)
    full = threading.Event()
    full.set()
    put = ForecastStore.put_block

    def put_block(store: ForecastStore, *given: Any) -> None:
        if full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        put(store, *given)

    monkeypatch.setattr(ForecastStore, "put_block", put_block)
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    until(lambda: len(engine.status().errors) >= 3)  # its blocks
    until(lambda: engine.status().statistics.dirty_blocks == 3)  # but for the one that is being tried again
    full.clear()
    engine.close()
    again = Engine(dataclasses.replace(settings, background=False), registry)
    assert again.progress(handle).done == 400 - 23
    again.close()


def test_a_failure_that_cannot_even_be_recorded_does_not_end_the_worker(
    engine: Engine, toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))

    def out_of_memory(*_: object, **__: object) -> None:
        raise MemoryError

    toy.failure = ValueError("broken")
    with monkeypatch.context() as patch, caplog.at_level(logging.CRITICAL):
        patch.setattr(Scheduler, "fail", out_of_memory)
        with pytest.raises(DeadlineExceeded):
            engine.forecast(handle, -3, force=True, timeout=0.5)
    toy.failure = None
    assert engine.forecast(handle, -4, force=True).index == -4
    assert all(engine.status().threads.values())


def test_workers_that_were_never_started_can_be_stopped() -> None:
    scheduler = Scheduler(8, 8, 8)
    end(scheduler, Workers(scheduler, lambda block: None, lambda: None, lambda: None, Threads(1), Meter()))


def test_a_store_that_cannot_be_closed_is_noted(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise OSError(errno.EIO, "Input/output error")

    scheduler, meter = Scheduler(8, 8, 8), Meter()
    workers = Workers(scheduler, lambda block: None, lambda: None, broken, Threads(1), meter)
    workers.start_store()
    with caplog.at_level(logging.CRITICAL):
        end(scheduler, workers)
    assert [failure.stage for failure in meter.errors()] == ["write"]
    assert not any(workers.threads().values())
