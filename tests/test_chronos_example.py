"""The documented example of a model of one's own: a package with it, installed beside a tiny checkpoint."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import ndtri

from engine import Engine, Settings, errors
from engine.models.base import GROUP, Forecaster, installed, load
from engine.windows import CONTEXT_LENGTH
from tests import forecaster_contract as contract
from tests.conftest import filled, to_csv, until, wave

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "chronos_bolt.py"
LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def checkpoint(folder: Path) -> Path:
    """A Chronos-Bolt checkpoint with random weights: as the published ones, but small."""
    from chronos.chronos_bolt import ChronosBoltModelForForecasting  # takes seconds, in every process that collects
    from transformers import T5Config

    torch.manual_seed(0)
    sizes = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_decoder_layers": 1, "num_heads": 2}
    config = T5Config(**sizes, vocab_size=2, pad_token_id=0, decoder_start_token_id=0, feed_forward_proj="relu")
    config.architectures = ["ChronosBoltModelForForecasting"]
    config.chronos_pipeline_class = "ChronosBoltPipeline"
    config.chronos_config = {
        "context_length": 2048,
        "prediction_length": 64,
        "input_patch_size": 16,
        "input_patch_stride": 16,
        "quantiles": LEVELS,
        "use_reg_token": True,
    }
    ChronosBoltModelForForecasting(config).save_pretrained(folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The checkpoint, and the example installed as a package."""
    site = tmp_path / "site"
    metadata = site / "acme-1.0.dist-info"
    metadata.mkdir(parents=True)
    shutil.copy(EXAMPLE, site)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\nchronos-bolt = chronos_bolt:load\n")
    monkeypatch.syspath_prepend(str(site))
    made = checkpoint(tmp_path / "bolt")
    monkeypatch.setenv("CHRONOS_FOLDER", str(made))
    yield made
    sys.modules.pop("chronos_bolt", None)


@pytest.fixture
def model(folder: Path) -> Forecaster:
    return load(Settings(model="chronos-bolt"), installed())["chronos-bolt"]


def test_it_keeps_the_contract(model: Forecaster) -> None:
    contract.has_the_promised_shape(model)
    contract.shorter_horizons_are_the_first_steps(model)
    contract.a_context_has_the_same_bytes_in_any_batch(model)
    contract.leaves_its_input_alone(model)
    for seed, scale, shift in ((1, 1e-12, 0.5), (2, 1e12, -0.5)):
        values = contract.grown(400, 24, 0.01, seed, 0.1)
        contract.follows_the_scale(model, values, scale)
        contract.follows_the_shift(model, values, shift)
        contract.what_was_never_negative_is_not_forecast_negative(model, values)


def test_its_quantiles_become_mid_quantiles_of_the_same_distribution(model: Forecaster) -> None:
    """A normal distribution keeps its quantiles: what lies between and beyond the known levels is linear in ndtri."""
    normal = torch.tensor(3 + 2 * ndtri(LEVELS), dtype=torch.float32)
    model._pipeline.predict = lambda contexts, steps: normal[None, :, None].expand(len(contexts), -1, steps)
    samples = model.predict(np.zeros((2, CONTEXT_LENGTH), np.float32), np.full(2, -np.inf, np.float32), 12)
    expected = 3 + 2 * ndtri((np.arange(10) + 0.5) / 10)
    np.testing.assert_allclose(samples, np.broadcast_to(expected, (2, 12, 10)), rtol=1e-5)


def test_its_digest_is_that_of_the_weights(model: Forecaster, folder: Path) -> None:
    assert model.digest == hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def test_an_engine_forecasts_with_it(folder: Path, tmp_path: Path) -> None:
    engine = Engine(Settings(cache_dir=tmp_path / "cache", model="chronos-bolt"))
    try:
        handle = engine.upload(to_csv(wave(60))).dataset.handle
        plot = engine.forecast(handle, -5)
        assert (plot.model, plot.samples.shape) == ("chronos-bolt", (12, 10))
        until(lambda: filled(engine, handle))
        assert engine.progress(handle).failed == 0
    finally:
        engine.close()


def test_without_its_folder_the_start_ends_with_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHRONOS_FOLDER")
    with pytest.raises(errors.StartError, match=r"'chronos-bolt' cannot be loaded: CHRONOS_FOLDER, .* not set"):
        load(Settings(model="chronos-bolt"), installed())
