"""Tomorrow's longer export against the first fill of the same series, in CPU time of the whole process; and finding out
which stored series a new one extends."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.figures import Figure, meter, percentile, seconds, to_csv
from engine import Engine, Series, Settings
from engine.lineage import Lineage
from engine.store import Store

LENGTH, APPENDED = 100_000, 288
STORED, LOOKED = 1000, 20


def run(length: int = LENGTH, stored: int = STORED) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        yield _appended(Path(folder), length)
    with tempfile.TemporaryDirectory() as folder:
        yield _placed(Path(folder), stored)


def _appended(folder: Path, length: int) -> Figure:
    whole = meter(length + APPENDED)
    shorter = Series(whole.values[:length], whole.step, whole.first_slot)
    with closing(Engine(Settings(cache_dir=folder / "cache"))) as engine:
        first, appended = (_cpu_seconds(engine, to_csv(series)) for series in (shorter, whole))
    return Figure(f"{APPENDED} rows appended to {length:,}, CPU", appended, first, "s", "its first fill", 0.05, False)


def _cpu_seconds(engine: Engine, csv: bytes) -> float:
    """To read a file, compute what is new of it, score all of it and write it."""
    started, pause = time.process_time(), threading.Event()
    handle = engine.upload(csv).dataset.handle
    while engine.progress(handle).state != "done" or engine.status().statistics.dirty_blocks:
        pause.wait(0.05)
    return time.process_time() - started


def _placed(folder: Path, stored: int) -> Figure:
    """A new version among many series of the same grid, against storing it."""
    store = Store(folder / "cache", 1.0)
    store.open()
    with closing(store):
        lineage = Lineage(store)
        for seed in range(stored):
            series = meter(2000, seed)
            store.put_series(series)
            lineage.add(series)
        whole = meter(2000 + LOOKED)
        versions = [Series(whole.values[: 2000 + k], whole.step, whole.first_slot) for k in range(1, LOOKED + 1)]
        unstored, unplaced = iter(versions), iter(versions)
        put = seconds(lambda: store.put_series(next(unstored)), LOOKED)
        placed = seconds(lambda: lineage.add(next(unplaced)), LOOKED)
    value, reference = 1e3 * percentile(placed, 0.5), 1e3 * percentile(put, 0.5)
    return Figure(f"version found among {stored:,} series", value, reference, "ms", "storing it", 5, False)
