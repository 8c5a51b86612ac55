from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gaussian_kde, norm

from engine.plotdata import GRID, LEVELS, Kind, crps, density, inside, quantiles

RANDOM = np.random.default_rng(7)
MID = (np.arange(1, 11) - 0.5) / 10


def test_the_80_percent_band_of_a_perfect_normal_forecast_covers_80_percent() -> None:
    samples = norm.ppf(MID)
    low, high = quantiles(samples, (0.1, 0.9), "quantiles")
    assert norm.cdf(high) - norm.cdf(low) == pytest.approx(0.8, abs=1e-3)


def test_the_bands_of_draws_cover_as_much_as_they_say() -> None:
    draws = np.sort(RANDOM.normal(size=(40_000, 10)), axis=1)
    ends = quantiles(draws, (0.25, 0.75), "draws")
    assert (norm.cdf(ends[:, 1]) - norm.cdf(ends[:, 0])).mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("kind", ["quantiles", "draws"])
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_quantiles_never_cross_and_never_leave_the_samples(kind: str, drawn: list[float]) -> None:
    samples = np.sort(np.array(drawn))
    got = quantiles(samples, (0.01, 0.1, 0.5, 0.9, 0.99), kind)
    tolerance = 1e-9 * max(1.0, np.abs(samples).max())
    assert (np.diff(got) >= -tolerance).all()
    assert got[0] >= samples[0] - tolerance
    assert got[-1] <= samples[-1] + tolerance


@pytest.mark.parametrize("kind", ["quantiles", "draws"])
@pytest.mark.parametrize("value", [7.1, 0.3, 100.0, -12.7, 1e9 + 0.1])
def test_quantiles_of_samples_that_are_all_equal_are_just_their_value(kind: Kind, value: float) -> None:
    assert (quantiles(np.full(10, value), (0.01, *LEVELS, 0.99), kind) == value).all()


def test_the_density_of_draws_is_scipys_gaussian_kde() -> None:
    samples = RANDOM.normal(100, 15, size=(4, 12, 10)) * np.array([1, 0.1, 5, 1e-6])[:, None, None]
    lo, hi, got = density(samples, "draws")
    for origin in range(4):
        grid = np.linspace(lo[origin], hi[origin], GRID)
        for step in range(12):
            expected = gaussian_kde(samples[origin, step])(grid)
            np.testing.assert_allclose(got[origin, step], expected, atol=1e-5 * expected.max())


def test_the_density_of_quantiles_has_half_the_bandwidth() -> None:
    samples = np.sort(RANDOM.normal(size=(1, 1, 10)))
    lo, hi, got = density(samples, "quantiles")
    expected = gaussian_kde(samples[0, 0], bw_method=0.5 * 10**-0.2)(np.linspace(lo[0], hi[0], GRID))
    np.testing.assert_allclose(got[0, 0], expected, atol=1e-5 * expected.max())


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_a_density_holds_its_whole_mass(scale: float) -> None:
    samples = RANDOM.normal(3, 1, size=(3, 12, 10)) * scale
    lo, hi, got = density(samples, "draws")
    mass = got.sum(axis=2) * ((hi - lo) / (GRID - 1))[:, None]
    assert (mass > 0.9).all()
    assert (mass < 1.01).all()


@pytest.mark.parametrize("level", [1e6, 1e9, -1e11])
def test_a_narrow_spread_at_a_high_level_keeps_its_width(level: float) -> None:
    samples = RANDOM.normal(0, 1, size=(1, 1, 10))
    (lo,), (hi,), got = density(samples + level, "draws")
    expected = gaussian_kde(samples[0, 0])(np.linspace(lo - level, hi - level, GRID))
    np.testing.assert_allclose(got[0, 0], expected, atol=2e-4 * expected.max())


@pytest.mark.parametrize("level", [0.0, 7.5, -1e9, 1e-9])
def test_samples_that_are_all_equal_have_a_finite_density_with_its_peak_on_them(level: float) -> None:
    lo, hi, got = density(np.full((1, 2, 10), level), "quantiles")
    assert np.isfinite(got).all()
    peak = np.linspace(lo[0], hi[0], GRID)[got[0, 0].argmax()]
    assert peak == pytest.approx(level, abs=(hi[0] - lo[0]) / GRID)


def test_crps_of_quantiles_is_the_ensemble_form() -> None:
    samples, actual = np.sort(RANDOM.normal(size=10)), 0.7
    pairs = np.abs(samples[:, None] - samples).mean()
    assert crps(samples[None], np.array([actual]), "quantiles")[0] == pytest.approx(
        np.abs(samples - actual).mean() - pairs / 2
    )


def test_crps_of_draws_is_the_fair_form() -> None:
    samples, actual = np.sort(RANDOM.normal(size=10)), -0.3
    pairs = np.abs(samples[:, None] - samples).sum() / (10 * 9)
    assert crps(samples[None], np.array([actual]), "draws")[0] == pytest.approx(
        np.abs(samples - actual).mean() - pairs / 2
    )


def test_crps_keeps_its_digits_on_a_large_level() -> None:
    samples, actual = np.sort(RANDOM.normal(size=(5, 10))), RANDOM.normal(size=5)
    plain, raised = crps(samples, actual, "quantiles"), crps(samples + 1e9, actual + 1e9, "quantiles")
    np.testing.assert_allclose(raised, plain, atol=1e-5)


def test_the_score_of_an_unknown_actual_is_unknown() -> None:
    assert np.isnan(crps(np.zeros((2, 10)), np.array([np.nan, np.nan]), "quantiles")).all()
    assert not inside(np.zeros((2, 10)), np.array([np.nan, np.nan]), "quantiles", 0.1, 0.9).any()


def test_the_edges_of_a_band_belong_to_it() -> None:
    samples = np.linspace(0, 9, 10)[None]
    low, high = quantiles(samples, (0.1, 0.9), "quantiles")[0]
    actuals = np.array([[low], [high], [np.nextafter(high, 99)]])
    held = inside(np.repeat(samples[None], 3, axis=0), actuals, "quantiles", 0.1, 0.9)
    assert held[:, 0].tolist() == [True, True, False]
