"""Ranges hold what they say, in worlds where the truth is known: forecasts that are right by construction, made at
every moment, so that neighbours share most of their future. All seeded."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from engine.plotdata import Kind, inside
from engine.scoring.held import expected, held, nominal
from engine.scoring.memory import PARTS, block_length, part_length, spread, sums_by_part
from engine.scoring.pairs import Pairs
from engine.scoring.ranges import FEWEST, means, means_of_cells, stands_out
from engine.scoring.skill import skill
from tests.calibrated import HORIZON, Worlds, worlds

WORLDS = {  # files, moments of each, memory, rhythm
    "short": (400, 300, 0.8, 0.0),
    "persistent": (300, 800, 0.95, 0.0),
    "daily": (150, 1600, 0.8, 0.9),
}
# A share of 0.95 of 150 to 400 files scatters by 0.01 to 0.02; the ranges themselves hold 0.93 to 0.96 of ten thousand.
NINETEEN_OF_TWENTY = pytest.approx(0.95, abs=0.045)


@cache
def world(name: str) -> Worlds:
    return worlds(*WORLDS[name], seed=len(name))


@cache
def scored(name: str, boldness: float = 1.0) -> tuple[Pairs, int]:
    """The scores of a world's files, and what block their memory asks for."""
    columns = world(name).scored(boldness)
    per_origin = columns.crps.sum(axis=2, dtype=np.float64)
    return columns, block_length(per_origin[0], np.full(per_origin.shape[1], HORIZON), HORIZON)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize(("band", "level"), [("inside50", 0.5), ("inside80", 0.8)])
@pytest.mark.parametrize("step", [0, 5, 11])
def test_a_right_forecast_is_called_right_19_times_of_20_at_every_step(
    name: str, band: str, level: float, step: int
) -> None:
    columns, block = scored(name)
    found = held(getattr(columns, band)[:, :, step], np.ones((1, 1)), level, block).verdicts()
    judged = [verdict for verdict in found if verdict != "too few"]
    assert len(judged) > 0.9 * len(found)
    assert judged.count("right") / len(judged) == NINETEEN_OF_TWENTY


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize(("band", "level"), [("inside50", 0.5), ("inside80", 0.8)])
def test_a_right_forecast_is_called_right_19_times_of_20_over_all_steps(name: str, band: str, level: float) -> None:
    columns, block = scored(name)
    held_so_many = getattr(columns, band).sum(axis=2, dtype=np.float64)
    found = held(held_so_many, np.full((1, held_so_many.shape[1]), HORIZON), level, block).verdicts()
    assert found.count("right") / len(found) == NINETEEN_OF_TWENTY


@pytest.mark.parametrize(("name", "boldness", "verdict"), [("daily", 0.8, "too narrow"), ("daily", 1.3, "too wide")])
def test_a_forecast_that_is_too_sure_or_not_sure_enough_is_found_out(name: str, boldness: float, verdict: str) -> None:
    columns, block = scored(name, boldness)
    for step in (0, 11):
        found = held(columns.inside80[:, :, step], np.ones((1, 1)), 0.8, block).verdicts()
        assert found.count(verdict) > 0.95 * len(found)


@pytest.mark.parametrize("name", WORLDS)
def test_the_range_of_the_mean_miss_holds_the_true_one_19_times_of_20(name: str) -> None:
    columns, block = scored(name)
    per_origin = columns.crps.mean(axis=2, dtype=np.float64)
    found = means(per_origin, np.ones(per_origin.shape[1]), block)
    judged, truth = found.n_eff >= FEWEST, per_origin.mean()
    within = (found.low <= truth) & (truth <= found.high)
    assert judged.mean() > 0.9
    assert within[judged].mean() == NINETEEN_OF_TWENTY


@pytest.mark.parametrize("name", WORLDS)
def test_the_range_of_the_skill_holds_the_true_one_19_times_of_20(name: str) -> None:
    columns, block = scored(name)
    ours = columns.crps.sum(axis=2, dtype=np.float64)
    theirs = world(name).last_value().scored().crps.sum(axis=2, dtype=np.float64)
    truth = 1 - ours.sum() / theirs.sum()
    found = [skill(one, other, np.ones(len(one)), block) for one, other in zip(ours, theirs, strict=True)]
    assert np.mean([one.range.low <= truth <= one.range.high for one in found]) == NINETEEN_OF_TWENTY
    assert {one.comparison for one in found} <= {"better", "no difference"}


def test_forecasters_that_differ_by_chance_alone_are_seldom_told_apart() -> None:
    random = np.random.default_rng(3)
    shared, *own = random.gamma(2.0, size=(3, 300, 500))
    found = [skill(a + b, a + c, np.ones(500), 24).comparison for a, b, c in zip(shared, *own, strict=True)]
    assert found.count("no difference") / len(found) == NINETEEN_OF_TWENTY


