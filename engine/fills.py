"""Fills that were interrupted, and go on a few at a time. All of it runs on the store thread."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from engine.blocks import Manifest
from engine.catalog import Catalog
from engine.entries import Entries
from engine.errors import EngineClosed
from engine.forecasting import frame_of
from engine.room import Room
from engine.scheduler import Scheduler
from engine.settings import Settings
from engine.spec import Spec
from engine.store import Store

log = logging.getLogger(__name__)

RESUMED = 4  # interrupted fills that are open at once; who looks at another one opens it


class Fills:
    """The datasets that are not open and have rows to compute, in the order in which they are opened."""

    def __init__(
        self, settings: Settings, scheduler: Scheduler, catalog: Catalog, store: Store, room: Room, entries: Entries
    ) -> None:
        self._settings = settings
        self._scheduler = scheduler
        self._catalog = catalog
        self._store = store
        self._room = room
        self._entries = entries
        self._unfinished: deque[tuple[str, Spec]] = deque()

    def find(self) -> None:
        """Which were interrupted or have lost blocks, most recently used first; after what is too old has gone."""
        self._room.expire()
        manifests, stored = self._store.forecasts.manifests(), self._store.forecasts.block_keys()

        def is_whole(manifest: Manifest) -> bool:
            return manifest.complete and manifest.named_by_done_rows() <= stored

        found = [m for m in manifests if not is_whole(m) and self._catalog.forecaster(m.spec)]
        found.sort(key=lambda manifest: -manifest.last_used)
        self._add(found)

    def go_on(self, due: list[Manifest]) -> None:
        """Datasets that are not open have lost rows: their fills go on."""
        self._add(due)
        self._store.measure()
        self.resume()

    def _add(self, manifests: Iterable[Manifest]) -> None:
        self._unfinished.extend((manifest.handle, manifest.spec) for manifest in manifests)

    def forget(self, handle: str, is_meant: Callable[[Spec], bool]) -> None:
        """Those of a dataset whose spec is meant do not go on."""
        self._unfinished = deque(due for due in self._unfinished if due[0] != handle or not is_meant(due[1]))

    def clear(self) -> None:
        """None goes on."""
        self._unfinished.clear()

    def resume(self) -> None:
        """Go on with the next one, and with more of them as long as few are open and memory lasts."""
        filling = sum(entry.background and not frame_of(entry).complete() for entry in self._scheduler.entries())
        if not self._unfinished or filling >= RESUMED or not self._settings.background:
            return
        self._room.retire()
        if self._room.memory() >= self._settings.memory_budget:
            return
        handle, spec = self._unfinished.popleft()
        try:
            self._entries.open(handle, spec)
        except Exception:  # forgotten since, or damaged: the others can still go on
            log.warning("the fill of %s could not be resumed", handle[:8], exc_info=True)
        with suppress(EngineClosed):
            self._scheduler.call_store(self.resume, bounded=False)
