"""When does it fail? The misses of a file's moments by the clock, by the level and by the trend at them."""

from __future__ import annotations

import numpy as np

from engine.scoring.answers import NO_RANGE, Cell, Panel
from engine.scoring.slices import TREND_EDGES, Slices
from engine.scoring.sums import PerOrigin
from engine.series import Bools, Floats


def panels(slices: Slices, sums: PerOrigin, chosen: Bools, scored: Bools, horizon: int) -> tuple[Panel, ...]:
    """Of the chosen moments (L,); scored (L,): which of them count as such."""
    return tuple(_panel(kind, slices, sums, chosen, scored, horizon) for kind in slices.kinds)


def _panel(kind: str, slices: Slices, sums: PerOrigin, chosen: Bools, scored: Bools, horizon: int) -> Panel:
    names, cells = slices.panel(kind)
    inside = chosen & (cells >= 0)
    where = cells[inside]

    def total(values: Floats) -> Floats:
        return np.bincount(where, weights=values[inside], minlength=len(names)).astype(np.float64)

    pairs, moments = total(sums.pairs), total(scored.astype(np.float64))
    empty = np.full(len(names), np.nan)
    miss = np.divide(total(sums.crps), pairs, out=empty.copy(), where=pairs > 0)
    baseline = np.divide(total(sums.baseline), pairs, out=empty.copy(), where=pairs > 0)
    edges = {"level": slices.level_edges, "trend": TREND_EDGES}.get(kind, ())
    return Panel(
        kind,
        tuple(
            Cell(name, int(moments[at]), 0.0, float(miss[at]), NO_RANGE, float(baseline[at]), False)
            for at, name in enumerate(names)
        ),
        edges,
    )
