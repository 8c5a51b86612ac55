"""The engine alone: fill against a bare loop of the model, interactive forecasts idle and during a fill, sizes."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch

from benchmarks.figures import Figure, meter, percentile, seconds, to_csv
from benchmarks.model_figures import ROOF_FLOPS, flops, matmul
from engine import Engine, Settings, errors
from engine.cores import background_cores
from engine.engine import BATCH_SIZE
from engine.models.small.forecaster import HindcastSmall
from engine.runner import Threads
from engine.series import Ints
from engine.windows import contexts, usable

ORIGINS = 20_000
ASKED = 300
MANY = 8  # datasets filled at once
ROOF_ROUNDS = 20
CLIENTS = 20
SCRUBBED = 90  # positions each of them passes
RATE = 30  # positions a second


def wait_for_fill(engine: Engine, handle: str) -> None:
    pause = threading.Event()
    while engine.progress(handle).state != "done":
        pause.wait(0.005)


def run() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Settings(cache_dir=Path(folder) / "cache"))
        try:
            yield from _fill(engine, Path(folder))
            yield from _interactive(engine)
        finally:
            engine.close()
        yield from _scrubbing(Path(folder))


def _fill(engine: Engine, folder: Path) -> Iterator[Figure]:
    series = meter(ORIGINS)
    csv = to_csv(series)
    upload = seconds(lambda: engine.upload(csv), 1)[0]
    started = time.perf_counter()
    handle = series.handle
    wait_for_fill(engine, handle)
    fill = time.perf_counter() - started

    model, slots = HindcastSmall(Settings()), np.flatnonzero(usable(series.values)) + series.first_slot
    threads, products = Threads(background_cores()).threads, matmul(model)

    def forecast(part: Ints) -> None:
        made = contexts(series, part)
        model.predict(made.values, made.floor, 12)

    with ThreadPoolExecutor(threads, initializer=lambda: torch.set_num_threads(1)) as pool:

        def multiplied() -> None:
            list(pool.map(lambda _: products(), range(threads)))

        roof = seconds(multiplied, ROOF_ROUNDS)
        parts = np.array_split(slots, len(slots) // BATCH_SIZE)
        bare = seconds(lambda: list(pool.map(forecast, parts)), 1)[0]
        roof += seconds(multiplied, ROOF_ROUNDS)  # the machine's own speed drifts
    highest = threads * ROOF_FLOPS / percentile(roof, 0.5) / 1e9
    reached = flops(contexts(series, slots[:BATCH_SIZE])) * len(slots) / fill / 1e9
    kind = f"{model.numerics} matmul roof, as many threads"
    yield Figure("fill, 20,000 origins: products", reached, highest, "GFLOP/s", kind, 0.4, True)
    alone = "bare model loop, as many threads"
    yield Figure("fill, 20,000 origins", len(slots) / fill, len(slots) / bare, "origins/s", alone, 0.85, True)
    yield Figure("upload answered, 20,000 rows", upload, fill, "s", "its fill", 0.5, False)

    entry = engine._scheduler.entries()[0]
    yield Figure("memory of the results", entry.rows.nbytes / len(series), 2000, "B/origin", "2 kB", 1, False)
    wait = threading.Event()
    while engine.status().statistics.dirty_blocks:
        wait.wait(0.01)
    blocks = sum(path.stat().st_size for path in (folder / "cache").rglob("*.val"))
    yield Figure("disk", blocks / 1e6, len(slots) * 480 / 1e6, "MB", "raw samples", 1.3, False)


def _interactive(engine: Engine) -> Iterator[Figure]:
    """Forced forecasts of one client: while nothing else goes on, and while 1 and 8 datasets are filled."""
    handle = engine.datasets()[0].handle
    indices = iter(np.random.default_rng(1).integers(-ORIGINS + 600, 0, 10 * ASKED).tolist())
    idle: list[float] = []
    filling: dict[int, list[float]] = {1: [], MANY: []}

    def ask() -> None:
        engine.forecast(handle, next(indices), force=True)

    for turn in (1, 2):  # the kinds take turns: the machine's own speed drifts
        for datasets, took in filling.items():
            idle += seconds(ask, ASKED)
            length = 2 * ORIGINS // datasets
            others = [engine.upload(to_csv(meter(length, 100 * turn + n))).dataset.handle for n in range(datasets)]
            took += seconds(ask, ASKED)
            assert any(engine.progress(other).state == "filling" for other in others), "the fill ended too soon"
            for other in others:
                engine.delete(other)
            wait_for_quiet(engine)
    for datasets, took in filling.items():
        yield from _beside_idle(f"forecast, {datasets} dataset{'s' * (datasets > 1)} filling", took, idle)


def _beside_idle(name: str, took: list[float], idle: list[float]) -> Iterator[Figure]:
    for share in (0.5, 0.95):
        value, reference = 1e3 * percentile(took, share), 1e3 * percentile(idle, share)
        yield Figure(f"{name}, p{100 * share:.0f}", value, reference, "ms", "idle", 1.5, False)


def wait_for_quiet(engine: Engine) -> None:
    """Until what is computed of forgotten datasets is computed."""
    pause, seen = threading.Event(), -1
    while seen != (seen := engine.status().stages["infer"].count):
        pause.wait(0.3)


def _scrubbing(folder: Path) -> Iterator[Figure]:
    """Twenty viewers who each drag through a dataset of their own that nobody has computed.

    Each passes RATE positions a second and has at most two requests under way, the newer one taking the other's place;
    what was superseded is no answer.
    """
    engine = Engine(Settings(cache_dir=folder / "scrubbed", background=False))
    try:
        handles = [engine.upload(to_csv(meter(1500, 200 + n))).dataset.handle for n in range(CLIENTS)]
        fresh = iter(range(-1, -600, -1))
        alone = percentile(seconds(lambda: engine.forecast(handles[0], next(fresh)), ASKED), 0.5)
        took: list[list[float]] = [[] for _ in range(2 * CLIENTS)]
        begun, pause = time.perf_counter(), threading.Event()

        def hand(number: int) -> None:
            viewer = number // 2
            for step in range(number % 2, SCRUBBED, 2):
                pause.wait(max(0.0, begun + step / RATE - time.perf_counter()))
                started = time.perf_counter()
                with suppress(errors.Superseded, errors.Overloaded):
                    engine.forecast(handles[viewer], -700 - step, session=f"viewer {viewer}", seq=step)
                    took[number].append(time.perf_counter() - started)

        hands = [threading.Thread(target=hand, args=(number,)) for number in range(2 * CLIENTS)]
        for thread in hands:
            thread.start()
        for thread in hands:
            thread.join()
        lasted = time.perf_counter() - begun
    finally:
        engine.close()
    answered = [one for of_hand in took for one in of_hand]
    for share in (0.5, 0.95):
        name = f"forecast, {CLIENTS} viewers scrubbing, p{100 * share:.0f}"
        value, turns = 1e3 * percentile(answered, share), 1e3 * CLIENTS * alone
        yield Figure(name, value, turns, "ms", f"{CLIENTS} in turn", 1.5 if share == 0.95 else 1, False)
    yield Figure("painted while they scrub", len(answered) / lasted, 1 / alone, "1/s", "one viewer alone", 0.8, True)
