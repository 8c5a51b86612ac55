"""When does it fail? The misses of a file's moments by the clock, by the level and by the trend at them."""

from __future__ import annotations

import numpy as np

from engine.scoring.answers import Cell, Panel, Range
from engine.scoring.ranges import means_of_cells, stands_out
from engine.scoring.slices import TREND_EDGES, Slices
from engine.scoring.sums import PerOrigin
from engine.series import Bools, Floats, Ints


def panels(slices: Slices, sums: PerOrigin, scored: Bools, block: int) -> tuple[Panel, ...]:
    """Of moments (L,) with pairs; scored (L,): which of them count as such. block: see memory.block_length."""
    with_pairs = np.flatnonzero(sums.pairs)
    return tuple(_panel(kind, slices, sums, scored, with_pairs, block) for kind in slices.kinds)


def _panel(kind: str, slices: Slices, sums: PerOrigin, scored: Bools, with_pairs: Ints, block: int) -> Panel:
    names, cells = slices.panel(kind)
    found = means_of_cells(sums.crps, sums.pairs, cells, len(names), block)
    own = cells[with_pairs] + 1

    def total(values: Floats | Bools) -> Floats:
        return np.bincount(own, values[with_pairs], len(names) + 1)[1:].astype(np.float64)

    pairs, moments = total(sums.pairs), total(scored)
    baseline = np.divide(total(sums.baseline), pairs, out=np.full(len(names), np.nan), where=pairs > 0)
    all_pairs = float(sums.pairs.sum())
    out = stands_out(found, float(sums.crps.sum()) / all_pairs) if all_pairs else np.zeros(len(names), dtype=bool)
    return Panel(
        kind,
        tuple(
            Cell(
                key=name,
                moments=int(moments[at]),
                n_eff=float(found.n_eff[at]),
                miss=float(found.value[at]),
                range=Range(float(found.low[at]), float(found.high[at])),
                baseline_miss=float(baseline[at]),
                stands_out=bool(out[at]),
            )
            for at, name in enumerate(names)
        ),
        {"level": slices.level_edges, "trend": TREND_EDGES}.get(kind, ()),
    )
