"""The threads: inference, calculation and store loops. The only place that starts threads.

A worker survives whatever a batch raises (a Rust panic is a BaseException, not an Exception): the batch's waiters get
ModelFailed and the loop goes on.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from engine.errors import EngineError, ModelFailed
from engine.forecasting import calculate, infer
from engine.jobs import Batch, Block, Lane, StoreCall
from engine.scheduler import Scheduler

log = logging.getLogger(__name__)

PARTIAL_EVERY = 5.0  # seconds between writes of unfinished blocks: what a killed process may lose and compute again
MAX_BACKGROUND = 8
NICENESS = 10  # of background threads, so that requests keep the cores (Linux only: priorities there are by thread)
SICK = 5  # batches failed in a row before the engine calls itself unhealthy


def available_cores() -> int:
    """Cores this process may use: its CPU affinity, and its cgroup's quota where there is one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        if quota != "max":
            cores = min(cores, max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        pass  # no cgroup v2 here: the affinity is all there is to know
    return cores


class Workers:
    """Starts and stops the loops. `write_block` and, at the end, `close_store` run on the store thread."""

    def __init__(
        self,
        scheduler: Scheduler,
        write_block: Callable[[Block], None],
        close_store: Callable[[], None],
        cores: int,
    ) -> None:
        self._scheduler = scheduler
        self._write_block = write_block
        self._close_store = close_store
        self._failed_in_a_row = 0
        self._closer: threading.Thread | None = None
        self._pipe = (-1, -1)
        background = max(1, min(cores - 1, MAX_BACKGROUND))
        self._computing = [
            self._thread("infer-interactive", lambda: self._infer_loop(Lane.INTERACTIVE)),
            *(
                self._thread(f"infer-background-{n}", lambda: self._infer_loop(Lane.BACKGROUND))
                for n in range(background)
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
        return lambda: _write_one(wake)

    def stop(self, timeout: float) -> None:
        """After Scheduler.close(): end inference and calculation, then write what is unwritten and end the store."""
        deadline = time.monotonic() + timeout
        for thread in self._computing:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        self._scheduler.drain()
        if self._storing.ident is not None:
            self._storing.join(max(1.0, deadline - time.monotonic()))
        if self._closer is not None and threading.current_thread() is not self._closer:
            _write_one(self._pipe[1])
            self._closer.join(1.0)
            for end in self._pipe:
                os.close(end)
            self._closer = None

    def alive(self) -> bool:
        """Whether every loop is running."""
        return all(thread.is_alive() for thread in (*self._computing, self._storing))

    def healthy(self) -> bool:
        """Whether every loop is running and batches do not keep failing."""
        return self.alive() and self._failed_in_a_row < SICK

    # --- loops -----------------------------------------------------------------------------------------------------

    def _infer_loop(self, lane: Lane) -> None:
        if lane is Lane.BACKGROUND:
            _be_nice()
        while (batch := self._scheduler.take_inference(lane)) is not None:
            self._attempt(batch, lambda batch: self._scheduler.inferred(batch, infer(batch)))

    def _calculation_loop(self, lane: Lane) -> None:
        if lane is Lane.BACKGROUND:
            _be_nice()
        while (batch := self._scheduler.take_calculation(lane)) is not None:
            if self._attempt(batch, lambda batch: self._scheduler.store(batch, calculate(batch))):
                self._failed_in_a_row = 0

    def _attempt(self, batch: Batch, work: Callable[[Batch], None]) -> bool:
        try:
            work(batch)
        except BaseException as error:
            self._failed_in_a_row += 1
            log.exception("a batch of %d failed", sum(len(part.slots) for part in batch.parts))
            if not isinstance(error, EngineError):
                error = ModelFailed(f"The model failed ({type(error).__name__}).")
            self._scheduler.fail(batch, error)
            return False
        return True

    def _store_loop(self) -> None:
        refused: list[Block] = []  # by a full disk, say: tried again when the next unfinished blocks are due
        due = time.monotonic() + PARTIAL_EVERY
        while not self._scheduler.drained:
            partial = time.monotonic() >= due
            work = self._scheduler.take_store(partial, wait=0.0 if partial else due - time.monotonic())
            if isinstance(work, StoreCall):
                _answer(work)
            elif work is not None:
                try:
                    self._write_block(work)
                except BaseException:
                    log.exception("block %d could not be written", work.number)
                    refused.append(work)
            elif partial:
                due = time.monotonic() + PARTIAL_EVERY
                while refused:
                    self._scheduler.unwritten(refused.pop())
        self._close_store()

    @staticmethod
    def _thread(name: str, loop: Callable[[], object]) -> threading.Thread:
        return threading.Thread(target=loop, name=name, daemon=True)


def _answer(call: StoreCall) -> None:
    try:
        result = call.function()
    except BaseException as error:
        call.future.set_exception(error)
    else:
        call.future.set_result(result)


def _write_one(pipe: int) -> None:
    with suppress(OSError):  # closed already: so is the engine
        os.write(pipe, b"x")


def _be_nice() -> None:
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
