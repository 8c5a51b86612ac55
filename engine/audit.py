"""Audit: is everything on the disk as it was written, does every name lead somewhere, is nothing there without one?

What is computed is repaired: dropped where it is damaged, and computed again. Series and uploads cannot be computed:
those that are damaged are counted and kept, as their files may come back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from engine.blocks import BLOCK, Manifest
from engine.forecasting import frame_of
from engine.jobs import Entry
from engine.scheduler import Scheduler
from engine.series import Ints
from engine.store import Store

log = logging.getLogger(__name__)

AT_ONCE = 32  # values that are looked at before others have their turn


@dataclass
class CheckReport:
    """blocks, series, uploads: how many were looked at. damaged: blocks that are not what was written; missing: blocks
    that are not there, or not with all their rows; both are computed again. orphans: values that nothing names; they
    are gone. damaged_series, damaged_uploads: those files are to be uploaded again."""

    blocks: int = 0
    series: int = 0
    uploads: int = 0
    damaged: int = 0
    missing: int = 0
    orphans: int = 0
    damaged_series: int = 0
    damaged_uploads: int = 0


class Audit:
    """One check. due: manifests of datasets that are not open and have lost rows. `remake` writes the manifest of a
    handle and a spec's key anew, if it can."""

    def __init__(self, store: Store, scheduler: Scheduler, remake: Callable[[str, str], None]) -> None:
        self._store = store
        self._scheduler = scheduler
        self._remake = remake
        self._stored: dict[str, Ints] = {}  # the rows of every block
        self._damaged: set[str] = set()
        self.report = CheckReport()
        self.due: list[Manifest] = []

    def steps(self) -> Iterator[Callable[[], None]]:
        """What is to be done on the store thread, one after the other; other calls may come in between."""
        blocks, others, manifests = list[str](), list[str](), list[tuple[str, str]]()

        def list_all() -> None:
            blocks.extend(key[2:] for key in self._store.keys("b/"))
            others.extend([*self._store.keys("s/"), *self._store.keys("u/")])
            manifests.extend((manifest.handle, manifest.spec.key) for manifest in self._store.forecasts.manifests())

        yield list_all
        for start in range(0, len(blocks), AT_ONCE):
            yield partial(self._look_at_blocks, blocks[start : start + AT_ONCE])
        for handle, spec in manifests:
            yield partial(self._compare, handle, spec)
        for start in range(0, len(others), AT_ONCE):
            yield partial(self._look_at_others, others[start : start + AT_ONCE])
        yield self._remake_manifests
        yield self._remove_orphans

    def _look_at_blocks(self, keys: list[str]) -> None:
        for key in keys:
            self.report.blocks += 1
            offsets = self._store.forecasts.block_offsets(key)
            if offsets is None and self._store.has(f"b/{key}"):
                self._damaged.add(key)
                self._store.forecasts.drop_blocks([key])
            self._stored[key] = np.empty(0, dtype=np.int64) if offsets is None else offsets

    def _compare(self, handle: str, spec_key: str) -> None:
        """What a manifest says is done, or an open entry, against the blocks."""
        manifest = next((m for m in self._store.forecasts.manifests(handle) if m.spec.key == spec_key), None)
        if manifest is None:
            return  # forgotten meanwhile
        entry = self._scheduler.find((handle, spec_key))
        done = manifest.done.reshape(-1, BLOCK).copy()
        for number, key in enumerate(manifest.keys):
            told = np.flatnonzero(done[number])
            if entry is not None:
                told = np.union1d(told, frame_of(entry).stored_offsets(number))
            if np.isin(told, self._stored.get(key, ())).all():
                continue
            offsets = self._store.forecasts.block_offsets(key)  # anew: it may have been written meanwhile
            kept = told[np.isin(told, () if offsets is None else offsets)]
            if len(kept) == len(told):
                continue
            self.report.missing += key not in self._damaged
            done[number] = False
            done[number, kept] = True
            if entry is not None:
                self._mend(entry, number, key)
        if entry is None and not np.array_equal(np.ravel(done), manifest.done):
            manifest = replace(manifest, done=np.ravel(done))
            self._store.forecasts.put_manifest(manifest)
            self.due.append(manifest)

    def _mend(self, entry: Entry, number: int, key: str) -> None:
        """What is in memory is written again, what is not is computed again."""
        rows = frame_of(entry)
        if rows.away(number):
            self._scheduler.bring_back(entry, number, self._store.forecasts.block_rows(key))
        if rows.holds(number):
            self._scheduler.rewrite(entry, number)

    def _look_at_others(self, keys: list[str]) -> None:
        for key in keys:
            is_damaged = self._store.has(key) and not self._store.is_whole(key)
            if key.startswith("s/"):
                self.report.series += 1
                self.report.damaged_series += is_damaged
            else:
                self.report.uploads += key.endswith("/raw")
                self.report.damaged_uploads += is_damaged

    def _remake_manifests(self) -> None:
        """Those that are damaged, before their blocks count as nobody's."""
        for key in self._store.keys("m/"):
            if not self._store.is_whole(key):
                handle, _, spec_key = key[2:].partition("/")
                log.warning("a manifest of %s is damaged: it is made anew from its blocks", handle[:8])
                self._store.remove([key])
                self._remake(handle, spec_key)

    def _remove_orphans(self) -> None:
        """Blocks that no manifest and no open entry names, and what belongs to blocks and series that are not there."""
        opened = self._scheduler.entries()
        handles = {*self._store.handles(), *(entry.subject.series.handle for entry in opened)}
        manifests = self._store.forecasts.manifests()
        strays = [manifest for manifest in manifests if manifest.handle not in handles]
        named = {key for manifest in manifests if manifest.handle in handles for key in manifest.keys}
        named.update(key for entry in opened for key in entry.subject.keys)
        blocks = {key[2:] for key in self._store.keys("b/")}
        orphans = blocks - named
        loose = [key for key in self._store.keys("c/") if key[2:].partition("/")[0] not in blocks]
        loose += [key for key in self._store.keys("v/") if key[2:] not in handles]
        self.report.orphans += len(orphans) + len(loose) + len(strays)
        self.report.damaged = len(self._damaged)
        self._store.forecasts.drop(strays)
        self._store.forecasts.drop_blocks(orphans)
        self._store.remove(loose)
