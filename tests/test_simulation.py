"""Random lives of the scheduler; a seed that ever failed stays in sim/seeds.txt."""

from __future__ import annotations

import os

from tests.sim.simulator import simulate
from tests.sim.soak import SEEDS_FILE, remember, soak

SEEDS = 10_000
HERE = 300  # of them in this process, where a debugger and the coverage see them
# Processes; other tests may run beside this one, and have their share of the cores.
WORKERS = max(1, (os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
REMEMBERED = [int(line) for line in SEEDS_FILE.read_text().split()]


def test_a_seed_plays_the_same_life_every_time() -> None:
    assert simulate(7) == simulate(7)


def test_no_interleaving_loses_repeats_or_mixes_up_a_request() -> None:
    for seed in [*REMEMBERED, *range(HERE)]:
        try:
            simulate(seed)
        except Exception as error:
            remember([seed])
            raise AssertionError(f"seed {seed} fails; it is in {SEEDS_FILE.name} now") from error
    bad = soak(range(HERE, SEEDS), WORKERS)
    remember(bad)
    assert not bad, f"these seeds fail; they are in {SEEDS_FILE.name} now"
