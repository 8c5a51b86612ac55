"""Room: what goes when the disk or the memory runs short, and what is too old. All of it runs on the store thread.

Where there are users, nobody's uploads take the room of somebody who has less: who is beyond the share that one user
may have loses their own, and of the others those make room who take most.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from statistics import fmean
from typing import NamedTuple

from engine.catalog import Catalog
from engine.errors import NoRoom
from engine.forecasting import frame_of
from engine.holdings import NOBODY, Holdings
from engine.jobs import Entry
from engine.scheduler import Scheduler
from engine.settings import Settings
from engine.shelf import Shelf
from engine.store import Store

log = logging.getLogger(__name__)

LOOKED_AT = 300.0  # seconds after a look for which a dataset is not deleted to make room
FREED = 1 / 16  # of the memory budget is freed beyond what is needed, so that not every new block has to put one away
DAY = 86_400  # seconds


class Made(NamedTuple):
    """Room that was made for a dataset. fits_all: whether the wanted bytes fit, too. own: the datasets that went for it
    of the same user."""

    fits_all: bool
    own: tuple[str, ...]


class Room:
    """`delete` forgets a dataset everywhere; `scopes` tells whose each stored series is."""

    def __init__(
        self,
        settings: Settings,
        scheduler: Scheduler,
        catalog: Catalog,
        store: Store,
        shelf: Shelf,
        delete: Callable[[str], object],
        scopes: Callable[[], Mapping[str, str]],
    ) -> None:
        self._settings = settings
        self._scheduler = scheduler
        self._catalog = catalog
        self._store = store
        self._shelf = shelf
        self._delete = delete
        self._scopes = scopes

    # --- on disk ---------------------------------------------------------------------------------------------------

    def make(self, handle: str, scope: str, size: int, wanted: int) -> Made:
        """Delete until a user's new dataset of `size` and the `wanted` bytes fit: first forecasts of models that have
        changed since, then whole datasets, least recently used first: the user's own, or of whoever takes more.

        What is being looked at stays. NoRoom if the dataset does not fit; one of size 0, stored already, always does.
        """
        scopes = self._stored()
        known, own = handle in scopes, list[str]()
        holdings = self._holdings(scopes)

        def is_too_much(needed: int) -> bool:
            return scope != NOBODY and holdings.share(scope, needed, not known) > self._settings.user_share

        def fits(needed: int) -> bool:
            enough = self._store.measure() + needed <= self._settings.disk_budget
            return enough and (known or len(scopes) < self._settings.max_datasets) and not is_too_much(needed)

        if fits(size + wanted):
            return Made(True, ())
        self._drop_obsolete()
        holdings = self._holdings(scopes)
        removable = self._removable(set(scopes) - {handle})
        while not fits(size + wanted):
            mine, others = holdings.share(scope, size + wanted, not known), holdings.shares()
            larger = {other for other, share in others.items() if share > mine and not is_too_much(size + wanted)}
            oldest = _first_to_go(removable, scopes, others, {scope, *larger})
            if oldest is None:
                break
            self._make_room_of(oldest)
            removable.remove(oldest)
            if scopes.pop(oldest) == scope:
                own.append(oldest)
            holdings = self._holdings(scopes)
        if size and not fits(size):
            raise NoRoom(self._refusal(is_too_much(size)))
        return Made(fits(size + wanted), tuple(own))

    def _refusal(self, is_too_much: bool) -> str:
        if not is_too_much:
            return "There is no room for another dataset. Forget one that is no longer needed."
        return (
            f"Your series take {100 * self._settings.user_share:g} % of this server's room, the most that one user may "
            "have, and you have used all of them in the last minutes. Delete one that is no longer needed."
        )

    def trim(self) -> None:
        """What is computed makes the caches grow: delete until they fit again, of those users who take most. What is
        being looked at or computed stays, even if there is not room enough for that alone."""
        if self._store.measure() <= self._settings.disk_budget:
            return
        self._drop_obsolete()
        filling = [entry for entry in self._scheduler.entries() if not frame_of(entry).complete() and entry.background]
        scopes = self._stored()
        removable = self._removable(set(scopes) - {entry.subject.series.handle for entry in filling})
        while self._store.measure() > self._settings.disk_budget and scopes:
            shares = self._holdings(scopes).shares()
            fair = min(fmean(shares.values()), max(shares.values()))  # a mean may be rounded up
            oldest = _first_to_go(removable, scopes, shares, {scope for scope in shares if shares[scope] >= fair})
            if oldest is None:
                break
            self._make_room_of(oldest)
            removable.remove(oldest)
            del scopes[oldest]

    def _stored(self) -> dict[str, str]:
        """Whose each stored dataset is."""
        known = self._scopes()
        return {handle: known.get(handle, NOBODY) for handle in self._store.handles()}

    def _holdings(self, scopes: Mapping[str, str]) -> Holdings:
        return Holdings(self._settings, self._store, scopes)

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


def _first_to_go(
    removable: list[str], scopes: Mapping[str, str], shares: Mapping[str, float], losers: Collection[str]
) -> str | None:
    """Of the losers' datasets the least recently used one of whoever takes most. removable: in that order."""
    theirs = [handle for handle in removable if scopes[handle] in losers]
    return max(theirs, key=lambda handle: shares[scopes[handle]], default=None)
