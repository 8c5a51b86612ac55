"""The background on Ray actors of this machine: what they give, and what the way there costs."""

from __future__ import annotations

import importlib.util
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks.engine_figures import wait_for_fill
from benchmarks.figures import Figure, meter, percentile, seconds, to_csv
from engine import Engine, Forecaster, Settings
from engine.engine import BATCH_SIZE
from engine.forecasting import Subject
from engine.jobs import Batch, Entry, Lane, Part
from engine.models.last_value import LastValue
from engine.models.small.forecaster import HindcastSmall
from engine.ray_order import IN_FLIGHT
from engine.ray_runner import RayRunner
from engine.runner import Threads
from engine.series import Series
from engine.spec import Spec


def run(origins: int = 10_000, batches: int = 300) -> Iterator[Figure]:
    if importlib.util.find_spec("ray") is None:
        print("no figures of Ray: it is not installed (pip install hindcast[ray])")
        return
    yield from _way(meter(2_000), batches)
    rates: dict[int, list[float]] = {1: [], 2: []}
    for actors in (1, 2, 1, 2):  # in turn: the machine's own speed drifts
        rates[actors].append(_fill(meter(origins), actors))
    yield Figure("fill, 2 Ray actors", max(rates[2]), max(rates[1]), "origins/s", "1 actor", 1.6, True)


def _way(series: Series, batches: int) -> Iterator[Figure]:
    """A model that costs hardly anything: what remains is the way to an actor and back."""
    free, small = LastValue(), _batch(series, HindcastSmall(Settings()))
    batch, thread = _batch(series, free), Threads(1)
    with closing(RayRunner(Settings(model=free.name, runner="ray", ray_actors=1), (Spec.of(free, 12),), 1)) as ray:
        alone, here = [], []
        for _ in range(batches):  # in turn: the machine's own speed drifts
            alone += seconds(lambda: ray.run(batch), 1)
            here += seconds(lambda: thread.run(batch), 1)
        started = time.perf_counter()
        with ThreadPoolExecutor(IN_FLIGHT) as callers:
            list(callers.map(ray.run, [batch] * batches))
        each = (time.perf_counter() - started) / batches
    model = percentile(seconds(lambda: thread.run(small), 20), 0.5)
    there, own = percentile(alone, 0.5), percentile(here, 0.5)
    yield Figure("64 origins to an actor and back", 1e3 * there, 1e3 * own, "ms", "a thread, last-value", 30, False)
    yield Figure("64 origins, two batches under way", 1e3 * each, 1e3 * model, "ms", "hindcast-small's", 0.3, False)


def _batch(series: Series, model: Forecaster) -> Batch:
    spec = Spec.of(model, 12)
    entry = Entry(1, "key", spec.key, Subject(series, spec, model), None, 0)
    return Batch(Lane.BACKGROUND, [Part(entry, series.last_slot - np.arange(BATCH_SIZE))])


def _fill(series: Series, actors: int) -> float:
    """Origins a second that so many actors compute of a file."""
    csv, pause = to_csv(series), threading.Event()
    with tempfile.TemporaryDirectory() as folder, closing(_engine(Path(folder), actors)) as engine:
        while engine.status().runner.actors < actors:
            pause.wait(0.01)
        started = time.perf_counter()
        handle = engine.upload(csv).dataset.handle
        wait_for_fill(engine, handle)
        return len(series) / (time.perf_counter() - started)


def _engine(folder: Path, actors: int) -> Engine:
    return Engine(Settings(cache_dir=folder, runner="ray", ray_actors=actors))
