"""The threads: inference, calculation and store loops. The only place that starts threads.

A worker survives whatever a batch, or taking one, raises (a Rust panic is a BaseException, not an Exception): the
batch's waiters get ModelFailed and the loop goes on.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from engine.errors import EngineError, ModelFailed
from engine.forecasting import calculate
from engine.health import SHORTEST_REST, Health
from engine.jobs import TOGETHER, Batch, Block, Lane, StoreCall
from engine.meter import Meter
from engine.outbox import PARTIAL_EVERY
from engine.runner import Runner
from engine.scheduler import Scheduler

log = logging.getLogger(__name__)

NICENESS = 10  # of background threads, so that requests keep the cores (Linux only: priorities there are by thread)


class Workers:
    """Starts and stops the loops. On the store thread run `write_block`, `tidy` every few seconds, and `close_store` at
    the end."""

    def __init__(
        self,
        scheduler: Scheduler,
        write_block: Callable[[Block], None],
        tidy: Callable[[], None],
        close_store: Callable[[], None],
        runner: Runner,
        meter: Meter,
    ) -> None:
        self._scheduler = scheduler
        self._runner = runner
        self._meter = meter
        self._health = Health()
        self._write_block = write_block
        self._tidy = tidy
        self._close_store = close_store
        self._closer: threading.Thread | None = None
        self._pipe = (-1, -1)
        self._pause = threading.Event()  # never set
        self._computing = [
            self._thread("infer-interactive", lambda: self._infer_loop(Lane.INTERACTIVE)),
            *(
                self._thread(f"infer-background-{n}", lambda: self._infer_loop(Lane.BACKGROUND))
                for n in range(runner.threads)
            ),
            self._thread("calc-interactive", lambda: self._calculation_loop(Lane.INTERACTIVE)),
            self._thread("calc-background", lambda: self._calculation_loop(Lane.BACKGROUND)),
        ]
        self._storing = self._thread("store", self._store_loop)

    def start_store(self) -> None:
        """The store thread alone: everything is read and checked before the first forecast."""
        self._storing.start()

    def start(self) -> None:
        for thread in self._computing:
            thread.start()

    def close_soon(self, close: Callable[[], None]) -> Callable[[], None]:
        """Start a thread that waits to call `close`, and return what wakes it: a write to a pipe, which takes no lock
        at all, so that a signal handler may do it at any moment."""
        wait, wake = os.pipe()

        def closer() -> None:
            os.read(wait, 1)
            close()

        self._closer = self._thread("closer", closer)
        self._closer.start()
        self._pipe = wait, wake
        return lambda: _write_one(self._pipe[1])

    def stop_computing(self, deadline: float) -> None:
        """After Scheduler.close(): end inference and calculation, at the latest when the monotonic clock says so."""
        self._health.end()
        self._runner.close()
        for thread in self._computing:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    def stop_storing(self, deadline: float) -> None:
        """Write what is unwritten, close the store, end every thread that is left."""
        self._scheduler.drain()
        if self._storing.ident is not None:
            self._storing.join(max(0.0, deadline - time.monotonic()))
        if self._closer is not None and threading.current_thread() is not self._closer:
            _write_one(self._pipe[1])
            self._closer.join(1.0)
            ends, self._pipe = self._pipe, (-1, -1)
            for end in ends:
                os.close(end)
            self._closer = None

    def threads(self) -> dict[str, bool]:
        """Which loops are running, by name."""
        return {thread.name: thread.is_alive() for thread in (*self._computing, self._storing)}

    def try_again(self) -> None:
        """Somebody asks for work that failed: a resting background goes on at once."""
        self._health.try_again()

    @property
    def failing(self) -> bool:
        """Whether batches keep failing."""
        return self._health.sick

    # --- loops -----------------------------------------------------------------------------------------------------

    def _infer_loop(self, lane: Lane) -> None:
        def work(batch: Batch) -> None:
            with self._meter.timed("infer"):
                result = self._runner.run(batch)
            self._scheduler.inferred(batch, result)

        self._loop("infer", lane, self._scheduler.take_inference, work)

    def _calculation_loop(self, lane: Lane) -> None:
        def work(batch: Batch) -> None:
            with self._meter.timed("calculate"):
                results = calculate(batch)
            if any(result.finite.any() for result in results):  # first: who is answered may look at once
                self._health.succeeded()
            elif batch.size > TOGETHER:  # a few callers' origins without a number tell nothing of the model
                self._health.failed(None)
            self._scheduler.store(batch, results)
            self._meter.computed(batch.size)

        self._loop("calculate", lane, self._scheduler.take_calculation, work)

    def _loop(
        self, stage: str, lane: Lane, take: Callable[[Lane], Batch | None], work: Callable[[Batch], None]
    ) -> None:
        if lane is Lane.BACKGROUND:
            _be_nice()
        while not self._scheduler.closed:
            batch = None
            try:
                batch = take(lane)
                if batch is not None:
                    work(batch)
            except BaseException as error:
                self._failed(stage, batch, error)
                if lane is Lane.BACKGROUND or batch is None:
                    self._health.rest()

    def _failed(self, stage: str, batch: Batch | None, error: BaseException) -> None:
        refusal = error
        if not isinstance(refusal, EngineError):
            refusal = ModelFailed(f"The model failed ({type(error).__name__}).")
        try:
            if batch is not None and batch.size > 1:  # not yet worth a word: an origin of it may be to blame
                self._scheduler.fail(batch, refusal, halve=True)
                return
            try:
                self._health.failed(None if batch is None else (batch.parts[0].entry.key, int(batch.parts[0].slots[0])))
                self._meter.failed(stage, error)
            finally:  # after it: who is told may look at once
                if batch is not None:
                    self._scheduler.fail(batch, refusal)
            log.error("%s failed", stage, exc_info=error)
        except BaseException:  # out of memory, say: the next batch may fare better
            log.exception("a failure could not be recorded")

    def _store_loop(self) -> None:
        due, left = time.monotonic() + PARTIAL_EVERY, 0
        while not self._scheduler.drained:
            now = time.monotonic()
            if now >= due and left == 0:
                left = 1 + self._scheduler.statistics().dirty_blocks  # not those that a fast fill adds meanwhile
            try:
                work = self._scheduler.take_store(left > 0, wait=0.0 if left else due - now)
            except BaseException as error:
                self._note("write", error)
                self._pause.wait(SHORTEST_REST)
                continue
            if isinstance(work, StoreCall):
                with self._meter.timed("read"):
                    _answer(work, self._meter)
            elif work is not None:
                try:
                    with self._meter.timed("write"):
                        self._write_block(work)
                except BaseException as error:
                    self._note("write", error)
                    self._scheduler.refused(work)
            if left and not isinstance(work, StoreCall):
                left = left - 1 if work is not None else 0
                if left == 0:
                    due = time.monotonic() + PARTIAL_EVERY
                    self._scheduler.retry_writing()
                    self._attempt(self._tidy)
        self._attempt(self._close_store)

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self._note("write", error)

    def _note(self, stage: str, error: BaseException) -> None:
        """The disk's failures are not the model's."""
        self._meter.failed(stage, error)
        log.error("the cache could not be written", exc_info=error)

    @staticmethod
    def _thread(name: str, loop: Callable[[], object]) -> threading.Thread:
        return threading.Thread(target=loop, name=name, daemon=True)


def _answer(call: StoreCall, meter: Meter) -> None:
    if not call.future.set_running_or_notify_cancel():
        return  # its caller has gone
    try:
        result = call.function()
    except BaseException as error:
        if not isinstance(error, EngineError):  # not a caller's mistake: who runs the server must see it
            with suppress(BaseException):  # and whoever waits has an answer in any case
                meter.failed("read", error)
        call.future.set_exception(error)
    else:
        call.future.set_result(result)


def _write_one(pipe: int) -> None:
    with suppress(OSError):  # closed already: so is the engine
        os.write(pipe, b"x")


def _be_nice() -> None:
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
