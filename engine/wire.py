"""A block's forecasts as the bytes that the scrubber paints from: little-endian, aligned, read with typed arrays.

docs/wire.md describes them. Numbers along the value axis are scaled, as the model made them: value = loc + scale x
number. A float32 in the data's unit would lose a narrow spread at a high level, and what is beyond float32 altogether.
Pure numpy.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.blocks import BLOCK, Rows
from engine.plotdata import GRID, LEVELS, Floats, Kind, density, quantiles
from engine.rows import Baselines, Scores
from engine.windows import unscale

MAGIC = b"HCWB"
VERSION = 2
HEAD = struct.Struct("<4sHHdHHHHHBB4x")  # docs/wire.md, "Header"; the sections' offsets follow
KINDS: tuple[Kind, Kind] = ("quantiles", "draws")
MISSING, DONE, UNUSABLE, FAILED = range(4)  # of a slot, in the bytes
AT_ONCE = 3072  # (origin, step) pairs whose densities are made at once: what the processor's cache holds

# Name -> type and shape, in their order in the bytes: wide types first, each section at a multiple of 8. N: done rows,
# H: steps, S: samples, L: levels, G: points of the density's grid.
SECTIONS = {
    "levels": ("<f8", "L"),
    "loc": ("<f8", "N"),
    "scale": ("<f8", "N"),
    "lo": ("<f8", "N"),
    "hi": ("<f8", "N"),
    "crps": ("<f8", "N"),
    "bands": ("<f4", "NLH"),
    "samples": ("<f4", "NHS"),
    "peak": ("<f4", "NH"),
    "baseline": ("<f4", "NH"),
    "row": ("<i2", "B"),
    "period": ("<i2", "N"),
    "state": ("|u1", "B"),
    "n_scored": ("|u1", "N"),
    "inside50": ("|u1", "N"),
    "inside80": ("|u1", "N"),
    "density": ("|u1", "NHG"),
}


def pack(
    number: int, state: NDArray[np.uint8], rows: Rows, scores: Scores, kind: Kind, beside: Baselines | None
) -> bytes:
    """The bytes of block `number`: state (256,) of its slots, DONE for those of `rows` and no others; their scores; the
    baseline beside them, None where they are the baseline's own."""
    count, horizon, num_samples = rows.samples.shape
    row = np.full(BLOCK, -1)
    row[rows.offsets] = np.arange(count)
    lo, hi, peak, shades = _shades(rows, kind)
    arrays = {"levels": np.array(LEVELS), "loc": rows.loc, "scale": rows.scale, "lo": lo, "hi": hi}
    arrays |= {"bands": quantiles(rows.samples.astype(np.float64), LEVELS, kind).transpose(0, 2, 1)}
    arrays |= {"samples": rows.samples, "peak": peak, "row": row, "state": state, "density": shades}
    arrays |= scores._asdict() | _baseline(rows, beside)
    end = start = _aligned(HEAD.size + 4 * len(SECTIONS))
    parts, offsets = [], []
    for name, (dtype, _) in SECTIONS.items():
        data = np.ascontiguousarray(arrays[name], dtype=dtype).tobytes()
        parts.append(data.ljust(_aligned(len(data)), b"\0"))
        offsets.append(end)
        end += len(parts[-1])
    sizes = (count, horizon, num_samples, len(LEVELS), GRID)
    head = HEAD.pack(MAGIC, VERSION, BLOCK, number * BLOCK, *sizes, KINDS.index(kind), is_complete(state))
    table = struct.pack(f"<{len(offsets)}I", *offsets)
    return (head + table).ljust(start, b"\0") + b"".join(parts)


def _baseline(rows: Rows, beside: Baselines | None) -> dict[str, NDArray[Any]]:
    """The baseline's sections, scaled as the row's own numbers are; what float32 cannot hold is unknown."""
    count, horizon, _ = rows.samples.shape
    if beside is None:
        return {"baseline": np.full((count, horizon), np.nan), "period": np.zeros(count)}
    scaled = (beside.median - rows.loc[:, None]) / rows.scale[:, None]
    scaled[np.abs(scaled) > np.finfo(np.float32).max] = np.nan
    return {"baseline": scaled, "period": beside.period}


def is_complete(state: NDArray[np.uint8]) -> bool:
    """Whether every slot of a block that can be an origin is done."""
    return bool(((state == DONE) | (state == UNUSABLE)).all())


def _shades(rows: Rows, kind: Kind) -> tuple[Floats, Floats, NDArray[np.float32], NDArray[np.uint8]]:
    """lo (N,), hi (N,), peak (N, H), and the densities (N, H, GRID) as 255 sqrt(density / peak), rounded: shading goes
    with the root, and so the tails keep their steps."""
    count, horizon, _ = rows.samples.shape
    lo, hi = np.empty(count), np.empty(count)
    peak = np.empty((count, horizon), dtype=np.float32)
    shades = np.empty((count, horizon, GRID), dtype=np.uint8)
    together = max(1, AT_ONCE // horizon)
    for start in range(0, count, together):
        some = slice(start, start + together)
        samples = unscale(rows.samples[some], rows.loc[some], rows.scale[some])
        lo[some], hi[some], values = density(samples, kind)
        peak[some] = highest = values.max(axis=2)
        # The density of numbers too widely spread for float32 is zero everywhere.
        values /= np.maximum(highest, np.finfo(np.float32).smallest_subnormal)[:, :, None]
        np.sqrt(values, out=values)
        values *= np.float32(255)
        shades[some] = np.rint(values, out=values)
    return lo, hi, peak, shades


def _aligned(size: int) -> int:
    return -(-size // 8) * 8
