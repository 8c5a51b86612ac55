"""Somebody asks for a forecast: it comes from memory, from the disk, or is computed, and becomes a picture.

What this needs of the disk it has the store thread do.
"""

from __future__ import annotations

import functools
import re
import threading
from contextlib import suppress
from typing import Any

from engine.baselines import baselines
from engine.blocks import Rows
from engine.catalog import Catalog
from engine.dataset import Dataset
from engine.drawing import draw
from engine.errors import BadRequest, EngineClosed, Evicted, ModelNotLoaded, UnknownHandle
from engine.forecasting import Subject, frame_of
from engine.imports import Imported
from engine.jobs import Entry, Ticket
from engine.library import Library
from engine.meter import Meter
from engine.models.base import BASELINE
from engine.models.last_value import LastValue
from engine.plotdata import PlotData
from engine.rows import Baselines, Forecast, Row
from engine.scheduler import Scheduler
from engine.scoring.reading import Opponents
from engine.series import Ints, Series
from engine.spec import Spec
from engine.visitor import visitor
from engine.waiting import Waiting

PROBES = 8  # forecasts of an export that are held against the model
LOOKUP = 1.0  # seconds that a handle is looked for even if somebody would rather not wait: an unknown one is unknown
HANDLE = re.compile(r"[0-9a-f]{64}\Z")


