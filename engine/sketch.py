"""A series in so few points that a sparkline of it fits into a line of text. Pure."""

from __future__ import annotations

import numpy as np

from engine.series import Floats

POINTS = 60
HIGHEST = 99


def sketch(values: Floats, points: int = POINTS) -> list[int | None]:
    """At most `points` means of (n,) values, 0 .. 99, None where nothing is known; empty without any known value."""
    known = ~np.isnan(values)
    if not known.any():
        return []
    starts = np.arange(min(points, len(values))) * len(values) // min(points, len(values))
    counts = np.add.reduceat(known.astype(np.int64), starts)
    totals = np.add.reduceat(np.where(known, values, 0.0), starts)
    line = np.divide(totals, counts, out=np.full(len(starts), np.nan), where=counts > 0)
    low, high = np.nanmin(line), np.nanmax(line)
    size = high - low if high > low else 1.0
    return [None if np.isnan(mean) else int(HIGHEST * (mean - low) / size) for mean in line]