def test_a_forecaster_against_itself_shows_no_difference() -> None:
    misses = np.random.default_rng(5).gamma(2.0, size=300)
    same = skill(misses, misses, np.ones(300), 24)
    assert (same.value, tuple(same.range), same.comparison) == (0, (0, 0), "no difference")


def test_a_worse_forecaster_is_called_worse_and_few_moments_are_too_few() -> None:
    misses = np.random.default_rng(5).gamma(2.0, size=300)
    assert skill(1.5 * misses + 0.1, misses, np.ones(300), 24).comparison == "worse"
    few = skill(misses[:40], misses[:40] * 2, np.ones(40), 24)
    assert few.comparison == "too few"
    assert np.isnan(few.range).all()


def test_nobody_is_better_than_by_all_of_the_miss() -> None:
    own, other = np.random.default_rng(5).gamma(2.0, size=(2, 3000))
    other[1500:1512] = 1e9
    found = skill(own, other, np.ones(3000), 48)
    assert 0.99 < found.value < 1
    assert found.range.high == 1


def test_nothing_is_compared_with_one_who_never_misses() -> None:
    found = skill(np.ones(300), np.zeros(300), np.ones(300), 24)
    assert np.isnan(found.value)
    assert found.comparison == "too few"


def test_moments_that_the_other_has_exactly_right_count_and_those_without_pairs_do_not() -> None:
    own, other = np.random.default_rng(5).gamma(2.0, size=(2, 300))
    other[:100] = 0.0
    pairs = np.arange(300) % 7
    found = skill(own, other, pairs, 24)
    assert found.value == pytest.approx(1 - own[pairs > 0].sum() / other[pairs > 0].sum(), rel=1e-9)
    assert found.range.low < found.value < found.range.high


def test_independent_moments_are_worth_what_they_are() -> None:
    noise = np.random.default_rng(1).normal(size=(100, 2000))
    assert np.median(means(noise, np.ones(2000), 60).n_eff) == pytest.approx(2000, rel=0.1)


def test_overlapping_windows_are_worth_as_much_as_their_overlap_leaves() -> None:
    noise = np.random.default_rng(2).normal(size=(100, 5000 + HORIZON - 1))
    windows = np.lib.stride_tricks.sliding_window_view(noise, HORIZON, axis=1).mean(axis=2)
    # Lags k have the correlation 1 - k / 12: their sum over all lags is 12.
    found = means(windows, np.ones(5000), 96)
    assert np.median(found.n_eff) == pytest.approx(5000 / HORIZON, rel=0.15)


def test_the_variance_is_the_bartlett_sum_of_autocovariances() -> None:
    residuals = np.random.default_rng(4).normal(size=40)
    residuals -= residuals.mean()
    lags = np.abs(np.subtract.outer(np.arange(40), np.arange(40)))
    direct = residuals @ np.maximum(1 - lags / PARTS, 0) @ residuals
    lost = np.maximum(1 - lags / PARTS, 0).sum() / 40**2
    found = spread(sums_by_part(residuals, PARTS), np.ones(40))
    assert part_length(PARTS) == 1
    assert found.variance == pytest.approx(direct / (1 - lost))


def test_what_has_no_weight_does_not_count_whatever_stands_there() -> None:
    random = np.random.default_rng(6)
    values = random.gamma(2.0, size=400)
    there = random.random(400) < 0.7
    there[[0, -1]] = True
    hidden = np.where(there, values, np.nan)
    for got, expected_ in zip(means(hidden, there, 24), means(np.where(there, values, 9e9), there, 24), strict=True):
        np.testing.assert_array_equal(got, expected_)
    assert means(hidden, there, 24).value[0] == pytest.approx(values[there].mean())
    assert block_length(hidden, there, 6) == block_length(values * there, there, 6)


