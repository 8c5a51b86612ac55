"""Kills children at seeded random moments: `python -m tests.crash.harness 2000 7` for 2,000 kills of seed 7."""

from __future__ import annotations

import json
import math
import os
import random
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.crash.ledger import Ledger
from tests.crash.world import Known, world

ROOT = Path(__file__).parents[2]
PER_FOLDER = 25  # lives on one cache directory
PATIENCE = 30.0  # seconds for a child to say what it must
PROMPT = 0.5  # seconds late that a child may be killed for it to be held to what was due
START = 120.0  # seconds for the zygote to import everything, beside other tests
# When a child is killed: while it works, opens, closes, or just as it begins a change that takes a while. Or never.
WAYS = {"work": 14, "open": 3, "close": 2, "upload": 1, "delete": 2, "recalculate": 1, "flush": 1, "clean": 1}
MARKS = {"work": "working", "open": "opening", "close": "closing", "clean": ""}


class Zygote:
    """The process that forks children, and what the one that lives says."""

    def __init__(self, log: Path) -> None:
        lean = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.zygote"],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=os.environ | lean,
                process_group=0,
            )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._jobs, self._out = self._process.stdin, self._process.stdout.fileno()
        os.set_blocking(self._out, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out, selectors.EVENT_READ)
        self._rest = b""

    def start(self) -> None:
        """Wait until it can fork. AssertionError."""
        deadline = time.monotonic() + START
        while not any(line["say"] == "ready" for line in self.lines(deadline - time.monotonic())):
            assert time.monotonic() < deadline, "the zygote does not start"

    def fork(self, job: dict[str, Any]) -> None:
        self._jobs.write(json.dumps(job).encode() + b"\n")
        self._jobs.flush()

    def lines(self, timeout: float) -> list[dict[str, Any]]:
        """What was said, at least a line or until the timeout."""
        self._selector.select(max(0.0, timeout))
        try:
            said = os.read(self._out, 1 << 20)
            assert said, "the zygote is gone"
        except BlockingIOError:
            return []
        *whole, self._rest = (self._rest + said).split(b"\n")
        return [json.loads(line) for line in whole]

    def end(self) -> None:
        self._jobs.close()
        os.killpg(self._process.pid, signal.SIGKILL)  # and a child that is still alive
        self._process.wait()
        self._selector.close()
        assert self._process.stdout is not None
        self._process.stdout.close()


class Harness:
    """Lives and deaths on one cache directory after another."""

    def __init__(self, folder: Path, seed: int, world: dict[str, Known]) -> None:
        self.kills: Counter[str] = Counter()  # by what the child was doing
        self.clean = 0
        self._folder = folder
        self._seed = seed
        self._world = world
        self._zygote = Zygote(folder / "children.log")

    def run(self, kills: int) -> None:
        """That many kills; AssertionError names the seed and the life."""
        number = 0
        try:
            self._zygote.start()
            while self.kills.total() < kills or number % PER_FOLDER:
                if number % PER_FOLDER == 0:
                    self._ledger, self._ended = Ledger(self._world), math.inf
                try:
                    self._life(number, last=number % PER_FOLDER == PER_FOLDER - 1)
                except BaseException as error:
                    error.add_note(f"seed {self._seed}, life {number}; children's log: {self._folder}/children.log")
                    raise
                number += 1
        finally:
            self._zygote.end()

    def _life(self, number: int, last: bool) -> None:
        chance = random.Random(f"{self._seed}/{number}")
        way = "clean" if last else chance.choices(list(WAYS), list(WAYS.values()))[0]
        patient = chance.random() < 0.1  # long enough for what was done to be due on the disk
        moment = {
            "work": chance.uniform(1.2, 1.6) if patient else chance.uniform(0, 0.4),
            "open": chance.uniform(0, 0.12),
            "close": chance.uniform(0, 0.06),
            "clean": math.inf,
        }.get(way, chance.uniform(0, 0.03))
        seconds = PATIENCE if way == "work" else chance.uniform(0, 0.3)
        anew = number // PER_FOLDER % 3 == 1
        if way == "recalculate" and not anew:
            way = "delete"
        folder = self._folder / str(number // PER_FOLDER)
        job = {
            "folder": str(folder),
            "seed": chance.random(),
            "seconds": seconds,
            "memory": chance.choice([1, 1 << 30]),  # with none to spare datasets are closed and opened all the time
            "slowness": chance.choice([0.0, 0.01, 0.05]),
            "anew": anew,  # recalculation takes rows from the disk: less can be expected
            "last": "" if way in MARKS else way,
        }
        self._zygote.fork(job)
        self._watch(MARKS.get(way, way), moment)

    def _watch(self, mark: str, moment: float) -> None:
        """Hear a child; kill it `moment` seconds after it said `mark`."""
        deadline = time.monotonic() + PATIENCE
        pid, doing, kill_at, killed, ended = 0, "", math.inf, False, self._ended
        while True:
            now = time.monotonic()
            assert now < deadline, f"nothing more is heard: {doing}"
            if now >= kill_at:
                with suppress(ProcessLookupError):  # it came to its end just then
                    os.kill(pid, signal.SIGKILL)
                ended_at = time.monotonic()  # a machine that lets us wait gave the child no time to write, either
                self._ended = ended_at if ended_at - kill_at < PROMPT else -math.inf
                kill_at, killed = math.inf, True
            for line in self._zygote.lines(min(kill_at, deadline) - time.monotonic()):
                what = line["say"]
                assert what != "failed", line["why"]
                if what == "ended":
                    self._note(line["status"], doing)
                    return
                if what == "opening":
                    pid = line["pid"]
                if mark in (what, line.get("act")) and kill_at == math.inf and not killed:
                    kill_at = line["at"] + moment
                if what in ("opening", "looked", "working", "closing", "closed"):
                    doing = what
                elif what in ("begins", "did") and mark == line["act"]:
                    doing = mark if what == "begins" else "working"
                self._ledger.heard(line, ended)

    def _note(self, status: int, doing: str) -> None:
        if status == 0:
            self.clean += 1
            self._ended = math.inf
        else:
            assert status == -signal.SIGKILL, f"a child ended with {status}"
            self.kills[doing] += 1


def main() -> None:
    kills, seed = (int(given) for given in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        harness = Harness(Path(folder), seed, world())
        harness.run(kills)
        sys.stdout.write(f"{dict(harness.kills)} {harness.clean} clean, {time.monotonic() - started:.1f} s\n")


if __name__ == "__main__":
    main()
