"""The workshop: windows are as the product sees them, training learns and goes on, its weights load in the product."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import windows
from engine.models.small.forecaster import HindcastSmall
from engine.series import Series, Step
from engine.settings import MAX_HORIZON, Settings
from engine.windows import CONTEXT_LENGTH, MAX_AGE, MIN_OBSERVED
from tests.forecaster_contract import has_the_promised_shape, shorter_horizons_are_the_first_steps
from training import pool, train
from training.export import export
from training.ingredients import LENGTH
from training.windows import FAR, Sampler, scaled

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pool of few series."""
    path = tmp_path_factory.mktemp("pool")
    pool.write_shard(path, 0, 200)
    pool.write_shard(path, 1, 100)
    return path


def recipe(out: Path, folder: Path, **changed: object) -> argparse.Namespace:
    """A recipe of seconds."""
    small = {"width": 16, "heads": 2, "hidden": 32, "layers": 1, "patch": 64}
    values = {"out": out, "pool": folder, "validation": folder, "minutes": 1.0, "batch": 16, "rate": 3e-3, "muon": 3e-3}
    return argparse.Namespace(**(values | small | {"seed": 0, "workers": 1} | changed))


def pools(folder: Path) -> tuple[train.Pool, train.Pool]:
    loaded = pool.load(folder, CPU)
    return loaded, loaded


@pytest.fixture(autouse=True)
def little_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "VALIDATION", (1, 32))


def test_a_pool_is_read_as_it_was_written_and_a_shard_is_drawn_once(folder: Path) -> None:
    values, floors = pool.load(folder, CPU)
    assert values.shape == (300, LENGTH)
    assert floors.shape == (300,)
    written = (folder / "000000.npz").stat().st_mtime_ns
    pool.write_shard(folder, 0, 200)
    assert (folder / "000000.npz").stat().st_mtime_ns == written


def test_a_missing_pool_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"run python -m training\.pool"):
        pool.load(tmp_path, CPU)


def test_windows_are_scaled_by_their_context_alone_and_can_be_forecast(folder: Path) -> None:
    made = Sampler(*pool.load(folder, CPU), seed=1).batch(500)
    assert made.contexts.shape == (500, CONTEXT_LENGTH)
    assert made.targets.shape == (500, MAX_HORIZON)
    assert torch.isfinite(made.targets).all()
    assert made.targets.abs().max() <= FAR
    seen = ~torch.isnan(made.contexts)
    assert (seen.sum(1) >= MIN_OBSERVED).all()
    assert seen[:, -1 - MAX_AGE :].any(1).all()
    assert made.contexts.nanmean(1).abs().max() < 1e-3
    spread = made.contexts.square().nanmean(1).sqrt()
    assert (((spread - 1).abs() < 1e-2) | (spread < 1e-2)).all()
    assert (torch.nan_to_num(made.contexts, nan=torch.inf).amin(1) >= made.floor - 1e-4).all()
    assert 0.2 < torch.isfinite(made.floor).float().mean() < 0.95


