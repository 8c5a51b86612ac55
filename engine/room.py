"""Room: what goes when the disk or the memory runs short, and what is too old. All of it runs on the store thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from engine.catalog import Catalog
from engine.errors import Overloaded
from engine.forecasting import frame_of
from engine.jobs import Entry
from engine.scheduler import Scheduler
from engine.settings import Settings
from engine.shelf import Shelf
from engine.store import Store

log = logging.getLogger(__name__)

LOOKED_AT = 300.0  # seconds after a look for which a dataset is not deleted to make room
FREED = 1 / 16  # of the memory budget is freed beyond what is needed, so that not every new block has to put one away
DAY = 86_400  # seconds


class Room:
    """`delete` forgets a dataset everywhere."""

    def __init__(
        self,
        settings: Settings,
        scheduler: Scheduler,
        catalog: Catalog,
        store: Store,
        shelf: Shelf,
        delete: Callable[[str], object],
    ) -> None:
        self._settings = settings
        self._scheduler = scheduler
        self._catalog = catalog
        self._store = store
        self._shelf = shelf
        self._delete = delete

    # --- on disk ---------------------------------------------------------------------------------------------------

    def make(self, handle: str, size: int, wanted: int) -> bool:
        """Delete until a new dataset's `size` and the `wanted` bytes fit: first forecasts of models that have changed
        since, then whole datasets, least recently used first.

        What is being looked at stays. Overloaded if the dataset does not fit; whether the wanted bytes do, too.
        """
        handles = set(self._store.handles())
        known = handle in handles

        def fits(needed: int) -> bool:
            enough = self._store.measure() + needed <= self._settings.disk_budget
            return enough and (known or len(handles) < self._settings.max_datasets)

        if fits(size + wanted):
            return True
        self._drop_obsolete()
        for oldest in self._removable(handles - {handle}):
            if fits(size + wanted):
                break
            self._make_room_of(oldest)
            handles.remove(oldest)
        if not fits(size):
            raise Overloaded("There is no room for another dataset. Forget one that is no longer needed.")
        return fits(size + wanted)

    def trim(self) -> None:
        """What is computed makes the caches grow: delete until they fit again, as for a new dataset. What is being
        looked at or computed stays, even if there is not room enough for that alone."""
        if self._store.measure() <= self._settings.disk_budget:
            return
        self._drop_obsolete()
        filling = [entry for entry in self._scheduler.entries() if not frame_of(entry).complete() and entry.background]
        for oldest in self._removable(set(self._store.handles()) - {entry.subject.series.handle for entry in filling}):
            if self._store.measure() <= self._settings.disk_budget:
                break
            self._make_room_of(oldest)

    def _drop_obsolete(self) -> None:
        forecasts = self._store.forecasts
        forecasts.drop([manifest for manifest in forecasts.manifests() if self._catalog.obsolete(manifest.spec)])

    def _make_room_of(self, handle: str) -> None:
        log.info("dataset %s makes room", handle[:8])
        self._delete(handle)

    def _removable(self, handles: set[str]) -> list[str]:
        """Those that nobody looks at, least recently used first."""
        last_used, seen = self._last_used(), time.monotonic() - LOOKED_AT
        unseen = [handle for handle in handles if self._shelf.looked(handle) <= seen]
        return sorted(unseen, key=lambda handle: (self._shelf.looked(handle), last_used.get(handle, 0.0)))

    def _last_used(self) -> dict[str, float]:
        """When each dataset was last used as the disk knows, in seconds (UTC)."""
        found: dict[str, float] = {}
        for manifest in self._store.forecasts.manifests():
            found[manifest.handle] = max(found.get(manifest.handle, 0.0), manifest.last_used)
        return found

    def expire(self) -> None:
        """Forget the datasets that were last used longer ago than the settings keep them."""
        if not self._settings.keep_days:
            return
        oldest = time.time() - DAY * self._settings.keep_days
        last_used = self._last_used()
        for handle in self._removable({handle for handle, used in last_used.items() if used < oldest}):
            log.info("dataset %s was last used more than %g days ago", handle[:8], self._settings.keep_days)
            self._delete(handle)

    # --- in memory -------------------------------------------------------------------------------------------------

    def memory(self) -> int:
        """Bytes of series and results in memory."""
        return self._shelf.nbytes + sum(frame_of(entry).nbytes for entry in self._scheduler.entries())

    def retire(self, keep: str = "", block: int = -1) -> None:
        """Until memory fits, close datasets that are finished and written, least recently looked at first; then put
        written blocks of the others away, those farthest from where somebody looks first. Of `keep` nothing is closed,
        and neither its block of that number nor any block that is looked at is put away."""
        excess = self.memory() - self._settings.memory_budget
        if excess <= 0:
            return
        entries: dict[str, list[Entry]] = {handle: [] for handle in self._shelf.handles()}
        for entry in self._scheduler.entries():
            entries[entry.subject.series.handle].append(entry)
        for handle, opened in entries.items():
            if excess <= 0:
                return
            if handle != keep:
                excess -= self._close(handle, opened)
        excess += int(FREED * self._settings.memory_budget)
        for handle, opened in entries.items():
            for entry in opened:
                excess -= self._put_away(entry, excess, block if handle == keep else -1)

    def _close(self, handle: str, opened: list[Entry]) -> int:
        """Bytes that were freed."""
        freed = 0
        for entry in [entry for entry in opened if self._scheduler.retire(entry.key)]:
            freed += frame_of(entry).nbytes
            opened.remove(entry)
        return freed if opened else freed + self._shelf.remove(handle)

    def _put_away(self, entry: Entry, excess: int, block: int) -> int:
        rows, freed = frame_of(entry), 0
        for number in rows.farthest(entry.focus):
            if freed >= excess:
                break
            if number not in (block, rows.block_of(entry.focus)) and self._scheduler.put_away(entry, int(number)):
                freed += rows.block_nbytes
        return freed
