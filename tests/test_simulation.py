"""Random lives of the scheduler; a seed that ever failed stays in sim/seeds.txt."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sim.simulator import simulate

SEEDS = 4_000
REMEMBERED = [int(line) for line in (Path(__file__).parent / "sim" / "seeds.txt").read_text().split()]


@pytest.mark.timeout(180)
def test_no_interleaving_loses_repeats_or_mixes_up_a_request() -> None:
    for seed in [*REMEMBERED, *range(SEEDS)]:
        try:
            simulate(seed)
        except Exception as error:
            raise AssertionError(f"seed {seed} fails; add it to tests/sim/seeds.txt") from error
