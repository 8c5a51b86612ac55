from __future__ import annotations

import numpy as np
import pytest

from engine.baselines import one_baseline
from engine.blocks import block_keys
from engine.errors import ModelFailed
from engine.forecasting import Subject, calculate, infer, rescored
from engine.jobs import Batch, Entry, Lane, Part
from engine.models.seasonal_naive import SeasonalNaive
from engine.plotdata import crps
from engine.series import Series
from engine.spec import Spec
from engine.windows import actuals
from tests.conftest import HOUR, wave

MODEL = SeasonalNaive()
SPEC = Spec.of(MODEL, 12)


def entry(series: Series, model: SeasonalNaive | None = MODEL) -> Entry:
    return Entry(1, "key", SPEC.key, Subject(series, SPEC, model, tuple(block_keys(series, SPEC))), None, 0)


def batch(*parts: Part) -> Batch:
    made = Batch(Lane.INTERACTIVE, parts)
    made.result = infer(made)
    return made


ONE, OTHER = entry(wave(700)), entry(wave(500, seed=3, first_slot=90_000))


def test_origins_of_different_series_in_one_batch_get_their_own_forecasts() -> None:
    slots = ONE.subject.series.first_slot + np.array([400, 500])
    mixed = calculate(batch(Part(ONE, slots), Part(OTHER, [OTHER.subject.series.last_slot])))
    assert [len(part.samples) for part in mixed] == [2, 1]
    for got, one, slot in ((mixed[0], ONE, slots[0]), (mixed[1], OTHER, OTHER.subject.series.last_slot)):
        expected, _ = one_baseline(one.subject, int(slot))
        np.testing.assert_allclose(got.row(0).unscaled(), expected, rtol=1e-12)


def test_samples_are_sorted_within_each_step() -> None:
    (got,) = calculate(batch(Part(ONE, [ONE.subject.series.last_slot - 30])))
    assert (np.diff(got.samples, axis=-1) >= 0).all()


def test_scores_are_the_mean_over_the_steps_that_have_happened() -> None:
    series = ONE.subject.series
    (got,) = calculate(batch(Part(ONE, [series.last_slot - 5, series.last_slot])))
    assert got.scores.n_scored.tolist() == [5, 0]
    happened = actuals(series, np.array([series.last_slot - 5]), 12)[0]
    expected = crps(got.row(0).unscaled(), happened, "quantiles")[:5].mean()
    assert got.scores.crps[0] == pytest.approx(expected)
    assert np.isnan(got.scores.crps[1])


def test_stored_rows_are_scored_with_what_is_known_now() -> None:
    whole = ONE.subject.series
    before = Series(whole.values[:600], HOUR, whole.first_slot)
    slot = np.array([before.last_slot])
    (stored,) = calculate(batch(Part(entry(before), slot)))
    assert stored.scores.n_scored.tolist() == [0]
    again = rescored(stored.samples, stored.loc, stored.scale, slot, ONE.subject)
    (fresh,) = calculate(batch(Part(ONE, slot)))
    assert again.scores.n_scored.tolist() == [12]
    assert again.scores.crps == fresh.scores.crps


def test_without_its_model_nothing_can_be_inferred() -> None:
    with pytest.raises(ModelFailed, match="not loaded"):
        infer(Batch(Lane.INTERACTIVE, [Part(entry(wave(100), None), [1050])]))
