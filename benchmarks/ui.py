"""`make bench-ui`: what a real browser paints of a real hand's positions, on a warm cache and on a cold one, beside a
callback that returns a figure."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import HEAD, Figure, meter, percentile, seconds, to_csv
from benchmarks.serving import memory_budgets, serving
from benchmarks.ui_hand import Hand, Scrub, chromium

PORT = 18_970
POINTS = 2600
LONG = 1_000_000
POSITIONS = 100
DRAWN = "document.querySelector('#forecast')?.dataset.index ?? null"
HELD = "document.querySelector('#forecast')?.dataset.hand ?? null"
NAIVE = "document.querySelector('#forecast .js-plotly-plot')?.layout?.meta?.index ?? null"
SETTLED = "hindcast.frames && document.querySelector('#forecast')?.dataset.settled === 'true' && hindcast.series.ready"
READY = (
    f"{SETTLED} && (hindcast.gate.facts.paused"
    " || [...Array(500).keys()].every((k) => hindcast.frames.state(-k * 5) !== 'unknown'))"
)
Places = np.ndarray[Any, np.dtype[np.float64]]


def patterns() -> dict[str, Places]:
    """Where the hand is, 0 to 1 of the slider: across the file, to and fro, anywhere."""
    share = np.arange(POSITIONS) / (POSITIONS - 1)
    there = np.abs((np.arange(POSITIONS) % 40) - 20) / 20
    return {"sweep": 0.03 + 0.94 * share, "zigzag": 0.4 + 0.2 * there,
            "jump": np.random.default_rng(3).uniform(0.03, 0.97, POSITIONS)}  # fmt: skip


def told(name: str, scrub: Scrub, share: float, cpu: float | None = None) -> Iterator[Figure]:
    """Rows of one scrub; cpu: seconds it took the server."""
    yield Figure(f"{name}: painted", scrub.painted, scrub.positions, "frames", "positions of the hand", share, True)
    yield Figure(f"{name}: frames out of order", scrub.out_of_order, 1, "frames", "none", 0, False)
    yield Figure(f"{name}: longest freeze", scrub.longest, 150, "ms", "150 ms", 1, False)
    for part, wait in zip(("p50", "p95"), scrub.latency, strict=True):
        yield Figure(f"{name}: hand to picture, {part}", wait, 50, "ms", "50 ms", 1, False)
    if cpu is not None:
        yield Figure(f"{name}: server, per position", 1e3 * cpu / scrub.positions, 0.5, "ms", "0.5 ms", 1, False)


def warm(folder: Path) -> Iterator[Figure]:
    with serving("app:server", folder, PORT) as server, chromium() as driver:
        handle = server.call("/api/v1/datasets", to_csv(meter(POINTS)))["handle"]
        server.wait(lambda: server.call(f"/api/v1/datasets/{handle}/progress")["state"] == "done")
        hand = Hand(driver, "#scrub", DRAWN)
        hand.open(f"{server.url}/explore/{handle}", READY)
        for name, places in patterns().items():
            hand.scrub(places, 30)
            before = server.cpu()
            scrub = hand.scrub(places, 30)
            yield from told(f"{name}, 30/s", scrub, 0.9, server.cpu() - before)
        yield from told("sweep, 60/s", hand.scrub(patterns()["sweep"], 60), 0.7)
        there_and_back = 0.2 + 0.5 * np.abs(np.sin(np.arange(POSITIONS) / 16))
        yield from told("picture dragged, 30/s", hand.scrub(there_and_back, 30, at="#forecast"), 0.9)


def naive(folder: Path) -> Iterator[Figure]:
    with serving("benchmarks.ui_naive:server", folder, PORT + 1) as server, chromium() as driver:
        hand = Hand(driver, "#scrub", NAIVE)
        hand.open(f"{server.url}/", f"{NAIVE} !== null")
        before = server.cpu()
        scrub = hand.scrub(patterns()["sweep"], 30)
        cpu, inf = 1e3 * (server.cpu() - before) / scrub.positions, float("inf")
        told_of = "a figure by callback, sweep"
        yield Figure(f"{told_of}: painted", scrub.painted, scrub.positions, "frames", "positions of the hand", 0, True)
        yield Figure(f"{told_of}: longest freeze", scrub.longest, 150, "ms", "150 ms", inf, False)
        yield Figure(f"{told_of}: server, per position", cpu, 0.5, "ms", "0.5 ms", inf, False)


def cold(folder: Path) -> Iterator[Figure]:
    with serving("app:server", folder, PORT + 2, HINDCAST_BACKGROUND="0") as server, chromium() as driver:
        handle = server.call("/api/v1/datasets", to_csv(meter(POINTS, seed=7)))["handle"]
        address = f"/api/v1/datasets/{handle}/forecasts/"
        places = iter(range(-40, -40 - 60 * 3, -3))
        alone = 1 / percentile(seconds(lambda: server.call(f"{address}{next(places)}"), 60), 0.5)
        for name, drawn in (("truth", HELD), ("forecasts", DRAWN)):
            hand = Hand(driver, "#scrub", drawn)
            hand.open(f"{server.url}/explore/{handle}", READY)
            scrub = hand.scrub(patterns()["sweep"] * 0.5 + (0.4 if name == "truth" else 0.05), 30)
            if name == "truth":
                yield from told("cold, truth line, 30/s", scrub, 0.9)
            else:
                most = min(alone, 30.0)  # nobody can paint more than the hand asks for
                yield Figure("cold, forecasts painted", scrub.rate, most, "1/s", "the engine's own rate", 0.8, True)
                yield Figure("cold: frames out of order", scrub.out_of_order, 1, "frames", "none", 0, False)


def long(folder: Path) -> Iterator[Figure]:
    """A hand that flies over a file of a million moments; the cheapest model, as it is about what is shown."""
    with serving("app:server", folder, PORT + 3, HINDCAST_MODEL="last-value") as server, chromium() as driver:
        handle = server.call("/api/v1/datasets", to_csv(meter(LONG)))["handle"]
        progress = f"/api/v1/datasets/{handle}/progress"
        server.wait(lambda: server.call(progress)["state"] == "done", patience=600)
        hand = Hand(driver, "#scrub", DRAWN)
        hand.open(f"{server.url}/explore/{handle}", SETTLED)
        for name, places in patterns().items():
            yield from told(f"{LONG:,} moments: {name}, 30/s", hand.scrub(places, 30), 0.9)
        taken, allowed = server.memory() / 1e6, memory_budgets() / 1e6
        yield Figure(f"{LONG:,} moments: memory of the server", taken, allowed, "MB", "its budgets", 1, False)


def main() -> None:
    argparse.ArgumentParser(prog="python -m benchmarks.ui", description=__doc__).parse_args()
    print(HEAD)
    with tempfile.TemporaryDirectory() as name:
        for part, folder in ((warm, "warm"), (naive, "warm"), (cold, "cold"), (long, "long")):
            for figure in part(Path(name) / folder):
                print(figure.row(), flush=True)


if __name__ == "__main__":
    main()
