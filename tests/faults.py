"""Named points of the engine at which the sweep makes something go wrong, and how. Nothing of it is in the product.

A point is a callable that is looked up when it is called; while a fault is installed it is wrapped, and its n-th call
(of any thread) fails.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest


class Panic(BaseException):
    """What a Rust panic looks like from Python."""


MODES: dict[str, Callable[[], BaseException | None]] = {
    "exception": lambda: ValueError("injected"),
    "memory": lambda: MemoryError("injected"),
    "panic": lambda: Panic("injected"),
    "full disk": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "delay": lambda: None,
}
DELAY = 0.02  # seconds: several switch intervals, so that every other thread gets ahead

# name -> where the callable is. Those in CALLER run in the thread of whoever calls the engine.
POINTS = {
    "parse": "engine.intake.read",
    "dataset": "engine.dataset.Dataset.__post_init__",
    "block keys": "engine.entries.block_keys",
    "frame": "engine.results.ResultFrame.__init__",
    "allocate block": "engine.samples.SampleBlocks._allocate",
    "open entry": "engine.scheduler.Scheduler.open",
    "request": "engine.scheduler.Scheduler.request",
    "admit": "engine.tickets.Tickets.admit",
    "enqueue": "engine.tickets.Tickets.enqueue",
    "claim": "engine.results.ResultFrame.claim",
    "take inference": "engine.scheduler.Scheduler.take_inference",
    "contexts": "engine.forecasting.contexts",
    "predict": "tests.conftest.ToyForecaster.predict",
    "inferred": "engine.scheduler.Scheduler.inferred",
    "take calculation": "engine.scheduler.Scheduler.take_calculation",
    "calculate": "engine.workers.calculate",
    "scores": "engine.forecasting.scored",
    "store": "engine.scheduler.Scheduler.store",
    "write rows": "engine.results.ResultFrame.write",
    "write rows, half way": "engine.results.ResultFrame._set",
    "read row": "engine.results.ResultFrame.row",
    "clear rows": "engine.results.ResultFrame.clear",
    "settle": "engine.tickets.Tickets.end",
    "take store": "engine.scheduler.Scheduler.take_store",
    "copy block": "engine.results.ResultFrame.block_rows",
    "write block": "engine.writing.Writing.write_block",
    "encode": "engine.forecast_store.encode",
    "merge": "engine.forecast_store.merge",
    "decode": "engine.forecast_store.decode",
    "put series": "engine.store.Store.put_series",
    "put upload": "engine.store.Store.put_upload",
    "put block": "engine.forecast_store.ForecastStore.put_block",
    "put manifest": "engine.forecast_store.ForecastStore.put_manifest",
    "read block": "engine.forecast_store.ForecastStore.block_rows",
    "put scorecard": "engine.forecast_store.ForecastStore.put_scorecard",
    "read scorecard": "engine.forecast_store.ForecastStore.scorecard",
    "verify block": "engine.forecast_store.ForecastStore.is_sound",
    "give memory back": "engine.results.ResultFrame.put_away",
    "bring rows back": "engine.results.ResultFrame.bring_back",
    "read series": "engine.store.Store.series",
    "cache set": "diskcache.Cache.set",
    "cache get": "diskcache.Cache.get",
    "cache delete": "diskcache.Cache.delete",
    "cache close": "diskcache.Cache.close",
    "open store": "engine.store.Store.open",
    "delete": "engine.library.Library.delete",
    "rescore": "engine.entries.rescored",
    "draw": "engine.asking.draw",
    "score pairs": "engine.scoring.reading.pairs",
    "last manifests": "engine.manifests.Manifests.put_due",
}
DISK = {name for name in POINTS if name.startswith(("put ", "cache ", "read "))} - {"read row"}
DISK |= {"encode", "merge", "decode", "write block", "open store", "delete", "last manifests"}
# What may go on failing: the disk, the model. The engine's own book-keeping may run out of memory once.
LASTING = DISK | {"parse", "contexts", "predict", "calculate", "scores", "allocate block", "draw", "score pairs"}


@dataclass
class Fault:
    """The n-th call of a point fails, or with `later` that one and all that follow. injected: by which thread what."""

    point: str
    nth: int
    mode: str
    later: bool = False
    hits: int = 0
    injected: list[tuple[int, BaseException | None]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __str__(self) -> str:
        return f"{self.point}, {self.mode} at call {self.nth}{' and all later' if self.later else ''}"

    def hit(self) -> None:
        with self.lock:
            self.hits += 1
            if not (self.hits == self.nth or (self.later and self.hits > self.nth)):
                return
            error = MODES[self.mode]()
            self.injected.append((threading.get_ident(), error))
        if error is None:
            threading.Event().wait(DELAY)
        else:
            raise error

    def own(self, error: BaseException) -> bool:
        """Whether an exception is the one that was raised in this very thread."""
        return any(thread == threading.get_ident() and error is made for thread, made in list(self.injected))


def found(path: str) -> tuple[Any, str]:
    """The object that holds a dotted name's last part, and that part."""
    parts = path.split(".")
    for count in range(len(parts) - 1, 0, -1):
        try:
            owner = import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:-1]:
            owner = getattr(owner, part)
        return owner, parts[-1]
    raise LookupError(path)


@contextmanager
def installed(*faults: Fault) -> Iterator[None]:
    """While it is entered, calls of the faults' points go through them."""
    with before_calls({POINTS[fault.point]: fault.hit for fault in faults}):
        yield


@contextmanager
def before_calls(hits: Mapping[str, Callable[[], None]]) -> Iterator[None]:
    """While it is entered, something is done before each call of what the dotted names stand for."""
    with pytest.MonkeyPatch.context() as patch:
        for path, hit in hits.items():
            owner, name = found(path)
            real = getattr(owner, name)

            def wrapped(*args: Any, _hit: Callable[[], None] = hit, _real: Any = real, **kwargs: Any) -> Any:
                _hit()
                return _real(*args, **kwargs)

            patch.setattr(owner, name, wrapped)
        yield
