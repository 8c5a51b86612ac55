"""What a mutant is, how it is made in a copy of the project, and whether a test notices it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
NEEDED = ("engine", "tests", "docs", "pages", "assets", "pyproject.toml")
NEEDED += tuple(sorted(path.name for path in ROOT.glob("*.py")))
UNNEEDED = shutil.ignore_patterns("__pycache__", "*.pyc", "browser", "crash", ".hypothesis")
LIMIT = 150.0  # seconds: who hangs that long is noticed

SIMULATION = "simulation"
SEEDS = 3000
PLAY = f"from tests.sim.simulator import simulate\nfor seed in range({SEEDS}): simulate(seed)"


class Mutant(NamedTuple):
    """In engine/`file` the text `old`, which occurs once, becomes `new`; that breaks what `breaks` says.

    killers: what is run against it, in this order, until something fails: the simulation, and files of tests/ (or
    single tests, file::test).
    """

    name: str
    file: str
    old: str
    new: str
    breaks: str
    killers: tuple[str, ...] = (SIMULATION, "test_scheduler.py", "test_backlog.py", "test_tickets.py")

    def applies(self, root: Path = ROOT) -> bool:
        return (root / "engine" / self.file).read_text(encoding="utf-8").count(self.old) == 1


class Verdict(NamedTuple):
    """killed_by is None for a survivor, and "" for a mutant that does not even start."""

    mutant: Mutant
    killed_by: str | None
    seconds: float


def copy(folder: Path) -> None:
    """What the tests of the engine need of the project."""
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=UNNEEDED)
        else:
            shutil.copy(ROOT / name, folder / name)


def failure(folder: Path, killer: str, *more: str) -> str | None:
    """What failed in a copy of the project when killers were run, None if nothing; "" if they could not be run."""
    if killer == SIMULATION:
        command = [sys.executable, "-c", PLAY]
    else:
        options = [
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "--timeout",
            "20",
            "--show-capture=no",
            "-o",
            "log_level=CRITICAL",
        ]
        command = [sys.executable, "-m", "pytest", *options, *(f"tests/{name}" for name in (killer, *more))]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT * (1 + len(more)),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{killer} does not end"
    if done.returncode == 0:
        return None
    if killer == SIMULATION:
        return f"{killer}: {done.stderr.strip().splitlines()[-1]}"
    failed = re.search(r"^(?:FAILED|ERROR) tests/(\S+)", done.stdout, re.MULTILINE)
    return failed[1] if done.returncode == 1 and failed else ""


def verdict(mutant: Mutant, folder: Path) -> Verdict:
    """Whether a mutant in a copy of the project is noticed; the copy is then as it was."""
    started = time.monotonic()
    path = folder / "engine" / mutant.file
    healthy = path.read_text(encoding="utf-8")
    path.write_text(healthy.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        killed_by = next((found for killer in mutant.killers if (found := failure(folder, killer)) is not None), None)
    finally:
        path.write_text(healthy, encoding="utf-8")
    return Verdict(mutant, killed_by, time.monotonic() - started)
