"""At most one lock of the engine is held at a time, and never across slow work or somebody else's code."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import pytest

from engine import Engine, Settings
from engine.errors import DeadlineExceeded, EngineError
from engine.models.base import Loader
from tests.conftest import ToyForecaster, filled, to_csv, until, wave
from tests.faults import before_calls

SLOW = (
    "engine.intake.read",
    "engine.dataset.Dataset.__post_init__",
    "engine.entries.block_keys",
    "engine.forecasting.contexts",
    "tests.conftest.ToyForecaster.predict",
    "engine.runner.infer",
    "engine.workers.calculate",
    "engine.forecasting.scored",
    "engine.plotdata.density",
    "engine.plotdata.crps",
    "engine.plotdata.quantiles",
    "engine.asking.draw",
    "engine.wire.pack",
    "engine.scoring.reading.pairs",
    "engine.scoring.reading.contexts",
    "engine.scoring.backtests.summary",
    "engine.forecast_store.encode",
    "engine.forecast_store.decode",
    "engine.forecast_store.ForecastStore.put_block",
    "engine.store.Store.open",
    "engine.store.Store.close",
    "diskcache.Cache.__init__",
    "diskcache.Cache.set",
    "diskcache.Cache.get",
    "diskcache.Cache.delete",
    "engine.disk.Cache.keys",
    "diskcache.Cache.volume",
    "diskcache.Cache.close",
    "concurrent.futures.Future.set_result",  # runs the callbacks of whoever waits
    "concurrent.futures.Future.set_exception",
    "logging.Logger.info",
)


class Watch:
    """What the threads hold; and what they did while they held it, which is nothing they should."""

    def __init__(self) -> None:
        self.held = threading.local()
        self.violations: list[str] = []
        self.acquired = Counter[str]()
        self.called = Counter[str]()

    def holding(self) -> list[str]:
        if not hasattr(self.held, "names"):
            self.held.names = []
        names: list[str] = self.held.names
        return names

    def called_now(self, path: str) -> None:
        self.called[path] += 1
        if self.holding():
            self.violations.append(f"{path} was called with the lock of {self.holding()} held")


class WatchedLock:
    """A lock that knows who holds it; stands for threading.Lock in the engine's modules."""

    def __init__(self, watch: Watch, owner: str) -> None:
        self._lock = threading.Lock()
        self._watch, self._owner = watch, owner

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        holding = self._watch.holding()
        if blocking and holding:
            self._watch.violations.append(f"the lock of {self._owner} was taken with that of {holding} held")
        taken = self._lock.acquire(blocking, timeout)
        if taken:
            self._watch.acquired[self._owner] += 1
            holding.append(self._owner)
        return taken

    def release(self) -> None:
        self._watch.holding().remove(self._owner)
        self._lock.release()

    def locked(self) -> bool:
        return self._lock.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class WatchedThreading:
    """The module `threading` as one module of the engine sees it."""

    def __init__(self, watch: Watch, owner: str) -> None:
        self.Lock = self.RLock = partial(WatchedLock, watch, owner)

    def __getattr__(self, name: str) -> Any:
        return getattr(threading, name)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Every lock that a module of the engine makes is watched, and so is every call of what is slow."""
    watch = Watch()
    for name, module in list(sys.modules.items()):
        if name.startswith("engine.") and getattr(module, "threading", None) is threading:
            monkeypatch.setattr(module, "threading", WatchedThreading(watch, name))
    with before_calls({path: partial(watch.called_now, path) for path in SLOW}):
        yield watch


def play(engine: Engine, number: int, files: list[bytes], handles: list[str]) -> None:
    """One caller."""
    handle, file = handles[number % 2], files[number % 2]
    calls: list[Callable[[], Any]] = [
        lambda: engine.forecast(handle, -20 - number, session=f"tab {number}"),
        lambda: engine.forecast(handle, -30, force=True),
        lambda: engine.quickdraw(file, index=-5),
        lambda: engine.quickdraw(file, index=-6, force=True),
        lambda: engine.progress(handle),
        lambda: engine.wire_block(handle, 4),
        lambda: engine.backtest(handle, timeout=0.1),
        lambda: engine.forecast(handle, -40, timeout=0.0),
        lambda: engine.recalculate(handle, -60, -50),
        lambda: engine.delete(handle) if number == 1 else engine.status(),
        lambda: engine.upload(file),
        engine.datasets,
        engine.status,
    ]
    for call in calls:
        with suppress(EngineError):  # an answer, too
            call()


def test_no_lock_is_held_across_another_or_across_slow_work(
    watch: Watch, settings: Settings, registry: dict[str, Loader], toy: ToyForecaster
) -> None:
    files = [to_csv(wave(300, seed=seed)) for seed in range(2)]
    with ExitStack() as opened:
        engine = Engine(settings, registry)
        opened.callback(engine.close)
        handles = [engine.upload(file).dataset.handle for file in files]
        callers = [threading.Thread(target=play, args=(engine, n, files, handles)) for n in range(4)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join(40)
            assert not caller.is_alive()
        for handle in handles:
            until(lambda handle=handle: filled(engine, handle))
            engine.backtest(handle)
        toy.gate.clear()
        with pytest.raises(DeadlineExceeded):
            engine.forecast(handles[0], -1, force=True, timeout=0.05)
        toy.gate.set()
    assert not watch.violations
    assert watch.acquired["engine.scheduler"] > 200
    assert not [path for path in SLOW if not watch.called[path]], "what is watched was never called"


def test_the_watch_sees_a_lock_within_a_lock_and_slow_work_under_one(watch: Watch) -> None:
    outer, inner = WatchedLock(watch, "outer"), WatchedLock(watch, "inner")
    with outer, inner:
        watch.called_now("disk")
    assert len(watch.violations) == 2
    with outer:
        assert not outer.acquire(blocking=False)
    assert len(watch.violations) == 2
