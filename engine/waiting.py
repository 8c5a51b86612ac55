"""Callers wait: for the store thread or for a forecast, and never past their deadline."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from engine.errors import DeadlineExceeded, EngineError, StorageFailed
from engine.jobs import Ticket
from engine.meter import Meter
from engine.rows import Row
from engine.scheduler import Scheduler

log = logging.getLogger(__name__)

T = TypeVar("T")


class Waiting:
    """Nobody waits longer than `longest` seconds."""

    def __init__(self, scheduler: Scheduler, meter: Meter, longest: float) -> None:
        self._scheduler = scheduler
        self._meter = meter
        self._longest = longest

    def deadline(self, timeout: float | None = None) -> float:
        """When a caller who waits from now on is sent away, in monotonic seconds."""
        return time.monotonic() + (self._longest if timeout is None else min(timeout, self._longest))

    def on_store_thread(self, function: Callable[[], T], deadline: float | None = None) -> T:
        """What the store thread made of it; not begun by the deadline (monotonic seconds), it is not done at all.

        What it raises is the caller's; what it does not expect is StorageFailed. DeadlineExceeded, Overloaded,
        EngineClosed.
        """
        future: Future[T] = self._scheduler.call_store(function)
        try:
            until = self.deadline() if deadline is None else deadline
            error = future.exception(max(0.0, until - time.monotonic()))
        except FutureTimeout:
            future.cancel()
            raise DeadlineExceeded("The cache did not answer in time. The server is busy; try again.") from None
        if error is None:
            return future.result()
        if isinstance(error, EngineError):
            raise error
        log.error("the cache failed", exc_info=error)
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise StorageFailed(f"The cache cannot be read or written ({reason}). Tell who runs this server.") from error

    def row(self, ticket: Ticket, deadline: float) -> Row:
        """The row that was asked for; DeadlineExceeded, or what became of the ticket."""
        if ticket.future.done():
            stored: Row = ticket.future.result()
            return stored
        with self._meter.timed("wait"):
            return self._wait(ticket, deadline)

    def _wait(self, ticket: Ticket, deadline: float) -> Row:
        try:
            row: Row = ticket.future.result(max(0.0, deadline - time.monotonic()))
        except FutureTimeout:
            late = DeadlineExceeded("No answer in time. The server is busy; try again.")
            self._scheduler.cancel(ticket, late)
            row = ticket.future.result()  # the deadline, or the answer that came just before it
        return row
