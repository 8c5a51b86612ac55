"""hindcast-small: features are what they say, quantiles never cross, nothing looks ahead, weights are checked."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.errors import StartError
from engine.models.base import built_in, load
from engine.models.seasonal_naive import SeasonalNaive
from engine.models.small import forecaster, trend
from engine.models.small.features import CANDIDATES, LOOKBACK, SUMMARY, Features, features
from engine.models.small.forecaster import SHA256, WEIGHTS, HindcastSmall, numerics
from engine.models.small.network import GROUPS, LEVELS, STEPS, Network, Shape
from engine.models.small.periodicity import periods
from engine.models.small.seasonal import difference, repeated
from engine.models.small.window import Window, earlier, window
from engine.plotdata import crps
from engine.settings import MAX_HORIZON, Settings
from engine.windows import CONTEXT_LENGTH, actuals, contexts
from tests.conftest import wave
from tests.forecaster_contract import a_context_has_the_same_bytes_in_any_batch, context, various

FREE = -torch.inf
TIME = np.arange(CONTEXT_LENGTH + MAX_HORIZON)
TINY = Shape(width=32, heads=2, hidden=64, layers=2, patch=32)


def windows(rows: list[NDArray[np.float64]], floor: float = FREE) -> Window:
    """Rows right-aligned in contexts."""
    values = np.full((len(rows), CONTEXT_LENGTH), np.nan, dtype=np.float32)
    for line, row in zip(values, rows, strict=True):
        line[CONTEXT_LENGTH - len(row) :] = row[-CONTEXT_LENGTH:]
    return window(torch.from_numpy(values), torch.full((len(rows),), floor))


def seen(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[:CONTEXT_LENGTH]


def ahead(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[CONTEXT_LENGTH:]


def given() -> Features:
    made = various()
    return features(torch.from_numpy(made.values), torch.from_numpy(made.floor))


def test_a_window_knows_where_its_values_start_and_what_was_last_seen() -> None:
    values = np.array([5.0, np.nan, 7.0, 8.0, np.nan])
    made = windows([values])
    assert made.start.item() == CONTEXT_LENGTH - 5
    assert made.length.item() == 5
    assert made.filled[0, -5:].tolist() == [5, 5, 7, 8, 8]
    assert made.filled[0, 0].item() == 5
    assert made.last.item() == 8
    assert made.step.item() == 1


def test_an_earlier_window_is_the_window_of_the_earlier_context() -> None:
    rows = [np.random.default_rng(seed).normal(size=length) for seed, length in enumerate((512, 512, 300, 60))]
    rows[1][::7] = np.nan
    moved, direct = earlier(windows(rows), 16), windows([row[:-16] for row in rows])
    for name in ("seen", "live", "length", "last", "start"):
        torch.testing.assert_close(getattr(moved, name)[1:], getattr(direct, name)[1:], msg=name)
    torch.testing.assert_close(moved.values[:, 16:], direct.values[:, 16:])
    torch.testing.assert_close(moved.filled[:, 16:], direct.filled[:, 16:])


@pytest.mark.parametrize("period", [5, 7, 12, 24, 52, 168, 300])
def test_the_period_of_a_rhythm_is_found_under_trend_noise_and_spikes(period: int) -> None:
    random = np.random.default_rng(period)
    shape = random.normal(size=period)
    values = np.tile(shape, 200)[:CONTEXT_LENGTH] + 0.3 * random.normal(size=CONTEXT_LENGTH) + 0.01 * seen(TIME)
    values[100] += 40
    assert periods(windows([values])).main.item() == period


def test_both_periods_of_a_double_rhythm_are_found() -> None:
    day, week = np.sin(2 * np.pi * TIME / 24), np.where((TIME // 24) % 7 < 5, 1.0, -1.0)
    found = periods(windows([seen(2 * day + week)]))
    assert (found.main.item(), found.other.item()) == (168, 24)


def test_a_week_is_found_beside_its_days_where_they_look_alike() -> None:
    random = np.random.default_rng(5)
    day, weekend = np.sin(2 * np.pi * seen(TIME) / 24), np.where((seen(TIME) // 24) % 7 < 5, 0.4, -0.6)
    found = periods(windows([3 * day + weekend + random.normal(0, 0.1, CONTEXT_LENGTH)]))
    assert (found.main.item(), found.other.item()) == (24, 168)


def test_noise_and_lines_and_too_few_cycles_have_no_clear_period() -> None:
    line, half = 0.1 * seen(TIME), np.sin(2 * np.pi * TIME[:150] / 120)
    found = periods(windows([line, half]))
    assert found.main.tolist() == [[1], [1]]
    noise = np.random.default_rng(0).normal(size=CONTEXT_LENGTH)
    assert periods(windows([noise])).main_strength.item() < 0.3


def test_seasonal_candidates_repeat_the_cycle_its_mean_and_both_at_todays_level() -> None:
    values = np.tile([0.0, 1.0, 5.0, 2.0], 128) + 8.0 * (np.arange(CONTEXT_LENGTH) >= CONTEXT_LENGTH - 4)
    last, mean, last_moved, mean_moved = repeated(windows([values]), torch.tensor([[4]]), MAX_HORIZON)
    assert last[0, :5].tolist() == [8, 9, 13, 10, 8]
    assert mean[0, :5].tolist() == [2, 3, 7, 4, 2]
    assert last_moved[0, :4].tolist() == [16, 17, 21, 18]
    assert mean_moved[0, :4].tolist() == [10, 11, 15, 12]


def test_seasonal_differences_are_zero_where_a_value_is_missing_or_none_came_before() -> None:
    values = np.array([1.0, 2.0, 3.0, np.nan, 7.0, 8.0])
    assert difference(windows([values]), torch.tensor([[2]]))[0, -6:].tolist() == [0, 0, 2, 0, 4, 5]


def test_an_additive_season_on_a_line_is_continued() -> None:
    values = 3 * np.sin(2 * np.pi * TIME / 12) + 0.02 * TIME
    rows, share = trend.trends(windows([seen(values)]), torch.tensor([[12]]), MAX_HORIZON)
    drifting = rows[len(trend.LEVELS) + 1][0].numpy()
    # The smoothed level lags the line by its own memory.
    np.testing.assert_allclose(drifting[:12], ahead(values)[:12], atol=0.2)
    assert share.item() > 0.95


def test_a_multiplicative_season_on_growth_is_continued_in_logs_above_the_floor() -> None:
    values = np.exp(0.004 * TIME) * (1 + 0.4 * np.sin(2 * np.pi * TIME / 12))
    rows, _ = trend.trends(windows([seen(values) - 5], floor=-5.0), torch.tensor([[12]]), MAX_HORIZON)
    straight, bent = (rows[k][0].numpy() for k in (len(trend.LEVELS) + 1, trend.COUNT + len(trend.LEVELS) + 1))
    truth = ahead(values)[:24] - 5
    assert np.abs(bent[:24] - truth).mean() < 0.25 * np.abs(straight[:24] - truth).mean()


def test_candidates_in_logs_repeat_the_others_where_there_is_no_floor_or_a_value_on_it() -> None:
    values = 2 + np.sin(seen(TIME) / 3)
    on_the_floor = values.copy()
    on_the_floor[40] = 0
    for row, floor in ((values, FREE), (on_the_floor, 0.0)):
        rows, _ = trend.trends(windows([row], floor), torch.tensor([[19]]), MAX_HORIZON)
        for straight, bent in zip(rows[: trend.COUNT], rows[trend.COUNT :], strict=True):
            torch.testing.assert_close(straight, bent, rtol=0, atol=0)


def test_momenta_go_on_from_the_last_value_ever_more_slowly() -> None:
    line = 0.5 * seen(TIME)
    for (_, damping), row in zip(trend.MOMENTA, trend.momenta(windows([line]), MAX_HORIZON), strict=True):
        made = row[0].double().numpy()
        np.testing.assert_allclose(made[0], line[-1] + 0.5 * damping, rtol=1e-5)
        np.testing.assert_allclose(np.diff(made)[1:12] / np.diff(made)[:11], damping, rtol=1e-3)
        np.testing.assert_allclose(made[-1], line[-1] + 0.5 * damping / (1 - damping), rtol=1e-2)


def test_momenta_know_a_slope_through_gaps_and_none_where_nothing_moves() -> None:
    line = 0.5 * seen(TIME)
    line[-6:-3] = np.nan  # a gap of three, then three values
    still, short = np.full(100, 3.0), np.array([1.0, 1.0, 1.0, 1.0, 2.0])
    rows = trend.momenta(windows([line, still, short]), MAX_HORIZON)
    assert [row[1].unique().tolist() for row in rows] == [[3.0], [3.0]]
    for row in rows:
        assert 0.7 < (row[0, 0] - line[-1]).item() / (0.5 * 0.85) < 1.4
    quick, slow = ((row[2, 0] - 2).item() for row in rows)
    assert quick > slow > 0


def test_features_are_finite_for_every_kind_of_context() -> None:
    made = given()
    assert made.candidates.shape[1:] == (MAX_HORIZON, CANDIDATES)
    assert made.summary.shape[1] == SUMMARY
    for name in ("candidates", "channels", "summary", "last", "recent", "step", "seasonal_step"):
        assert torch.isfinite(getattr(made, name)).all(), name


def test_what_lay_on_its_floor_until_lately_has_no_logs_of_nothing() -> None:
    for length in range(24, 60):
        lately = np.zeros(length)
        lately[-5:] = 1, 0, 3, 7, 20
        made = context(lately)
        assert torch.isfinite(features(torch.from_numpy(made.values), torch.from_numpy(made.floor)).summary).all()


def test_features_know_which_candidate_was_right_lately() -> None:
    values = np.tile(np.random.default_rng(3).normal(size=24), 22)[:CONTEXT_LENGTH]
    summary = features(torch.from_numpy(values[None].astype(np.float32)), torch.tensor([FREE])).summary
    errors = summary[0, -CANDIDATES:]
    assert errors[1] < errors[0] - 1  # the last cycle beat the last value
    assert LOOKBACK < 24


@pytest.mark.parametrize("seed", range(3))
def test_quantiles_never_cross_whatever_the_weights(seed: int) -> None:
    torch.manual_seed(seed)
    network = Network(TINY)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(std=0.5)
        quantiles = network(given())
    assert quantiles.shape[1:] == (MAX_HORIZON, len(LEVELS))
    assert (quantiles.diff(dim=-1) >= 0).all()


def test_no_step_depends_on_the_candidates_of_later_tokens() -> None:
    torch.manual_seed(0)
    network, made = Network(TINY).eval(), given()
    with torch.no_grad():
        before = network(made)
        for group in range(1, GROUPS):
            changed = made.candidates.clone()
            changed[:, group * STEPS :] += 100
            after = network(made._replace(candidates=changed))
            torch.testing.assert_close(after[:, : group * STEPS], before[:, : group * STEPS], rtol=0, atol=0)
            assert (after[:, group * STEPS :] != before[:, group * STEPS :]).any()


def test_samples_are_the_mid_quantiles_in_order() -> None:
    made = various()
    model = built_in()["hindcast-small"](Settings())
    samples = model.predict(made.values, made.floor, 12)
    assert (np.diff(samples, axis=2) >= 0).all()
    nine = built_in()["hindcast-small"](Settings(num_samples=5)).predict(made.values, made.floor, 12)
    np.testing.assert_allclose(nine, samples[:, :, [0, 2, 4, 6, 8]] / 2 + samples[:, :, [1, 3, 5, 7, 9]] / 2, atol=0.3)


def test_a_constant_is_forecast_exactly() -> None:
    for level in (0.0, 5.0, -3.3, 1e12, 1e-12):
        made = context(np.full(100, level))
        samples = HindcastSmall(Settings()).predict(made.values, made.floor, MAX_HORIZON).astype(np.float64)
        assert (samples * made.scale[0] + made.loc[0] == level).all()


def test_a_zero_far_below_says_nothing() -> None:
    values = np.random.default_rng(0).normal(size=(3, CONTEXT_LENGTH)).astype(np.float32)
    model = HindcastSmall(Settings())
    free = model.predict(values, np.full(3, -np.inf, np.float32), MAX_HORIZON)
    for distance in (1e3, 1e8, 1e12):
        far = model.predict(values, np.full(3, -distance, np.float32), MAX_HORIZON)
        assert far.tobytes() == free.tobytes()


def test_values_that_differ_by_rounding_alone_are_a_constant() -> None:
    values = np.full(100, 0.1)
    values[::3] += 1e-17
    values[5] = np.nextafter(0.1, 1)
    made = context(values)
    assert np.ptp(HindcastSmall(Settings()).predict(made.values, made.floor, 12)) == 0


@pytest.mark.parametrize("noise", [0.1, 0.5])
def test_it_beats_the_baseline_on_a_rhythm_with_noise_and_is_not_too_sure(noise: float) -> None:
    series = wave(1500)
    series = dataclasses.replace(series, values=series.values + np.random.default_rng(1).normal(0, noise, 1500))
    slots = np.arange(600, 1480, 13) + series.first_slot
    made, happened = contexts(series, slots), actuals(series, slots, 12)

    def scores(model: HindcastSmall | SeasonalNaive) -> tuple[float, float]:
        samples = np.sort(model.predict(made.values, made.floor, 12).astype(np.float64), axis=-1)
        samples = samples * made.scale[:, None, None] + made.loc[:, None, None]
        inside = (samples[..., 1] <= happened) & (happened <= samples[..., -2])
        return float(np.nanmean(crps(samples, happened, "quantiles"))), float(inside.mean())

    small, naive = scores(HindcastSmall(Settings())), scores(SeasonalNaive())
    assert small[0] < 0.9 * naive[0]
    assert 0.5 < small[1] < 0.9  # nominal 0.7


def test_bf16_moves_no_sample_by_much_of_the_band() -> None:
    made = various()
    exact, rounded = (
        HindcastSmall(dataclasses.replace(Settings(), precision=precision)).predict(made.values, made.floor, 12)
        for precision in ("fp32", "bf16")
    )
    band = exact[..., -1:] - exact[..., :1]
    moved = np.abs(rounded - exact) / np.maximum(band, 1e-3)
    assert moved.mean() < 1e-2


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_every_length_of_few_and_many_contexts_runs_as_a_graph(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = HindcastSmall(Settings(precision=precision))
    series = wave(700)
    made = contexts(series, series.first_slot + np.arange(560, 560 + 64), CONTEXT_LENGTH)
    asked = [(made.values[:rows], made.floor[:rows], ahead) for rows in (1, 64) for ahead in (12, 64)]
    before = [model.predict(*each) for each in asked]

    def interpreted(*_: object) -> None:
        raise AssertionError("the interpreter ran the network")

    monkeypatch.setattr(Network, "forward", interpreted)
    for each, samples in zip(asked, before, strict=True):
        assert model.predict(*each).tobytes() == samples.tobytes()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_bytes_do_not_depend_on_the_batch_in_either_numerics(precision: str) -> None:
    a_context_has_the_same_bytes_in_any_batch(HindcastSmall(Settings(precision=precision)))


def test_bytes_do_not_depend_on_the_batch_on_a_laptops_processor() -> None:
    older = {"MKL_ENABLE_INSTRUCTIONS": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
    check = (
        "from engine import Settings; from engine.models.small.forecaster import HindcastSmall;"
        "from tests.forecaster_contract import a_context_has_the_same_bytes_in_any_batch as check;"
        "check(HindcastSmall(Settings(precision='fp32')))"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=root, env=os.environ | older, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_where_few_contexts_round_otherwise_all_are_made_of_as_many(monkeypatch: pytest.MonkeyPatch) -> None:
    def rounding(contexts: torch.Tensor, floor: torch.Tensor, steps: int) -> Features:
        exact = features(contexts, floor, steps)
        return exact._replace(summary=exact.summary + contexts.shape[0] / 1000)

    monkeypatch.setattr(forecaster, "features", rounding)
    model = HindcastSmall(Settings(precision="fp32"))
    values = np.random.default_rng(0).normal(size=(40, CONTEXT_LENGTH)).astype(np.float32)
    floor = np.full(40, -np.inf, np.float32)
    together = model.predict(values, floor, STEPS)
    for part in (slice(1), slice(3, 10), slice(40)):
        assert model.predict(values[part], floor[part], STEPS).tobytes() == together[part].tobytes()


def test_numerics_come_from_the_machine_or_the_setting_and_belong_to_the_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {numerics("fp32"), numerics("bf16")} == {"fp32", "bf16"}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for able, expected in ((True, "bf16"), (False, "fp32")):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda able=able: able)
        assert numerics("auto") == expected
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert numerics("auto") == "cuda"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_gpu_agrees_with_the_processor() -> None:
    made = various()
    here, there = (
        HindcastSmall(dataclasses.replace(Settings(), precision=precision)).predict(made.values, made.floor, 12)
        for precision in ("fp32", "auto")
    )
    assert np.abs(here - there).mean() < 1e-2


def missing(path: Path) -> None:
    path.unlink()


def damaged(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.parametrize(
    ("harm", "said"), [(missing, "cannot be read"), (damaged, "are damaged"), (cut, "are damaged")]
)
def test_missing_or_damaged_weights_end_the_start_with_one_clear_line(
    harm: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    copy = tmp_path / WEIGHTS.name
    copy.write_bytes(WEIGHTS.read_bytes())
    harm(copy)
    with pytest.raises(StartError) as error:
        load(Settings(), built_in() | {"hindcast-small": lambda settings: HindcastSmall(settings, copy)})
    assert f"its weights {WEIGHTS.name} {said}" in error.value.message
    assert "install the package again" in error.value.message
    assert "\n" not in error.value.message


def test_the_weights_are_small_enough_to_travel_with_the_code_and_their_card_names_them() -> None:
    assert WEIGHTS.stat().st_size < 10_000_000
    assert SHA256 in WEIGHTS.with_name("MODEL_CARD.md").read_text(encoding="utf-8")
