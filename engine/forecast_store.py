"""What is stored of forecasts: blocks, their scorecards, and the manifests that name them.

Keys: `m/<handle>/<spec>` a manifest, `b/<key>` a block, `c/<key>/<ahead>` its scorecard for one continuation of the
series.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from engine.blocks import BLOCK_MAGIC, Manifest, Rows, decode, decode_offsets, encode, merge, without
from engine.disk import Cache
from engine.scorecards import Scorecard
from engine.sealed import seal
from engine.series import Ints
from engine.spec import Spec

MANIFEST_MAGIC = b"HCM1"
SCORECARD_MAGIC = b"HCC1"


class ForecastStore:
    """The store's, in its cache; every method is called by the store thread."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    # --- blocks ----------------------------------------------------------------------------------------------------

    def put_block(self, key: str, rows: Rows, full: bool, card: tuple[str, Scorecard] | None = None) -> None:
        """Store a block's done rows, and under its name a scorecard, unless the block has rows that it does not know.
        Unless those are all the block can have, rows another dataset stored in it are kept."""
        stored = None if full else self.block_rows(key)
        whole = rows if stored is None else merge(rows, stored)
        with self._cache.transact():
            self._put_rows(key, whole)
            if card is not None and np.array_equal(whole.offsets, card[1].offsets):
                self.put_scorecard(*card)

    def block_keys(self) -> set[str]:
        """Keys of all stored blocks."""
        return {key[2:] for key in self._cache.keys("b/")}

    def block_rows(self, key: str) -> Rows | None:
        """A block's rows; None if it is not stored or damaged (it is then computed again)."""
        payload = self._cache.payload(f"b/{key}", BLOCK_MAGIC)
        return None if payload is None else decode(payload)

    def is_sound(self, key: str) -> bool:
        """Whether a block is stored as it was written."""
        return self._cache.payload(f"b/{key}", BLOCK_MAGIC) is not None

    def block_offsets(self, key: str) -> Ints | None:
        """Which rows a block has; None if it is not stored or damaged."""
        payload = self._cache.payload(f"b/{key}", BLOCK_MAGIC)
        return None if payload is None else decode_offsets(payload)

    def put_scorecard(self, name: str, card: Scorecard) -> None:
        self._cache.set(f"c/{name}", seal(SCORECARD_MAGIC, card.to_bytes()))

    def scorecard(self, name: str) -> Scorecard | None:
        """What is known of a block's rows before it is read; None if that is not stored or damaged."""
        payload = self._cache.payload(f"c/{name}", SCORECARD_MAGIC)
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

    # --- manifests -------------------------------------------------------------------------------------------------

    def put_manifest(self, manifest: Manifest) -> None:
        self._cache.set(f"m/{manifest.handle}/{manifest.spec.key}", seal(MANIFEST_MAGIC, manifest.to_bytes()))

    def manifest(self, handle: str, spec: Spec) -> Manifest | None:
        """The manifest of a handle and a spec."""
        payload = self._cache.payload(f"m/{handle}/{spec.key}", MANIFEST_MAGIC)
        return None if payload is None else Manifest.from_bytes(payload)

    def manifests(self, handle: str = "") -> list[Manifest]:
        """The manifests of one handle, or all of them; damaged ones are left out."""
        payloads = (self._cache.payload(key, MANIFEST_MAGIC) for key in self._cache.keys(f"m/{handle}"))
        return [Manifest.from_bytes(payload) for payload in payloads if payload is not None]

    def drop(self, gone: Collection[Manifest]) -> None:
        """Forget manifests, and the blocks that no other one names."""
        with self._cache.transact():
            for manifest in gone:
                self._cache.delete(f"m/{manifest.handle}/{manifest.spec.key}")
            kept = {key for manifest in self.manifests() for key in manifest.keys} if gone else set()
            for key in {key for manifest in gone for key in manifest.keys} - kept:
                self._drop_block(key)

    def delete(self, handle: str) -> None:
        """Forget all manifests of a handle, damaged ones too, and the blocks that no other one names."""
        with self._cache.transact():
            self.drop(self.manifests(handle))
            for damaged in self._cache.keys(f"m/{handle}"):
                self._cache.delete(damaged)
