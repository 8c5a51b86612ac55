"""`make cost`: what a moment costs in files of 1,000 to 1,000,000 moments, as a table, a record and a picture.

Each file has a process of its own, so that its memory is its own. Time is of the processor, not of the clock: a busy
machine changes it little.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.cost_picture import picture
from benchmarks.figures import meter, to_csv
from benchmarks.record import machine
from engine import Engine, Settings

DOCS = Path(__file__).parents[1] / "docs"
SIZES = (1_000, 3_000, 10_000, 20_000, 30_000, 100_000, 300_000, 1_000_000)
MODELS = ("hindcast-small", "last-value")
HEAD = (
    f"{'model':<16}{'moments':>10}{'ms/moment':>11}{'memory MB':>11}{'B/moment':>10}{'read s':>9}{'first picture':>15}"
)


@dataclass
class Cost:
    """Of one file: moments, milliseconds of processor time for each, largest memory of the process in bytes and what of
    it the program itself needs, bytes on disk of each moment, seconds to read the file, and until its first picture."""

    model: str
    moments: int
    ms: float
    memory: int
    program: int
    disk: float
    parse: float
    first: float

    def row(self) -> str:
        return (
            f"{self.model:<16}{self.moments:>10,}{self.ms:>11.3f}{self.memory / 1e6:>11.0f}{self.disk:>10.0f}"
            f"{self.parse:>9.2f}{self.first:>15.2f}"
        )


def measured(model: str, moments: int) -> Cost:
    """The whole way of one file through an engine of its own."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        engine = Engine(Settings(cache_dir=cache, model=model, models=(model,)))
        try:
            csv = to_csv(meter(moments))
            program = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            began = time.perf_counter()
            handle = engine.upload(csv).dataset.handle
            parse = time.perf_counter() - began
            engine.forecast(handle, -moments // 2)
            first = time.perf_counter() - began
            before = time.process_time()
            pause = threading.Event()
            while engine.progress(handle).state != "done":
                pause.wait(0.1)  # who looks more often is measured with it
        finally:
            engine.close()  # everything is written
        spent = time.process_time() - before
        disk = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file())
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Cost(model, moments, 1e3 * spent / moments, memory, program, disk / moments, parse, first)


def apart(model: str, moments: int) -> Cost:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.cost", "--one", model, str(moments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost", description=__doc__)
    parser.add_argument("--one", nargs=2, metavar=("MODEL", "MOMENTS"), help="only this, as one line of JSON")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="moments of the longest file")
    parser.add_argument("--folder", type=Path, default=DOCS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(asdict(measured(asked.one[0], int(asked.one[1])))))
        return
    where, costs = machine(), []
    print(HEAD)
    for model in MODELS:
        for moments in (size for size in SIZES if size <= asked.most):
            costs.append(apart(model, moments))
            print(costs[-1].row(), flush=True)
    told = {"machine": where, "costs": [asdict(cost) for cost in costs]}
    (asked.folder / "cost.json").write_text(json.dumps(told, indent=1) + "\n")
    (asked.folder / "cost.svg").write_text(picture(told))


if __name__ == "__main__":
    main()
