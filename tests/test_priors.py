"""The synthetic prior: whatever is drawn can be trained on, and is drawn again from the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from training import priors
from training.ingredients import LENGTH
from training.priors import FAMILIES, Prior, draw

FEW = 6
NEVER_NEGATIVE = ("counts", "glucose")


def sample(name: str, seed: int = 0) -> NDArray[np.floating]:
    return FAMILIES[name].family(np.random.default_rng(seed), FEW)


def broken(rng: np.random.Generator, count: int) -> NDArray[np.floating]:
    series = rng.normal(size=(count, LENGTH))
    series[:, LENGTH // 2] = np.inf
    return series


def only(monkeypatch: pytest.MonkeyPatch, family: priors.Family) -> None:
    monkeypatch.setattr(priors, "FAMILIES", {"toy": Prior(family, 1.0, "A toy.")})


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_gives_series_that_are_finite_once_they_have_begun(name: str) -> None:
    series = sample(name)
    assert series.shape == (FEW, LENGTH)
    begun = np.maximum.accumulate(~np.isnan(series), axis=1)
    assert np.isfinite(series[begun]).all()
    assert begun[:, -1].all()


@pytest.mark.parametrize("name", FAMILIES)
def test_the_same_seed_gives_the_same_series_and_another_seed_others(name: str) -> None:
    first = sample(name)
    np.testing.assert_array_equal(first, sample(name))
    assert not np.array_equal(first, sample(name, seed=1), equal_nan=True)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_series_of_one_draw_differ(name: str) -> None:
    assert len({row.tobytes() for row in sample(name)}) == FEW


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_can_be_asked_for_one_series(name: str) -> None:
    assert FAMILIES[name].family(np.random.default_rng(0), 1).shape == (1, LENGTH)


@pytest.mark.parametrize("name", NEVER_NEGATIVE)
def test_what_cannot_be_negative_never_is(name: str) -> None:
    assert sample(name).min() >= 0


def test_business_records_are_short_and_end_at_the_right_edge() -> None:
    lengths = (~np.isnan(sample("business"))).sum(axis=1)
    assert lengths.min() > 64
    assert lengths.max() <= 214
    assert len(set(lengths)) > 1


def test_the_weights_are_the_shares_of_a_draw() -> None:
    weights = np.array([prior.weight for prior in FAMILIES.values()])
    _, _, index = draw(np.random.default_rng(0), 120)
    shares = np.bincount(index, minlength=len(FAMILIES)) / 120
    np.testing.assert_allclose(shares, weights / weights.sum(), atol=0.12)


def test_a_draw_is_standardised_and_mixed_and_knows_where_zero_is() -> None:
    values, floor, index = draw(np.random.default_rng(3), 64)
    assert values.shape == (64, LENGTH)
    assert values.dtype == floor.dtype == np.float32
    np.testing.assert_allclose(np.nanmean(values, axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(np.nanstd(values, axis=1), 1, atol=1e-3)
    assert (np.nanmin(values, axis=1) >= floor - 1e-4).all()
    never_negative = np.isin(index, [list(FAMILIES).index(name) for name in NEVER_NEGATIVE])
    assert np.isfinite(floor[never_negative]).all()
    assert np.isneginf(floor).any()
    assert (np.diff(index) < 0).any()


def test_a_draw_is_the_same_for_the_same_seed() -> None:
    for one, other in zip(draw(np.random.default_rng(5), 24), draw(np.random.default_rng(5), 24), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_constant_series_is_not_blown_up(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, lambda rng, count: np.full((count, LENGTH), 1e6))
    values, floor, _ = draw(np.random.default_rng(0), 2)
    np.testing.assert_array_equal(values, 0)
    np.testing.assert_array_equal(floor, -1e6)


def test_a_family_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, broken)
    with pytest.raises(ValueError, match="toy gave a series with a value that is not finite"):
        draw(np.random.default_rng(0), 2)
    only(monkeypatch, lambda rng, count: np.zeros((count, 7)))
    with pytest.raises(ValueError, match="toy gave an array of shape"):
        draw(np.random.default_rng(0), 2)
