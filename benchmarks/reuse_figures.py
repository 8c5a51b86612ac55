"""Tomorrow's longer export against the first fill of the same series, in CPU time of the whole process; and finding out
which stored series a new one extends."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.figures import Figure, meter, percentile, seconds, to_csv
from benchmarks.stored import cheap, read_back, written
from engine import Engine, Series, Settings
from engine.lineage import Lineage
from engine.store import Store

LENGTH, APPENDED = 100_000, 288
MEASURED = 10_000  # rows of the fill that tells what each costs
STORED, LOOKED = 1000, 20


def run(length: int = LENGTH, measured: int = MEASURED, stored: int = STORED) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _appended(Path(folder), length, measured)
    with tempfile.TemporaryDirectory() as folder:
        yield _placed(Path(folder), stored)


def _appended(folder: Path, length: int, measured: int) -> Iterator[Figure]:
    """With the cheapest model, which leaves what an append costs beside the model; then with the default one, where
    the longer series' stored forecasts are the cheap ones under the default model's name: they are of the same shape,
    and none of them is computed again."""
    whole = meter(length + APPENDED)
    shorter = Series(whole.values[:length], whole.step, whole.first_slot)
    settings = cheap(folder / "cheap")
    first = _filled(settings, shorter)
    appended = _filled(settings, whole)
    name = f"{APPENDED} rows appended to {length:,}, CPU"
    yield Figure(f"{name}, last-value", appended, first, "s", "its first fill", 0.25, False)

    stored = read_back(shorter, settings)
    settings = Settings(cache_dir=folder / "default")
    each = _filled(settings, meter(measured, seed=1)) / measured
    store = Store(settings.cache_dir, 1.0)
    store.open()
    with closing(store):
        (manifest,) = store.forecasts.manifests()
        stored.put(store, manifest.spec)
    appended = _filled(settings, whole)
    what = f"{length:,} x the CPU per row of a fill of {measured:,}"
    yield Figure(name, appended, each * length, "s", what, 0.05, False)


def _filled(settings: Settings, series: Series) -> float:
    """Seconds of CPU to read a file, compute what is new of it, score all of it and write it."""
    csv = to_csv(series)
    with closing(Engine(settings)) as engine:
        started = time.process_time()
        written(engine, csv)
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
