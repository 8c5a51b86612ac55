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
from torch import Tensor, nn

from engine.models.observations import require_observed
from engine.models.quantiles import mid_levels
from engine.models.small.features import features
from engine.models.small.network import LEVELS, STEPS, Network, Shape
from engine.models.small.packed import pack
from engine.models.small.traced import Traced
from engine.plotdata import Kind
from engine.settings import MAX_HORIZON, Settings
from engine.windows import CONTEXT_LENGTH

WEIGHTS = Path(__file__).with_name("weights.safetensors")
SHA256 = "e4ab8942bc7a8f467bbbf031e640fedcffaa55059f691e4519aa3e07272495f0"  # of that file
RULES = 3  # of features and network: another number makes every stored forecast another model's
# Contexts that are forecast at once: products of other sizes may round otherwise, and bytes must not change.
FEW, SOME, MANY = 4, 16, 64


class Samples(nn.Module):
    """(B, steps, S) of contexts that go through features and network together, (B, C) with floors (B,)."""

    def __init__(self, network: Network, mix: Tensor, steps: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mix", mix)
        self.steps = steps

    def forward(self, contexts: Tensor, floor: Tensor) -> Tensor:
        given = features(contexts, floor, self.steps)
        samples = torch.maximum(self.network(given) @ self.mix, given.floor[:, :, None])
        return torch.where(given.constant[:, :, None], given.last[:, :, None], samples)


class HindcastSmall:
    """See MODEL_CARD.md. Its samples are the mid-quantiles (k - 0.5) / S of its forecast distribution."""

    name = "hindcast-small"
    kind: Kind = "quantiles"
    context_length = CONTEXT_LENGTH
    licence = "MIT"

    def __init__(self, settings: Settings, path: Path = WEIGHTS, sha256: str = SHA256) -> None:
        raw = verified(path, sha256)
        self.digest = f"{sha256[:16]}-{RULES}"
        self.num_samples = settings.num_samples
        self.numerics = numerics(settings.precision)
        self._device = torch.device("cuda" if self.numerics == "cuda" else "cpu")
        self.device = torch.cuda.get_device_name(self._device) if self.numerics == "cuda" else ""  # told as status
        self._network = network(raw).to(self._device, torch.float32 if self.numerics == "fp32" else torch.bfloat16)
        self.size = f"{sum(p.numel() for p in self._network.parameters()) / 1e6:.1f} million weights"
        if self.numerics == "bf16" and torch.ops.mkldnn._is_mkldnn_bf16_supported():
            pack(self._network, SOME * (self._network.patches + 1))
        mix = mixing(self.num_samples).to(self._device)
        torch.set_num_threads(1)  # one thread a worker: the engine runs several
        self._ahead = {
            steps: Traced(Samples(self._network, mix, steps)) for steps in range(STEPS, MAX_HORIZON + 1, STEPS)
        }
        self._ungraphed: set[int] = set()
        self._few = self._many = MANY
        if self.numerics != "cuda":
            self._ungraphed = set(self._ahead)
            self._few, self._many = self._sizes()
            self._make_graphs(_up_to_step(settings.horizon))

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        """See Forecaster.predict. ValueError for a context without any value."""
        require_observed(contexts)
        samples = np.empty((len(contexts), horizon, self.num_samples), np.float32)
        steps = _up_to_step(horizon)
        for start in range(0, len(contexts), MANY):
            part = slice(start, start + MANY)
            few = len(contexts[part]) <= 2 * self._few
            if not few and steps in self._ungraphed:  # whoever waits for one forecast does not wait for a graph
                self._make_graphs(steps)
            rows = self._few if few else self._many
            samples[part] = self._run(contexts[part], floor[part], steps, rows)[:, :horizon]
        return samples

    @torch.inference_mode()
    def _make_graphs(self, steps: int) -> None:
        self._ungraphed.discard(steps)  # first: other threads go on without
        for rows in (self._few, self._many):
            self._ahead[steps].trace(*map(torch.from_numpy, noise(rows)))

    @torch.inference_mode()
    def _run(
        self, contexts: NDArray[np.float32], floor: NDArray[np.float32], steps: int, rows: int
    ) -> NDArray[np.float32]:
        """(B, steps, S), at most MANY contexts; filled up to a multiple of `rows` with copies of the last one."""
        order = np.minimum(np.arange(-(-len(contexts) // rows) * rows), len(contexts) - 1)
        values, lowest = (torch.from_numpy(array[order]).to(self._device) for array in (contexts, floor))
        parts = zip(torch.split(values, rows), torch.split(lowest, rows), strict=True)
        samples = torch.cat([self._ahead[steps](*part) for part in parts])
        result: NDArray[np.float32] = samples[: len(contexts)].cpu().numpy()
        return result

    def _sizes(self) -> tuple[int, int]:
        """The fewest and the most rows that give the same bytes on this processor: a caller waits for the fewest."""
        made = {rows: self._run(*noise(MANY), MAX_HORIZON, rows).tobytes() for rows in (FEW, SOME, MANY)}
        return next(((rows, MANY) for rows in (FEW, SOME) if made[rows] == made[MANY]), (SOME, SOME))


def _up_to_step(horizon: int) -> int:
    return -(-horizon // STEPS) * STEPS


def noise(count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """So many contexts of nothing but noise, always the same, and their floors, of every other one just below it."""
    values = np.random.default_rng(0).normal(size=(count, CONTEXT_LENGTH)).astype(np.float32)
    return values, np.where(np.arange(count) % 2, np.float32(-np.inf), values.min(axis=1) - 1)


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
