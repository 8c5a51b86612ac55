"""Lineage: which stored series is a newer version of which. All of it runs on the store thread.

A series continues an earlier one when it lies on the same grid, begins no later, ends later, and agrees with it: its
last STRETCH slots are the same, values and times, and before them hardly anything was corrected. Of each stored series
a small Version is kept: enough to pass over nearly all others without reading them; the few that are left are read.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.blocks import BLOCK
from engine.series import Series, canonical_bytes
from engine.store import Store

STRETCH = 512  # slots at the end of the earlier series that must be the same
CORRECTED = 100  # in the rest, one correction is allowed for this many changes from one slot to the next
MOST_READ = 8  # series read to place one


class Version(NamedTuple):
    """grid: what two versions have in common. first, last: slots. tail: CRC-32 of the last STRETCH values. marks:
    CRC-32 of the values of every whole block, oldest first. newer: handle of a series that continues this one."""

    grid: str
    first: int
    last: int
    tail: int
    marks: NDArray[np.uint32]
    newer: str | None = None

    @property
    def scope(self) -> str:
        """Whose series it is: the grid begins with that."""
        return self.grid.partition("\0")[0]

    @classmethod
    def of(cls, series: Series) -> Version:
        data = canonical_bytes(series.values)
        start = 8 * (-series.first_slot % BLOCK)
        marks = [zlib.crc32(data[at : at + 8 * BLOCK]) for at in range(start, len(data) - 8 * BLOCK + 1, 8 * BLOCK)]
        grid = f"{series.scope}\0{series.zone or ''}\0{series.step.count} {series.step.unit}"
        tail = zlib.crc32(data[-8 * STRETCH :])
        return cls(grid, series.first_slot, series.last_slot, tail, np.array(marks, dtype=np.uint32))

    def may_continue(self, other: Version) -> bool:
        """Whether nothing speaks against it: grid, ends, and the last block that the other one holds whole."""
        if self.grid != other.grid or self.first > other.first or self.last <= other.last:
            return False
        if len(other.marks) == 0:
            return True
        skipped = -(-other.first // BLOCK) - -(-self.first // BLOCK)
        return bool(self.marks[skipped + len(other.marks) - 1] == other.marks[-1])


def continues(later: Series, earlier: Series) -> bool:
    """Whether one series is a newer version of another."""
    offset = earlier.first_slot - later.first_slot
    if (later.scope, later.zone, later.step) != (earlier.scope, earlier.zone, earlier.step):
        return False
    if offset < 0 or later.last_slot <= earlier.last_slot:
        return False
    before, now = earlier.values, later.values[offset : offset + len(earlier)]
    differs = ~((before == now) | (np.isnan(before) & np.isnan(now)))
    # A constant, or a series of few events, looks like many others: a correction is allowed where much happens.
    changes = int(np.count_nonzero(np.abs(np.diff(before)) > 0))
    slots = np.arange(max(earlier.first_slot, earlier.last_slot - STRETCH + 1), earlier.last_slot + 1)
    return (
        not differs[-STRETCH:].any()
        and CORRECTED * int(differs.sum()) <= changes
        and np.array_equal(later.times(slots), earlier.times(slots))
    )


class Lineage:
    """The versions of all stored series. Kept on disk; what is missing there is made anew."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Version] | None = None  # read at first use

    def add(self, series: Series) -> None:
        """Place a series that is stored."""
        if series.handle not in self._versions():
            self._place(series)

    def forget(self, handle: str) -> None:
        """A series is not stored any more: those it continued may have another continuation."""
        versions = self._versions()
        versions.pop(handle, None)
        for orphan in [other for other, version in versions.items() if version.newer == handle]:
            self._find_newer(orphan)

    def clear(self) -> None:
        """Nothing is stored any more."""
        self._known = None

    def ends(self) -> dict[str, tuple[int, int]]:
        """First and last slot of every stored series."""
        return {handle: (version.first, version.last) for handle, version in self._versions().items()}

    def scopes(self) -> dict[str, str]:
        """Whose each stored series is."""
        return {handle: version.scope for handle, version in self._versions().items()}

    def newer(self, handle: str) -> str | None:
        """The newest version of a series; None if there is none but itself."""
        newest = self._line(handle)[-1]
        return None if newest == handle else newest

    def extends(self, handle: str) -> str | None:
        """The series which this one continues directly: of several the one that ends last."""
        earlier = [(version.last, other) for other, version in self._versions().items() if version.newer == handle]
        return max(earlier)[1] if earlier else None

    # --- details ---

    def _versions(self) -> dict[str, Version]:
        if self._known is not None:
            return self._known
        handles = self._store.handles()
        found = {handle: self._store.version(handle) for handle in handles}
        self._known = {handle: Version(*fields) for handle, fields in found.items() if fields is not None}
        # A process that was killed may have left both: a series that points to one which was being forgotten, and one
        # that was not placed yet. To place one, lines are followed to their ends, so every end must be there.
        for handle, version in list(self._known.items()):
            if version.newer is not None and version.newer not in self._known:
                self._find_newer(handle)
        for handle in handles:
            if handle not in self._known and (series := self._store.series(handle)) is not None:
                self._place(series)
        return self._known

    def _place(self, series: Series) -> None:
        """Find what a series continues, and what continues it."""
        versions, mine, data = self._versions(), Version.of(series), canonical_bytes(series.values)

        def ends_within(version: Version) -> bool:
            start = max(version.first, version.last - STRETCH + 1) - mine.first
            return zlib.crc32(data[8 * start : 8 * (version.last - mine.first + 1)]) == version.tail

        earlier = [other for other, version in versions.items() if mine.may_continue(version) and ends_within(version)]
        earlier.sort(key=lambda other: -versions[other].last)
        self._put(series.handle, mine)
        self._find_newer(series.handle)
        end = versions[self._line(series.handle)[-1]].last
        read = 0
        for other in earlier:  # the last one first: it leads those before it here
            line = self._line(other)
            ends = versions[line[-1]].last
            between = ends == end and len(line) > 1 and versions[line[1]].last > mine.last
            if series.handle in line or not (ends < end or between) or read == MOST_READ:
                continue
            read += 1
            found = self._store.series(other)
            if found is not None and continues(series, found):
                self._put(other, versions[other]._replace(newer=series.handle))

    def _line(self, handle: str) -> list[str]:
        """A series, what continues it, what continues that, to the newest."""
        versions, line = self._versions(), [handle]
        while line[-1] in versions and (newer := versions[line[-1]].newer) is not None:
            line.append(newer)
        return line

    def _find_newer(self, handle: str) -> None:
        """Have a series point to the next one that continues it, or to none."""
        versions = self._versions()
        mine = versions[handle]._replace(newer=None)
        later = [other for other, version in versions.items() if version.may_continue(mine)]
        later.sort(key=lambda other: versions[other].last)
        series = self._store.series(handle) if later else None
        for other in later[:MOST_READ]:
            found = self._store.series(other)
            if found is not None and series is not None and continues(found, series):
                mine = mine._replace(newer=other)
                break
        self._put(handle, mine)

    def _put(self, handle: str, version: Version) -> None:
        self._versions()[handle] = version
        self._store.put_version(handle, version)
