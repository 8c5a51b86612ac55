"""Files come in a few at a time and are read one at a time, so that they take neither all memory nor all threads."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from engine.errors import Overloaded, UploadError
from engine.incoming import Incoming, Kept
from engine.ingest import Reading, ReadOptions, read
from engine.ingest.ties import TIE, refuse_tie
from engine.meter import Meter
from engine.settings import MB, Settings
from engine.visitor import visitor

BODIES = 8  # callers with a file at the same time: each of them holds a request thread
PATIENCE = 10.0  # seconds until the pace of a sender counts
LEAST_PACE = 10_000  # bytes per second of a sender who keeps his place when others want it
TURN_PACE = 2_000_000  # bytes per second: who has sent much waits longer for its turn, rather than to send it again
log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Place:
    """A caller with a file. file: what he sends, None if it is here. hang_up: ends his connection."""

    hang_up: Callable[[], None] = lambda: None
    file: Incoming | None = None
    since: float = field(default_factory=time.monotonic)

    @property
    def is_slow(self) -> bool:
        if self.file is None or self.file.is_whole:
            return False
        waited = time.monotonic() - self.since
        return waited > PATIENCE and self.file.size < LEAST_PACE * waited


class Turns:
    """One at a time, in the order in which they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue = deque[threading.Event]()  # the first one has its turn

    def take(self, timeout: float) -> bool:
        """Whether it came in time; then `give` it on."""
        mine = threading.Event()
        with self._lock:
            self._queue.append(mine)
            self._queue[0].set()
        if mine.wait(timeout):
            return True
        with self._lock:
            if not mine.is_set():
                self._queue.remove(mine)
        return mine.is_set()

    def give(self) -> None:
        with self._lock:
            self._queue.popleft()
            if self._queue:
                self._queue[0].set()


class Intake:
    """In the threads of those who bring files."""

    def __init__(self, settings: Settings, meter: Meter) -> None:
        self._settings = settings
        self._meter = meter
        self._turns = Turns()
        self._lock = threading.Lock()
        self._places: list[_Place] = []
        self._files: set[Incoming] = set()

    @contextmanager
    def receiving(self, hang_up: Callable[[], None], size: int | None) -> Iterator[Incoming]:
        """Around the receipt of a file, its reading and storing. Where no place is left, whoever sends slower than
        LEAST_PACE loses his to a newcomer: `hang_up` ends his connection. size: in bytes, if that is known. UploadError
        TOO_LARGE, Overloaded, StorageFailed."""
        refuse_large(size or 0, self._settings)
        place = _Place(hang_up)
        with self._placed(place), self._file() as place.file:
            yield place.file

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Around what reads a file that is here. Overloaded."""
        with self._placed(_Place()):
            yield

    @contextmanager
    def taken(self, source: bytes | Incoming) -> Iterator[Incoming]:
        """A file that has come, or bytes as one."""
        if isinstance(source, Incoming):
            with source:
                yield source
            return
        with self._file() as file:
            file.write(source)
            file.finish()
            yield file

    @contextmanager
    def parsing(self, size: int = 0) -> Iterator[None]:
        """Around what reads a file of so many bytes. Overloaded; UploadError where a parser written in Rust panics:
        that is no Exception, and would go past all that answers for a request and end the server's worker."""
        if not self._turns.take(self._settings.request_timeout + size / TURN_PACE):
            raise Overloaded("Other files are being read. Try again shortly.")
        try:
            with self._meter.timed("parse"):
                yield
        except (Exception, GeneratorExit, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as panic:
            log.error("a parser panicked: %s", type(panic).__name__)
            raise UploadError(
                "This file cannot be read: something in it makes its reader give up. Save it again as plain text, with "
                "a time and a value in every row."
            ) from panic
        finally:
            self._turns.give()

    def read(self, source: bytes | Incoming | Kept, options: ReadOptions, ask: bool) -> Reading:
        """Read a file; with `ask` refuse dates that can be read in two ways. UploadError, Overloaded, StorageFailed."""
        size = source.size if isinstance(source, Incoming) else 0
        opened = nullcontext(source) if isinstance(source, bytes) else source.opened()
        with self.parsing(size), opened as raw:
            reading = read(raw, options, self._settings, visitor().scope)
            if ask and TIE in reading.readback.warnings:
                refuse_tie(reading, raw, options, self._settings)
            return reading

    @contextmanager
    def _placed(self, place: _Place) -> Iterator[None]:
        slow = None
        with self._lock:
            if len(self._places) >= BODIES:
                slow = next((other for other in self._places if other.is_slow), None)
                if slow is None:
                    raise Overloaded(f"{BODIES} files are being received already. Try again shortly.")
                self._places.remove(slow)
            self._places.append(place)
        try:
            if slow is not None:
                slow.hang_up()
            yield
        finally:
            with self._lock:
                if place in self._places:
                    self._places.remove(place)

    @contextmanager
    def _file(self) -> Iterator[Incoming]:
        with Incoming(self._settings.cache_dir, self._admit) as file:
            self._files.add(file)
            try:
                yield file
            finally:
                self._files.discard(file)

    def _admit(self, file: Incoming, more: int) -> None:
        """Whether so many more bytes may come. UploadError TOO_LARGE, Overloaded."""
        refuse_large(file.size + more, self._settings)
        if sum(other.size for other in list(self._files)) + more > self._settings.disk_budget:
            raise Overloaded(
                "The disk has no room for this file beside those that are being received. Try again shortly."
            )


def refuse_large(size: int, settings: Settings) -> None:
    """UploadError TOO_LARGE for a file of so many bytes, or more."""
    if size > settings.max_upload_bytes:
        raise UploadError(
            f"The file is larger than {settings.max_upload_bytes / MB:g} MB, the most this server reads. Cut the "
            "period, or ask for a higher limit.",
            code="TOO_LARGE",
            limit=settings.max_upload_bytes,
        )
