"""The batch version against the textbook's: one series at a time, plain loops, complete data."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.decomposition import autocorrelation, season, significant, trend
from engine.models.observations import in_order
from engine.models.theta import ALPHAS, Theta, fit
from tests.forecaster_contract import context, unscaled

MODEL = Theta()
Series = list[float]


def textbook_trend(values: Series, period: int) -> list[float | None]:
    """Centred moving average: of period + 1 values with halved ends where the period is even."""
    half, averages = period // 2, []
    for t in range(len(values)):
        if t < half or t + half >= len(values):
            averages.append(None)
        elif period % 2:
            averages.append(sum(values[t - half : t + half + 1]) / period)
        else:
            inner = sum(values[t - half + 1 : t + half])
            averages.append((inner + 0.5 * values[t - half] + 0.5 * values[t + half]) / period)
    return averages


def textbook_figure(values: Series, period: int, multiplicative: bool) -> Series:
    """Seasonal indices by slot modulo the period, counted from the last value, which is slot 0."""
    phases: list[Series] = [[] for _ in range(period)]
    for t, average in enumerate(textbook_trend(values, period)):
        if average is not None:
            ratio = values[t] / average if multiplicative else values[t] - average
            phases[(t - len(values) + 1) % period].append(ratio)
    means = [sum(phase) / len(phase) for phase in phases]
    centre = sum(means) / period
    return [mean / centre if multiplicative else mean - centre for mean in means]


def textbook_errors(values: Series, alpha: float, drift: float, first: float) -> tuple[Series, float]:
    """One-step errors of exponential smoothing with drift from a first level, and the last level."""
    errors, level = [], first
    for value in values:
        errors.append(value - (level + drift))
        level = level + drift + alpha * errors[-1]
    return errors, level


def textbook_drift(values: Series) -> float:
    slots = range(len(values))
    centre, mean = sum(slots) / len(values), sum(values) / len(values)
    slope = sum((t - centre) * (value - mean) for t, value in zip(slots, values, strict=True))
    return 0.5 * slope / sum((t - centre) ** 2 for t in slots)


def textbook_theta(values: Series, alpha: float, spent: int, horizon: int) -> tuple[Series, Series]:
    """Means and standard deviations of seasonally adjusted values; the first level has least squared errors."""
    drift = textbook_drift(values)
    zero, _ = textbook_errors(values, alpha, drift, 0.0)
    one, _ = textbook_errors(values, alpha, drift, 1.0)
    slopes = [b - a for a, b in zip(zero, one, strict=True)]  # of the errors, by the first level
    first = -sum(a * b for a, b in zip(zero, slopes, strict=True)) / sum(b * b for b in slopes)
    errors, level = textbook_errors(values, alpha, drift, first)
    deviation = math.sqrt(sum(error**2 for error in errors) / (len(values) - 3 - spent))
    steps = range(1, horizon + 1)
    return [level + h * drift for h in steps], [deviation * math.sqrt(1 + (h - 1) * alpha**2) for h in steps]


def monthly(length: int, period: int, seed: int, multiplicative: bool) -> np.ndarray:
    random = np.random.default_rng(seed)
    pattern = np.tile(random.normal(size=period), length // period + 1)[:length]
    level = 5 + 0.02 * np.arange(length) + 0.1 * random.normal(size=length).cumsum()
    noise = random.normal(0, 0.1, length)
    if multiplicative:
        return 100 * np.exp(level / 3) * (1 + 0.2 * np.tanh(pattern)) * np.exp(0.2 * noise)
    return level - level.mean() + pattern + noise


@pytest.mark.parametrize("multiplicative", [False, True])
@pytest.mark.parametrize(("length", "period"), [(100, 12), (300, 7), (512, 24), (200, 4), (150, 30)])
def test_it_is_the_textbooks_method(length: int, period: int, multiplicative: bool) -> None:
    made = context(monthly(length, period, seed=length, multiplicative=multiplicative))
    values = made.values.astype(np.float64)
    found = season(values, made.floor)
    assert found.period == [period]
    known = values[0, -length:]
    bottom = float(made.floor[0]) if multiplicative else 0.0
    figure = textbook_figure((known - bottom).tolist(), period, multiplicative)
    np.testing.assert_allclose((found.factor if multiplicative else found.offset)[0, :period], figure, atol=1e-9)

    at = [figure[(t - length + 1) % period] for t in range(length)]
    adjusted = [(y - bottom) / s if multiplicative else y - s for y, s in zip(known.tolist(), at, strict=True)]
    factor, offset = found.at(np.arange(1 - values.shape[1], 1))
    alpha = float(fit(in_order((values - offset) / factor), found.period).alpha[0])
    means, deviations = textbook_theta(adjusted, alpha, period - 1, 64)
    expected = [
        [
            (mean + deviation * NormalDist().inv_cdf((k + 0.5) / 10)) * (figure[h % period] if multiplicative else 1)
            + (bottom if multiplicative else figure[h % period])
            for k in range(10)
        ]
        for h, (mean, deviation) in enumerate(zip(means, deviations, strict=True), start=1)
    ]
    samples = MODEL.predict(made.values, made.floor, 64)[0]
    np.testing.assert_allclose(samples, np.maximum(expected, made.floor[0]), rtol=1e-6, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), length=st.integers(24, 300))
def test_alpha_has_the_least_squared_error_of_the_grid(seed: int, length: int) -> None:
    random = np.random.default_rng(seed)
    values = random.normal(size=length).cumsum() * random.random() + random.normal(size=length)
    padded = np.full((1, 512), np.nan)
    padded[0, -length:] = values
    got = fit(in_order(padded), np.ones(1, dtype=np.int64))
    deviations = [textbook_theta(values.tolist(), alpha, 0, 1)[1][0] for alpha in ALPHAS.tolist()]
    assert got.alpha[0] == ALPHAS[np.argmin(deviations)]
    assert got.deviation[0] == pytest.approx(min(deviations))
    assert got.drift[0] == pytest.approx(textbook_drift(values.tolist()))


def test_the_moving_average_is_the_textbooks() -> None:
    values = np.random.default_rng(0).normal(size=(1, 60))
    for period in (2, 5, 12, 30):
        expected = [np.nan if a is None else a for a in textbook_trend(values[0].tolist(), period)]
        np.testing.assert_allclose(trend(values, np.array([period]))[0], expected, atol=1e-12)


def test_the_autocorrelation_is_the_textbooks() -> None:
    values = np.random.default_rng(0).normal(size=(1, 80)).cumsum(axis=1)
    centred = (values - values.mean())[0]
    expected = [(centred[lag:] * centred[: len(centred) - lag]).sum() / (centred**2).sum() for lag in range(80)]
    np.testing.assert_allclose(autocorrelation(values)[0], expected, atol=1e-12)


def test_noise_rarely_passes_the_test_for_a_season() -> None:
    values = np.random.default_rng(0).normal(size=(2000, 120))
    passed = significant(values, np.full(2000, 12)).mean()
    assert 0.01 < passed < 0.06  # one side of 90 %


def test_an_exact_line_is_continued_with_all_its_slope_or_half_of_it() -> None:
    values = 0.5 * np.arange(-100, 140)
    samples = unscaled(MODEL, context(values), 12)[0].mean(axis=1) - values[-1]
    steps = np.arange(1, 13)
    assert (0.24 * steps <= samples).all()
    assert (samples <= 0.51 * steps).all()


def test_an_exact_rhythm_is_repeated_exactly() -> None:
    values = np.tile([0.0, 3.0, -1.0, 4.0, -6.0], 40)
    samples = unscaled(MODEL, context(values), 15)[0]
    np.testing.assert_allclose(samples, np.tile(values[:5], 3)[:, None] * np.ones(10), atol=1e-5)


def test_a_season_needs_two_cycles_to_be_seen() -> None:
    values = np.tile(np.random.default_rng(5).normal(size=30), 3)
    for cycles, expected in ((1.9, 1), (2.9, 30)):
        made = context(values[: int(30 * cycles)] + np.random.default_rng(6).normal(0, 0.05, int(30 * cycles)))
        assert season(made.values.astype(np.float64), made.floor).period == [expected]


def test_a_season_is_found_and_kept_through_gaps() -> None:
    values = monthly(400, 12, seed=3, multiplicative=False)
    seen = np.random.default_rng(4).random(400) > 0.2
    seen[-1] = True
    whole, gappy = (unscaled(MODEL, context(given))[0] for given in (values, np.where(seen, values, np.nan)))
    assert np.abs(gappy.mean(axis=1) - whole.mean(axis=1)).max() < 0.3 * values.std()


def test_an_old_last_value_widens_the_bands() -> None:
    values = np.random.default_rng(1).normal(size=300).cumsum()
    values -= values.mean()
    old = np.concatenate((values, [np.nan] * 3))
    np.testing.assert_allclose(
        unscaled(MODEL, context(old), 12)[0], unscaled(MODEL, context(values), 15)[0, 3:], atol=1e-4
    )


def test_sales_that_grow_swing_more_at_the_next_peak_and_stay_above_zero() -> None:
    length = 96
    values = 50 * np.exp(0.02 * np.arange(length)) * (1 + 0.5 * np.sin(2 * np.pi * np.arange(length) / 12))
    values *= np.exp(np.random.default_rng(0).normal(0, 0.05, length))
    made = context(values)
    assert np.isfinite(made.floor).all()
    samples = unscaled(MODEL, made, 64)[0]
    assert (samples >= 0).all()
    swing = samples[:12].mean(axis=1)
    assert swing.max() - swing.min() > 0.8 * (values[-12:].max() - values[-12:].min())
