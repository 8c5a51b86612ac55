"""The facade: upload, forecast, quickdraw, progress, status, close. What pages, API and command line call."""

from __future__ import annotations

import logging
import math
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import TypeVar

from engine.allocator import LARGE, give_back_free, give_back_large
from engine.answers import Loaded, Progress, QuickDraw, Upload, UploadRecord, Versions
from engine.aside import Aside
from engine.asking import HANDLE, Asking
from engine.audit import CheckReport
from engine.catalog import Catalog
from engine.cores import available_cores
from engine.dataset import Dataset, Summary
from engine.errors import (
    BadRequest,
    Evicted,
    NotAllowed,
    Overloaded,
    StartError,
    UnknownHandle,
)
from engine.exports import Export, Exports
from engine.forecasting import frame_of
from engine.imports import read_export
from engine.incoming import NOT_KEPT, Incoming, Kept
from engine.ingest import Readback, ReadOptions
from engine.ingest.glance import Sketches, glance
from engine.intake import Intake
from engine.inventory import Inventory, stored_datasets
from engine.library import Added, Library
from engine.meter import Meter
from engine.models.base import Loader, installed
from engine.plotdata import PlotData
from engine.rail import NARROWEST, WIDEST, Rail, rail
from engine.runner import chosen
from engine.scheduler import Scheduler
from engine.scoring.answers import Backtest, Compared
from engine.scoring.backtests import Backtests
from engine.scoring.slices import Slices
from engine.scoring.summary import Asked
from engine.scoring.warned import Events, Question
from engine.settings import Settings
from engine.shares import Share
from engine.spec import Spec
from engine.status import Status, device, model_status, reasons
from engine.store import FOLDER, Store
from engine.visitor import visitor
from engine.waiting import Waiting
from engine.wires import WireBlock, Wires
from engine.workers import Workers

log = logging.getLogger(__name__)

BATCH_SIZE = 64  # origins the background forecasts at once
MOST_EVENTS = 1000  # that are listed
MOST_WORST = 1000  # stretches that may be asked for
COMPUTING_SHARE = 0.6  # of the graceful timeout that running batches may take to end; writing has the rest
Answer = TypeVar("Answer")
UPLOAD_ID = re.compile(r"[0-9a-f]{32}\Z")


