"""The facade: upload, forecast, quickdraw, progress, status, close. What pages, API and command line call."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from engine.answers import Loaded, Progress, Upload, UploadRecord, Versions
from engine.audit import CheckReport
from engine.blocks import Rows
from engine.catalog import Catalog
from engine.cores import available_cores
from engine.dataset import Dataset, Summary
from engine.drawing import draw
from engine.errors import (
    BadRequest,
    DeadlineExceeded,
    EngineError,
    Evicted,
    ModelNotLoaded,
    Overloaded,
    StartError,
    StorageFailed,
    UnknownHandle,
)
from engine.exports import Export, Exports
from engine.forecasting import Subject, frame_of
from engine.imports import Imported, read_export
from engine.ingest import Readback, Reading, ReadOptions, read
from engine.ingest.glance import Sketches, glance
from engine.ingest.ties import refuse_tie
from engine.inventory import Inventory, stored_datasets
from engine.jobs import Entry, Ticket
from engine.library import Library
from engine.meter import Meter
from engine.models.base import Loader, installed
from engine.plotdata import PlotData
from engine.recovery import bytes_in, delete_aside, set_aside
from engine.rows import Row
from engine.scheduler import Scheduler
from engine.settings import Settings
from engine.spec import Spec
from engine.status import Status, device, model_status, reasons
from engine.store import FOLDER, Store
from engine.wires import WireBlock, Wires
from engine.workers import Workers

log = logging.getLogger(__name__)

BATCH_SIZE = 64  # origins the background forecasts at once
PARSES = 2  # files read at the same time
BODIES = 8  # files received at the same time
PROBES = 8  # forecasts of an export that are held against the model
COMPUTING_SHARE = 0.6  # of the graceful timeout that running batches may take to end; writing has the rest
HANDLE = re.compile(r"[0-9a-f]{64}\Z")
UPLOAD_ID = re.compile(r"[0-9a-f]{32}\Z")

NOT_KEPT = "The bytes of this upload are no longer kept. Upload the file again."

T = TypeVar("T")


class Engine:
    """One per process and cache directory. Starts in its constructor; StartError in one line if it cannot."""

    def __init__(self, settings: Settings, registry: Mapping[str, Loader] | None = None) -> None:
        self.settings = settings
        self._started = time.monotonic()
        self._closing: float | None = None  # when that began
        self._meter = Meter()
        self._cores = available_cores()
        self._scheduler = Scheduler(settings.max_waiting, settings.max_tickets_per_session, BATCH_SIZE)
        self._catalog = Catalog(settings, installed() if registry is None else registry)
        store = Store(settings.cache_dir, settings.graceful_timeout + 2)
        self._library = Library(settings, self._scheduler, self._catalog, store)
        self._wires = Wires(settings.wire_budget, self._block_rows, self._scheduler.find)
        self._folder = settings.cache_dir / FOLDER
        self._aside: dict[Path, int] = {}  # bytes of what was set aside beside it, which does not change
        self._exports = Exports(settings.cache_dir, self._block_rows)
        self._workers = Workers(
            self._scheduler,
            self._library.writing.write_block,
            self._library.writing.tidy,
            self._library.writing.close,
            self._cores,
            self._meter,
        )
        self._parses = threading.BoundedSemaphore(PARSES)
        self._bodies = threading.BoundedSemaphore(BODIES)
        self._checks = threading.BoundedSemaphore(1)
        self._workers.start_store()
        try:
            self._scheduler.call_store(self._library.open_store).result()
            self._workers.start()
            self._scheduler.call_store(self._library.fills.find).result()
            self._scheduler.call_store(self._library.fills.resume, bounded=False)
        except BaseException as error:
            self.close()
            if isinstance(error, (StartError, KeyboardInterrupt, SystemExit)):
                raise
            reason = " ".join(str(error).split()) or type(error).__name__
            raise StartError(f"The engine cannot start: {reason}") from error

    # --- uploads and datasets --------------------------------------------------------------------------------------

    def upload(
        self,
        raw: bytes,
        options: ReadOptions | None = None,
        *,
        model: str | None = None,
        horizon: int | None = None,
        ask: bool = False,
    ) -> Upload:
        """Read a file, store its series, start its background fill; never waits for a forecast.

        ask: dates that can be read in two ways are not taken in the likelier one but refused (DATE_ORDER_AMBIGUOUS).
        Raises UploadError, BadRequest, ModelNotLoaded, Overloaded, EngineClosed.
        """
        spec = self._catalog.spec(model, horizon)
        reading = self._read(raw, options or ReadOptions(), ask)
        upload_id = hashlib.sha256(b"hindcast-upload-1\0" + raw).hexdigest()[:32]
        added = self._on_store_thread(
            lambda: self._library.add(reading.series, spec, upload_id, raw, reading.readback.to_json())
        )
        record = UploadRecord(upload_id, reading.series.handle, reading.readback)
        return Upload(added.dataset, record, added.known, added.reused, added.extends)

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Around the receipt of a file and the call that reads it: few at a time, so that uploads can take neither all
        memory nor all request threads. Overloaded."""
        if not self._bodies.acquire(blocking=False):
            raise Overloaded(f"{BODIES} files are being received already. Try again shortly.")
        try:
            yield
        finally:
            self._bodies.release()

    def reread(
        self, upload_id: str, options: ReadOptions, *, model: str | None = None, horizon: int | None = None
    ) -> Upload:
        """Read a kept upload again with other options. UnknownHandle if its bytes are no longer kept."""
        raw = self._on_store_thread(lambda: self._library.raw(upload_id)) if UPLOAD_ID.match(upload_id) else None
        if raw is None:
            raise UnknownHandle(NOT_KEPT)
        return self.upload(raw, options, model=model, horizon=horizon)

    def glance(self, upload_id: str, handle: str, option: str, names: Sequence[str]) -> Sketches:
        """Sketches of the columns (option "value") or the series ("series") of a kept upload that it could be read as
        instead, by name. UnknownHandle if its bytes are no longer kept."""
        record = self.record(upload_id, handle)
        raw = self._on_store_thread(lambda: self._library.raw(upload_id)) if record else None
        if record is None or raw is None:
            raise UnknownHandle(NOT_KEPT)
        with self._parsing():
            return glance(raw, record.readback, option, names, self.settings)

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
        return self._dataset(handle)

    def versions(self, handle: str) -> Versions:
        """Handles of the stored versions of a series: the one it continues, and the newest that continues it."""
        return self._on_store_thread(lambda: self._library.versions(handle))

    def datasets(self) -> list[Summary]:
        """All stored datasets."""
        return self._on_store_thread(self._library.summaries)

    def delete(self, handle: str) -> None:
        """Forget a dataset, its uploads and its forecasts. UnknownHandle."""
        if not HANDLE.match(handle) or not self._on_store_thread(lambda: self._library.delete(handle)):
            raise UnknownHandle("No series with this handle is stored here.")
        self._wires.forget(handle)

    def flush(self) -> int:
        """Forget every dataset with its uploads and forecasts; who waits for one gets Evicted. How many there were."""
        count = self._on_store_thread(self._library.flush)
        self._wires.clear()
        return count

    def cache(self) -> Inventory:
        """What is stored and how much room it takes. Overloaded, StorageFailed, EngineClosed."""
        stock, known = self._on_store_thread(self._library.stock)
        aside = self._aside = {path: self._aside.get(path) or bytes_in(path) for path in set_aside(self._folder)}
        return Inventory(
            memory=self._library.memory(),
            memory_budget=self.settings.memory_budget,
            disk=self._library.disk,
            disk_budget=self.settings.disk_budget,
            damaged=sum(aside.values()),
            damaged_folders=len(aside),
            datasets=stored_datasets(stock, known),
        )

    def drop(self, handle: str, *, model: str | None = None, horizon: int | None = None) -> int:
        """Forget the stored forecasts of a dataset: all, or those of a model, of a horizon; series and uploads stay.
        Who waits for one gets Evicted, who asks next has it computed. How many origins had one. UnknownHandle."""
        known = HANDLE.match(handle)
        count = self._on_store_thread(lambda: self._library.drop(handle, model, horizon)) if known else None
        if count is None:
            raise UnknownHandle("No series with this handle is stored here.")
        self._wires.forget(handle)
        return count

    def check(self) -> CheckReport:
        """Look at everything on the disk, and repair what can be computed: it is computed again. Takes a while; others
        are served meanwhile. Overloaded if somebody checks already, StorageFailed, EngineClosed."""
        if not self._checks.acquire(blocking=False):
            raise Overloaded("The cache is being checked already. Try again when that is over.")
        try:
            audit = self._library.audit()
            for step in audit.steps():
                self._on_store_thread(step)
            self._on_store_thread(lambda: self._library.fills.go_on(audit.due))
            log.info("cache checked: %s", audit.report)
            return audit.report
        finally:
            self._checks.release()

    def delete_damaged(self) -> int:
        """Delete the damaged caches that were set aside beside this one; the bytes freed. StorageFailed."""
        try:
            return delete_aside(self._folder)
        except OSError as error:
            raise StorageFailed(f"A damaged cache cannot be deleted ({error.strerror}). Delete it by hand.") from error

    def export(
        self, handle: str, kind: str = "parquet", *, model: str | None = None, horizon: int | None = None
    ) -> Export:
        """All forecasts of a dataset that are done, as a file: "parquet", which `load` takes back, or "csv".

        Raises UnknownHandle, BadRequest, ModelNotLoaded, Overloaded, StorageFailed, EngineClosed.
        """
        self.dataset(handle)
        return self._exports.of(self._entry(handle, self._spec(handle, model, horizon)), kind)

    def load(self, raw: bytes) -> Loaded:
        """Take back a Parquet file of `export`: its series, and the forecasts that are not done here. Some of them are
        computed here, too, if their model is loaded, and must agree. UploadError, and what `forecast` raises."""
        with self._parsing():
            found = read_export(raw, self.settings)
        self._probe(found)
        known, entry = self._on_store_thread(lambda: self._library.adopt(found))
        for slots, rows in found.parts():
            self._scheduler.adopt(entry, slots, rows)
        is_loaded = entry.subject.forecaster is not None
        return Loaded(found.dataset, found.spec, known, frame_of(entry).imported_count, is_loaded)

    def _probe(self, found: Imported) -> None:
        """Hold some rows of an export against what the model makes here."""
        forecaster = self._catalog.forecaster(found.spec)
        if forecaster is None or not len(found.slots):
            return
        subject, deadline = Subject(found.dataset.series, found.spec, forecaster), self._deadline(None)
        for position in found.probes(PROBES):
            ticket = self._scheduler.quick(found.spec.key, subject, int(found.slots[position]))
            found.insist_on(int(position), self._answer(ticket, deadline))

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
        deadline = self._deadline(timeout)
        dataset = self._dataset(handle, deadline)
        slot = dataset.origin_slot(index)
        spec = self._spec(handle, model, horizon)
        baseline = self._baseline(dataset, spec.horizon)
        how = {"session": session, "seq": seq, "force": force}
        try:
            entry, row = self._row(handle, slot, spec, deadline, **how)
        except Evicted as gone:  # dropped while it waited: once more
            try:
                entry, row = self._row(handle, slot, spec, deadline, **how)
            except UnknownHandle:  # deleted
                raise gone from None
        with self._meter.timed("draw"):
            return draw(dataset, index, entry.subject, row, baseline, frame_of(entry).scores())

    def wire_block(
        self, handle: str, number: int, *, model: str | None = None, horizon: int | None = None
    ) -> WireBlock:
        """The forecasts from slots 256 x number .. 256 x number + 255 that are done, as the scrubber reads them
        (docs/wire.md); asks for none to be computed.

        Raises UnknownHandle, UnknownBlock, BadRequest, ModelNotLoaded, Overloaded, StorageFailed, EngineClosed.
        """
        self.dataset(handle)
        return self._wires.of(self._entry(handle, self._spec(handle, model, horizon)), number)

    def recalculate(
        self,
        handle: str,
        first: int | None = None,
        last: int | None = None,
        *,
        failed: bool = False,
        model: str | None = None,
        horizon: int | None = None,
    ) -> int:
        """Compute the forecasts of indices first..last (None: from the file's start, to its end) anew, in the
        background; what is stored of them goes first. With `failed` only those that failed. How many origins that are.

        Raises UnknownHandle, IndexOutOfRange, BadRequest, ModelNotLoaded, EngineClosed.
        """
        dataset = self.dataset(handle)
        start = dataset.series.first_slot if first is None else dataset.slot(first)
        end = dataset.series.last_slot if last is None else dataset.slot(last)
        if start > end:
            raise BadRequest(f"The range from index {first} to {last} is empty: the first index is the older one.")
        spec = self._catalog.spec(model, horizon)
        count = self._on_store_thread(lambda: self._library.recalculation.start(handle, spec, start, end, failed))
        self._workers.try_again()
        return count

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
        ask: bool = False,
    ) -> PlotData:
        """One forecast of a file of which nothing is kept; from the cache if the same series happens to be stored.
        ask: as in `upload`."""
        spec = self._catalog.spec(model, horizon)
        dataset = Dataset(self._read(raw, options or ReadOptions(), ask).series)
        slot = dataset.origin_slot(index)
        baseline = self._baseline(dataset, spec.horizon)
        entry = self._scheduler.find((dataset.handle, spec.key))
        deadline = self._deadline(timeout)
        if entry is not None and not force:
            self._fetch(entry, slot, deadline)
            row = self._scheduler.peek(entry, slot)
            if row is not None:
                return draw(dataset, index, entry.subject, row, baseline, frame_of(entry).scores())
        subject = Subject(dataset.series, spec, self._catalog.forecaster(spec))
        ticket = self._scheduler.quick(spec.key, subject, slot)
        row = self._answer(ticket, deadline)
        return draw(dataset, index, subject, row, baseline, None)

    def progress(self, handle: str, *, model: str | None = None, horizon: int | None = None) -> Progress:
        """How much of a dataset is computed. UnknownHandle, BadRequest, ModelNotLoaded."""
        dataset = self.dataset(handle)
        spec = self._spec(handle, model, horizon)
        total = int(dataset.usable_origins.sum())
        entry = self._scheduler.find((handle, spec.key))
        if entry is None:
            done, imported = self._on_store_thread(lambda: self._library.entries.stored_count(handle, spec))
            failed = 0
        else:
            rows = frame_of(entry)
            done, failed, imported = rows.done_count, rows.failed_count, rows.imported_count
        is_filling = entry is not None and entry.background
        state = "done" if done + failed == total else "filling" if is_filling else "paused"
        return Progress(done, failed, total, dataset.length - total, state, imported)

    # --- life ------------------------------------------------------------------------------------------------------

    def status(self) -> Status:
        """The engine at this moment; asks no thread and no disk."""
        models, threads = self._catalog.loaded, self._workers.threads()
        why = reasons(
            models=self._catalog.names, threads=threads, failing=self._workers.failing, closed=self._scheduler.closed
        )
        return Status(
            ready=not why,
            reasons=why,
            models=self._catalog.names,
            loaded=tuple(model_status(model) for model in models),
            device=device(models, self._cores),
            uptime=time.monotonic() - self._started,
            threads=threads,
            statistics=self._scheduler.statistics(),
            stages=self._meter.stages(),
            origins_per_second=self._meter.origins_per_second,
            memory=self._library.memory(),
            memory_budget=self.settings.memory_budget,
            disk=self._library.disk,
            disk_budget=self.settings.disk_budget,
            datasets=self._library.count(),
            errors=self._meter.errors(),
        )

    def close_on_signal(self) -> Callable[[], None]:
        """What a signal handler may call to have the engine closed by a thread of its own, waiters answered first."""
        return self._workers.close_soon(self.close)

    def close(self) -> None:
        """Refuse, settle every waiter and empty the queues, stop the workers, unload the models, write what is not yet
        written, close the caches. Idempotent; at most the graceful timeout long."""
        first = self._closing is None
        started = self._closing = self._closing or time.monotonic()  # whoever calls again waits for the same end
        if first:
            log.info("closing: %s", self._scheduler.statistics())
        self._scheduler.close()
        self._workers.stop_computing(started + COMPUTING_SHARE * self.settings.graceful_timeout)
        self._catalog.unload()
        self._workers.stop_storing(started + max(1.0, self.settings.graceful_timeout))
        if first:
            log.info("closed in %.2f s", time.monotonic() - started)

    # --- details ---------------------------------------------------------------------------------------------------

    @contextmanager
    def _parsing(self) -> Iterator[None]:
        if not self._parses.acquire(timeout=self.settings.request_timeout):
            raise Overloaded("Other files are being read. Try again shortly.")
        try:
            with self._meter.timed("parse"):
                yield
        finally:
            self._parses.release()

    def _read(self, raw: bytes, options: ReadOptions, ask: bool) -> Reading:
        with self._parsing():
            reading = read(raw, options, self.settings)
            if ask:
                refuse_tie(reading, raw, options, self.settings)
            return reading

    def _spec(self, handle: str, model: str | None, horizon: int | None) -> Spec:
        """The spec asked for; of a model that is not loaded the one its stored forecasts have."""
        try:
            return self._catalog.spec(model, horizon)
        except (ModelNotLoaded, BadRequest) as refusal:  # forecasts of a model that is unknown here can be imported
            if refusal.code not in {"MODEL_NOT_LOADED", "UNKNOWN_MODEL"}:
                raise
            name, steps = model or self.settings.model, self._catalog.horizon(horizon)
            stored = self._on_store_thread(lambda: self._library.entries.stored_spec(handle, name, steps))
            if stored is None:
                raise
            return stored

    def _dataset(self, handle: str, deadline: float | None = None) -> Dataset:
        if not HANDLE.match(handle):
            raise UnknownHandle("This is not a handle: 64 hexadecimal digits were expected.")
        return self._library.cached(handle) or self._on_store_thread(lambda: self._library.load(handle), deadline)

    def _row(self, handle: str, slot: int, spec: Spec, deadline: float, **how: Any) -> tuple[Entry, Row]:
        """An origin's forecast, waited for, and its entry, opened if it is not in memory."""
        entry, ticket = self._request(handle, slot, spec, deadline, **how)
        return entry, self._answer(ticket, deadline)

    def _request(self, handle: str, slot: int, spec: Spec, deadline: float, **how: Any) -> tuple[Entry, Ticket]:
        """What is not in memory is brought there and asked for in one go on the store thread, which alone closes
        entries and puts rows away: however many want memory at once, each of them has an answer."""

        def ask(entry: Entry) -> tuple[Entry, Ticket]:
            if entry.subject.forecaster is None and (how["force"] or not frame_of(entry).done(slot)):
                raise ModelNotLoaded(f"The model {spec.model} is not loaded, and this forecast is not stored.")
            return entry, self._scheduler.request(entry, slot, **how)

        def bring_and_ask() -> tuple[Entry, Ticket]:
            entry = self._library.entries.open(handle, spec)
            if not how["force"]:
                self._library.entries.fetch(entry, slot)
            return ask(entry)

        found = self._scheduler.find((handle, spec.key))
        if found is not None:
            with suppress(Evicted):  # closed or put away
                return ask(found)
        return self._on_store_thread(bring_and_ask, deadline)

    def _entry(self, handle: str, spec: Spec, deadline: float | None = None) -> Entry:
        found = self._scheduler.find((handle, spec.key))
        return found or self._on_store_thread(lambda: self._library.entries.open(handle, spec), deadline)

    def _fetch(self, entry: Entry, slot: int, deadline: float) -> None:
        """Have a row in memory, if it is done."""
        rows = frame_of(entry)
        if rows.done(slot) and not rows.resident(slot):
            self._on_store_thread(lambda: self._library.entries.fetch(entry, slot), deadline)

    def _block_rows(self, entry: Entry, number: int) -> Rows:
        """A copy of a block's done rows, from memory if all of them are there."""
        rows, away = self._scheduler.block(entry, number)
        found: Rows = self._on_store_thread(lambda: self._library.entries.block_rows(entry, number)) if away else rows
        return found

    def _baseline(self, dataset: Dataset, horizon: int) -> Subject:
        spec = self._catalog.baseline(horizon)
        return Subject(dataset.series, spec, self._catalog.forecaster(spec))

    def _deadline(self, timeout: float | None) -> float:
        """When a caller who waits from now on is sent away, in monotonic seconds."""
        longest = self.settings.request_timeout
        return time.monotonic() + (longest if timeout is None else min(timeout, longest))

    def _on_store_thread(self, function: Callable[[], T], deadline: float | None = None) -> T:
        """What the store thread made of it; not begun by the deadline (monotonic seconds), it is not done at all."""
        future: Future[T] = self._scheduler.call_store(function)
        try:
            until = self._deadline(None) if deadline is None else deadline
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

    def _answer(self, ticket: Ticket, deadline: float) -> Row:
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
