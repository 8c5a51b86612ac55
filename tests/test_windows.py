from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.series import Series, Step
from engine.windows import CONTEXT_LENGTH, MAX_AGE, MIN_OBSERVED, actuals, contexts, scaled_zero, usable
from tests.conftest import wave

VALUES = arrays(
    np.float64, st.integers(1, 80), elements=st.floats(-1e9, 1e9) | st.just(np.nan) | st.just(7.0), fill=st.nothing()
)


def hourly(values: np.ndarray) -> Series:
    return Series(values, Step(3600, "second"), -5)


@given(VALUES)
def test_usable_is_enough_readings_the_last_of_them_recent(values: np.ndarray) -> None:
    expected = []
    for end in range(1, len(values) + 1):
        seen = ~np.isnan(values[max(0, end - CONTEXT_LENGTH) : end])
        age = np.argmax(seen[::-1]) if seen.any() else np.inf
        expected.append(seen.sum() >= MIN_OBSERVED and age <= MAX_AGE)
    assert usable(values).tolist() == expected


def test_the_first_origin_with_enough_readings_is_usable_and_the_one_before_is_not() -> None:
    marks = usable(np.arange(50.0))
    assert np.flatnonzero(marks)[0] == MIN_OBSERVED - 1


def test_a_context_is_the_values_up_to_its_origin_scaled_by_themselves() -> None:
    series = wave(700)
    slot = series.first_slot + 650
    got = contexts(series, np.array([slot]))
    window = series.values[650 - CONTEXT_LENGTH + 1 : 651]
    np.testing.assert_allclose(got.values[0] * got.scale[0] + got.loc[0], window, rtol=1e-6)
    assert got.loc[0] == pytest.approx(window.mean())
    assert got.scale[0] == pytest.approx(window.std())


def test_what_lies_before_the_series_is_missing() -> None:
    series = wave(100)
    got = contexts(series, np.array([series.first_slot + 39]))
    assert np.isnan(got.values[0, : CONTEXT_LENGTH - 40]).all()
    assert not np.isnan(got.values[0, CONTEXT_LENGTH - 40 :]).any()


def test_nothing_after_an_origin_changes_its_context() -> None:
    series = wave(900, missing=0.05)
    origins = series.first_slot + np.array([100, 500, 700])
    before = contexts(series, origins)
    for at in (100, 500, 700):
        altered = series.values.copy()
        altered[at + 1 :] = 1e6
        after = contexts(hourly_like(series, altered), np.array([series.first_slot + at]))
        row = [100, 500, 700].index(at)
        assert after.values.tobytes() == before.values[row : row + 1].tobytes()
        assert (after.loc[0], after.scale[0]) == (before.loc[row], before.scale[row])


def hourly_like(series: Series, values: np.ndarray) -> Series:
    return Series(values, series.step, series.first_slot)


def test_a_context_gives_the_same_bytes_alone_and_in_any_batch() -> None:
    series = wave(1200, missing=0.1)
    origins = series.first_slot + np.flatnonzero(usable(series.values))[::7]
    together = contexts(series, origins)
    for row in range(0, len(origins), 11):
        alone = contexts(series, origins[row : row + 1])
        assert alone.values.tobytes() == together.values[row].tobytes()
        assert (alone.loc[0], alone.scale[0]) == (together.loc[row], together.scale[row])


@pytest.mark.parametrize("level", [0.0, 5.0, 1e12, 1e-12, -3.3])
def test_a_constant_context_is_zero_with_scale_one(level: float) -> None:
    got = contexts(hourly(np.full(60, level)), np.array([50]))
    assert np.nanmax(np.abs(got.values)) < 1e-3
    assert got.scale[0] == 1.0


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_extreme_magnitudes_keep_their_shape(scale: float) -> None:
    values = np.sin(np.arange(100.0))
    plain = contexts(hourly(values), np.array([90]))
    scaled = contexts(hourly(values * scale), np.array([90]))
    np.testing.assert_allclose(scaled.values, plain.values, rtol=1e-5, atol=1e-6)


FLOATS = st.floats(0, 1e300) | st.sampled_from([0.0, 5e-324, 1e-310, 1e-12, 0.1, 1e12, 1e300])


@given(arrays(np.float64, st.integers(1, 40), elements=FLOATS, fill=st.nothing()))
def test_a_sample_at_the_floor_is_never_negative_and_close_to_zero(values: np.ndarray) -> None:
    got = contexts(hourly(values), np.array([len(values) - 6]))
    least = got.floor.astype(np.float64) * got.scale + got.loc
    assert least[0] >= 0
    assert least[0] <= 1e-6 * got.loc[0] or got.loc[0] > 1e38 or got.loc[0] < 1e-38  # which float32 cannot tell from 0


@given(loc=st.floats(0, 1e38), spread=st.floats(1e-12, 25) | st.none())
def test_the_scaled_zero_is_the_least_float32_that_is_not_negative(loc: float, spread: float | None) -> None:
    scale = 1.0 if spread is None or loc * spread < 1e-300 else loc * spread
    got = scaled_zero(np.array([loc]), np.array([scale]))
    assert got.astype(np.float64) * scale + loc >= 0
    assert np.nextafter(got, np.float32(-np.inf)).astype(np.float64) * scale + loc < 0


def test_only_a_context_without_a_negative_value_has_a_floor() -> None:
    values = np.concatenate((np.full(30, -1.0), np.arange(600.0)))
    got = contexts(hourly(values), np.array([100, 600 - 5]))
    assert got.floor.dtype == np.float32
    assert got.floor[0] == -np.inf
    assert got.floor[1] * got.scale[1] + got.loc[1] == pytest.approx(0, abs=1e-4)


def test_actuals_are_the_values_after_the_origin_and_unknown_beyond_the_end() -> None:
    got = actuals(hourly(np.arange(10.0)), np.array([-5, 3]), 3)
    np.testing.assert_array_equal(got, [[1, 2, 3], [9, np.nan, np.nan]])


def test_slots_outside_the_series_are_a_programming_error() -> None:
    with pytest.raises(IndexError):
        contexts(hourly(np.arange(60.0)), np.array([60]))


def test_an_all_missing_context_is_refused() -> None:
    with pytest.raises(ValueError, match="without any observed"):
        contexts(hourly(np.array([np.nan, 1.0])), np.array([-5]))


def test_which_positions_are_usable_does_not_hang_on_the_pieces_in_which_they_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(3)
    values = np.where(random.random(5000) < np.repeat(random.random(50), 100), 1.0, np.nan)
    whole = usable(values)
    monkeypatch.setattr("engine.windows.PIECE", 7)
    assert whole.any()
    assert not whole.all()
    assert np.array_equal(usable(values), whole)
    assert usable(np.empty(0)).shape == (0,)
