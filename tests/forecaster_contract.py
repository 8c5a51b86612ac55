"""What every forecaster must do, as checks of a loaded one; its contexts come through the engine's own scaling."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.models.base import Forecaster
from engine.series import Series
from engine.settings import MAX_HORIZON
from engine.windows import CONTEXT_LENGTH, MIN_OBSERVED, Contexts, contexts, unscale, usable
from tests.conftest import HOUR, wave

LEVELS = (0.0, 1.0, -3.0, 1e-12, 1e12)
SCALES = (1e-12, 1e-3, 250.0, 1e12)

shapes = st.builds(
    lambda length, season, trend, seed, missing: grown(length, season, trend, seed, missing),
    length=st.integers(MIN_OBSERVED, 700),
    season=st.sampled_from([2, 5, 7, 12, 24, 168]),
    trend=st.sampled_from([0.0, 0.01, -0.005]),
    seed=st.integers(0, 2**16),
    missing=st.sampled_from([0.0, 0.1]),
)


def grown(length: int, season: int, trend: float, seed: int, missing: float) -> NDArray[np.float64]:
    """A rhythm about 0 with a trend, noise and gaps; at least MIN_OBSERVED values, the last of them known."""
    random = np.random.default_rng(seed)
    values = np.sin(2 * np.pi * np.arange(length) / season) + trend * np.arange(length) + random.normal(0, 0.3, length)
    values[random.random(length) < missing * (length > 2 * MIN_OBSERVED)] = np.nan
    values[-1] = 0.5
    return values


def context(values: NDArray[np.float64]) -> Contexts:
    """The context that ends with `values`."""
    return contexts(Series(values, HOUR, 0), np.array([len(values) - 1]))


def various() -> Contexts:
    """Contexts of every kind in one batch: complete, with gaps, short, constant, negative, old."""
    gappy, short = wave(1500, missing=0.1), wave(60)
    lines = [context(np.full(100, 5.0)), context(np.arange(40.0) - 20), context(np.tile([1.0, 5.0, 2.0, 9.0], 100))]
    old = wave(200).values.copy()
    old[-3:] = np.nan
    parts = [
        contexts(gappy, np.flatnonzero(usable(gappy.values))[::97] + gappy.first_slot),
        contexts(short, np.arange(MIN_OBSERVED - 1, 60, 7) + short.first_slot),
        *lines,
        context(old),
    ]
    return Contexts(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def unscaled(model: Forecaster, made: Contexts, horizon: int = 12) -> NDArray[np.float64]:
    """Samples (B, H, S) in the data's unit."""
    return unscale(model.predict(made.values, made.floor, horizon), made.loc, made.scale)


def has_the_promised_shape(model: Forecaster) -> None:
    made = various()
    for horizon in (1, 12, MAX_HORIZON):
        samples = model.predict(made.values, made.floor, horizon)
        assert samples.shape == (len(made.values), horizon, model.num_samples)
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()


def shorter_horizons_are_the_first_steps(model: Forecaster) -> None:
    made = various()
    longest = model.predict(made.values, made.floor, MAX_HORIZON)
    for horizon in (1, 12, 37):
        first = np.ascontiguousarray(longest[:, :horizon])
        assert model.predict(made.values, made.floor, horizon).tobytes() == first.tobytes()


def a_context_has_the_same_bytes_in_any_batch(model: Forecaster) -> None:
    made = various()
    together = model.predict(made.values, made.floor, MAX_HORIZON)
    order = np.random.default_rng(0).permutation(len(made.values))
    mixed = model.predict(made.values[order], made.floor[order], MAX_HORIZON)
    assert mixed.tobytes() == together[order].tobytes()
    many = np.tile(order, 3)  # more than fit into one pass of a network
    assert model.predict(made.values[many], made.floor[many], MAX_HORIZON).tobytes() == together[many].tobytes()
    for row in range(len(order)):
        one = slice(row, row + 1)
        assert model.predict(made.values[one], made.floor[one], MAX_HORIZON).tobytes() == together[one].tobytes()


def leaves_its_input_alone(model: Forecaster) -> None:
    made = various()
    before = made.values.tobytes(), made.floor.tobytes()
    model.predict(made.values, made.floor, 12)
    assert (made.values.tobytes(), made.floor.tobytes()) == before


def what_was_never_negative_is_not_forecast_negative(model: Forecaster, values: NDArray[np.float64]) -> None:
    positive = values - np.nanmin(values)
    for scale in SCALES:
        assert (unscaled(model, context(positive * scale), MAX_HORIZON) >= 0).all()


def follows_the_scale(model: Forecaster, values: NDArray[np.float64], scale: float) -> None:
    """To the precision of float32, in which contexts are given."""
    plain, scaled = unscaled(model, context(values)), unscaled(model, context(values * scale))
    np.testing.assert_allclose(scaled / scale, plain, atol=1e-3)


def follows_the_shift(model: Forecaster, values: NDArray[np.float64], shift: float) -> None:
    """Of data that is negative at times, before and after: zero means something to what is never below it."""
    values = values[-CONTEXT_LENGTH:] - np.nanmean(values[-CONTEXT_LENGTH:])
    shift *= min(np.nanmax(values), -np.nanmin(values))
    plain, shifted = unscaled(model, context(values)), unscaled(model, context(values + shift))
    np.testing.assert_allclose(shifted - shift, plain, atol=1e-3)
