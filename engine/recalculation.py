"""Recalculation: rows go from memory and from the disk, and are computed anew. All of it runs on the store thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.blocks import BLOCK, block_range
from engine.dataset import Dataset
from engine.entries import Entries
from engine.forecasting import Subject, frame_of
from engine.jobs import Entry
from engine.manifests import Manifests
from engine.results import ResultFrame
from engine.scheduler import Scheduler
from engine.series import Ints
from engine.spec import Spec
from engine.store import Store

CLEARED = 65_536  # rows that are cleared at once, under the lock


class Recalculation:
    """`load` gives a stored dataset."""

    def __init__(
        self,
        scheduler: Scheduler,
        store: Store,
        manifests: Manifests,
        entries: Entries,
        load: Callable[[str], Dataset],
    ) -> None:
        self._scheduler = scheduler
        self._store = store
        self._manifests = manifests
        self._entries = entries
        self._load = load

    def start(self, handle: str, spec: Spec, first: int, last: int, failed: bool) -> int:
        """Compute the origins of slots first..last anew, the stored rows gone first, also for who shares them; or only
        those of them that failed, of which none is stored. How many origins that are."""
        entry = self._entries.open(handle, spec)
        subject: Subject = entry.subject
        series = subject.series
        usable = self._load(handle).usable_origins
        slots = np.flatnonzero(usable[first - series.first_slot : last - series.first_slot + 1]) + first
        if failed:
            slots = slots[frame_of(entry).failed(slots)]
            self._recompute(entry, slots)
            return len(slots)
        self._manifests.put_due()  # those of entries that are closed, too, which know of no row that goes
        if first == series.first_slot and last == series.last_slot:
            entry = self._scheduler.replace(entry.key, ResultFrame(series, spec, usable)) or entry
        else:
            self._recompute(entry, slots)
        numbers, starts = np.unique(slots // BLOCK, return_index=True)
        base = block_range(series).start
        gone = {subject.keys[n - base]: own for n, own in zip(numbers, np.split(slots, starts)[1:], strict=True)}
        # Before the rows go: after a kill in between no manifest names one that is gone.
        self._manifests.put(entry)
        self._give_up(gone, but=entry)
        outer = first // BLOCK - base, last // BLOCK - base
        self._store.forecasts.drop_blocks(subject.keys[outer[0] + 1 : outer[1]])
        for number in set(outer):
            self._store.forecasts.drop_rows(subject.keys[number], gone.get(subject.keys[number], slots[:0]) % BLOCK)
        return len(slots)

    def _recompute(self, entry: Entry, slots: Ints) -> None:
        for start in range(0, len(slots), CLEARED):
            self._scheduler.recompute(entry, slots[start : start + CLEARED])

    def _give_up(self, gone: dict[str, Ints], but: Entry) -> None:
        """Slots, by block, are computed anew of one entry: also of every other one with these blocks, if it is open,
        and none of the others' manifests says done of them."""
        opened = {entry.key: entry for entry in self._scheduler.entries()}
        for entry in opened.values():
            shared = [gone[key] for key in entry.subject.keys if key in gone]
            if shared and entry is not but:
                self._recompute(entry, np.concatenate(shared))
                self._manifests.put(entry)
        for manifest in self._store.forecasts.manifests():
            numbers = [number for number, key in enumerate(manifest.keys) if key in gone]
            if numbers and (manifest.handle, manifest.spec.key) not in opened:
                done = manifest.done.reshape(-1, BLOCK).copy()
                for number in numbers:
                    done[number, gone[manifest.keys[number]] % BLOCK] = False
                self._store.forecasts.put_manifest(replace(manifest, done=np.ravel(done)))
