from __future__ import annotations

import numpy as np
import pytest

from engine.models.last_value import LastValue
from tests.forecaster_contract import context, unscaled

MODEL = LastValue()
WALK = np.random.default_rng(1).normal(size=400).cumsum()


def test_the_median_of_a_random_walk_is_about_its_last_value() -> None:
    samples = unscaled(MODEL, context(WALK - WALK.mean()), 64)[0]
    centre = 0.5 * (samples[:, 4] + samples[:, 5]) - (WALK[-1] - WALK.mean())
    assert (np.abs(centre) < 0.1 * np.sqrt(np.arange(1, 65))).all()


def test_bands_are_quantiles_of_the_changes_times_the_square_root_of_the_steps_ahead() -> None:
    samples = unscaled(MODEL, context(WALK - WALK.mean()), 64)[0] - (WALK[-1] - WALK.mean())
    levels = (np.arange(10) + 0.5) / 10
    expected = np.quantile(np.diff(WALK), levels, method="hazen") * np.sqrt(np.arange(1, 65))[:, None]
    np.testing.assert_allclose(samples, expected, atol=1e-5)


def test_the_last_observed_value_is_carried_on_and_its_age_widens_the_bands() -> None:
    values = WALK - WALK.mean()
    old = np.concatenate((values, [np.nan] * 3))
    np.testing.assert_allclose(
        unscaled(MODEL, context(old), 12)[0], unscaled(MODEL, context(values), 15)[0, 3:], atol=1e-5
    )


@pytest.mark.parametrize("every", [2, 3])
def test_a_walk_that_is_seen_now_and_then_has_the_bands_of_one_that_is_always_seen(every: int) -> None:
    seen = np.arange(len(WALK))[::-1] % every == 0
    often = unscaled(MODEL, context(WALK - WALK.mean()))[0]
    seldom = unscaled(MODEL, context(np.where(seen, WALK - WALK.mean(), np.nan)))[0]
    widths = [samples[:, -1] - samples[:, 0] for samples in (often, seldom)]
    np.testing.assert_allclose(widths[1], widths[0], rtol=0.2)
