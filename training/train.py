"""Train hindcast-small on the pool: `python -m training.train`, again to go on from the last checkpoint.

On a processor one single-threaded worker per core, on a GPU one worker; gradients are averaged over workers.
Pinball loss at every level and step, each window's divided by its own predictability, so that an easy series weighs as
much as a hard one. The learning rate falls to zero at the end of the budget, and the average of the weights is kept.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import logging
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, multiprocessing, nn

from engine.models.small.features import features
from engine.models.small.network import LEVELS, Network, Shape
from engine.settings import MAX_HORIZON
from training import pool
from training.windows import Sampler, Windows

Pool = tuple[Tensor, Tensor]

log = logging.getLogger("training")

WARM_UP = 200  # steps
DECAY = 0.6  # share of the budget over which the learning rate falls to zero
AVERAGE = 0.998
EVERY = 200  # steps between lines of the learning curve, and checkpoints
PATIENCE = datetime.timedelta(days=1)  # a worker waits as long for one that was paused
NEAR = 16  # steps ahead that weigh more
VALIDATION = (12, 128)  # batches and windows in each


def losses(network: nn.Module, windows: Windows) -> Tensor:
    """(B, MAX_HORIZON) pinball loss, mean over levels, of each window in units of its own step."""
    with torch.no_grad():
        given = features(windows.contexts, windows.floor)
    with torch.autocast(windows.contexts.device.type, torch.bfloat16):
        forecast = network(given)
    levels = torch.tensor(LEVELS, device=forecast.device)
    error = windows.targets[..., None] - forecast
    pinball = torch.maximum(levels * error, (levels - 1) * error).mean(-1)
    unit = torch.minimum(given.step, given.seasonal_step) + 0.03
    varied = (~given.constant).to(pinball.dtype)
    return (2 * pinball / unit).clamp(max=20) * varied


class Training:
    """Network, averaged network, optimisers and sampler of one worker; worker 0 writes the curve and the checkpoint."""

    def __init__(
        self, options: argparse.Namespace, device: torch.device, pools: tuple[Pool, Pool], worker: int = 0
    ) -> None:
        torch.manual_seed(options.seed)
        self.options, self.device, self.worker = options, device, worker
        shape = Shape(options.width, options.heads, options.hidden, options.layers, options.patch)
        self.network = Network(shape).to(device)
        self.average = Network(shape).to(device)
        self.average.load_state_dict(self.network.state_dict())
        self.optimisers = optimisers(self.network, options)
        self.step = 0
        self.spent = 0.0
        self.resume()
        drawn, check = pools
        self.sampler = Sampler(*drawn, seed=hash((options.seed, self.step, worker)) % 2**31)
        self.validation = [Sampler(*check, seed=5 + i).batch(VALIDATION[1]) for i in range(VALIDATION[0])]

    def train(self) -> None:
        """Until the budget is spent."""
        started, before, sums = time.monotonic(), self.spent, torch.zeros((), device=self.device)
        budget = self.options.minutes * 60
        while self.spent < budget:
            rate = self.rate(self.spent / budget)
            for optimiser in self.optimisers:
                for group in optimiser.param_groups:
                    group["lr"] = group["initial_lr"] * rate
            sums += self.update(before + time.monotonic() - started)
            self.step += 1
            if self.step % EVERY == 0:
                self.report(float(sums) / EVERY, rate)
                sums.zero_()
                self.save()
        self.report(None, 0.0)
        self.save()

    def rate(self, done: float) -> float:
        """Share of the full learning rate when this share of the budget is done."""
        return min(1.0, (self.step + 1) / WARM_UP, max(0.0, (1 - done) / DECAY))

    def update(self, spent: float) -> Tensor:
        """One step, begun after `spent` seconds; this worker's loss."""
        each = losses(self.network, self.sampler.batch(self.options.batch))
        weights = torch.where(torch.arange(MAX_HORIZON, device=self.device) < NEAR, 1.5, 1.0)
        loss = (each * weights).mean()
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.share(spent)
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
        follow = min(AVERAGE, (self.step + 1) / (self.step + 50))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.network.parameters()), 1 - follow)
        return loss.detach()

    @torch.no_grad()
    def share(self, spent: float) -> None:
        """Average the gradients over the workers, and the time spent, on which they must agree."""
        self.spent = spent
        if not distributed.is_initialized():
            return
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        clock = torch.tensor([spent], dtype=torch.float32)
        flat = torch.cat([*(gradient.flatten() for gradient in gradients), clock])
        distributed.all_reduce(flat)
        flat /= distributed.get_world_size()
        *means, clock = flat.split([*(gradient.numel() for gradient in gradients), 1])
        for gradient, mean in zip(gradients, means, strict=True):
            gradient.copy_(mean.view_as(gradient))
        self.spent = float(clock)

    @torch.no_grad()
    def report(self, train: float | None, rate: float) -> None:
        """One line of the learning curve."""
        if self.worker:
            return
        each = torch.cat([losses(self.average, windows) for windows in self.validation])
        line = {
            "step": self.step,
            "minutes": round(self.spent / 60, 2),
            "windows": self.step * self.options.batch * self.options.workers,
            "train": None if train is None else round(train, 4),
            "valid_12": round(float(each[:, :12].mean()), 4),
            "valid_64": round(float(each.mean()), 4),
            "rate": round(rate, 3),
        }
        log.info("%s", json.dumps(line))
        with (self.options.out / "curve.jsonl").open("a") as curve:
            curve.write(json.dumps(line) + "\n")

    def save(self) -> None:
        """A checkpoint to go on from."""
        if self.worker:
            return
        state: dict[str, Any] = {
            "shape": dataclasses.asdict(self.network.shape),
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "spent": self.spent,
        }
        partial = self.options.out / "checkpoint.part"
        torch.save(state, partial)
        partial.rename(self.options.out / "checkpoint.pt")

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one."""
        path = self.options.out / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.step, self.spent = state["step"], state["spent"]
        log.info("going on from step %d, %.1f minutes", self.step, self.spent / 60)


def optimisers(network: Network, options: argparse.Namespace) -> list[torch.optim.Optimizer]:
    """Muon (Jordan et al. 2024) for the blocks' matrices, AdamW for everything else."""
    inner = [p for p in network.blocks.parameters() if p.ndim == 2]
    chosen = {id(p) for p in inner} if options.muon else set()
    rest = [p for p in network.parameters() if id(p) not in chosen]
    decayed = [p for p in rest if p.ndim == 2]
    plain = [p for p in rest if p.ndim != 2]
    groups = [
        {"params": decayed, "weight_decay": 0.02, "initial_lr": options.rate},
        {"params": plain, "weight_decay": 0.0, "initial_lr": options.rate},
    ]
    result: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.98))]
    if options.muon:
        group = {"params": inner, "initial_lr": options.muon}
        result.append(
            torch.optim.Muon([group], lr=options.muon, weight_decay=0.02, adjust_lr_fn="match_rms_adamw", ns_steps=4)
        )
    return result