def test_windows_are_the_seeds(folder: Path) -> None:
    loaded = pool.load(folder, CPU)
    first, again, other = (Sampler(*loaded, seed=seed).batch(50).targets for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_floor_above_an_observed_value_is_none() -> None:
    past = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    made = scaled(past, torch.tensor([0.0, 1.5]), torch.zeros(2, 1))
    assert made.floor[0] == pytest.approx(-2 / np.sqrt(2 / 3), rel=1e-5)
    assert made.floor[1] == -torch.inf


def test_windows_are_scaled_as_the_product_scales_its_contexts() -> None:
    random = np.random.default_rng(7)
    rows = 40 * random.gamma(2, size=(60, CONTEXT_LENGTH + MAX_HORIZON))
    rows[::3] -= 50  # sometimes negative
    rows[5] = 7
    rows[10:20, :400] = np.nan
    rows[20:30][random.random((10, rows.shape[1])) < 0.3] = np.nan
    rows[30:40] = np.floor(rows[30:40] / 30)  # counts, many of them zero
    past, future = (torch.from_numpy(part) for part in np.split(rows.astype(np.float32), [CONTEXT_LENGTH], axis=1))
    made = scaled(past, torch.where((past < 0).any(1), -torch.inf, 0.0), future)
    series = Series(np.concatenate([*past.double().numpy()]), Step(1, "second"), 0)
    product = windows.contexts(series, np.arange(1, len(rows) + 1) * CONTEXT_LENGTH - 1)
    np.testing.assert_allclose(made.contexts, product.values, atol=2e-6)
    np.testing.assert_allclose(made.floor, product.floor, atol=2e-6)
    assert 10 < np.isfinite(product.floor).sum() < 50
    targets = (future.numpy() - product.loc[:, None]) / product.scale[:, None]
    np.testing.assert_allclose(made.targets, np.clip(targets, -FAR, FAR), atol=2e-6)


def test_an_invented_floor_does_not_depend_on_the_future() -> None:
    random = torch.Generator().manual_seed(0)
    values = torch.randn(4000, CONTEXT_LENGTH + MAX_HORIZON, generator=random).cumsum(1)
    values[1::2, CONTEXT_LENGTH:] -= 100  # every second one falls
    free = torch.full((4000,), -torch.inf)
    made = [Sampler(values, free, seed).batch(2000) for seed in range(4)]
    floor, targets = (torch.cat([getattr(part, name) for part in made]) for name in ("floor", "targets"))
    lowest = torch.cat([torch.nan_to_num(part.contexts, nan=torch.inf).amin(1) for part in made])
    given, falls = torch.isfinite(floor), targets.amin(1) < lowest - 1
    assert 0.4 < falls.float().mean() < 0.6
    assert 0.45 < given.float().mean() < 0.6
    given &= floor < lowest  # else the series is censored there
    room = (lowest - floor).log()
    assert abs(float(room[given & falls].mean() - room[given & ~falls].mean())) < 0.15
    assert (targets.amin(1) < floor)[given & falls].float().mean() > 0.2


def test_targets_never_lie_below_a_zero_that_a_series_really_has() -> None:
    random = torch.Generator().manual_seed(0)
    values = torch.randn(500, LENGTH, generator=random).abs().half()
    made = Sampler(values, torch.full((500,), 0.0), seed=1).batch(500)
    lowest = torch.nan_to_num(made.contexts, nan=torch.inf).amin(1)
    real = torch.isfinite(made.floor) & (lowest - made.floor < 0.09)  # an invented one is farther below
    assert real.float().mean() > 0.5
    assert (made.targets.amin(1) >= made.floor - 1e-5)[real].all()


def test_what_only_the_pools_precision_holds_above_its_floor_lies_on_it() -> None:
    floor = torch.rand(300, generator=torch.Generator().manual_seed(0)) * -3 - 0.3
    values = floor[:, None] + torch.arange(LENGTH) % 7
    made = Sampler(values.half(), floor, seed=1).batch(300)
    room = (torch.nan_to_num(made.contexts, nan=torch.inf).amin(1) - made.floor)[torch.isfinite(made.floor)]
    assert not ((room > 0) & (room < 2e-3)).any()
    assert (room == 0).float().mean() > 0.5


def test_training_learns(folder: Path, tmp_path: Path) -> None:
    started = train.Training(recipe(tmp_path, folder), CPU, pools(folder))

    def loss() -> float:
        with torch.no_grad():
            return float(train.losses(started.network, started.validation[0]).mean())

    before = loss()
    for _ in range(30):
        started.update(0.0)
        started.step += 1
    assert loss() < 0.95 * before


def test_training_goes_on_from_its_checkpoint_and_ends_with_its_budget(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "EVERY", 5)
    first = train.Training(recipe(tmp_path, folder, minutes=0.05), CPU, pools(folder))
    first.train()
    again = train.Training(recipe(tmp_path, folder, minutes=0.08), CPU, pools(folder))
    assert (again.step, again.spent) == (first.step, first.spent)
    for mine, saved in zip(again.average.parameters(), first.average.parameters(), strict=True):
        assert torch.equal(mine, saved)
    again.train()
    assert again.step > first.step
    text = (tmp_path / "curve.jsonl").read_text()
    assert "NaN" not in text
    curve = [json.loads(line) for line in text.splitlines()]
    assert [line["step"] for line in curve] == sorted(line["step"] for line in curve)
    assert curve[-1]["windows"] == again.step * 16


def test_workers_agree_on_their_gradients_and_their_clock(folder: Path, tmp_path: Path) -> None:
    options = recipe(tmp_path, folder, minutes=0.05, workers=2)
    torch.multiprocessing.spawn(train.work, (options, pools(folder), str(tmp_path / "meeting")), nprocs=2)
    curve = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text().splitlines()]
    assert curve[-1]["windows"] == curve[-1]["step"] * 16 * 2


def test_exported_weights_are_a_forecaster_of_the_product(folder: Path, tmp_path: Path) -> None:
    started = train.Training(recipe(tmp_path, folder), CPU, pools(folder))
    started.save()
    target = tmp_path / "weights.safetensors"
    sha256 = export(tmp_path / "checkpoint.pt", target)
    model = HindcastSmall(Settings(), target, sha256)
    has_the_promised_shape(model)
    shorter_horizons_are_the_first_steps(model)
