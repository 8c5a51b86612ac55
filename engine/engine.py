"""The facade: upload, forecast, quickdraw, progress, status, close. What pages, API and command line call."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from engine.dataset import Dataset, Summary
from engine.drawing import draw
from engine.errors import BadRequest, DeadlineExceeded, ModelNotLoaded, UnknownHandle
from engine.forecasting import Subject
from engine.ingest import Readback, ReadOptions, read
from engine.jobs import Ticket
from engine.library import Library
from engine.models.base import BASELINE, Loader, built_in, load
from engine.plotdata import PlotData
from engine.results import ResultFrame, Row
from engine.scheduler import Scheduler, Statistics
from engine.settings import Settings
from engine.spec import MAX_HORIZON, Spec
from engine.store import Store
from engine.workers import Workers, available_cores

log = logging.getLogger(__name__)

BATCH_SIZE = 32  # origins the background forecasts at once
PARSES = 2  # files read at the same time
HANDLE = re.compile(r"[0-9a-f]{64}\Z")
UPLOAD_ID = re.compile(r"[0-9a-f]{32}\Z")

T = TypeVar("T")


@dataclass(frozen=True)
class UploadRecord:
    """What was read from an upload; shown to its uploader only."""

    upload_id: str
    handle: str
    readback: Readback

    @property
    def name(self) -> str:
        """A name for people, made from the columns and never from the file's name."""
        column, unit = str(self.readback.value_column), self.readback.unit
        return f"{column}, {unit}" if unit and unit not in column else column


@dataclass(frozen=True)
class Upload:
    """The answer to an upload. known: the series was stored before. reused: origins whose forecasts were there."""

    dataset: Dataset
    record: UploadRecord
    known: bool
    reused: int


class Progress(NamedTuple):
    """Origins of one (series, spec): done, failed, total (usable), unusable. state: filling, paused or done."""

    done: int
    failed: int
    total: int
    unusable: int
    state: str


class Status(NamedTuple):
    """The engine at one moment."""

    ready: bool
    models: tuple[str, ...]
    uptime: float
    statistics: Statistics


