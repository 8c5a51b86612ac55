"""The score of every pair, against the plainest way of computing it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import plotdata
from engine.plotdata import Kind
from engine.scoring.pairs import LARGEST, LOSS_LEVELS, PIECE, UNKNOWN, pairs

RANDOM = np.random.default_rng(11)
KINDS: tuple[Kind, ...] = ("quantiles", "draws")
CLOSE = 1e-6  # float32


def forecasts(origins: int = 5, samples: int = 10) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Samples (origins, 4, samples) and actuals (origins, 4), near each other."""
    return np.sort(RANDOM.normal(20, 4, (origins, 4, samples)), axis=-1), RANDOM.normal(20, 4, (origins, 4))


@pytest.mark.parametrize("kind", KINDS)
def test_the_crps_is_the_mean_miss_less_half_the_mean_distance_of_two_samples(kind: Kind) -> None:
    samples, actuals = forecasts()
    got = pairs(samples, actuals, kind).crps
    for origin, step in np.ndindex(actuals.shape):
        members, happened = samples[origin, step], actuals[origin, step]
        miss = sum(abs(one - happened) for one in members) / 10
        apart = sum(abs(one - other) for one in members for other in members)
        expected = miss - apart / (2 * 100 if kind == "quantiles" else 2 * 90)
        assert got[origin, step] == pytest.approx(expected, rel=CLOSE, abs=CLOSE)


@pytest.mark.parametrize("kind", KINDS)
def test_the_error_is_the_median_less_what_happened(kind: Kind) -> None:
    samples, actuals = forecasts()
    expected = np.median(samples, axis=-1) - actuals
    np.testing.assert_allclose(pairs(samples, actuals, kind).error, expected, rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize("kind", KINDS)
def test_the_quantile_loss_is_the_mean_of_nine_pinball_losses_twice(kind: Kind) -> None:
    samples, actuals = forecasts()
    expected = np.zeros(actuals.shape)
    for level in LOSS_LEVELS:
        below = plotdata.quantiles(samples, (level,), kind)[..., 0] - actuals
        expected += 2 * np.where(below >= 0, (1 - level) * below, -level * below) / 9
    np.testing.assert_allclose(pairs(samples, actuals, kind).quantile_loss, expected, rtol=CLOSE)


@pytest.mark.parametrize("kind", KINDS)
def test_the_interval_score_is_the_width_and_ten_times_what_lies_outside(kind: Kind) -> None:
    samples, _ = forecasts()
    low, high = np.moveaxis(plotdata.quantiles(samples, (0.1, 0.9), kind), -1, 0)
    for happened, outside in ((low - 2, 2), ((low + high) / 2, 0), (high + 3, 3)):
        got = pairs(samples, happened, kind).interval80
        np.testing.assert_allclose(got, high - low + 10 * outside, rtol=CLOSE)


@pytest.mark.parametrize("kind", KINDS)
def test_what_lies_on_the_edge_of_a_band_is_inside(kind: Kind) -> None:
    samples, _ = forecasts()
    for levels, column in (((0.25, 0.75), "inside50"), ((0.1, 0.9), "inside80")):
        for end, outwards in zip(
            np.moveaxis(plotdata.quantiles(samples, levels, kind), -1, 0), (-99, 999), strict=True
        ):
            assert (getattr(pairs(samples, end, kind), column) == 1).all()
            assert (getattr(pairs(samples, np.nextafter(end, outwards), kind), column) == 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [7.1, 0.3, 100.0, -12.7, 1e9 + 0.1])
def test_a_forecast_of_one_value_that_happens_misses_by_nothing_and_holds_it(kind: Kind, value: float) -> None:
    got = pairs(np.full((1, 1, 10), value), np.full((1, 1), value), kind)
    assert [float(column[0, 0]) for column in got] == [0, 0, 0, 0, 1, 1, 0, 10]


def test_the_rank_is_how_many_samples_lie_below_and_ties_may_take_any_place_among_their_equals() -> None:
    samples = np.array([[[1.0, 2.0, 2.0, 2.0, 5.0]]])
    for happened, low, high in ((0.0, 0, 0), (1.5, 1, 1), (2.0, 1, 4), (5.0, 4, 5), (6.0, 5, 5)):
        got = pairs(samples, np.array([[happened]]), "draws")
        assert (got.rank_low[0, 0], got.rank_high[0, 0]) == (low, high)


def test_ranks_of_very_many_samples_are_counted_too() -> None:
    samples = np.sort(RANDOM.normal(size=(1, 1, 1000)), axis=-1)
    assert pairs(samples, np.array([[99.0]]), "draws").rank_high[0, 0] == 1000


def test_a_pair_whose_actual_is_unknown_is_unknown_in_every_column() -> None:
    samples, actuals = forecasts()
    whole = pairs(samples, actuals, "quantiles")
    actuals[1, 2] = actuals[4, 0] = np.nan
    got = pairs(samples, actuals, "quantiles")
    for origin, step in ((1, 2), (4, 0)):
        assert np.isnan([column[origin, step] for column in got[:4]]).all()
        assert [int(column[origin, step]) for column in got[4:]] == [UNKNOWN, UNKNOWN, 0, 0]
    known = ~np.isnan(actuals)
    for column, before in zip(got, whole, strict=True):
        np.testing.assert_array_equal(column[known], before[known])


def test_many_origins_are_scored_as_each_alone() -> None:
    samples, actuals = forecasts(PIECE + 3)
    together = pairs(samples, actuals, "draws")
    for origin in (0, PIECE - 1, PIECE, PIECE + 2):
        own = slice(origin, origin + 1)
        for column, alone in zip(together, pairs(samples[own], actuals[own], "draws"), strict=True):
            np.testing.assert_array_equal(column[own], alone)


def test_no_origins_have_no_scores() -> None:
    assert [column.shape for column in pairs(np.empty((0, 4, 10)), np.empty((0, 4)), "draws")] == [(0, 4)] * 8


def test_what_single_precision_cannot_hold_is_cut_there() -> None:
    got = pairs(np.array([[[1e200, 2e200]]]), np.array([[-1e200]]), "quantiles")
    assert [float(column[0, 0]) for column in got[:4]] == [LARGEST] * 4


def test_actuals_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 3, 10\).*\(2, 4\)"):
        pairs(np.zeros((2, 3, 10)), np.zeros((2, 4)), "draws")
