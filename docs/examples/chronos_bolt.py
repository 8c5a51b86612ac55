"""A Chronos-Bolt checkpoint from a local folder as a model of Hindcast. Copy this file into a package of your own.

CHRONOS_FOLDER names the folder: `config.json` and `model.safetensors`, as downloaded. Nothing is fetched from anywhere.
"""

import hashlib
import os
from pathlib import Path

import numpy as np
import torch
from chronos import BaseChronosPipeline
from scipy.special import ndtri

BATCH = 4  # contexts at a time, always: matrix products of another size may differ in their last digits


class ChronosBolt:
    """Hindcast's Forecaster contract: what a model is called, what identifies its numbers, and `predict`."""

    name = "chronos-bolt"  # the entry point's name
    kind = "quantiles"  # samples are the levels (k - 0.5) / S of the forecast distribution
    context_length = 512
    numerics = "fp32"
    licence = "Apache-2.0"

    def __init__(self, folder, num_samples):
        weights = Path(folder) / "model.safetensors"
        self.digest = hashlib.sha256(weights.read_bytes()).hexdigest()  # other weights are another model
        self.size = f"{weights.stat().st_size / 1e6:.0f} MB"
        self.num_samples = num_samples
        self._pipeline = BaseChronosPipeline.from_pretrained(str(folder), dtype=torch.float32, local_files_only=True)
        # Its own levels (0.1 .. 0.9) -> ours: linear in the normal quantile ndtri(level), beyond them too.
        known, wanted = ndtri(self._pipeline.quantiles), ndtri((np.arange(num_samples) + 0.5) / num_samples)
        self._left = np.clip(np.searchsorted(known, wanted) - 1, 0, len(known) - 2)
        self._weight = (wanted - known[self._left]) / (known[self._left + 1] - known[self._left])

    def predict(self, contexts, floor, horizon):
        """(B, 512) scaled contexts, NaN = missing; floor (B,), below which nothing lies -> (B, horizon, samples)."""
        padded = np.concatenate((contexts, np.repeat(contexts[-1:], -len(contexts) % BATCH, axis=0)))
        parts = [self._pipeline.predict(torch.from_numpy(part), 64) for part in np.split(padded, len(padded) // BATCH)]
        quantiles = torch.cat(parts)[: len(contexts), :, :horizon].numpy()  # (B, levels, horizon)
        quantiles = np.sort(np.moveaxis(quantiles, 1, 2), axis=2)
        left, right = quantiles[..., self._left], quantiles[..., self._left + 1]
        samples = left + (right - left) * self._weight
        return np.maximum(samples, floor[:, None, None]).astype(np.float32)


def load(settings):
    """The entry point: Hindcast's settings -> a model that is ready. What it raises ends the start, in one line."""
    folder = os.environ.get("CHRONOS_FOLDER")
    if not folder:
        raise ValueError("CHRONOS_FOLDER, the folder of the checkpoint, is not set")
    torch.set_num_threads(1)  # of each of Hindcast's own threads
    return ChronosBolt(folder, settings.num_samples)
