"""The cache directory: series, their versions, uploads; every method is called by the one store thread.

Keys: `s/<handle>` a series and `v/<handle>` what tells its versions, `u/<upload>` an upload's record and
`u/<upload>/raw` its bytes; forecast_store.py has those of forecasts, shares.py those of links. Values are bytes with a
checksum, never pickles.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from engine.directory import Marker, hold
from engine.disk import ERRORS, Cache, Start
from engine.errors import StartError
from engine.forecast_store import ForecastStore
from engine.incoming import Kept, clear_folder
from engine.recovery import end_rescue, refuse_foreign, repair, rescue, sound, tell_of_damaged
from engine.scorecards import scorecard_names
from engine.sealed import head_and_body, head_of, seal_with_head
from engine.series import Phase, Series, Step
from engine.shares import Shares

SERIES_MAGIC = b"HCS2"
UPLOAD_MAGIC = b"HCU1"
VERSION_MAGIC = b"HCV1"
FOLDER = "cache"  # of the database and its values, in the cache directory
HEAD = 1 << 16  # bytes at the start of a series that nearly always hold its head


class Stock(NamedTuple):
    """What an inventory is made of: bytes of every value by its key; by handle how each series begins; sealed manifests
    (by handle and spec) and upload records (by upload)."""

    sizes: dict[str, int]
    series: list[Start]
    manifests: list[Start]
    uploads: list[Start]


class Store:
    """Held by one process at a time. open() and close() belong to the store thread too. forecasts: what is stored of
    them, and shares: the links to series, once it is open."""

    def __init__(self, directory: Path, lock_timeout: float) -> None:
        self._directory = directory
        self._lock_timeout = lock_timeout
        self._opened = ExitStack()
        self.disk = 0

    def open(self) -> None:
        """Open or make the directory; StartError if it cannot be used or stays held by another engine.

        After an end that was not clean it is put in order first. A damaged database is set aside, with a line in the
        log, and what can still be read of its series and uploads is carried over.
        """
        folder = self._directory / FOLDER
        try:
            refuse_foreign(folder)  # before anything of it is touched
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._directory.chmod(0o700)
            self._opened.callback(os.close, hold(self._directory / "engine.lock", self._lock_timeout))
            marker = Marker(self._directory / "in-use")
            unclean = marker.put()
            clear_folder(self._directory)
            end_rescue(folder)
            if not sound(folder, thorough=unclean):
                rescue(folder)
            tell_of_damaged(folder)
            self._cache = Cache(folder)
            self.forecasts = ForecastStore(self._cache)
            self.shares = Shares(self._cache)
            self._opened.callback(self._end, marker)
            if unclean:
                repair(self._cache)
        except ERRORS as error:
            raise StartError(f"The cache directory {self._directory} cannot be used: {error}") from error

    def close(self) -> None:
        self._opened.close()

    def _end(self, marker: Marker) -> None:
        self._cache.close()
        if not self._cache.failed:
            marker.remove()

    def measure(self) -> int:
        """Bytes on disk, looked up now; `disk` tells them to whoever may not ask the disk."""
        self.disk = int(self._cache.volume())
        return self.disk

    # --- series ----------------------------------------------------------------------------------------------------

    def put_series(self, series: Series) -> None:
        head = {
            "step": [series.step.count, series.step.unit],
            "first_slot": series.first_slot,
            "zone": series.zone,
            "phases": [list(phase) for phase in series.phases],
            "scope": series.scope,
        }
        buffer = io.BytesIO()
        pl.DataFrame({"value": series.values}).write_parquet(buffer, compression="zstd", statistics=False)
        self._cache.set(f"s/{series.handle}", seal_with_head(SERIES_MAGIC, head, buffer.getvalue()))

    def series(self, handle: str) -> Series | None:
        """The series, None if it is not stored or damaged."""
        found = self._read(f"s/{handle}", SERIES_MAGIC)
        if found is None:
            return None
        head, body = found
        series = Series(
            pl.read_parquet(io.BytesIO(body))["value"].to_numpy(),
            Step(*head["step"]),
            head["first_slot"],
            head["zone"],
            tuple(Phase(*phase) for phase in head["phases"]),
            head["scope"],
        )
        return series if series.handle == handle else None

    def has_series(self, handle: str) -> bool:
        return f"s/{handle}" in self._cache

    def handles(self) -> list[str]:
        """Handles of all stored series."""
        return [key[2:] for key in self._cache.keys("s/")]

    def put_version(self, handle: str, fields: tuple[Any, ...]) -> None:
        """Keep what tells the versions of a series: grid, first, last, tail, marks (uint32), newer."""
        *head, marks, newer = fields
        self._cache.set(
            f"v/{handle}", seal_with_head(VERSION_MAGIC, {"of": [*head, newer]}, marks.astype("<u4").tobytes())
        )

    def version(self, handle: str) -> tuple[Any, ...] | None:
        """What was kept by `put_version`."""
        found = self._read(f"v/{handle}", VERSION_MAGIC)
        if found is None:
            return None
        *head, newer = found[0]["of"]
        return *head, np.frombuffer(found[1], dtype="<u4"), newer

    # --- upload records --------------------------------------------------------------------------------------------

    def put_upload(self, upload_id: str, file: Path | None, handle: str, reading: dict[str, Any]) -> None:
        """Keep an upload and what was read from it, beside earlier readings. Its file is moved; None: it stays."""
        record = self.upload(upload_id) or {}
        record[handle] = reading
        with self._cache.transact():
            self._cache.set(f"u/{upload_id}", seal_with_head(UPLOAD_MAGIC, record, b""))
            if file is not None:  # even if its bytes are here: who knows whether they are whole
                self._cache.move_in(f"u/{upload_id}/raw", file)

    def upload(self, upload_id: str) -> dict[str, Any] | None:
        """{handle: reading} of an upload."""
        found = self._read(f"u/{upload_id}", UPLOAD_MAGIC)
        return found[0] if found else None

    def uploads(self) -> Iterator[tuple[str, list[str]]]:
        """Every upload, and the handles of what it was read as; damaged records are left out."""
        for key in self._cache.keys("u/"):
            if not key.endswith("/raw") and (record := self.upload(key[2:])) is not None:
                yield key[2:], list(record)

    def kept(self, upload_id: str) -> Kept | None:
        """The bytes of an upload, to be read by whichever thread; None if they are not kept."""
        file = self._cache.open(f"u/{upload_id}/raw")
        return None if file is None else Kept(upload_id, file)

    # --- any value -------------------------------------------------------------------------------------------------

    def stock(self) -> Stock:
        """What is stored, without the blocks and uploads themselves; a handful of statements."""
        series = [
            start
            if head_of(SERIES_MAGIC, start.value) is not None
            else start._replace(value=self._cache.get(start.key) or b"")
            for start in self._cache.starts("s/", most=HEAD)
        ]
        return Stock(
            self._cache.sizes(),
            *(
                [start._replace(key=start.key[2:]) for start in starts]
                for starts in (series, self._cache.starts("m/"), self._cache.starts("u/", but="/raw"))
            ),
        )

    def sizes(self) -> dict[str, int]:
        """Bytes of every value by its key."""
        return self._cache.sizes()

    def keys(self, prefix: str) -> list[str]:
        """Keys of everything stored under a prefix."""
        return self._cache.keys(prefix)

    def has(self, key: str) -> bool:
        return key in self._cache

    def is_whole(self, key: str) -> bool:
        """Whether a value is what was written, whatever it is."""
        return self._cache.is_whole(key)

    def remove(self, keys: Iterable[str]) -> None:
        """Forget values."""
        with self._cache.transact():
            for key in keys:
                self._cache.delete(key)

    # --- forgetting ------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Forget everything; not a byte of it stays."""
        with self._cache.transact():
            self._cache.clear()
        self.shares.clear()
        self._cache.wipe()

    def delete(self, handle: str) -> bool:
        """Forget a series, its uploads, its manifests, the blocks and scorecards of no other series; then `wipe`, and
        not a byte of them is left. Whether it was there."""
        known, cards = self.has_series(handle), self._scorecards_of_its_own(handle)
        with self._cache.transact():
            self.remove(cards)
            self._cache.delete(f"s/{handle}")
            self._cache.delete(f"v/{handle}")
            self.forecasts.delete(handle)
            self.shares.remove(handle)
            for upload_id in [key[2:] for key in self._cache.keys("u/") if not key.endswith("/raw")]:
                record = self.upload(upload_id) or {}
                if record.pop(handle, None) is None:
                    continue
                if record:
                    self._cache.set(f"u/{upload_id}", seal_with_head(UPLOAD_MAGIC, record, b""))
                else:
                    self._cache.delete(f"u/{upload_id}")
                    self._cache.delete(f"u/{upload_id}/raw")
        return known

    def wipe(self) -> None:
        """Leave nothing of what was forgotten."""
        self._cache.wipe()

    def _scorecards_of_its_own(self, handle: str) -> set[str]:
        """Keys of the scorecards that a series has for blocks it shares with others, and they do not have."""
        manifests = self.forecasts.manifests()
        others = {key for manifest in manifests if manifest.handle != handle for key in manifest.keys}
        shared = {key for manifest in manifests if manifest.handle == handle for key in manifest.keys} & others
        mine, theirs = set[str](), set[str]()
        for manifest in manifests:
            if not shared.isdisjoint(manifest.keys) and (series := self.series(manifest.handle)) is not None:
                names = scorecard_names(series, manifest.spec, manifest.keys)
                (mine if manifest.handle == handle else theirs).update(names)
        return {f"c/{name}" for name in mine - theirs}

    def _read(self, key: str, magic: bytes) -> tuple[dict[str, Any], bytes] | None:
        payload = self._cache.payload(key, magic)
        return None if payload is None else head_and_body(payload)
