"""The contract, for every built-in model; what is particular to one has its own file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.models.base import Forecaster, built_in
from engine.settings import MAX_HORIZON, Settings
from engine.windows import CONTEXT_LENGTH, MIN_OBSERVED
from tests import forecaster_contract as contract

MODELS = {name: load(Settings()) for name, load in built_in().items()}
STATISTICAL = ("last-value", "seasonal-naive", "theta")
few = hypothesis_settings(max_examples=25, deadline=None)
every = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
statistical = pytest.mark.parametrize("model", [MODELS[name] for name in STATISTICAL], ids=STATISTICAL)


@every
def test_samples_have_the_promised_shape_and_are_finite(model: Forecaster) -> None:
    contract.has_the_promised_shape(model)


@every
def test_shorter_horizons_are_the_first_steps_of_longer_ones(model: Forecaster) -> None:
    contract.shorter_horizons_are_the_first_steps(model)


@every
def test_a_context_gives_the_same_bytes_alone_and_in_any_batch(model: Forecaster) -> None:
    contract.a_context_has_the_same_bytes_in_any_batch(model)


@every
def test_contexts_are_not_written_to(model: Forecaster) -> None:
    contract.leaves_its_input_alone(model)


@every
@few
@given(values=contract.shapes)
def test_what_was_never_negative_is_not_forecast_negative(model: Forecaster, values: NDArray[np.float64]) -> None:
    contract.what_was_never_negative_is_not_forecast_negative(model, values)


@every
@few
@given(values=contract.shapes, scale=st.sampled_from(contract.SCALES))
def test_forecasts_follow_the_scale_of_the_data(model: Forecaster, values: NDArray[np.float64], scale: float) -> None:
    contract.follows_the_scale(model, values, scale)


@every
@few
@given(values=contract.shapes, shift=st.floats(-0.9, 0.9))
def test_forecasts_follow_the_shift_of_data_with_negatives(
    model: Forecaster, values: NDArray[np.float64], shift: float
) -> None:
    contract.follows_the_shift(model, values, shift)


@every
@few
@given(length=st.integers(MIN_OBSERVED, 600), level=st.floats(-1e12, 1e12) | st.sampled_from(contract.LEVELS))
def test_the_level_of_constant_data_is_kept(model: Forecaster, length: int, level: float) -> None:
    samples = contract.unscaled(model, contract.context(np.full(length, level)))
    np.testing.assert_allclose(samples.mean(), level, rtol=1e-3, atol=1.0)


@statistical
@few
@given(length=st.integers(MIN_OBSERVED, 600), level=st.floats(-1e12, 1e12) | st.sampled_from(contract.LEVELS))
def test_a_constant_is_forecast_exactly_and_without_any_spread(model: Forecaster, length: int, level: float) -> None:
    made = contract.context(np.full(length, level))
    expected = np.maximum(made.values[0, -1], made.floor[0])
    assert (model.predict(made.values, made.floor, MAX_HORIZON) == expected).all()


@every
def test_every_pattern_of_gaps_is_taken(model: Forecaster) -> None:
    values = np.sin(np.arange(CONTEXT_LENGTH) / 4)
    patterns = {
        "every second": np.arange(CONTEXT_LENGTH) % 2 == 1,
        "every seventh": np.arange(CONTEXT_LENGTH) % 7 == 0,
        "nights": np.arange(CONTEXT_LENGTH) % 24 < 10,
        "the first and the last": (np.arange(CONTEXT_LENGTH) < 12) | (np.arange(CONTEXT_LENGTH) >= CONTEXT_LENGTH - 12),
        "only the last": np.arange(CONTEXT_LENGTH) >= CONTEXT_LENGTH - 1,
        "only the first": np.arange(CONTEXT_LENGTH) < 1,
    }
    rows = np.array([np.where(seen, values, np.nan) for seen in patterns.values()], dtype=np.float32)
    samples = model.predict(rows, np.full(len(rows), -np.inf, dtype=np.float32), MAX_HORIZON)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() < 50


@every
def test_a_context_without_any_value_is_refused_by_its_number(model: Forecaster) -> None:
    rows = np.zeros((3, CONTEXT_LENGTH), dtype=np.float32)
    rows[1] = np.nan
    with pytest.raises(ValueError, match="context 1 of 3 has no observed value"):
        model.predict(rows, np.zeros(3, dtype=np.float32), 12)
