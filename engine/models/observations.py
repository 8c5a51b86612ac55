"""What a statistical model needs of a batch of contexts: its values in float64, and those observed, in order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Observations(NamedTuple):
    """The observed values of B contexts, oldest first, 0 beyond their count: values, slots (B, C), counts (B,).

    Slots are counted from the origin, which is 0.
    """

    values: Array
    slots: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def newest(self) -> NDArray[np.int64]:
        """Column (B, 1) of the last observed value."""
        return self.counts[:, None] - 1


def require_observed(contexts: NDArray[np.float32]) -> None:
    """ValueError if one of the contexts (B, C) has no observed value: there is nothing to forecast from."""
    empty = np.flatnonzero(np.isnan(contexts).all(axis=1))
    if len(empty):
        raise ValueError(f"context {empty[0]} of {len(contexts)} has no observed value")


def float64(contexts: NDArray[np.float32]) -> Array:
    """Contexts (B, C), NaN = missing, in float64. ValueError if one of them has no observed value."""
    require_observed(contexts)
    return contexts.astype(np.float64)


def in_order(values: Array) -> Observations:
    """The observed values of contexts (B, C)."""
    length = values.shape[1]
    missing = np.isnan(values)
    order = np.argsort(missing, axis=1, kind="stable")  # False before True: the observed ones, in their order
    count = length - missing.sum(axis=1)
    known = np.arange(length) < count[:, None]
    moved = np.where(known, np.take_along_axis(values, order, axis=1), 0.0)
    return Observations(moved, np.where(known, order + 1 - length, 0), count)
