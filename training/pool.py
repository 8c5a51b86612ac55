"""A pool of synthetic series on disk, drawn once and cropped many times: shards of float16 values and their floors."""

from __future__ import annotations

import argparse
import logging
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.ingredients import LENGTH
from training.priors import draw

log = logging.getLogger("training")

SHARD = 20_000  # series


def write_shard(folder: Path, seed: int, count: int = SHARD) -> Path:
    """Draw `count` series from the prior and write them; a shard that is there is kept."""
    path = folder / f"{seed:06d}.npz"
    if not path.exists():
        values, floor, _ = draw(np.random.default_rng(seed), count)
        partial = path.with_suffix(".part")
        with partial.open("wb") as file:
            np.savez(file, values=values.astype(np.float16), floor=floor)
        partial.rename(path)
    return path


def fill(folder: Path, series: int, workers: int, first_seed: int = 0) -> None:
    """Write shards until the folder holds `series` series."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = [min(SHARD, series - done) for done in range(0, series, SHARD)]
    seeds = range(first_seed, first_seed + len(counts))
    with ProcessPoolExecutor(workers) as processes:
        for path in processes.map(write_shard, [folder] * len(seeds), seeds, counts):
            log.info("pool: %s", path.name)


def load(folder: Path, device: torch.device) -> tuple[Tensor, Tensor]:
    """Every shard of a folder: values (N, LENGTH) float16, NaN before a short series; floors (N,)."""
    shards = sorted(folder.glob("*.npz"))
    if not shards:
        raise FileNotFoundError(f"There is no pool in {folder}: run python -m training.pool first.")
    values, floors = [], []
    for path in shards:
        with np.load(path) as shard:
            values.append(torch.from_numpy(shard["values"]).to(device))
            floors.append(torch.from_numpy(shard["floor"]).to(device))
    pool = torch.cat(values)
    if pool.shape[1] != LENGTH:
        raise ValueError(f"The pool's series have {pool.shape[1]} points, the prior's {LENGTH}: remove {folder}.")
    return pool, torch.cat(floors)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/pool"))
    parser.add_argument("--series", type=int, default=800_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--first-seed", type=int, default=0)
    options = parser.parse_args()
    fill(options.folder, options.series, options.workers, options.first_seed)