class Asking:
    """For the facade, in the threads of those who ask."""

    def __init__(
        self, scheduler: Scheduler, library: Library, catalog: Catalog, waiting: Waiting, meter: Meter
    ) -> None:
        self._scheduler = scheduler
        self._library = library
        self._catalog = catalog
        self._waiting = waiting
        self._meter = meter
        # Drawings hold the interpreter's lock nearly all the time: sixteen at once take half as long again each,
        # fighting over it, and then a server that could keep up with its viewers falls behind and stays there.
        self._pen = threading.BoundedSemaphore(1)

    def dataset(self, handle: str, deadline: float | None = None) -> Dataset:
        """A stored dataset that its visitor may see. UnknownHandle."""
        if not HANDLE.match(handle):
            raise UnknownHandle("This is not a handle: 64 hexadecimal digits were expected.")
        dataset = self._library.cached(handle)
        if dataset is None:
            patience = None if deadline is None else max(deadline, self._waiting.deadline(LOOKUP))
            dataset = self._waiting.on_store_thread(lambda: self._library.load(handle), patience)
        visitor().look(dataset.series)
        return dataset

    def own(self, handle: str) -> Dataset:
        """A stored dataset that its visitor may change. UnknownHandle, NotAllowed."""
        dataset = self.dataset(handle)
        visitor().change(dataset.series)
        return dataset

    def spec(self, handle: str, model: str | None, horizon: int | None) -> Spec:
        """The spec asked for; of a model that is not loaded the one its stored forecasts have. BadRequest,
        ModelNotLoaded."""
        try:
            return self._catalog.spec(model, horizon)
        except (ModelNotLoaded, BadRequest) as refusal:  # forecasts of a model that is unknown here can be imported
            if refusal.code not in {"MODEL_NOT_LOADED", "UNKNOWN_MODEL"}:
                raise
            name, steps = model or self._catalog.default, self._catalog.horizon(horizon)
            entries = self._library.entries
            stored = self._waiting.on_store_thread(lambda: entries.stored_spec(handle, name, steps))
            if stored is None:
                raise
            return stored

    def forecast(
        self, handle: str, index: int, model: str | None, horizon: int | None, deadline: float, **how: Any
    ) -> PlotData:
        """From an index of a stored dataset; how (session, seq, force, user) is for the scheduler. Raises what
        `Engine.forecast` does."""
        dataset = self.dataset(handle, deadline)
        slot = dataset.origin_slot(index)
        spec = self.spec(handle, model, horizon)
        baseline = self._baseline(dataset.series, spec.horizon)
        entry, row = self._held(handle, slot, spec, deadline, **how)
        return self._drawn(dataset, index, entry.subject, row, baseline, frame_of(entry).scores())

    def row(
        self, handle: str, index: int, model: str | None, horizon: int | None, deadline: float, **how: Any
    ) -> tuple[Entry, int, Row]:
        """The entry, the slot and the row of an index of a stored dataset. Raises what `Engine.forecast` does."""
        dataset = self.dataset(handle, deadline)
        slot = dataset.origin_slot(index)
        entry, row = self._held(handle, slot, self.spec(handle, model, horizon), deadline, **how)
        return entry, slot, row

    def baselines(self, entry: Entry, slots: Ints) -> Baselines | None:
        """What the baseline says at slots of an entry; None for its own. EngineClosed."""
        baseline = self._baseline(entry.subject.series, entry.subject.spec.horizon)
        return None if baseline.spec == entry.subject.spec else baselines(baseline, slots)

    def opponents(self) -> Opponents:
        """Those that every forecast is compared with. EngineClosed."""
        naive = self._catalog.forecaster(self._catalog.baseline(1))
        if naive is None:
            raise EngineClosed("The server is stopping. Try again.")
        return Opponents(naive, LastValue(naive.num_samples))

    def comparable(self, dataset: Dataset, horizon: int) -> dict[str, Entry | int]:
        """Of every loaded model, the default one first: its entry on a dataset, if it is open or complete, else how
        many of its forecasts are stored. Then those that are not loaded, whose stored forecasts are open: somebody
        looks at them. Starts no fill; opens none of the opponents."""
        found: dict[str, Entry | int] = {}
        total = int(dataset.usable_origins.sum())
        for model in self._catalog.names:
            spec = self._catalog.spec(model, horizon)
            entry = self._scheduler.find((dataset.handle, spec.key))
            if entry is None and model not in {BASELINE, LastValue.name}:
                stored = functools.partial(self._library.entries.stored_count, dataset.handle, spec)
                found[model], _ = self._waiting.on_store_thread(stored)
            if entry is not None or found.get(model) == total:
                found[model] = entry or self.entry(dataset.handle, spec)
        for entry in self._scheduler.entries():
            spec = entry.subject.spec
            is_its_own = entry.subject.series.handle == dataset.handle and spec.horizon == horizon
            if is_its_own and spec.model not in self._catalog.names:
                found.setdefault(spec.model, entry)
        return found

    def quickdraw(self, dataset: Dataset, index: int, spec: Spec, deadline: float, force: bool) -> PlotData:
        """From an index of a dataset of which nothing is kept, unless it happens to be open."""
        slot = dataset.origin_slot(index)
        baseline = self._baseline(dataset.series, spec.horizon)
        entry = self._scheduler.find((dataset.handle, spec.key))
        if entry is not None and not force:
            self.fetch(entry, slot, deadline)
            row = self._scheduler.peek(entry, slot)
            if row is not None:
                return self._drawn(dataset, index, entry.subject, row, baseline, frame_of(entry).scores())
        subject = Subject(dataset.series, spec, self._catalog.forecaster(spec))
        row = self._waiting.row(self._scheduler.quick(spec.key, subject, slot, visitor().scope), deadline)
        return self._drawn(dataset, index, subject, row, baseline, None)

    def adopted(self, entry: Entry, slots: Ints, rows: Forecast) -> Entry:
        """Hand rows of an export to its entry; the one that took them, as it may have been closed since."""

        def open_and_adopt() -> Entry:
            opened = self._library.entries.open(entry.subject.series.handle, entry.subject.spec)
            self._scheduler.adopt(opened, slots, rows)
            return opened

        with suppress(Evicted):
            self._scheduler.adopt(entry, slots, rows)
            return entry
        return self._waiting.on_store_thread(open_and_adopt)

    def probe(self, found: Imported) -> None:
        """Hold some rows of an export against what the model makes here."""
        forecaster = self._catalog.forecaster(found.spec)
        if forecaster is None or not len(found.slots):
            return
        subject, deadline = Subject(found.dataset.series, found.spec, forecaster), self._waiting.deadline()
        for position in found.probes(PROBES):
            ticket = self._scheduler.quick(found.spec.key, subject, int(found.slots[position]))
            found.insist_on(int(position), self._waiting.row(ticket, deadline))

    def entry(self, handle: str, spec: Spec, deadline: float | None = None) -> Entry:
        """The entry of a stored dataset, opened if it is not in memory."""
        found = self._scheduler.find((handle, spec.key))
        return found or self._waiting.on_store_thread(lambda: self._library.entries.open(handle, spec), deadline)

    def fetch(self, entry: Entry, slot: int, deadline: float) -> None:
        """Have a row in memory, if it is done."""
        rows = frame_of(entry)
        if rows.done(slot) and not rows.resident(slot):
            self._waiting.on_store_thread(lambda: self._library.entries.fetch(entry, slot), deadline)

    def block_rows(self, entry: Entry, number: int, deadline: float | None = None) -> Rows:
        """A copy of a block's done rows, from memory if all of them are there."""
        rows, away = self._scheduler.block(entry, number)
        if away:
            return self._waiting.on_store_thread(lambda: self._library.entries.block_rows(entry, number), deadline)
        found: Rows = rows
        return found

    def _held(self, handle: str, slot: int, spec: Spec, deadline: float, **how: Any) -> tuple[Entry, Row]:
        """An origin's forecast, waited for, and asked for once more if it was dropped meanwhile. Evicted."""
        try:
            return self._row(handle, slot, spec, deadline, **how)
        except Evicted as gone:
            try:
                return self._row(handle, slot, spec, deadline, **how)
            except UnknownHandle:  # deleted
                raise gone from None

    def _row(self, handle: str, slot: int, spec: Spec, deadline: float, **how: Any) -> tuple[Entry, Row]:
        """An origin's forecast, waited for, and its entry, opened if it is not in memory."""
        entry, ticket = self._request(handle, slot, spec, deadline, **how)
        return entry, self._waiting.row(ticket, deadline)

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
        return self._waiting.on_store_thread(bring_and_ask, deadline)

    def _drawn(self, *what: Any) -> PlotData:
        """The picture, as soon as no other is being drawn."""
        with self._pen, self._meter.timed("draw"):
            return draw(*what)

    def _baseline(self, series: Series, horizon: int) -> Subject:
        spec = self._catalog.baseline(horizon)
        return Subject(series, spec, self._catalog.forecaster(spec))
