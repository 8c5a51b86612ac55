"""A long run of the simulator on every core: `python -m tests.sim.soak --seeds 1000000 --first 0`.

Seeds that fail are added to seeds.txt, which every run of the suite plays first, and the run ends with 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from tests.sim.simulator import simulate

SEEDS_FILE = Path(__file__).parent / "seeds.txt"
CHUNK = 500
FIRST = 1_000_000  # the suite plays the small ones
ENOUGH = 20  # failing seeds tell no more than that


def failing(seeds: range) -> list[tuple[int, str]]:
    """The seeds whose life breaks an invariant, and how."""
    found = []
    for seed in seeds:
        try:
            simulate(seed)
        except Exception as error:
            found.append((seed, f"{type(error).__name__}: {error}".splitlines()[0]))
    return found


def remember(seeds: Sequence[int], path: Path = SEEDS_FILE) -> None:
    """Add seeds to the file; those that are there stay in their place."""
    known = path.read_text().split() if path.exists() else []
    path.write_text("".join(f"{seed}\n" for seed in dict.fromkeys([*known, *map(str, seeds)])))


def soak(seeds: range, workers: int) -> list[int]:
    """Play the seeds; what fails is printed at once."""
    chunks = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    bad: list[int] = []
    started, played = time.monotonic(), 0
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        running = {pool.submit(failing, chunk): chunk for chunk in chunks}
        for done in as_completed(running):
            played += len(running[done])
            for seed, reason in done.result():
                bad.append(seed)
                print(f"\nseed {seed}: {reason}")
            rate = played / (time.monotonic() - started)
            print(f"\r{played:,} of {len(seeds):,} seeds, {rate:,.0f}/s, {len(bad)} failed ", end="", flush=True)
            if len(bad) >= ENOUGH:
                pool.shutdown(cancel_futures=True)
                break
    print()
    return sorted(bad)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim.soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000_000, help="how many")
    parser.add_argument("--first", type=int, default=FIRST, help="the first of them")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    given = parser.parse_args(arguments)
    bad = soak(range(given.first, given.first + given.seeds), given.workers)
    if bad:
        remember(bad)
        print(f"{len(bad)} seeds failed; they are in {SEEDS_FILE.name} now")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