class Engine:
    """One per process and cache directory. Starts in its constructor; StartError in one line if it cannot."""

    def __init__(self, settings: Settings, registry: Mapping[str, Loader] | None = None) -> None:
        give_back_large()
        self.settings = settings
        self._started = time.monotonic()
        self._closing: float | None = None  # when that began
        self._meter = Meter()
        self._cores = available_cores()
        self._scheduler = Scheduler(
            settings.max_waiting,
            settings.max_tickets_per_session,
            BATCH_SIZE,
            max_tickets_per_user=settings.max_waiting_per_user,
        )
        self._catalog = Catalog(settings, installed() if registry is None else registry)
        specs = tuple(self._catalog.spec(name, None) for name in self._catalog.names)
        self._runner = chosen(settings, specs, self._cores)
        store = Store(settings.cache_dir, settings.graceful_timeout + 2)
        self._library = Library(settings, self._scheduler, self._catalog, store)
        self._intake = Intake(settings, self._meter)
        self._waiting = Waiting(self._scheduler, self._meter, settings.request_timeout)
        self._on_store_thread = self._waiting.on_store_thread
        self._asking = Asking(self._scheduler, self._library, self._catalog, self._waiting, self._meter)
        self._wires = Wires(settings.wire_budget, self._asking.block_rows, self._scheduler.find, self._asking.baselines)
        find, opponents = self._scheduler.find, self._asking.opponents
        self._exports = Exports(settings.cache_dir, self._asking.block_rows, opponents)
        models = len(self._catalog.names)
        self._backtests = Backtests(settings.scores_budget, self._asking.block_rows, find, opponents, models)
        self._aside = Aside(settings.cache_dir / FOLDER)
        self._workers = Workers(
            self._scheduler,
            self._library.writing.write_block,
            self._library.writing.tidy,
            self._library.writing.close,
            self._runner,
            self._meter,
        )
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
        source: bytes | Incoming,
        options: ReadOptions | None = None,
        *,
        model: str | None = None,
        horizon: int | None = None,
        ask: bool = False,
    ) -> Upload:
        """Read a file, store its series, start its background fill; never waits for a forecast.

        ask: dates that can be read in two ways are not taken in the likelier one but refused (DATE_ORDER_AMBIGUOUS).
        Raises UploadError, BadRequest, ModelNotLoaded, Overloaded, StorageFailed, EngineClosed.
        """
        spec = self._catalog.spec(model, horizon)
        with self._intake.taken(source) as file:
            return self._add(file, options or ReadOptions(), spec, ask)

    def receiving(self, hang_up: Callable[[], None], size: int | None = None) -> AbstractContextManager[Incoming]:
        """Around the receipt of a file, of `size` bytes if that is known, and the call that reads it: few at a time, so
        that uploads can take neither all disk nor all request threads. `hang_up` ends the sender's connection: who is
        slow loses it where others wait. UploadError TOO_LARGE, Overloaded, StorageFailed."""
        return self._intake.receiving(hang_up, size)

    def reread(
        self, upload_id: str, options: ReadOptions, *, model: str | None = None, horizon: int | None = None
    ) -> Upload:
        """Read a kept upload again with other options. UnknownHandle if its bytes are no longer kept."""
        spec = self._catalog.spec(model, horizon)
        with self._intake.placed(), self._kept(upload_id) as file:
            return self._add(file, options, spec, ask=False)

    def _add(self, file: Incoming | Kept, options: ReadOptions, spec: Spec, ask: bool) -> Upload:
        reading = self._intake.read(file, options, ask)
        dataset = Dataset(reading.series)  # refuses what has no usable origin before anything is deleted or written
        handle = dataset.handle  # hashed here, and not by the store thread

        def add() -> Added:
            with file:  # its caller may be sent away meanwhile
                return self._library.add(dataset, spec, file, reading.readback.to_json())

        added = self._on_store_thread(add)
        if dataset.series.values.nbytes > LARGE:
            give_back_free()  # what storing it took
        record = UploadRecord(file.upload_id, handle, reading.readback)
        return Upload(added.dataset, record, added.known, added.reused, added.extends, added.removed)

    def _kept(self, upload_id: str) -> Kept:
        is_one = UPLOAD_ID.match(upload_id) and self._is_uploader(upload_id)
        file = self._on_store_thread(lambda: self._library.kept(upload_id)) if is_one else None
        if file is None:
            raise UnknownHandle(NOT_KEPT)
        return file

    def _is_uploader(self, upload_id: str) -> bool:
        """Whether one of the series that an upload was read as is the visitor's."""
        handles = self._on_store_thread(lambda: list(self._library.readings(upload_id))) if visitor().scope else []
        return not visitor().scope or any(self._is_own(handle) for handle in handles)

    def glance(self, upload_id: str, handle: str, option: str, names: Sequence[str]) -> Sketches:
        """Sketches of the columns (option "value") or the series ("series") of a kept upload that it could be read as
        instead, by name. UnknownHandle if its bytes are no longer kept."""
        record = self.record(upload_id, handle)
        if record is None:
            raise UnknownHandle(NOT_KEPT)
        with self._intake.placed(), self._kept(upload_id) as file, self._intake.parsing(), file.opened() as raw:
            return glance(raw, record.readback, option, names, self.settings)

    def record(self, upload_id: str, handle: str) -> UploadRecord | None:
        """What was read from an upload when it gave this handle; None if nothing is kept, or if it is not theirs."""
        if not UPLOAD_ID.match(upload_id) or not HANDLE.match(handle):
            return None
        readings = self._library.cached_readings(upload_id)
        if readings is None:
            readings = self._on_store_thread(lambda: self._library.readings(upload_id))
        if handle not in readings or not self._is_own(handle):
            return None
        return UploadRecord(upload_id, handle, Readback.from_json(readings[handle]))

    def _is_own(self, handle: str) -> bool:
        """Whether a series is the visitor's; without users everything is everybody's, what is damaged included."""
        if not visitor().scope:
            return True
        with suppress(UnknownHandle, NotAllowed):
            self._asking.own(handle)
            return True
        return False

    def dataset(self, handle: str) -> Dataset:
        """A stored dataset. UnknownHandle."""
        return self._asking.dataset(handle)

    def versions(self, handle: str) -> Versions:
        """Handles of the stored versions of a series: the one it continues, and the newest that continues it."""
        return self._on_store_thread(lambda: self._library.versions(handle))

    def datasets(self) -> list[Summary]:
        """All stored datasets of the visitor."""
        scope = visitor().scope
        return self._on_store_thread(lambda: self._library.summaries(scope))

    def delete(self, handle: str) -> None:
        """Forget a dataset, its uploads and its forecasts, and the links to it. UnknownHandle, NotAllowed."""
        self._may_remove(handle)
        if not HANDLE.match(handle) or not self._on_store_thread(lambda: self._library.delete(handle)):
            raise UnknownHandle("No series with this handle is stored here.")
        self._forget(handle)

    def flush(self) -> int:
        """Forget every dataset with its uploads and forecasts; who waits for one gets Evicted. How many there were.
        NotAllowed."""
        visitor().manage()
        count = self._on_store_thread(self._library.flush)
        self._wires.clear()
        self._backtests.clear()
        return count

    def cache(self) -> Inventory:
        """What is stored and how much room it takes. NotAllowed, Overloaded, StorageFailed, EngineClosed."""
        visitor().manage()
        stock, known = self._on_store_thread(self._library.stock)
        aside = self._aside.sizes()
        return Inventory(
            memory=self._library.memory(),
            memory_budget=self.settings.memory_budget,
            disk=self._library.disk,
            disk_budget=self.settings.disk_budget,
            damaged=sum(aside),
            damaged_folders=len(aside),
            datasets=stored_datasets(stock, known),
        )

    def drop(self, handle: str, *, model: str | None = None, horizon: int | None = None) -> int:
        """Forget the stored forecasts of a dataset: all, or those of a model, of a horizon; series and uploads stay.
        Who waits for one gets Evicted, who asks next has it computed. How many origins had one. UnknownHandle,
        NotAllowed."""
        self._may_remove(handle)
        known = HANDLE.match(handle)
        count = self._on_store_thread(lambda: self._library.drop(handle, model, horizon)) if known else None
        if count is None:
            raise UnknownHandle("No series with this handle is stored here.")
        self._forget(handle)
        return count

    def _may_remove(self, handle: str) -> None:
        """UnknownHandle, NotAllowed. Administrators may remove what they cannot see, and what cannot be read."""
        if not visitor().is_admin:
            self._asking.own(handle)

    def _forget(self, handle: str) -> None:
        """Keep nothing in memory that was made of a dataset's forecasts."""
        self._wires.forget(handle)
        self._backtests.forget(handle)

    def check(self) -> CheckReport:
        """Look at everything on the disk, and repair what can be computed: it is computed again. Takes a while; others
        are served meanwhile. NotAllowed, Overloaded if somebody checks already, StorageFailed, EngineClosed."""
        visitor().manage()
        if not self._checks.acquire(blocking=False):
            raise Overloaded("The cache is being checked already. Try again when that is over.")
        try:
            audit = self._library.audit()
            try:
                for step in audit.steps():
                    self._on_store_thread(step)
            finally:  # whatever ended it, what was found missing is computed
                self._on_store_thread(lambda: self._library.fills.go_on(audit.due))
            log.info("cache checked: %s", audit.report)
            return audit.report
        finally:
            self._checks.release()

    def delete_damaged(self) -> int:
        """Delete the damaged caches that were set aside beside this one; the bytes freed. NotAllowed, StorageFailed."""
        visitor().manage()
        return self._aside.delete()

    def export(
        self,
        handle: str,
        kind: str = "parquet",
        *,
        model: str | None = None,
        horizon: int | None = None,
        decimal: str = ".",
        shape: str = "origins",
    ) -> Export:
        """All forecasts of a dataset that are done, as a file: "parquet", which `load` takes back, or with the shape
        "steps" a row per origin and step, as has "csv", whose decimal sign may be "," (and ";" between its cells).

        Raises UnknownHandle, BadRequest, ModelNotLoaded, Overloaded, StorageFailed, EngineClosed.
        """
        self.dataset(handle)
        entry = self._asking.entry(handle, self._asking.spec(handle, model, horizon))
        return self._exports.of(entry, kind, decimal, shape)

    def load(self, source: bytes | Incoming) -> Loaded:
        """Take back a Parquet file of `export`: its series, and the forecasts that are not done here. Some of them are
        computed here, too, if their model is loaded, and must agree. UploadError, and what `forecast` raises."""
        with self._intake.parsing():
            found = read_export(source if isinstance(source, bytes) else source.read(), self.settings)
        self._asking.probe(found)
        known, entry = self._on_store_thread(lambda: self._library.adopt(found))
        for slots, rows in found.parts():
            entry = self._asking.adopted(entry, slots, rows)
        is_loaded = entry.subject.forecaster is not None
        return Loaded(found.dataset, found.spec, known, frame_of(entry).imported_count, is_loaded)

    # --- links ------------------------------------------------------------------------------------------------------

    def share(self, handle: str) -> str:
        """A new link by which others may look at a series: its token. UnknownHandle, NotAllowed, Overloaded."""
        self._asking.own(handle)
        return self._on_store_thread(lambda: self._library.shares.add(handle))

    def shares(self, handle: str) -> list[Share]:
        """The links to a series, the oldest first. UnknownHandle, NotAllowed."""
        self._asking.own(handle)
        return self._on_store_thread(lambda: self._library.shares.of(handle))

    def revoke(self, handle: str, share: str | None = None) -> int:
        """End the links to a series, or the one of this id. How many there were. UnknownHandle, NotAllowed."""
        self._asking.own(handle)
        return self._on_store_thread(lambda: self._library.shares.remove(handle, share))

    def shown(self, tokens: Iterable[str]) -> frozenset[str]:
        """Handles of the series that links with these tokens show; asks no thread and no disk."""
        return self._library.shares.handles(tokens)

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

        Refused before any work: UnknownHandle, NotAllowed (force), IndexOutOfRange, OriginUnusable, BadRequest. Else
        raises ModelNotLoaded, ModelFailed, Overloaded, Superseded, Evicted, DeadlineExceeded, EngineClosed.
        """
        deadline = self._waiting.deadline(timeout)
        how = {"session": session, "seq": seq, "force": force, "user": visitor().scope}
        if force:
            self._asking.own(handle)
        return self._asking.forecast(handle, index, model, horizon, deadline, **how)

    def wire_block(
        self, handle: str, number: int, *, model: str | None = None, horizon: int | None = None
    ) -> WireBlock:
        """The forecasts from slots 256 x number .. 256 x number + 255 that are done, as the scrubber reads them
        (docs/wire.md); asks for none to be computed.

        Raises UnknownHandle, UnknownBlock, BadRequest, ModelNotLoaded, Overloaded, StorageFailed, EngineClosed.
        """
        self.dataset(handle)
        spec = self._asking.spec(handle, model, horizon)
        return _again_if_evicted(lambda: self._wires.of(self._asking.entry(handle, spec), number))

    def wire_row(
        self,
        handle: str,
        index: int,
        *,
        model: str | None = None,
        horizon: int | None = None,
        session: str | None = None,
        seq: int = 0,
        timeout: float | None = None,
    ) -> bytes:
        """The forecast from an index, computed at priority 0 if it is not there, as a wire block of one row. Raises
        what `forecast` does."""
        deadline = self._waiting.deadline(timeout)
        how = {"session": session, "seq": seq, "force": False, "user": visitor().scope}
        return self._wires.row(*self._asking.row(handle, index, model, horizon, deadline, **how))

    def wire_series(self, handle: str) -> WireBlock:
        """The values and times of a series, as the scrubber reads them (docs/wire_series.md). UnknownHandle."""
        dataset = self.dataset(handle)
        block = self._wires.series(dataset)
        if self._library.cached(handle) is not dataset:  # forgotten meanwhile, perhaps before it was kept
            self._wires.forget(handle)
        return block

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

        Raises UnknownHandle, NotAllowed, IndexOutOfRange, BadRequest, ModelNotLoaded, EngineClosed.
        """
        start, end = self._asking.own(handle).slots_between(first, last)
        spec = self._catalog.spec(model, horizon)
        count = self._on_store_thread(lambda: self._library.recalculation.start(handle, spec, start, end, failed))
        self._workers.try_again()
        return count

    def quickdraw(
        self,
        source: bytes | Incoming,
        options: ReadOptions | None = None,
        *,
        index: int = 0,
        model: str | None = None,
        horizon: int | None = None,
        force: bool = False,
        timeout: float | None = None,
        ask: bool = False,
    ) -> QuickDraw:
        """One forecast of a file of which nothing is kept, and how the file was read; from the cache if the same series
        happens to be stored. ask: as in `upload`."""
        spec = self._catalog.spec(model, horizon)
        reading = self._intake.read(source, options or ReadOptions(), ask)
        dataset = Dataset(reading.series)
        plot = self._asking.quickdraw(dataset, index, spec, self._waiting.deadline(timeout), force)
        return QuickDraw(plot, dataset, reading.readback)

    def progress(self, handle: str, *, model: str | None = None, horizon: int | None = None) -> Progress:
        """How much of a dataset is computed. UnknownHandle, BadRequest, ModelNotLoaded."""
        dataset = self.dataset(handle)
        spec = self._asking.spec(handle, model, horizon)
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

    def rail(
        self,
        handle: str,
        width: int,
        first: int | None = None,
        last: int | None = None,
        *,
        model: str | None = None,
        horizon: int | None = None,
    ) -> Rail:
        """States and misses of the whole file, or of indices first..last (None: as in `recalculate`), in at most
        `width` columns, from what is in memory; computes no forecast and reads none.

        Raises UnknownHandle, IndexOutOfRange, BadRequest, ModelNotLoaded, Overloaded, EngineClosed.
        """
        if not NARROWEST <= width <= WIDEST:
            raise BadRequest(f"width is {width}; {NARROWEST} to {WIDEST} columns can be asked for.", field="width")
        dataset = self.dataset(handle)
        start, end = (slot - dataset.series.first_slot for slot in dataset.slots_between(first, last))
        rows = frame_of(self._asking.entry(handle, self._asking.spec(handle, model, horizon)))
        states = rows.states()  # before the scores: whatever is done by now has them
        return rail(states, rows.scores(), rows.spec.horizon, dataset.scale, width, slice(start, end + 1))

    def backtest(
        self,
        handle: str,
        *,
        model: str | None = None,
        horizon: int | None = None,
        slice: str = "",
        stretch: tuple[int | None, int | None] | None = None,
        worst: int = 20,
        timeout: float = 0.5,
        wait: bool = False,
    ) -> Backtest:
        """How right the forecasts of a file were, or of a slice of its moments, or of a stretch from one index to
        another (None: as in `recalculate`), beside the baseline and the last value; with its `worst` stretches.

        Works at most `timeout` seconds on what is not read yet, and answers with what is there; with `wait` it waits
        that long for what is not computed yet, too. Computes no forecast but the baseline's and the last value's.

        Raises UnknownHandle, IndexOutOfRange, BadRequest, ModelNotLoaded, Overloaded, StorageFailed, EngineClosed.
        """
        if not 0 <= worst <= MOST_WORST:
            raise BadRequest(f"worst is {worst}; 0 to {MOST_WORST} stretches can be asked for.", field="worst")
        dataset, spec = self.dataset(handle), self._asking.spec(handle, model, horizon)
        asked = self._asked(dataset, slice, stretch, worst)
        timeout = min(timeout, self.settings.request_timeout)
        return _again_if_evicted(
            lambda: self._backtests.of(self._asking.entry(handle, spec), dataset, asked, timeout, wait)
        )

    def compare(
        self,
        handle: str,
        *,
        horizon: int | None = None,
        slice: str = "",
        stretch: tuple[int | None, int | None] | None = None,
        timeout: float = 0.5,
    ) -> Compared:
        """All loaded models on the same pairs, the baseline and the last value first, and imported forecasts of others
        that are open; slice, stretch and timeout as in `backtest`. A model takes part once some of its forecasts are
        there; who asks for its `backtest` starts that.

        Raises UnknownHandle, IndexOutOfRange, BadRequest, Overloaded, StorageFailed, EngineClosed.
        """
        dataset, steps = self.dataset(handle), self._catalog.baseline(horizon).horizon
        asked = self._asked(dataset, slice, stretch, 0)
        timeout = min(timeout, self.settings.request_timeout)
        return _again_if_evicted(
            lambda: self._backtests.compared(self._asking.comparable(dataset, steps), dataset, steps, asked, timeout)
        )

    def events(
        self,
        handle: str,
        line: float,
        direction: str,
        *,
        k: int = 3,
        lead: int = 1,
        run: int = 1,
        model: str | None = None,
        horizon: int | None = None,
        stretch: tuple[int | None, int | None] | None = None,
        most: int = MOST_EVENTS,
        timeout: float = 0.5,
    ) -> Events:
        """What the forecasts had said about events: `run` readings or more "above" or "below" a line. A moment warns if
        at some step at least `lead` ahead k of its samples lie beyond the line; see scoring/events.py for every word.
        stretch: where they begin, as in `backtest`; of the newest events and warnings `most` are listed. Works at most
        `timeout` seconds on forecasts that are not read yet.

        Raises UnknownHandle, IndexOutOfRange, BadRequest, ModelNotLoaded, Overloaded, StorageFailed, EngineClosed.
        """
        dataset, spec = self.dataset(handle), self._asking.spec(handle, model, horizon)
        if direction not in {"above", "below"} or not math.isfinite(line):
            raise BadRequest(f"The line is {line}, {direction[:20]!r}; a number was expected, and above or below.")
        bounds = {"k": (k, 1, spec.num_samples), "lead": (lead, 1, spec.horizon), "run": (run, 1, MOST_EVENTS)}
        for name, (number, least, largest) in (bounds | {"most": (most, 0, MOST_EVENTS)}).items():
            if not least <= number <= largest:
                raise BadRequest(f"{name} is {number}; {least} to {largest} can be asked for.", field=name)
        question = Question(line, direction == "above", k, lead, run)
        between = self._asked(dataset, "", stretch, 0).stretch
        timeout = min(timeout, self.settings.request_timeout)
        return _again_if_evicted(
            lambda: self._backtests.events(self._asking.entry(handle, spec), dataset, question, between, most, timeout)
        )

    def _asked(self, dataset: Dataset, slice: str, stretch: tuple[int | None, int | None] | None, worst: int) -> Asked:
        """For which numbers; refuses what cannot be meant before anything is read."""
        between = None
        if stretch is not None:
            first, last = (slot - dataset.series.last_slot for slot in dataset.slots_between(*stretch))
            between = first, last
        Slices(dataset).mask(slice)
        return Asked(slice, between, worst)

    def slice_runs(self, handle: str, slice: str) -> list[tuple[int, int]]:
        """Indices (first, last) of the runs of moments in a slice, oldest first. UnknownHandle, BadRequest."""
        return Slices(self.dataset(handle)).runs(slice)

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
            failures=self._meter.failure_counts(),
            runner=self._runner.status(),
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


def _again_if_evicted(ask: Callable[[], Answer]) -> Answer:
    """An answer, asked for once more where what it is about was computed anew while it was read."""
    with suppress(Evicted):
        return ask()
    return ask()
