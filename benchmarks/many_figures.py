"""Fifty viewers, each on a file of their own that is being computed: how long do they wait, and does a file starve?"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.figures import Figure, meter, percentile, to_csv
from benchmarks.serving import Server, memory_budgets, serving
from benchmarks.viewers_figures import dragged

PORT = 18_994
RATE = 1.0  # pictures a second and viewer: a hand that rests; what it passes by comes in blocks of 256
EVERY = 2.0  # seconds between two looks at how far the files are: fifty questions each


def run(viewers: int = 50, seconds: float = 30.0, points: int = 2000, port: int = PORT) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        alone, _, _ = _looked(Path(name) / "one", 1, seconds / 2, points, port)
        waits, shares, (before, after) = _looked(Path(name) / "many", viewers, seconds, points, port)
    who = f"{viewers} viewers, {viewers} files filling"
    for part, goal in ((0.5, 5.0), (0.95, 5.0)):
        wait, single = 1e3 * percentile(waits, part), 1e3 * percentile(alone, part)
        yield Figure(f"{who}: picture, p{100 * part:.0f}", wait, single, "ms", "one viewer, one file", goal, False)
    yield Figure(f"{who}: least computed file", min(shares), sum(shares) / len(shares), "share", "the mean", 0.5, True)
    yield Figure(f"{who}: memory of the server", after / 1e6, memory_budgets() / 1e6, "MB", "its budgets", 1, False)
    yield Figure(f"{who}: memory of a file", (after - before) / 1e6 / viewers, 20, "MB", "20 MB", 1, False)


def _looked(
    folder: Path, viewers: int, seconds: float, points: int, port: int
) -> tuple[list[float], list[float], tuple[float, float]]:
    """Seconds of every picture; how much of each file was computed when half of all was; memory before and after."""
    with serving("app:server", folder, port) as server:
        before = server.memory()
        files = []
        for seed in range(viewers):
            stored = server.call("/api/v1/datasets", to_csv(meter(points, seed=seed)))
            files.append((stored["handle"], stored["first_index"]))
        with ThreadPoolExecutor(1) as pool:
            load = pool.submit(dragged, port, files, seconds, RATE)
            shares = _at_half(server, [handle for handle, _ in files], load.done)
            assert load.result().errors == 0, "a viewer had no picture"
            return load.result().waits, shares, (before, server.memory())


def _at_half(server: Server, handles: list[str], over: Callable[[], bool]) -> list[float]:
    """How much of each file is computed as soon as half of all is, or when the viewers have gone."""
    pause, shares = threading.Event(), [0.0]
    while sum(shares) < 0.5 * len(handles) and not over():
        pause.wait(EVERY)
        told = (server.call(f"/api/v1/datasets/{handle}/progress") for handle in handles)
        shares = [one["done"] / max(1, one["total"]) for one in told]
    return shares
