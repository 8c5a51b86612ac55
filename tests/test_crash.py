"""Two hundred processes killed at random moments; see tests/crash. More: `python -m tests.crash.harness 2000 7`."""

from __future__ import annotations

from pathlib import Path

from tests.crash.harness import Harness
from tests.crash.world import world

SEED = 1
KILLS = 200


def test_killed_processes_leave_nothing_torn_and_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    harness = Harness(tmp_path, SEED, world())
    harness.run(KILLS)
    assert harness.kills.total() >= KILLS
    assert min(harness.kills[doing] for doing in ("opening", "working", "closing")) >= 8
    assert harness.clean >= 8
