"""The engine alone: fill against a bare loop of the model, interactive forecasts idle and during a fill, sizes."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure, meter, percentile, seconds, to_csv
from engine import Engine, Settings
from engine.engine import BATCH_SIZE
from engine.models.small.forecaster import HindcastSmall
from engine.windows import contexts, usable

ORIGINS = 20_000
ASKED = 300


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


def _fill(engine: Engine, folder: Path) -> Iterator[Figure]:
    series = meter(ORIGINS)
    csv = to_csv(series)
    upload = seconds(lambda: engine.upload(csv), 1)[0]
    started = time.perf_counter()
    handle = series.handle
    wait_for_fill(engine, handle)
    fill = time.perf_counter() - started

    model, slots = HindcastSmall(Settings()), np.flatnonzero(usable(series.values)) + series.first_slot

    def bare_loop() -> None:
        for part in np.array_split(slots, len(slots) // BATCH_SIZE):
            made = contexts(series, part)
            model.predict(made.values, made.floor, 12)

    bare = seconds(bare_loop, 1)[0]
    yield Figure(
        "fill, 20,000 origins", len(slots) / fill, len(slots) / bare, "origins/s", "bare model loop", 0.85, True
    )
    yield Figure("upload answered, 20,000 rows", upload, fill, "s", "its fill", 0.5, False)

    entry = engine._scheduler.entries()[0]
    yield Figure("memory of the results", entry.rows.nbytes / len(series), 2000, "B/origin", "2 kB", 1, False)
    wait = threading.Event()
    while engine.status().statistics.dirty_blocks:
        wait.wait(0.01)
    blocks = sum(path.stat().st_size for path in (folder / "cache").rglob("*.val"))
    yield Figure("disk", blocks / 1e6, len(slots) * 480 / 1e6, "MB", "raw samples", 1.3, False)


def _interactive(engine: Engine) -> Iterator[Figure]:
    handle = engine.datasets()[0].handle
    indices = iter(np.random.default_rng(1).integers(-ORIGINS + 600, 0, 4 * ASKED).tolist())

    def ask() -> None:
        engine.forecast(handle, next(indices), force=True)

    idle, filling = [], []
    for seed in (1, 2):
        idle += seconds(ask, ASKED)
        other = engine.upload(to_csv(meter(ORIGINS, seed))).dataset.handle
        filling += seconds(ask, ASKED)
        assert engine.progress(other).state == "filling", "the fill ended before the measurement did"
        wait_for_fill(engine, other)
    for share in (0.5, 0.95):
        name = f"interactive forecast p{100 * share:.0f} during a fill"
        value, reference = 1e3 * percentile(filling, share), 1e3 * percentile(idle, share)
        yield Figure(name, value, reference, "ms", "idle", 3.0, False)
