"""What a table of scores is made of: outcomes in a byte, and which origins have a row."""

from __future__ import annotations

import numpy as np
import pytest

from engine.plotdata import Kind
from engine.scoring.extent import Extent
from engine.scoring.outcomes import Outcomes
from engine.scoring.pairs import pairs
from engine.scoring.table import Rivals, Table
from tests.conftest import wave


@pytest.mark.parametrize(("samples", "size"), [(2, 1), (10, 1), (11, 1), (12, 2), (100, 2), (300, 4)])
@pytest.mark.parametrize("kind", ["quantiles", "draws"])
def test_outcomes_keep_what_ranks_and_bands_said(samples: int, size: int, kind: Kind) -> None:
    random = np.random.default_rng(samples)
    forecasts = np.sort(random.integers(0, 30, (50, 6, samples)), axis=-1).astype(float)
    happened = random.integers(-5, 35, (50, 6)).astype(float)
    happened[random.random((50, 6)) < 0.2] = np.nan
    scored, outcomes = pairs(forecasts, happened, kind), Outcomes(samples)
    encoded = outcomes.encoded(scored)
    assert encoded.dtype.itemsize == size
    counts = outcomes.counts(encoded.ravel())
    known = ~np.isnan(happened)
    assert counts[outcomes.unknown] == (~known).sum()
    assert counts[outcomes.inside(1)].sum() == (scored.inside80 == 1).sum()
    assert counts[outcomes.inside(2)].sum() == (scored.inside50 == 1).sum()
    expected = np.zeros(samples + 1)
    for low, high in zip(scored.rank_low[known].tolist(), scored.rank_high[known].tolist(), strict=True):
        expected[low : high + 1] += 1 / (high - low + 1)
    np.testing.assert_allclose(outcomes.ranks(counts), expected, atol=1e-9)


@pytest.mark.parametrize("first", [-1000, -1, 0, 255, 256, 1000])
@pytest.mark.parametrize("every", [1, 2, 3, 50])
def test_rows_are_the_slots_of_their_blocks(first: int, every: int) -> None:
    series = wave(1500, first_slot=first)
    extent = Extent(series, every)
    wanted = [block for block in range(first // 256, (first + 1499) // 256 + 1) if (block - first // 256) % every == 0]
    assert (extent.blocks + first // 256).tolist() == wanted
    slots = [slot for slot in range(first, first + 1500) if slot // 256 in wanted]
    assert extent.slots.tolist() == slots
    assert (extent.slots - first).tolist() == extent.positions.tolist()
    for which, block in enumerate(wanted):
        own = extent.slots[extent.rows(which)]
        assert set(own // 256) == {block}
        assert extent.slots[extent.rows_of(which, own)].tolist() == own.tolist()
    spread = extent.everywhere(np.ones(len(extent)))
    assert np.flatnonzero(spread).tolist() == extent.positions.tolist()
    assert sorted(extent.spread()) == list(range(len(wanted)))


@pytest.mark.parametrize("count", [4, 9, 30, 100])
def test_whatever_is_read_first_is_spread_over_the_file(count: int) -> None:
    order = Extent(wave(256 * 128, first_slot=0)).spread()[:count]
    assert max(np.diff([-1, *sorted(order), 128])) <= 3 * 128 / count


def test_a_row_takes_few_bytes() -> None:
    extent = Extent(wave(2560, first_slot=0))
    table, rivals = Table(extent, 12, 10), Rivals(extent, 12)
    held = [table.crps, table.error, table.outcome, table.quantile_loss, table.interval80, table.read, rivals.read]
    held += [rivals.crps, *(column for totals in rivals.totals for column in totals)]
    assert table.nbytes + rivals.nbytes == sum(column.nbytes for column in held)
    assert table.nbytes + rivals.nbytes <= 260 * 2560
