"""Twenty viewers who drag at once, each a file of their own, beside one alone: everything computed, one real server."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, meter, percentile, to_csv
from benchmarks.serving import ROOT, serving
from benchmarks.viewers import Load

PORT = 18_990
RATE = 10.0  # draws per second and viewer


def dragged(port: int, files: list[tuple[str, int]], seconds: float, rate: float = RATE) -> Load:
    """What became of it, from a process of its own."""
    wish = json.dumps({"port": port, "files": files, "rate": rate, "seconds": seconds}) + "\n"
    command = [sys.executable, "-m", "benchmarks.viewers"]
    done = subprocess.run(command, cwd=ROOT, input=wish, capture_output=True, text=True, check=True)
    return Load(**json.loads(done.stdout))


def run(viewers: int = 20, seconds: float = 60.0, points: int = 700, port: int = PORT) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name, serving("app:server", Path(name), port) as server:
        files = []
        for seed in range(viewers):
            stored = server.call("/api/v1/datasets", to_csv(meter(points, seed=seed)))
            files.append((stored["handle"], stored["first_index"]))
        for handle, _ in files:
            progress = f"/api/v1/datasets/{handle}/progress"
            server.wait(lambda progress=progress: server.call(progress)["state"] == "done", patience=600)
        alone = dragged(port, files[:1], seconds / 2)
        before, cpu = server.memory(), server.cpu()
        load = dragged(port, files, seconds)
        cost, after = server.cpu() - cpu, server.memory()
    who = f"{viewers} viewers, {RATE:.0f} draws/s each"
    for share, goal in ((0.5, 3.0), (0.95, 3.0)):
        wait, single = (1e3 * percentile(waits, share) for waits in (load.waits, alone.waits))
        yield Figure(f"{who}: p{100 * share:.0f}", wait, single, "ms", "one viewer", goal, False)
    yield Figure(f"{who}: without a picture", load.errors, 1, "draws", "none", 0, False)
    yield Figure(f"{who}: memory of the server", after / 1e6, before / 1e6, "MB", "before", 1.05, False)
    yield Figure(f"{who}: server, of a core", cost / seconds, 1, "cores", "one core", 0.9, False)
    yield Figure(f"{who}: the generator itself", load.cpu / seconds, 1, "cores", "one core", 0.25, False)