def test_a_cell_of_a_panel_says_what_its_moments_alone_would() -> None:
    random = np.random.default_rng(7)
    sums, pairs = random.gamma(2.0, size=1700), random.integers(0, 13, 1700)
    cells = np.where(random.random(1700) < 0.1, -1, np.arange(1700) // 10 % 7)
    panel = means_of_cells(sums, pairs, cells, 8, 48)
    for cell in range(7):
        alone = means(sums, np.where(cells == cell, pairs, 0), 48)
        for got, expected_ in zip(panel, alone, strict=True):
            assert got[cell] == pytest.approx(expected_[0])
    assert panel.n_eff[7] == 0
    assert np.isnan([panel.value[7], panel.low[7], panel.error[7]]).all()


def test_the_same_hour_of_different_days_is_worth_nearly_as_many_moments_as_it_has() -> None:
    columns, block = scored("persistent")
    per_origin = columns.crps.sum(axis=2, dtype=np.float64)
    hours = np.arange(per_origin.shape[1]) % 100
    worth = [means_of_cells(one, np.full(one.shape, HORIZON), hours, 100, block).n_eff for one in per_origin[:50]]
    assert np.mean(worth) > 0.6 * per_origin.shape[1] / 100


def test_chance_alone_seldom_makes_a_cell_stand_out() -> None:
    random = np.random.default_rng(8)
    cells = np.arange(168 * 40) % 168
    standing = 0
    for _ in range(100):
        values = random.gamma(2.0, size=len(cells))
        standing += stands_out(means_of_cells(values, np.ones(len(cells)), cells, 168, 48), values.mean()).any()
    assert standing <= 8


def test_hard_hours_stand_out_and_no_others() -> None:
    values = np.random.default_rng(9).gamma(2.0, size=168 * 40)
    cells = np.arange(len(values)) % 168
    values[np.isin(cells, (6, 7))] *= 2.5
    values[cells == 9] *= 0.2
    found = stands_out(means_of_cells(values, np.ones(len(values)), cells, 168, 48), values.mean())
    assert np.flatnonzero(found).tolist() == [6, 7]


def test_cells_of_few_moments_never_stand_out() -> None:
    values = np.r_[np.ones(400), np.full(5, 1e6)]
    cells = np.r_[np.zeros(400, dtype=int), np.ones(5, dtype=int)]
    assert not stands_out(means_of_cells(values, np.ones(405), cells, 2, 24), float(values.mean())).any()


def test_a_longer_memory_asks_for_longer_windows() -> None:
    random = np.random.default_rng(10)
    noise = random.normal(size=20_000)
    slow = np.repeat(random.normal(size=40), 500) + noise
    short, long = (block_length(values, np.ones(20_000), HORIZON) for values in (noise, slow))
    assert 4 * HORIZON <= short <= 2 * 1.3 * np.sqrt(20_000)
    assert long >= 500


@pytest.mark.parametrize("moments", [0, 1, 30])
def test_a_handful_of_moments_is_too_few_and_no_error(moments: int) -> None:
    values, there = np.arange(50.0), np.arange(50) < moments
    block = block_length(values, there, HORIZON)
    assert block >= 4 * HORIZON
    found = means(values, there, block)
    assert found.n_eff[0] < FEWEST
    assert np.isnan([found.low[0], found.high[0]]).all()
    assert held(values > 3, there, 0.8, block).verdicts() == ["too few"]


def test_a_band_that_held_everything_is_judged_by_its_windows() -> None:
    long, short = held(np.ones((1, 2000)), np.ones(2000), 0.8, 60), held(np.ones((1, 60)), np.ones(60), 0.8, 48)
    assert long.verdicts() == ["too wide"]
    assert long.n_eff[0] < 100
    assert short.verdicts() == ["too few"]


@pytest.mark.parametrize(("low", "high", "rounded"), [(0.1, 0.9, 0.807), (0.25, 0.75, 0.508)])
def test_ten_right_draws_hold_what_they_can(low: float, high: float, rounded: float) -> None:
    random = np.random.default_rng(12)
    draws, actuals = np.sort(random.normal(size=(400_000, 1, 10)), axis=-1), random.normal(size=(400_000, 1))
    share = inside(draws, actuals, "draws", low, high).mean()
    assert nominal(low, high, 10, "draws") == pytest.approx(share, abs=0.002)
    assert nominal(low, high, 10, "draws") == pytest.approx(rounded, abs=0.0005)


@pytest.mark.parametrize(
    ("samples", "kind", "share"),
    [(10, "quantiles", 0.8), (4, "quantiles", 0.75), (2, "draws", 1 / 3), (5, "draws", 2 / 3)],
)
def test_a_band_cannot_hold_more_than_its_samples_reach(samples: int, kind: Kind, share: float) -> None:
    assert nominal(0.1, 0.9, samples, kind) == pytest.approx(share, abs=1e-4)


def test_the_expected_range_is_that_of_a_binomial_share_and_narrows_with_more_moments() -> None:
    low, high = expected(0.8, np.array([9.0, 100.0, 10_000.0]))
    assert np.isnan([low[0], high[0]]).all()
    assert [low[1], high[1]] == pytest.approx([0.72, 0.87], abs=0.01)  # 72 and 87 of 100
    assert [low[2], high[2]] == pytest.approx([0.792, 0.808], abs=0.0005)


def test_a_few_windows_that_happen_to_agree_are_no_certainty() -> None:
    values = np.tile([1.0, 9.0], 200)
    cells = np.full(400, -1)
    cells[[0, 1, 2, 3, 200, 201, 202, 203]] = 1  # twice the same, far apart
    cells[20:180] = 0
    found = means_of_cells(values, np.ones(400), cells, 2, 24)
    assert found.n_eff[1] <= 4
    assert not stands_out(found, 0.0)[1]
    inside = np.where(cells == 1, 1.0, np.arange(400) % 2)
    assert held(inside, cells == 1, 0.8, 24).verdicts() == ["too few"]
