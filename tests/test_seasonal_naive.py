from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.seasonal_naive import SeasonalNaive, periods, structure_function
from engine.plotdata import quantiles
from engine.series import Series
from engine.windows import CONTEXT_LENGTH, contexts, usable
from tests.conftest import HOUR, wave

MODEL = SeasonalNaive()


def context(values: np.ndarray) -> np.ndarray:
    """One scaled context that ends with `values`."""
    return contexts(Series(values, HOUR, 0), np.array([len(values) - 1])).values


def many(length: int = 1500, missing: float = 0.0) -> np.ndarray:
    series = wave(length, missing=missing)
    return contexts(series, np.flatnonzero(usable(series.values))[::37] + series.first_slot).values


def test_the_structure_function_is_the_mean_squared_difference_of_observed_pairs() -> None:
    values = many(missing=0.2)[-3:].astype(np.float64)
    mean_square, pairs = structure_function(values)
    for lag in (1, 7, 24, 300):
        differences = values[:, lag:] - values[:, :-lag]
        np.testing.assert_array_equal(pairs[:, lag], (~np.isnan(differences)).sum(axis=1))
        np.testing.assert_allclose(mean_square[:, lag], np.nanmean(differences**2, axis=1), rtol=1e-6)


@pytest.mark.parametrize("season", [4, 7, 12, 24, 48, 96, 168, 250])
def test_the_period_of_a_noisy_rhythm_is_found(season: int) -> None:
    random = np.random.default_rng(season)
    shape = random.normal(0, 1, season)
    values = np.tile(shape, 600 // season + 2)[:600] + random.normal(0, 0.1, 600)
    assert periods(context(values).astype(np.float64)) == [season]


@pytest.mark.parametrize("kind", ["constant", "random walk", "white noise", "line"])
def test_without_a_season_the_period_is_one(kind: str) -> None:
    random = np.random.default_rng(3)
    values = {
        "constant": np.full(600, 5.0),
        "random walk": random.normal(size=600).cumsum(),
        "white noise": random.normal(size=600),
        "line": np.arange(600.0),
    }[kind]
    found = int(periods(context(values).astype(np.float64))[0])
    assert found == 1 or kind == "white noise"  # of noise any lag is as good as another


def test_an_exact_rhythm_is_repeated_exactly() -> None:
    values = np.tile([1.0, 5.0, 2.0, 8.0, 3.0], 60)
    scaled = context(values)
    samples = MODEL.predict(scaled, 12)[0]
    np.testing.assert_allclose(samples, np.tile(scaled[0, -5:], 3)[:12][:, None] * np.ones(10), atol=1e-6)


def test_a_constant_series_is_forecast_without_any_spread() -> None:
    assert (MODEL.predict(context(np.full(60, 3.0)), 12) == 0).all()


def test_bands_of_a_random_walk_grow_with_the_square_root_of_the_steps_ahead() -> None:
    values = np.random.default_rng(1).normal(size=2000).cumsum()
    samples = MODEL.predict(context(values), 64)[0]
    width = samples[:, -1] - samples[:, 0]
    np.testing.assert_allclose(width / width[0], np.sqrt(np.arange(1, 65)), rtol=1e-4)


def test_a_missing_value_of_the_last_cycle_is_taken_from_the_cycle_before() -> None:
    values = np.tile(np.arange(12.0), 20)
    values[-5] = np.nan
    assert quantiles(MODEL.predict(context(values), 12)[0].astype(float), (0.5,), "quantiles").shape == (12, 1)
    scaled = context(values)
    np.testing.assert_allclose(MODEL.predict(scaled, 12)[0, 7], scaled[0, -17], atol=1e-5)


def test_shorter_horizons_are_the_first_steps_of_longer_ones() -> None:
    batch = many(missing=0.05)
    assert MODEL.predict(batch, 12).tobytes() == np.ascontiguousarray(MODEL.predict(batch, 64)[:, :12]).tobytes()


def test_a_context_gives_the_same_bytes_alone_and_in_any_batch() -> None:
    batch = many(missing=0.1)
    together = MODEL.predict(batch, 12)
    for row in range(len(batch)):
        assert MODEL.predict(batch[row : row + 1], 12).tobytes() == together[row].tobytes()


@settings(max_examples=50, deadline=None)
@given(
    scale=st.sampled_from([1e-12, 1e-3, 1.0, 250.0, 1e12]),
    shift=st.floats(-100, 100),
    seed=st.integers(0, 2**16),
)
def test_forecasts_follow_the_scale_and_the_shift_of_the_data(scale: float, shift: float, seed: int) -> None:
    series = wave(600, seed=seed)
    slot = np.array([series.last_slot])

    def forecast(values: np.ndarray) -> np.ndarray:
        made = contexts(Series(values, HOUR, series.first_slot), slot)
        return MODEL.predict(made.values, 12)[0] * made.scale[0] + made.loc[0]

    np.testing.assert_allclose(
        forecast((series.values + shift) * scale),
        (forecast(series.values) + shift) * scale,
        rtol=1e-3,
        atol=1e-3 * scale,
    )


def test_its_band_of_8_in_10_holds_about_8_in_10_on_a_stationary_rhythm() -> None:
    series = wave(6000, seed=5)
    slots = np.flatnonzero(usable(series.values))[CONTEXT_LENGTH:-12:5] + series.first_slot
    made = contexts(series, slots)
    samples = np.sort(MODEL.predict(made.values, 12) * made.scale[:, None, None] + made.loc[:, None, None], axis=-1)
    ends = quantiles(samples, (0.1, 0.9), "quantiles")
    happened = series.values[(slots - series.first_slot)[:, None] + np.arange(1, 13)]
    share = ((ends[..., 0] <= happened) & (happened <= ends[..., 1])).mean()
    assert 0.77 < share < 0.83
