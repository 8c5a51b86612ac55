"""hindcast-small as a Forecaster: weights from the package, numerics from the processor, batches of one size."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load as parse
from scipy.special import ndtri
from torch import Tensor

from engine.models.observations import require_observed
from engine.models.quantiles import mid_levels
from engine.models.small.features import features
from engine.models.small.network import LEVELS, Network, Shape
from engine.plotdata import Kind
from engine.settings import Settings
from engine.windows import CONTEXT_LENGTH

WEIGHTS = Path(__file__).with_name("weights.safetensors")
SHA256 = "08b4aca9981e910ff9a9693306d983154cc195bb05f546b4cd6fce8924a63ea6"
BATCHES = (8, 64)  # rows the network is given at once: a context's bytes must not depend on its neighbours


class HindcastSmall:
    """See MODEL_CARD.md. Its samples are the mid-quantiles (k - 0.5) / S of its forecast distribution."""

    name = "hindcast-small"
    kind: Kind = "quantiles"
    context_length = CONTEXT_LENGTH
    licence = "MIT"

    def __init__(self, settings: Settings, path: Path = WEIGHTS, sha256: str = SHA256) -> None:
        raw = verified(path, sha256)
        self.digest = sha256[:16]
        self.num_samples = settings.num_samples
        self.numerics = numerics(settings.precision)
        self._device = torch.device("cuda" if self.numerics == "cuda" else "cpu")
        self._network = network(raw).to(self._device, torch.float32 if self.numerics == "fp32" else torch.bfloat16)
        self.size = f"{sum(p.numel() for p in self._network.parameters()) / 1e6:.1f} million weights"
        self._mix = mixing(self.num_samples).to(self._device)
        torch.set_num_threads(1)  # one thread a worker: the engine runs several

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        """See Forecaster.predict. ValueError for a context without any value."""
        require_observed(contexts)
        rows = BATCHES[-1]
        parts = [
            self._run(contexts[start : start + rows], floor[start : start + rows], horizon)
            for start in range(0, len(contexts), rows)
        ]
        return np.concatenate(parts) if parts else np.empty((0, horizon, self.num_samples), np.float32)

    @torch.inference_mode()
    def _run(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        """A part of at most the largest batch, filled up to one of BATCHES with copies of its last row."""
        count = len(contexts)
        rows = next(size for size in BATCHES if size >= count)
        values = torch.from_numpy(contexts).to(self._device)
        lowest = torch.from_numpy(floor).to(self._device)
        if count < rows:
            filler = torch.full((rows - count,), count - 1, device=self._device)
            order = torch.cat((torch.arange(count, device=self._device), filler))
            values, lowest = values[order], lowest[order]
        given = features(values, lowest)
        samples = torch.maximum(self._network(given) @ self._mix, given.floor[:, :, None])
        exact = torch.where(given.constant[:, :, None], given.last[:, :, None], samples)
        result: NDArray[np.float32] = exact[:count, :horizon].cpu().numpy()
        return result


def verified(path: Path, sha256: str) -> bytes:
    """The file's bytes; ValueError, in one line, where it is missing or not the one that was released."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ValueError(
            f"its weights {path.name} cannot be read ({error.strerror}); install the package again."
        ) from None
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise ValueError(
            f"its weights {path.name} are damaged: their SHA-256 is not {sha256}; install the package again."
        )
    return raw


def network(raw: bytes) -> Network:
    """The network of a weights file, whose header names its sizes."""
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    built = Network(Shape(**json.loads(header["__metadata__"]["shape"])))
    built.load_state_dict({name: value.float() for name, value in parse(raw).items()})
    return built.eval()


def numerics(precision: str) -> str:
    """cuda, bf16 or fp32: what the machine can do unless the settings say, never what a timing says."""
    if precision != "auto":
        return precision
    if torch.cuda.is_available():
        return "cuda"
    fast = torch.backends.cpu.get_cpu_capability() != "DEFAULT" and torch.cpu._is_avx512_bf16_supported()
    return "bf16" if fast else "fp32"


def mixing(num_samples: int) -> Tensor:
    """(LEVELS, num_samples): weights that read the mid-quantiles off the network's levels, linear in ndtri(level)."""
    known = ndtri(np.asarray(LEVELS))
    wanted = ndtri(mid_levels(num_samples))
    weights = np.stack([np.interp(wanted, known, row) for row in np.eye(len(LEVELS))])
    return torch.from_numpy(weights.astype(np.float32))