def work(worker: int, options: argparse.Namespace, pools: tuple[Pool, Pool], meeting: str) -> None:
    """One worker process."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", f"file://{meeting}", rank=worker, world_size=options.workers, timeout=PATIENCE
    )
    Training(options, torch.device("cpu"), pools, worker).train()
    distributed.destroy_process_group()


def arguments() -> argparse.Namespace:
    """The recipe; the defaults are the shipped model's."""
    shape = Shape()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/small"))
    parser.add_argument("--pool", type=Path, default=Path("runs/pool"))
    parser.add_argument("--validation", type=Path, default=Path("runs/validation"))
    parser.add_argument("--minutes", type=float, default=95.0)
    parser.add_argument("--batch", type=int, default=128, help="windows a step and worker")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--muon", type=float, default=2.2e-3, help="learning rate of Muon; 0: AdamW throughout")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1 if torch.cuda.is_available() else len(os.sched_getaffinity(0)))
    for field in dataclasses.fields(shape):
        parser.add_argument(f"--{field.name}", type=int, default=getattr(shape, field.name))
    return parser.parse_args()


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pools = pool.load(options.pool, device), pool.load(options.validation, device)
    if options.workers == 1:
        Training(options, device, pools).train()
        return
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(work, (options, pools, f"{folder}/meeting"), nprocs=options.workers)


if __name__ == "__main__":
    main()
