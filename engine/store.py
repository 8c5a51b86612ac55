"""The caches on disk; every method is called by the one store thread.

Keys: `s/<handle>` a series and `v/<handle>` what tells its versions, `u/<upload>` an upload's record and
`u/<upload>/raw` its bytes, `m/<handle>/<spec>` a manifest, `b/<key>` a block, `c/<key>/<ahead>` its scorecard for one
continuation of the series. Values are bytes with a checksum, never pickles.
"""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from engine.blocks import (
    BLOCK_MAGIC,
    DIGEST_BYTES,
    DamagedPayload,
    Manifest,
    Rows,
    decode,
    decode_offsets,
    encode,
    merge,
    seal,
    unseal,
    without,
)
from engine.directory import Marker, hold
from engine.disk import ERRORS, Cache, Start
from engine.errors import StartError
from engine.recovery import MAGIC_BYTES, end_rescue, refuse_foreign, repair, rescue, sound, tell_of_damaged
from engine.scorecards import Scorecard
from engine.series import Ints, Phase, Series, Step
from engine.spec import Spec

log = logging.getLogger(__name__)

MANIFEST_MAGIC = b"HCM1"
SCORECARD_MAGIC = b"HCC1"
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
    """The cache directory, held by one process at a time. open() and close() belong to the store thread too."""

    def __init__(self, directory: Path, lock_timeout: float) -> None:
        self._directory = directory
        self._lock_timeout = lock_timeout
        self._opened = ExitStack()

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
            end_rescue(folder)
            if not sound(folder, thorough=unclean):
                rescue(folder)
            tell_of_damaged(folder)
            self._cache = Cache(folder)
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

    def volume(self) -> int:
        """Bytes on disk."""
        return int(self._cache.volume())

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
        self._cache.set(f"s/{series.handle}", _with_head(SERIES_MAGIC, head, buffer.getvalue()))

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
        self._cache.set(f"v/{handle}", _with_head(VERSION_MAGIC, {"of": [*head, newer]}, marks.astype("<u4").tobytes()))

    def version(self, handle: str) -> tuple[Any, ...] | None:
        """What was kept by `put_version`."""
        found = self._read(f"v/{handle}", VERSION_MAGIC)
        if found is None:
            return None
        *head, newer = found[0]["of"]
        return *head, np.frombuffer(found[1], dtype="<u4"), newer

    # --- upload records --------------------------------------------------------------------------------------------

    def put_upload(self, upload_id: str, raw: bytes | None, handle: str, reading: dict[str, Any]) -> None:
        """Keep an upload's bytes and what was read from them; a further reading is added to those known."""
        record = self.upload(upload_id) or {}
        record[handle] = reading
        with self._cache.transact():
            self._cache.set(f"u/{upload_id}", _with_head(UPLOAD_MAGIC, record, b""))
            if raw is not None and self.raw(upload_id) is None:  # or its file is not to be found
                self._cache.set(f"u/{upload_id}/raw", seal(b"HCR1", raw))

    def upload(self, upload_id: str) -> dict[str, Any] | None:
        """{handle: reading} of an upload."""
        found = self._read(f"u/{upload_id}", UPLOAD_MAGIC)
        return found[0] if found else None

    def raw(self, upload_id: str) -> bytes | None:
        """The bytes of an upload."""
        return self._payload(f"u/{upload_id}/raw", b"HCR1")

    # --- results ---------------------------------------------------------------------------------------------------

    def put_block(self, key: str, rows: Rows, full: bool, card: tuple[str, Scorecard] | None = None) -> None:
        """Store a block's done rows, and under its name a scorecard, unless the block has rows that it does not know.
        Unless those are all the block can have, rows another dataset stored in it are kept."""
        stored = None if full else self.block_rows(key)
        whole = rows if stored is None else merge(rows, stored)
        with self._cache.transact():
            self._put_rows(key, whole)
            if card is not None and np.array_equal(whole.offsets, card[1].offsets):
                self.put_scorecard(*card)

    def block_rows(self, key: str) -> Rows | None:
        """A block's rows; None if it is not stored or damaged (it is then computed again)."""
        payload = self._payload(f"b/{key}", BLOCK_MAGIC)
        return None if payload is None else decode(payload)

    def is_sound(self, key: str) -> bool:
        """Whether a block is stored as it was written."""
        return self._payload(f"b/{key}", BLOCK_MAGIC) is not None

    def block_offsets(self, key: str) -> Ints | None:
        """Which rows a block has; None if it is not stored or damaged."""
        payload = self._payload(f"b/{key}", BLOCK_MAGIC)
        return None if payload is None else decode_offsets(payload)

    def put_scorecard(self, name: str, card: Scorecard) -> None:
        self._cache.set(f"c/{name}", seal(SCORECARD_MAGIC, card.to_bytes()))

    def scorecard(self, name: str) -> Scorecard | None:
        """What is known of a block's rows before it is read; None if that is not stored or damaged."""
        payload = self._payload(f"c/{name}", SCORECARD_MAGIC)
        return None if payload is None else Scorecard.from_bytes(payload)

    def drop_rows(self, key: str, offsets: Ints) -> None:
        """Forget some rows of a block; the whole block if none is left."""
        stored = self.block_rows(key)
        if stored is None:
            return
        kept = without(stored, offsets)
        with self._cache.transact():
            if len(kept.offsets):
                self._put_rows(key, kept)
            else:
                self._drop_block(key)

    def drop_blocks(self, keys: Iterable[str]) -> None:
        """Forget whole blocks."""
        with self._cache.transact():
            for key in keys:
                self._drop_block(key)

    def _put_rows(self, key: str, rows: Rows) -> None:
        self._drop_scorecards(key)
        self._cache.set(f"b/{key}", seal(BLOCK_MAGIC, encode(rows)))

    def _drop_block(self, key: str) -> None:
        self._drop_scorecards(key)
        self._cache.delete(f"b/{key}")

    def _drop_scorecards(self, key: str) -> None:
        for name in self._cache.keys(f"c/{key}/"):
            self._cache.delete(name)

    def put_manifest(self, manifest: Manifest) -> None:
        self._cache.set(f"m/{manifest.handle}/{manifest.spec.key}", seal(MANIFEST_MAGIC, manifest.to_bytes()))

    def manifest(self, handle: str, spec: Spec) -> Manifest | None:
        """The manifest of a handle and a spec."""
        payload = self._payload(f"m/{handle}/{spec.key}", MANIFEST_MAGIC)
        return None if payload is None else Manifest.from_bytes(payload)

    def manifests(self, handle: str = "") -> list[Manifest]:
        """The manifests of one handle, or all of them; damaged ones are left out."""
        payloads = (self._payload(key, MANIFEST_MAGIC) for key in self._cache.keys(f"m/{handle}"))
        return [Manifest.from_bytes(payload) for payload in payloads if payload is not None]

    def stock(self) -> Stock:
        """What is stored, without the blocks and uploads themselves; a handful of statements."""
        series = [
            start if head_of(start.value) is not None else start._replace(value=self._cache.get(start.key) or b"")
            for start in self._cache.starts("s/", most=HEAD)
        ]
        return Stock(
            self._cache.sizes(),
            *(
                [start._replace(key=start.key[2:]) for start in starts]
                for starts in (series, self._cache.starts("m/"), self._cache.starts("u/", but="/raw"))
            ),
        )

    # --- any value -------------------------------------------------------------------------------------------------

    def keys(self, prefix: str) -> list[str]:
        """Keys of everything stored under a prefix."""
        return self._cache.keys(prefix)

    def has(self, key: str) -> bool:
        return key in self._cache

    def is_whole(self, key: str) -> bool:
        """Whether a value is what was written, whatever it is."""
        try:
            sealed = self._cache.get(key)
            return sealed is not None and bool(unseal(sealed[:MAGIC_BYTES], sealed))
        except DamagedPayload:
            return False

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
        self._cache.wipe()

    def drop(self, gone: Collection[Manifest]) -> None:
        """Forget manifests, and the blocks that no other one names."""
        with self._cache.transact():
            for manifest in gone:
                self._cache.delete(f"m/{manifest.handle}/{manifest.spec.key}")
            kept = {key for manifest in self.manifests() for key in manifest.keys} if gone else set()
            for key in {key for manifest in gone for key in manifest.keys} - kept:
                self._drop_block(key)

    def delete(self, handle: str) -> bool:
        """Forget a series, its uploads, its manifests, and the blocks no other manifest names: not a byte of it stays.
        Whether it was there."""
        known = self.has_series(handle)
        gone = self.manifests(handle)
        with self._cache.transact():
            self._cache.delete(f"s/{handle}")
            self._cache.delete(f"v/{handle}")
            self.drop(gone)
            for damaged in self._cache.keys(f"m/{handle}"):
                self._cache.delete(damaged)
            for upload_id in [key[2:] for key in self._cache.keys("u/") if not key.endswith("/raw")]:
                record = self.upload(upload_id) or {}
                if record.pop(handle, None) is None:
                    continue
                if record:
                    self._cache.set(f"u/{upload_id}", _with_head(UPLOAD_MAGIC, record, b""))
                else:
                    self._cache.delete(f"u/{upload_id}")
                    self._cache.delete(f"u/{upload_id}/raw")
        self._cache.wipe()
        return known

    # --- details ---------------------------------------------------------------------------------------------------

    def _payload(self, key: str, magic: bytes) -> bytes | None:
        """What is stored under a key; None if it is not there or not what was written."""
        try:
            sealed = self._cache.get(key)
            return None if sealed is None else unseal(magic, sealed)
        except DamagedPayload as damage:
            log.warning("%s: %s", key[:12], damage)
            return None

    def _read(self, key: str, magic: bytes) -> tuple[dict[str, Any], bytes] | None:
        payload = self._payload(key, magic)
        if payload is None:
            return None
        size = int.from_bytes(payload[:4], "little")
        return json.loads(payload[4 : 4 + size]), payload[4 + size :]


def head_of(sealed: bytes) -> dict[str, Any] | None:
    """The head of a series that is sealed, unchecked; None if these first bytes do not hold all of it."""
    payload = sealed[len(SERIES_MAGIC) + DIGEST_BYTES :]
    size = int.from_bytes(payload[:4], "little")
    if not sealed.startswith(SERIES_MAGIC) or len(payload) < 4 + size:
        return None
    try:
        head: dict[str, Any] = json.loads(payload[4 : 4 + size])
    except ValueError:
        return None
    return head


def _with_head(magic: bytes, head: dict[str, Any], body: bytes) -> bytes:
    words = json.dumps(head).encode()
    return seal(magic, len(words).to_bytes(4, "little") + words + body)