class Engine:
    """One per process and cache directory. Starts in its constructor; StartError in one line if it cannot."""

    def __init__(self, settings: Settings, registry: Mapping[str, Loader] | None = None) -> None:
        self.settings = settings
        self._started = time.monotonic()
        self._registry = registry if registry is not None else built_in()
        self._scheduler = Scheduler(settings.max_waiting, settings.max_tickets_per_session, BATCH_SIZE)
        self._models = load(settings, self._registry)
        store = Store(settings.cache_dir, settings.graceful_timeout + 2)
        self._library = Library(settings, self._scheduler, self._models, store)
        self._workers = Workers(self._scheduler, self._library.write_block, self._library.close, available_cores())
        self._parsing = threading.Semaphore(PARSES)
        self._specs: dict[tuple[str, int], Spec] = {}
        self._workers.start_store()
        try:
            self._scheduler.call_store(store.open).result()
        except BaseException:
            self.close()
            raise
        self._workers.start()
        self._scheduler.call_store(self._library.resume)

    # --- uploads and datasets --------------------------------------------------------------------------------------

    def upload(
        self,
        raw: bytes,
        options: ReadOptions | None = None,
        *,
        model: str | None = None,
        horizon: int | None = None,
    ) -> Upload:
        """Read a file, store its series, start its background fill; never waits for a forecast.

        Raises UploadError, BadRequest, ModelNotLoaded, Overloaded, EngineClosed.
        """
        spec = self._loaded_spec(model, horizon)
        with self._parsing:
            reading = read(raw, options or ReadOptions(), self.settings)
        upload_id = hashlib.sha256(b"hindcast-upload-1\0" + raw).hexdigest()[:32]
        added = self._on_store_thread(
            lambda: self._library.add(reading.series, spec, upload_id, raw, reading.readback.to_json())
        )
        record = UploadRecord(upload_id, reading.series.handle, reading.readback)
        return Upload(added.dataset, record, added.known, added.reused)

    def reread(
        self, upload_id: str, options: ReadOptions, *, model: str | None = None, horizon: int | None = None
    ) -> Upload:
        """Read a kept upload again with other options. UnknownHandle if its bytes are no longer kept."""
        raw = self._on_store_thread(lambda: self._library.raw(upload_id)) if UPLOAD_ID.match(upload_id) else None
        if raw is None:
            raise UnknownHandle("The bytes of this upload are no longer kept. Upload the file again.")
        return self.upload(raw, options, model=model, horizon=horizon)

    def record(self, upload_id: str, handle: str) -> UploadRecord | None:
        """What was read from an upload when it gave this handle; None if nothing is kept."""
        if not UPLOAD_ID.match(upload_id) or not HANDLE.match(handle):
            return None
        readings = self._library.cached_readings(upload_id)
        if readings is None:
            readings = self._on_store_thread(lambda: self._library.readings(upload_id))
        if handle not in readings:
            return None
        return UploadRecord(upload_id, handle, Readback.from_json(readings[handle]))

    def dataset(self, handle: str) -> Dataset:
        """A stored dataset. UnknownHandle."""
        if not HANDLE.match(handle):
            raise UnknownHandle("This is not a handle: 64 hexadecimal digits were expected.")
        return self._library.cached(handle) or self._on_store_thread(lambda: self._library.load(handle))

    def datasets(self) -> list[Summary]:
        """All stored datasets."""
        return self._on_store_thread(self._library.summaries)

    def delete(self, handle: str) -> None:
        """Forget a dataset, its uploads and its forecasts. UnknownHandle."""
        if not HANDLE.match(handle) or not self._on_store_thread(lambda: self._library.delete(handle)):
            raise UnknownHandle("No series with this handle is stored here.")

    # --- forecasts -------------------------------------------------------------------------------------------------

    def forecast(
        self,
        handle: str,
        index: int,
        *,
        model: str | None = None,
        horizon: int | None = None,
        session: str | None = None,
        seq: int = 0,
        force: bool = False,
        timeout: float | None = None,
    ) -> PlotData:
        """What would have been forecast from an index: from the cache, else computed at priority 0.

        Refused before any work: UnknownHandle, IndexOutOfRange, OriginUnusable, BadRequest. Else raises
        ModelNotLoaded, ModelFailed, Overloaded, Superseded, Evicted, DeadlineExceeded, EngineClosed.
        """
        dataset = self.dataset(handle)
        slot = dataset.origin_slot(index)
        spec = self._spec(handle, model, horizon)
        entry = self._scheduler.find((handle, spec.key))
        if entry is None:
            entry = self._on_store_thread(lambda: self._library.open(handle, spec))
        subject, rows = entry.subject, entry.rows
        assert isinstance(rows, ResultFrame)
        if subject.forecaster is None and (force or not rows.done(slot)):
            raise ModelNotLoaded(f"The model {spec.model} is not loaded, and this forecast is not stored.")
        ticket = self._scheduler.request(entry, slot, session, seq, force)
        row = self._answer(ticket, timeout)
        return draw(dataset, index, subject, row, self._baseline(dataset, spec.horizon), rows.scores())

    def quickdraw(
        self,
        raw: bytes,
        options: ReadOptions | None = None,
        *,
        index: int = 0,
        model: str | None = None,
        horizon: int | None = None,
        force: bool = False,
        timeout: float | None = None,
    ) -> PlotData:
        """One forecast of a file of which nothing is kept; from the cache if the same series happens to be stored."""
        spec = self._loaded_spec(model, horizon)
        with self._parsing:
            dataset = Dataset(read(raw, options or ReadOptions(), self.settings).series)
        slot = dataset.origin_slot(index)
        baseline = self._baseline(dataset, spec.horizon)
        entry = self._scheduler.find((dataset.handle, spec.key))
        rows = entry.rows if entry is not None else None
        if isinstance(rows, ResultFrame) and rows.done(slot) and not force:
            return draw(dataset, index, Subject(dataset.series, spec, None), rows.row(slot), baseline, rows.scores())
        subject = Subject(dataset.series, spec, self._models[spec.model])
        ticket = self._scheduler.quick(spec.key, subject, slot)
        row = self._answer(ticket, timeout)
        return draw(dataset, index, subject, row, baseline, None)

    def progress(self, handle: str, *, model: str | None = None, horizon: int | None = None) -> Progress:
        """How much of a dataset is computed. UnknownHandle, BadRequest, ModelNotLoaded."""
        dataset = self.dataset(handle)
        spec = self._spec(handle, model, horizon)
        entry = self._scheduler.find((handle, spec.key))
        if entry is None:
            entry = self._on_store_thread(lambda: self._library.open(handle, spec))
        rows = entry.rows
        assert isinstance(rows, ResultFrame)
        left = rows.total - rows.done_count - rows.failed_count
        state = "done" if left == 0 else "filling" if entry.background else "paused"
        return Progress(rows.done_count, rows.failed_count, rows.total, dataset.length - rows.total, state)

    # --- life ------------------------------------------------------------------------------------------------------

    def status(self) -> Status:
        healthy = self._workers.healthy() and not self._scheduler.closed
        return Status(healthy, tuple(self._models), time.monotonic() - self._started, self._scheduler.statistics())

    def close_on_signal(self) -> Callable[[], None]:
        """What a signal handler may call to have every waiter answered at once; it takes no lock of the engine's."""
        return self._workers.close_soon(self._scheduler.close)

    def close(self) -> None:
        """Refuse, settle every waiter, stop the workers, write what is not yet written. Idempotent."""
        if not self._scheduler.closed:
            log.info("closing: %s", self._scheduler.statistics())
        self._scheduler.close()
        self._workers.stop(self.settings.graceful_timeout)

    # --- details ---------------------------------------------------------------------------------------------------

    def _horizon(self, horizon: int | None) -> int:
        steps = self.settings.horizon if horizon is None else horizon
        if not 1 <= steps <= MAX_HORIZON:
            raise BadRequest(f"The horizon is {steps} steps; 1 to {MAX_HORIZON} can be forecast.", horizon=steps)
        return steps

    def _loaded_spec(self, model: str | None, horizon: int | None) -> Spec:
        name = self.settings.model if model is None else model
        if name not in self._registry:
            known = ", ".join(sorted(self._registry))
            raise BadRequest(f"There is no model named {name[:40]!r}. Known: {known}.", code="UNKNOWN_MODEL")
        if name not in self._models:
            raise ModelNotLoaded(f"The model {name} is not loaded. Loaded: {', '.join(self._models)}.")
        steps = self._horizon(horizon)
        known_spec = self._specs.get((name, steps))
        if known_spec is None:
            known_spec = self._specs[name, steps] = Spec.of(self._models[name], steps)
        return known_spec

    def _spec(self, handle: str, model: str | None, horizon: int | None) -> Spec:
        """The spec asked for; of a model that is not loaded the one its stored forecasts have."""
        try:
            return self._loaded_spec(model, horizon)
        except ModelNotLoaded:
            name, steps = model or self.settings.model, self._horizon(horizon)
            stored = self._on_store_thread(lambda: self._library.stored_spec(handle, name, steps))
            if stored is None:
                raise
            return stored

    def _baseline(self, dataset: Dataset, horizon: int) -> Subject:
        return Subject(dataset.series, self._loaded_spec(BASELINE, horizon), self._models[BASELINE])

    def _on_store_thread(self, function: Callable[[], T]) -> T:
        future: Future[T] = self._scheduler.call_store(function)
        try:
            return future.result(self.settings.request_timeout)
        except FutureTimeout:
            raise DeadlineExceeded("The cache did not answer in time. The server is busy; try again.") from None

    def _answer(self, ticket: Ticket, timeout: float | None) -> Row:
        limit = self.settings.request_timeout if timeout is None else min(timeout, self.settings.request_timeout)
        try:
            row: Row = ticket.future.result(limit)
        except FutureTimeout:
            self._scheduler.cancel(
                ticket, DeadlineExceeded(f"No answer within {limit:g} s. The server is busy; try again.")
            )
            row = ticket.future.result()  # the deadline, or the answer that came just before it
        return row
