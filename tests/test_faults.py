"""The fault sweep: at every named point the first, second and third call fails, in every way, and the engine holds."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Engine, Settings
from engine.errors import EngineClosed, EngineError, StartError
from engine.ingest import ReadOptions, read
from engine.models.base import built_in
from engine.series import Series
from tests.conftest import HOUR, ToyForecaster, filled, in_memory, to_csv, until, wave
from tests.faults import DISK, LASTING, POINTS, Fault, installed
from tests.truth import samples, usable

HORIZON = 3
LONG = wave(90, first_slot=966)  # the first block ends at its 58th hour
FIRST = Series(LONG.values[:60], HOUR, LONG.first_slot)  # they share that block, but not all of its scores
SERIES = {series.handle: series for series in (FIRST, LONG)}
FILES = {handle: to_csv(series) for handle, series in SERIES.items()}
TRUTH = {
    handle: {at: samples(series, at, HORIZON) for at in np.flatnonzero(usable(series))}
    for handle, series in SERIES.items()
}


@pytest.fixture(autouse=True)
def cheap_and_silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same two files are read a thousand times here, and what goes wrong on purpose need not be logged."""
    remembered = lru_cache(lambda raw: read(raw, ReadOptions(), Settings()))
    monkeypatch.setattr("engine.intake.read", lambda raw, options, settings, scope: remembered(raw))
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class Run:
    """One short life of an engine with a fault in it, and its next life without."""

    def __init__(self, folder: Path, fault: Fault) -> None:
        self.fault = fault
        self.toy = ToyForecaster()
        self.settings = Settings(
            cache_dir=folder, model="toy", horizon=HORIZON, request_timeout=10.0, graceful_timeout=2.0
        )
        self.unexpected: list[BaseException] = []

    def open(self, memory: int = 1 << 30) -> Engine:
        settings = dataclasses.replace(self.settings, memory_budget=memory)
        return Engine(settings, built_in() | {"toy": lambda settings: self.toy})

    def live(self) -> str | None:
        """What went wrong that should not, if anything did."""
        try:
            with installed(self.fault):
                self.first_life()
            self.second_life()
        except BaseException as error:
            return f"{self.fault}: {type(error).__name__}: {error}"
        return f"{self.fault}: {self.unexpected!r}" if self.unexpected else None

    def first_life(self) -> None:
        try:
            engine = self.open(memory=1)  # what is written is put away
        except StartError:
            assert self.fault.injected
            return
        try:
            self.use(engine)
            until(lambda: engine.status().statistics.waiting == 0)
            counts = engine.status().statistics
            ended = counts.answered + counts.failed + counts.superseded + counts.cancelled + counts.evicted
            assert counts.requested == ended
            assert all(engine.status().threads.values()), "a thread has ended"
        finally:
            started = time.monotonic()
            engine._scheduler.close()  # as close() does first; what is held up now is too late
            self.toy.batches.set()
            engine.close()
            assert time.monotonic() < started + 5
        for refused in (
            lambda: engine.upload(FILES[FIRST.handle]),
            lambda: engine.forecast(FIRST.handle, 0),
            lambda: engine.quickdraw(FILES[FIRST.handle]),
            lambda: engine.delete(FIRST.handle),
            engine.datasets,
        ):
            with pytest.raises(EngineClosed):
                refused()

    def use(self, engine: Engine) -> None:
        def client(number: int) -> None:
            handle = list(SERIES)[number]
            self.ask(lambda: engine.forecast(handle, -5, session=f"tab {number}"))
            self.ask(lambda: engine.forecast(FIRST.handle, -number, force=True))
            self.ask(lambda: engine.quickdraw(FILES[handle], index=-7))

        for file in FILES.values():
            self.ask(lambda file=file: engine.upload(file))
        clients = [threading.Thread(target=client, args=(number,)) for number in range(2)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join(30)
            assert not thread.is_alive(), "a caller was left waiting"
        with suppress(AssertionError, EngineError):  # where the disk takes nothing, or nothing is there
            until(lambda: filled(engine, FIRST.handle) and not engine.status().statistics.dirty_blocks, timeout=0.2)
        self.toy.batches.clear()  # so that a part of a block is written at the end, beside what is stored of it
        self.ask(lambda: engine.recalculate(FIRST.handle, -9, -3))
        self.ask(lambda: engine.backtest(FIRST.handle))
        self.ask(lambda: engine.delete(LONG.handle))
        self.ask(lambda: engine.upload(FILES[LONG.handle]))  # the block it shares is there, but not with its scores
        self.ask(lambda: engine.forecast(FIRST.handle, -8))

    def ask(self, call: Callable[[], Any]) -> None:
        """The answer is a right one or a named refusal; what is raised in the caller's own thread is the caller's."""
        try:
            answer = call()
            if hasattr(answer, "samples"):
                at = len(SERIES[answer.handle]) - 1 + answer.index
                np.testing.assert_allclose(answer.samples, TRUTH[answer.handle][at], rtol=1e-5, atol=1e-5)
        except EngineError:
            pass
        except BaseException as error:
            if not self.fault.own(error):
                self.unexpected.append(error)

    def second_life(self) -> None:
        """Whatever was stored is right, what is missing is computed, and disk and memory then say the same."""
        engine = self.open()
        try:
            for handle, file in FILES.items():
                engine.upload(file)
                until(lambda handle=handle: filled(engine, handle))
                assert engine.progress(handle).failed == 0
                assert engine.forecast(handle, -1).index == -1
            until(lambda: engine.status().statistics.dirty_blocks == 0)
            assert len(engine._scheduler.entries()) == len(SERIES)
            for entry in engine._scheduler.entries():
                rows, series = in_memory(engine, entry), entry.subject.series
                for at, expected in TRUTH[series.handle].items():
                    stored = rows.row(series.first_slot + at).unscaled()
                    np.testing.assert_allclose(stored, expected, rtol=1e-5, atol=1e-5)
                store, spec = engine._library._store, entry.subject.spec
                manifest = engine._on_store_thread(partial(store.forecasts.manifest, series.handle, spec))
                assert manifest is not None
                np.testing.assert_array_equal(manifest.done, rows.done_bits())
                for number, key in enumerate(entry.subject.keys):
                    disk = engine._on_store_thread(partial(store.forecasts.block_rows, key))
                    memory = rows.block_rows(number)
                    kept = np.isin(disk.offsets, memory.offsets)  # the longer series' rows may be there, too
                    order = np.argsort(disk.offsets[kept])
                    for ours, theirs in zip(memory, disk, strict=True):
                        np.testing.assert_array_equal(ours, theirs[kept][order])
        finally:
            engine.close()


def test_every_point_is_passed_when_nothing_fails(tmp_path: Path) -> None:
    everywhere = [Fault(point, 0, "delay") for point in POINTS]
    run = Run(tmp_path, everywhere[0])
    with installed(*everywhere[1:]):
        assert run.live() is None
    assert not [fault.point for fault in everywhere if not fault.hits]
    assert len(POINTS) >= 20


@pytest.mark.parametrize("point", POINTS)
def test_whatever_fails_every_caller_is_answered_and_what_is_stored_is_right(point: str, tmp_path: Path) -> None:
    wrong, folders = [], count()

    def runs_into(fault: Fault) -> bool:
        wrong.append(Run(tmp_path / str(next(folders)), fault).live())
        return bool(fault.injected)

    for mode, most in {"exception": 3, "memory": 3, "panic": 2, "full disk": 2 * (point in DISK), "delay": 1}.items():
        for nth in range(1, most + 1):
            if not runs_into(Fault(point, nth, mode)):
                break
    if point in LASTING:
        runs_into(Fault(point, 2, "full disk" if point in DISK else "exception", later=True))
    assert not list(filter(None, wrong))
