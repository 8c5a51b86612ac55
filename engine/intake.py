"""Files come in a few at a time, so that uploads can take neither all memory nor all request threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from engine.errors import Overloaded
from engine.ingest import Reading, ReadOptions, read
from engine.ingest.ties import refuse_tie
from engine.meter import Meter
from engine.settings import Settings

PARSES = 2  # files read at the same time
BODIES = 8  # files received at the same time


class Intake:
    """In the threads of those who bring them."""

    def __init__(self, settings: Settings, meter: Meter) -> None:
        self._settings = settings
        self._meter = meter
        self._parses = threading.BoundedSemaphore(PARSES)
        self._bodies = threading.BoundedSemaphore(BODIES)

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Around the receipt of a file and the call that reads it. Overloaded."""
        if not self._bodies.acquire(blocking=False):
            raise Overloaded(f"{BODIES} files are being received already. Try again shortly.")
        try:
            yield
        finally:
            self._bodies.release()

    @contextmanager
    def parsing(self) -> Iterator[None]:
        """Around what reads a file. Overloaded."""
        if not self._parses.acquire(timeout=self._settings.request_timeout):
            raise Overloaded("Other files are being read. Try again shortly.")
        try:
            with self._meter.timed("parse"):
                yield
        finally:
            self._parses.release()

    def read(self, raw: bytes, options: ReadOptions, ask: bool) -> Reading:
        """Read a file; with `ask` refuse dates that can be read in two ways. UploadError, Overloaded."""
        with self.parsing():
            reading = read(raw, options, self._settings)
            if ask:
                refuse_tie(reading, raw, options, self._settings)
            return reading
