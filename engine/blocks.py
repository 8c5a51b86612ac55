"""Blocks of 256 slots: content-addressed keys, the bytes of a stored block, and the manifest that names them.

A block's key is made from the values its origins can see, so a longer history, tomorrow's export or an edited value
reuse exactly the blocks whose visible values are the same, and nothing is ever compared or shifted.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.series import Floats, Ints, Series, canonical_bytes
from engine.spec import Spec
from engine.windows import CONTEXT_LENGTH

BLOCK = 256
BLOCK_MAGIC = b"HCB1"


class Rows(NamedTuple):
    """Done rows of a block: offsets in it (R,), scaled samples (R, H, S) float32 sorted per step, loc, scale (R,)."""

    offsets: Ints
    samples: NDArray[np.float32]
    loc: Floats
    scale: Floats

    def only(self, which: NDArray[np.bool_]) -> Rows:
        """Some of the rows."""
        return Rows(self.offsets[which], self.samples[which], self.loc[which], self.scale[which])


def block_range(series: Series) -> range:
    """Numbers of the blocks that hold the series' slots."""
    return range(series.first_slot // BLOCK, series.last_slot // BLOCK + 1)


def block_keys(series: Series, spec: Spec) -> list[str]:
    """SHA-256 hex key of each block of the series, oldest first. An origin sees the context, or at least what decides
    whether it is usable."""
    head = hashlib.sha256(f"{series.scope}\0{spec.key}\0".encode())
    data = canonical_bytes(series.values)
    reach = max(spec.context_length, CONTEXT_LENGTH)
    keys = []
    for block in block_range(series):
        first = max(series.first_slot, BLOCK * block - reach + 1)
        last = min(series.last_slot, BLOCK * block + BLOCK - 1)
        digest = head.copy()
        digest.update(f"{block} {first} {last}\0".encode())
        digest.update(data[8 * (first - series.first_slot) : 8 * (last - series.first_slot + 1)])
        keys.append(digest.hexdigest())
    return keys


def encode(rows: Rows) -> bytes:
    """A block's done rows: their shape, then Parquet (zstd)."""
    count, horizon, num_samples = rows.samples.shape
    frame = pl.DataFrame(
        {
            "offset": rows.offsets.astype(np.uint8),
            "samples": rows.samples.reshape(count, horizon * num_samples),
            "loc": rows.loc,
            "scale": rows.scale,
        }
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=False)
    return struct.pack("<HH", horizon, num_samples) + buffer.getvalue()


def decode(payload: bytes) -> Rows:
    """The rows of `encode`."""
    horizon, num_samples = struct.unpack("<HH", payload[:4])
    frame = pl.read_parquet(io.BytesIO(payload[4:]))
    return Rows(
        frame["offset"].to_numpy().astype(np.int64),
        frame["samples"].to_numpy().reshape(len(frame), horizon, num_samples),
        frame["loc"].to_numpy(),
        frame["scale"].to_numpy(),
    )


def decode_offsets(payload: bytes) -> Ints:
    """Which rows `encode` was given, (R,)."""
    frame = pl.read_parquet(io.BytesIO(payload[4:]), columns=["offset"])
    return frame["offset"].to_numpy().astype(np.int64)


def merge(rows: Rows, stored: Rows) -> Rows:
    """`rows`, and of `stored` the rows whose offsets are not among them, by offset."""
    parts = rows, without(stored, rows.offsets)
    order = np.argsort(np.concatenate([part.offsets for part in parts]))
    return Rows(
        np.concatenate([part.offsets for part in parts])[order],
        np.concatenate([part.samples for part in parts])[order],
        np.concatenate([part.loc for part in parts])[order],
        np.concatenate([part.scale for part in parts])[order],
    )


def without(rows: Rows, offsets: Ints) -> Rows:
    """The rows whose offsets are not among `offsets`."""
    return rows.only(~np.isin(rows.offsets, offsets))


@dataclass(frozen=True)
class Manifest:
    """A dataset on disk under one spec: its blocks' keys, which rows are done, when it was last used (seconds, UTC).

    imported: which rows come from an export, those included that were about to when it was written; None: none.
    """

    handle: str
    spec: Spec
    keys: list[str]
    done: NDArray[np.bool_]  # (blocks x 256,)
    total: int  # usable origins
    last_used: float
    imported: NDArray[np.bool_] | None = None  # (blocks x 256,)

    @property
    def complete(self) -> bool:
        return int(self.done.sum()) >= self.total

    def named_by_done_rows(self) -> set[str]:
        """Keys of the blocks that have rows."""
        have = np.asarray(self.done.reshape(-1, BLOCK).any(axis=1))
        return {key for key, has_rows in zip(self.keys, have, strict=True) if has_rows}

    def to_bytes(self) -> bytes:
        document: dict[str, Any] = {
            "handle": self.handle,
            "spec": self.spec.to_json(),
            "keys": self.keys,
            "done": _pack(self.done),
            "total": self.total,
            "last_used": self.last_used,
        }
        if self.imported is not None and self.imported.any():
            document["imported"] = _pack(self.imported)
        return json.dumps(document).encode()

    @classmethod
    def from_bytes(cls, payload: bytes) -> Manifest:
        document = json.loads(payload)
        rows = BLOCK * len(document["keys"])
        return cls(
            document["handle"],
            Spec(**document["spec"]),
            document["keys"],
            _unpack(document["done"], rows),
            document["total"],
            document["last_used"],
            _unpack(document["imported"], rows) if "imported" in document else None,
        )


def _pack(bits: NDArray[np.bool_]) -> str:
    return base64.b64encode(np.packbits(bits).tobytes()).decode()


def _unpack(text: str, count: int) -> NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(base64.b64decode(text), dtype=np.uint8)).astype(bool)[:count]
