from __future__ import annotations

import numpy as np
import pytest

from engine.models.seasonal_naive import SeasonalNaive, periods, structure_function
from engine.plotdata import quantiles
from engine.series import Series
from engine.windows import CONTEXT_LENGTH, Contexts, contexts, usable
from tests.conftest import HOUR, wave

MODEL = SeasonalNaive()


def context(values: np.ndarray) -> Contexts:
    """One scaled context that ends with `values`."""
    return contexts(Series(values, HOUR, 0), np.array([len(values) - 1]))


def forecast(made: Contexts, horizon: int = 12) -> np.ndarray:
    return MODEL.predict(made.values, made.floor, horizon)


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
    assert periods(context(values).values.astype(np.float64)) == [season]


@pytest.mark.parametrize("kind", ["constant", "random walk", "white noise", "line"])
def test_without_a_season_the_period_is_one(kind: str) -> None:
    random = np.random.default_rng(3)
    values = {
        "constant": np.full(600, 5.0),
        "random walk": random.normal(size=600).cumsum(),
        "white noise": random.normal(size=600),
        "line": np.arange(600.0),
    }[kind]
    found = int(periods(context(values).values.astype(np.float64))[0])
    assert found == 1 or kind == "white noise"  # of noise any lag is as good as another


def test_a_period_may_be_limited() -> None:
    day, week = np.random.default_rng(0).normal(size=24), np.repeat([0, 0, 0, 0, 0, 2, 2], 24)
    values = context(np.tile(day, 28) + np.tile(week, 4)).values.astype(np.float64)
    assert periods(values) == [168]
    assert periods(values, longest=np.array([100])) == [24]


def test_an_exact_rhythm_is_repeated_exactly() -> None:
    made = context(np.tile([1.0, 5.0, 2.0, 8.0, 3.0], 60))
    expected = np.tile(made.values[0, -5:], 3)[:12][:, None] * np.ones(10)
    np.testing.assert_allclose(forecast(made)[0], expected, atol=1e-6)


def test_bands_of_a_random_walk_grow_with_the_square_root_of_the_steps_ahead() -> None:
    values = np.random.default_rng(1).normal(size=2000).cumsum()
    samples = forecast(context(values - values[-256:].mean()), 64)[0]
    width = samples[:, -1] - samples[:, 0]
    np.testing.assert_allclose(width / width[0], np.sqrt(np.arange(1, 65)), rtol=1e-4)


def test_a_missing_value_of_the_last_cycle_is_taken_from_the_cycle_before() -> None:
    values = np.tile(np.arange(12.0), 20)
    values[-5] = np.nan
    made = context(values)
    np.testing.assert_allclose(forecast(made)[0, 7], made.values[0, -17], atol=1e-5)


def test_its_band_of_8_in_10_holds_about_8_in_10_on_a_stationary_rhythm() -> None:
    series = wave(6000, seed=5)
    slots = np.flatnonzero(usable(series.values))[CONTEXT_LENGTH:-12:5] + series.first_slot
    made = contexts(series, slots)
    samples = np.sort(forecast(made) * made.scale[:, None, None] + made.loc[:, None, None], axis=-1)
    ends = quantiles(samples, (0.1, 0.9), "quantiles")
    happened = series.values[(slots - series.first_slot)[:, None] + np.arange(1, 13)]
    share = ((ends[..., 0] <= happened) & (happened <= ends[..., 1])).mean()
    assert 0.77 < share < 0.83
