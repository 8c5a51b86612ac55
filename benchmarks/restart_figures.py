"""A restart with many datasets: until the engine is ready, the first picture of each, and memory with all of them open.

The model is the cheapest there is, so that next to nothing hides what the cache costs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure, meter, percentile, seconds
from benchmarks.stored import Counted, cheap, counting, filled
from engine import Engine, Settings
from engine.store import Store

DATASETS, ORIGINS = 50, 20_000
RESTARTS = 9
RAW = 4 * 12 * 10  # bytes of an origin's samples


def run(datasets: int = DATASETS, origins: int = ORIGINS) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stored = filled(meter(origins), folder / "one")
        one, many = cheap(folder / "one"), cheap(folder / "many")
        store = Store(many.cache_dir, 1.0)
        store.open()
        with closing(store):
            for power in range(datasets):
                stored.times(2.0 ** (power - datasets // 2)).put(store, stored.manifest.spec)
        yield _restarts(one, many, datasets)
        yield from _pictures(many, datasets, origins)


def _restarts(one: Settings, many: Settings, datasets: int) -> Figure:
    took: dict[Settings, list[float]] = {one: [], many: []}
    for _ in range(RESTARTS):  # in turn: the machine's own speed drifts
        for settings, starts in took.items():
            engines: list[Engine] = []
            starts += seconds(lambda settings=settings, engines=engines: engines.append(_started(settings)), 1)
            engines[0].close()
    value, reference = (1e3 * percentile(starts, 0.5) for starts in (took[many], took[one]))
    return Figure(f"restart, {datasets} datasets", value, reference, "ms", "a restart with one", 3, False)


def _started(settings: Settings, model: Counted | None = None) -> Engine:
    engine = Engine(settings, counting(model or Counted(settings.num_samples)))
    assert engine.status().ready
    return engine


def _pictures(many: Settings, datasets: int, origins: int) -> Iterator[Figure]:
    """Of every dataset in turn a picture that nobody saw since the start, and then once more."""
    model = Counted(many.num_samples)
    with closing(_started(many, model)) as engine:
        handles = [summary.handle for summary in engine.datasets()]
        indices = np.random.default_rng(3).integers(-origins + 100, -100, datasets).tolist()
        first: list[float] = []
        for handle, index in zip(handles, indices, strict=True):
            first += seconds(lambda handle=handle, index=index: engine.forecast(handle, index), 1)
        memory = engine.status().memory
        warm: list[float] = []
        for handle, index in zip(handles, indices, strict=True):
            warm += seconds(lambda handle=handle, index=index: engine.forecast(handle, index), 1)
        assert len(first) == datasets
    for share in (0.5, 0.95):
        value, reference = 1e3 * percentile(first, share), 1e3 * percentile(warm, share)
        name = f"first picture after a restart, p{100 * share:.0f}"
        yield Figure(name, value, reference, "ms", "the same, open", 50, False)
    yield Figure("model's calls for them", model.calls, datasets, "calls", "pictures", 0, False)
    budget = many.memory_budget / 1e6
    yield Figure(f"memory, {datasets} datasets open", memory / 1e6, budget, "MB", "its budget", 1, False)
    samples = datasets * origins * RAW / 1e6
    yield Figure(f"memory, {datasets} datasets open", memory / 1e6, samples, "MB", "all of their samples", 0.5, False)
