"""Samples in the data's unit with just the digits they have, so that they take little room and can be turned back.

A scaled sample is a float32: in the data's unit its float64 has 53 bits of which 24 mean something. The others are made
zero, so far that scaling still gives the same float32; the few samples for which it does not are told apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.series import Floats
from engine.windows import scaled_zero, unscale

Scaled = NDArray[np.float32]


def in_unit(samples: Scaled, loc: Floats, scale: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """(values (B, H, S) float64, exact (B,)): scaled samples in the data's unit, and which origins' `scaled` gives back
    bit for bit."""
    values = unscale(samples, loc, scale)
    _, finest = np.frexp(np.spacing(np.abs(samples)).astype(np.float64) * (scale / 4)[:, None, None])
    _, size = np.frexp(values)
    exponent = np.maximum(finest, size - 53)  # a float64 has no more digits than that
    values = np.ldexp(np.rint(np.ldexp(values, -exponent)), exponent)
    exact = (scaled(values, loc, scale).view(np.uint32) == samples.view(np.uint32)).all(axis=(1, 2))
    return values, np.asarray(exact)


def scaled(values: Floats, loc: Floats, scale: Floats) -> Scaled:
    """The float32 samples (B, H, S) that values in the data's unit came from, where `in_unit` said so."""
    nearest = ((values - loc[:, None, None]) / scale[:, None, None]).astype(np.float32)
    zero = scaled_zero(loc, scale)[:, None, None] + np.float32(0)  # of what was never negative; no negative zero
    result: Scaled = np.where(values == 0, zero, nearest)
    return result


def checksums(index: NDArray[np.int64], samples: Scaled, loc: Floats, scale: Floats) -> NDArray[np.uint64]:
    """A number per origin (B,) that another bit anywhere in what makes its forecast would change."""
    bits = samples.reshape(len(index), -1).view(np.uint32).astype(np.uint64)
    head = np.stack((index.view(np.uint64), loc.view(np.uint64), scale.view(np.uint64)), axis=1)
    words = np.concatenate((head, bits), axis=1)
    odd = np.arange(1, words.shape[1] + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) | np.uint64(1)
    result: NDArray[np.uint64] = (words * odd).sum(axis=1, dtype=np.uint64)
    return result
