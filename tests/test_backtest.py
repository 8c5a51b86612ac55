"""The backtest at the engine's door: the same numbers as pair by pair, brought up to date and never of another life."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from engine import Backtest, Engine, Settings, errors
from engine.models.base import Loader
from engine.series import Series
from tests import direct_scores as direct
from tests.conftest import HOUR, ToyForecaster, filled, to_csv, until, wave

GAPPY = wave(330, missing=0.06)


def whole(engine: Engine, handle: str, **how: object) -> Backtest:
    """The backtest of everything that is computed."""
    return engine.backtest(handle, timeout=20.0, **how)  # type: ignore[arg-type]


@pytest.fixture
def handle(engine: Engine) -> str:
    done = engine.upload(to_csv(GAPPY)).dataset.handle
    until(lambda: filled(engine, done))
    return done


@pytest.fixture
def still(settings: Settings, registry: dict[str, Loader]) -> Iterator[Engine]:
    """An engine that computes what is asked for and nothing else."""
    running = Engine(replace(settings, background=False), registry)
    yield running
    running.close()


def test_every_measure_is_that_of_all_pairs_one_by_one(engine: Engine, handle: str) -> None:
    found = whole(engine, handle)
    plots = direct.pictures(engine, handle)
    pairs = direct.pairs_of(plots)
    np.testing.assert_allclose(found.measures, direct.measures(pairs, found.scale), rtol=1e-6)
    naive = direct.pairs_of(direct.pictures(engine, handle, model="seasonal-naive"))
    np.testing.assert_allclose(found.baseline, direct.measures(naive, found.scale), rtol=1e-6)
    np.testing.assert_allclose(found.skill.value, 1 - found.measures.crps / found.baseline.crps, rtol=1e-12)
    np.testing.assert_allclose(found.skill_last.value, 1 - found.measures.crps / found.last_value.crps, rtol=1e-12)
    np.testing.assert_allclose(found.by_step.pairs, [sum(p.step == h for p in pairs) for h in range(12)])
    for name, of in {"crps": "crps", "coverage50": "inside50", "coverage80": "inside80"}.items():
        expected = [direct.column([p for p in pairs if p.step == h], of).mean() for h in range(12)]
        np.testing.assert_allclose(getattr(found.by_step, name), expected, rtol=1e-6)
    bias = [np.mean([p.median - p.actual for p in pairs if p.step == h]) for h in range(12)]
    np.testing.assert_allclose(found.by_step.bias, bias, rtol=1e-5, atol=1e-7)
    known = [int((~np.isnan(plot.actuals)).sum()) for plot in plots]
    total = len(plots)
    assert found.standing == (
        total,
        total,
        total,
        sum(2 * n >= 12 for n in known),
        sum(2 * n >= 12 for n in known),
        True,
    )


def test_draws_are_scored_as_draws(settings: Settings, registry: dict[str, Loader], toy: ToyForecaster) -> None:
    toy.kind = "draws"
    engine = Engine(settings, registry)
    handle = engine.upload(to_csv(GAPPY)).dataset.handle
    until(lambda: filled(engine, handle))
    found = whole(engine, handle)
    pairs = direct.pairs_of(direct.pictures(engine, handle))
    np.testing.assert_allclose(found.measures, direct.measures(pairs, found.scale), rtol=1e-6)
    assert found.coverage80.nominal == pytest.approx(0.808, abs=0.001)
    np.testing.assert_allclose(found.ranks.nominal, 1 / 11)
    engine.close()


def test_numbers_say_how_sure_they_are(engine: Engine) -> None:
    handle = engine.upload(to_csv(wave(3000))).dataset.handle
    until(lambda: filled(engine, handle))
    found = whole(engine, handle)
    assert 10 < found.n_eff <= found.standing.read
    assert found.skill.comparison == "worse"
    assert found.skill.range.low < found.skill.value < found.skill.range.high < 0
    assert found.skill_last.comparison == "better"
    assert found.coverage80.nominal == 0.8
    assert found.coverage80.expected.low < 0.8 < found.coverage80.expected.high
    assert found.coverage80.verdict == "too wide"  # its bands grow with the steps, whatever the series does
    steps = found.by_step
    assert (steps.crps_low < steps.crps).all()
    assert (steps.crps < steps.crps_high).all()
    assert ((steps.expected80_low < 0.8) & (steps.expected80_high > 0.8)).all()
    assert (steps.n_eff <= steps.pairs).all()
    np.testing.assert_allclose(found.ranks.nominal, [0.05, *[0.1] * 9, 0.05])
    assert ((found.ranks.expected_low < found.ranks.nominal) & (found.ranks.nominal < found.ranks.expected_high)).all()
    hours = next(panel for panel in found.panels if panel.kind == "hour").cells
    assert any(cell.stands_out for cell in hours)
    for cell in hours:
        assert cell.range.low < cell.miss < cell.range.high
        assert not (cell.stands_out and cell.miss < found.measures.crps)
    months = {cell.key: cell for panel in found.panels for cell in panel.cells if panel.kind == "month"}
    assert np.isnan([months["month:12"].miss, *months["month:12"].range]).all()
    assert (months["month:12"].moments, months["month:12"].stands_out) == (0, False)


def test_few_moments_are_too_few_to_judge(engine: Engine) -> None:
    handle = engine.upload(to_csv(wave(60))).dataset.handle
    until(lambda: filled(engine, handle))
    found = whole(engine, handle)
    assert found.n_eff < 10
    assert (found.skill.comparison, found.coverage80.verdict, found.coverage50.verdict) == ("too few",) * 3
    assert np.isnan([*found.skill.range, *found.coverage80.expected, *found.ranks.expected_low]).all()
    assert np.isfinite(found.measures).all()
    assert not any(cell.stands_out for panel in found.panels for cell in panel.cells)


def test_what_the_baseline_has_exactly_right_counts_too(engine: Engine) -> None:
    values = np.zeros(400)
    values[300:] = np.random.default_rng(1).normal(5, 1, 100)
    handle = engine.upload(to_csv(Series(values, HOUR, 0))).dataset.handle
    until(lambda: filled(engine, handle))
    found = whole(engine, handle)
    assert found.skill.value == pytest.approx(1 - found.measures.crps / found.baseline.crps)


def test_the_last_value_is_scored_as_the_model_of_that_name_is(settings: Settings, registry: dict[str, Loader]) -> None:
    engine = Engine(replace(settings, models=("last-value",)), registry)
    handle = engine.upload(to_csv(GAPPY)).dataset.handle
    until(lambda: filled(engine, handle))
    engine.forecast(handle, 0, model="last-value")
    until(lambda: filled(engine, handle, "last-value"))
    naive = whole(engine, handle, model="last-value")
    np.testing.assert_allclose(whole(engine, handle).last_value, naive.measures, rtol=1e-6)
    np.testing.assert_allclose(naive.last_value, naive.measures, rtol=1e-6)
    engine.close()


def test_a_spike_leaves_the_course_after_it_as_it_is(engine: Engine) -> None:
    calm = wave(900)
    values = np.where(np.arange(900) == 300, 1e25, calm.values)
    done = engine.upload(to_csv(Series(values, calm.step, calm.first_slot))).dataset.handle
    until(lambda: filled(engine, done))
    found = whole(engine, done).over_time
    misses = {picture.index: picture.crps for picture in direct.pictures(engine, done)}
    for column in (360, 380):
        first = int(found.index[column]) - found.window // 2
        around = [misses[index] for index in range(first, first + found.window)]
        assert found.crps[column] == pytest.approx(np.mean(around), rel=1e-6)


def test_ranks_say_between_which_samples_it_happened(engine: Engine, handle: str) -> None:
    pairs = direct.pairs_of(direct.pictures(engine, handle))
    expected = np.zeros(11)
    for pair in pairs:
        expected[pair.below : pair.not_above + 1] += 1 / (pair.not_above - pair.below + 1) / len(pairs)
    np.testing.assert_allclose(whole(engine, handle).ranks.shares, expected, atol=1e-12)


def test_a_file_of_which_nothing_is_computed_has_no_numbers(still: Engine, toy: ToyForecaster) -> None:
    handle = still.upload(to_csv(GAPPY)).dataset.handle
    found = still.backtest(handle)
    assert (found.standing.done, found.standing.read, found.standing.complete) == (0, 0, False)
    assert np.isnan([*found.measures, *found.baseline, *found.last_value, found.skill.value]).all()
    assert np.isnan(found.by_step.crps).all()
    assert found.worst == ()
    assert toy.computed == 0


@pytest.mark.parametrize("arguments", [{"worst": -1}, {"worst": 1001}, {"slice": "luck:7"}, {"stretch": (-3, -5)}])
def test_bad_questions_are_refused(still: Engine, arguments: dict[str, object]) -> None:
    handle = still.upload(to_csv(GAPPY)).dataset.handle
    with pytest.raises(errors.BadRequest):
        still.backtest(handle, **arguments)  # type: ignore[arg-type]
