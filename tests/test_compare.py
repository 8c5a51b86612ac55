"""Forecasters side by side on the same pairs, at the engine's door and over the API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import app as hindcast
from engine import Compared, Contender, Engine, Settings, errors
from engine.models.base import Loader
from tests import direct_scores as direct
from tests.conftest import ToyForecaster, filled, to_csv, until, wave

GAPPY = wave(330, missing=0.06)


@pytest.fixture
def two(settings: Settings, registry: dict[str, Loader]) -> Iterator[Engine]:
    """An engine with two models that can be compared, and the two simple ones."""
    running = Engine(replace(settings, models=("toy", "theta")), registry)
    yield running
    running.close()


@pytest.fixture
def handle(two: Engine) -> str:
    """A file of which both models have forecast all moments."""
    done = two.upload(to_csv(GAPPY)).dataset.handle
    two.backtest(done, model="theta")
    until(lambda: filled(two, done) and filled(two, done, "theta"))
    return done


def contender(found: Compared, model: str) -> Contender:
    return next(each for each in found.contenders if each.model == model)


def test_the_baseline_comes_first_and_every_measure_is_that_of_the_models_own_backtest(
    two: Engine, handle: str
) -> None:
    found = two.compare(handle, timeout=20)
    assert [each.model for each in found.contenders] == ["seasonal-naive", "last-value", "toy", "theta"]
    for model in ("toy", "theta"):
        alone = two.backtest(handle, model=model, timeout=20)
        each = contender(found, model)
        np.testing.assert_allclose(each.measures, alone.measures, rtol=1e-12)
        np.testing.assert_allclose(each.by_step, alone.by_step.crps, rtol=1e-12)
        np.testing.assert_allclose(each.skill.value, alone.skill.value, rtol=1e-9)
        np.testing.assert_allclose(found.contenders[0].measures, alone.baseline, rtol=1e-12)
        np.testing.assert_allclose(found.contenders[1].measures, alone.last_value, rtol=1e-12)
    assert found.selected == alone.standing.scored
    assert found.total == alone.standing.total


def test_the_difference_is_that_of_the_means_over_the_same_pairs_one_by_one(two: Engine, handle: str) -> None:
    found = two.compare(handle, timeout=20)
    ours = direct.pairs_of(direct.pictures(two, handle, model="theta"))
    theirs = direct.pairs_of(direct.pictures(two, handle, model="seasonal-naive"))
    assert [(pair.index, pair.step) for pair in ours] == [(pair.index, pair.step) for pair in theirs]
    each = contender(found, "theta")
    expected = np.mean([one.crps - other.crps for one, other in zip(ours, theirs, strict=True)])
    assert each.difference == pytest.approx(expected, rel=1e-6)
    assert each.difference_range.low < each.difference < each.difference_range.high


def test_the_best_has_the_least_crps_and_is_no_different_from_itself(two: Engine, handle: str) -> None:
    found = two.compare(handle, timeout=20)
    scores = {each.model: each.measures.crps for each in found.contenders}
    assert found.best == min(scores, key=lambda model: scores[model])
    assert [each.against_best.value <= 0 for each in found.contenders] == [True] * 4
    assert contender(found, found.best).against_best.value == 0
    assert (found.contenders[0].difference, found.contenders[0].skill.value) == (0, 0)


def test_a_slice_and_a_stretch_are_compared_on_their_own_moments(two: Engine, handle: str) -> None:
    found = two.compare(handle, slice="level:high", stretch=(-250, -20), timeout=20)
    alone = two.backtest(handle, model="theta", slice="level:high", stretch=(-250, -20), timeout=20)
    assert (found.slice, found.stretch, found.selected) == ("level:high", (-250, -20), alone.standing.selected)
    np.testing.assert_allclose(contender(found, "theta").measures, alone.measures, rtol=1e-12)


def test_a_model_that_is_not_computed_takes_no_part_and_is_not_started(two: Engine) -> None:
    handle = two.upload(to_csv(GAPPY)).dataset.handle
    until(lambda: filled(two, handle))
    found = two.compare(handle, timeout=20)
    absent = contender(found, "theta")
    assert (absent.done, absent.takes_part) == (0, False)
    assert np.isnan([*absent.measures, absent.difference, absent.skill.value, *absent.by_step]).all()
    assert contender(found, "toy").takes_part
    assert two.progress(handle, model="theta").state == "paused"


def test_a_model_whose_forecasts_are_all_stored_takes_part_after_a_restart(
    two: Engine, handle: str, settings: Settings, registry: dict[str, Loader]
) -> None:
    before = two.compare(handle, timeout=20)
    two.close()
    again = Engine(replace(settings, models=("toy", "theta")), registry)
    try:
        found = again.compare(handle, timeout=20)
        for each, same in zip(found.contenders, before.contenders, strict=True):
            assert each.takes_part
            np.testing.assert_allclose(each.measures, same.measures, rtol=1e-12)
    finally:
        again.close()


def test_imported_forecasts_of_a_model_that_is_not_loaded_take_part_once_somebody_looks_at_them(
    two: Engine, handle: str, settings: Settings, registry: dict[str, Loader], tmp_path: Path
) -> None:
    before = two.compare(handle, timeout=20)
    own = replace(settings, cache_dir=tmp_path / "other", models=("toy",))
    other = Engine(own, {name: loader for name, loader in registry.items() if name != "theta"})
    try:
        other.load(b"".join(two.export(handle, "parquet", model="theta")))
        other.backtest(handle, model="toy")
        until(lambda: filled(other, handle))
        other.backtest(handle, model="theta", timeout=20)
        found = other.compare(handle, timeout=20)
        assert [each.model for each in found.contenders] == [each.model for each in before.contenders]
        assert contender(found, "theta").takes_part
        np.testing.assert_allclose(
            contender(found, "theta").measures, contender(before, "theta").measures, rtol=1e-5, atol=1e-9
        )
    finally:
        other.close()


def test_while_one_is_still_computed_all_are_compared_on_the_moments_it_has(two: Engine, toy: ToyForecaster) -> None:
    handle = two.upload(to_csv(GAPPY)).dataset.handle
    until(lambda: filled(two, handle))
    two.backtest(handle, model="theta")
    until(lambda: filled(two, handle, "theta"))
    toy.batches.clear()
    try:
        two.recalculate(handle, first=-100, last=0)
        found = two.compare(handle, timeout=20)
        alone = two.backtest(handle, model="toy", timeout=20)
        assert 100 <= found.selected == alone.standing.scored < found.total
        np.testing.assert_allclose(contender(found, "toy").measures, alone.measures, rtol=1e-12)
        assert contender(found, "theta").done == found.total
    finally:
        toy.batches.set()


def test_nothing_computed_is_nothing_compared(settings: Settings, registry: dict[str, Loader]) -> None:
    still = Engine(replace(settings, background=False), registry)
    try:
        handle = still.upload(to_csv(GAPPY)).dataset.handle
        found = still.compare(handle)
        assert (found.selected, found.best, found.n_eff) == (0, None, 0)
        assert [each.takes_part for each in found.contenders] == [False] * 3
    finally:
        still.close()


def test_where_only_the_simple_ones_are_loaded_they_are_compared_with_each_other(
    settings: Settings, registry: dict[str, Loader]
) -> None:
    simple = Engine(replace(settings, model="last-value", models=()), registry)
    try:
        handle = simple.upload(to_csv(GAPPY)).dataset.handle
        until(lambda: filled(simple, handle, "last-value"))
        found = simple.compare(handle, timeout=20)
        alone = simple.backtest(handle, timeout=20)
        assert [each.model for each in found.contenders] == ["seasonal-naive", "last-value"]
        np.testing.assert_allclose(found.contenders[1].measures, alone.measures, rtol=1e-6)
        assert found.selected == alone.standing.scored
    finally:
        simple.close()


@pytest.mark.parametrize("arguments", [{"slice": "luck:7"}, {"stretch": (-3, -5)}, {"horizon": 0}])
def test_questions_that_mean_nothing_are_refused(two: Engine, arguments: dict[str, object]) -> None:
    handle = two.upload(to_csv(GAPPY)).dataset.handle
    with pytest.raises(errors.BadRequest):
        two.compare(handle, **arguments)  # type: ignore[arg-type]


def test_the_api_answers_with_the_same_numbers(two: Engine, handle: str, settings: Settings) -> None:
    client = hindcast.create_app(settings, two).server.test_client()
    found = two.compare(handle, slice="level:low", timeout=20)
    answer = client.get(f"/api/v1/datasets/{handle}/compare?slice=level:low").get_json()
    assert (answer["best"], answer["selected"]) == (found.best, found.selected)
    for told, each in zip(answer["contenders"], found.contenders, strict=True):
        assert told["measures"] == each.measures._asdict()
        assert told["difference"] == each.difference
        assert told["skill"]["comparison"] == each.skill.comparison
    assert client.get(f"/api/v1/datasets/{handle}/compare?slice=nonsense").status_code == 400
