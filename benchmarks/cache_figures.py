"""The store against the plain way: diskcache with a pickle per origin, the same forecasts, in the same run.

Whatever is read was written a moment before, so that its pages are still in the system's cache for both.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import diskcache
import numpy as np

from benchmarks.figures import Figure, meter, percentile, seconds, to_csv
from benchmarks.stored import Counted, Stored, bytes_on_disk, cheap, counting, filled, written
from engine import Engine
from engine.blocks import BLOCK
from engine.forecasting import frame_of
from engine.store import Store

ORIGINS, READS = 20_000, 400
RAW = 4 * 12 * 10  # bytes of an origin's samples
WAIT = 30.0  # seconds: longer than any of these reads
SHARES = (0.5, 0.95)
WRITTEN = Path("/proc/self/io")


def run(origins: int = ORIGINS, reads: int = READS) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        yield from _beside_pickles(Path(name), origins, reads)
    yield from _written_bytes(origins)


def _beside_pickles(folder: Path, origins: int, reads: int) -> Iterator[Figure]:
    stored = filled(meter(origins), folder / "filled")
    ours, theirs = folder / "ours", folder / "theirs"
    with closing(diskcache.Cache(str(theirs))) as pickles:
        value, reference = _blocks_put(stored, ours), _pickled(stored, pickles)
        yield Figure("forecasts written, CPU per origin", value, reference, "us", "a pickle each", 0.25, False)
        yield from _reads(folder, stored, pickles, reads)
    size, plain = bytes_on_disk(ours), bytes_on_disk(theirs)
    raw = RAW * stored.origins
    yield Figure("forecasts on disk, indexes included", size / 1e6, raw / 1e6, "MB", "raw samples", 1.3, False)
    yield Figure("forecasts on disk, indexes included", size / 1e6, plain / 1e6, "MB", "a pickle each", 0.75, False)


def _blocks_put(stored: Stored, folder: Path) -> float:
    """Microseconds of CPU per origin."""
    store = Store(folder, 1.0)
    store.open()
    with closing(store):
        return _cpu(lambda: stored.put_forecasts(store, stored.manifest.spec), stored)


def _pickled(stored: Stored, pickles: Any) -> float:
    """The same, a dictionary of what belongs to an origin under its number."""

    def put() -> None:
        for number, rows in enumerate(stored.rows):
            for at, samples, loc, scale in zip(*rows, strict=True):
                pickles[BLOCK * number + int(at)] = {"samples": samples, "loc": float(loc), "scale": float(scale)}

    return _cpu(put, stored)


def _cpu(work: Callable[[], object], stored: Stored) -> float:
    started = time.process_time()
    work()
    return 1e6 * (time.process_time() - started) / stored.origins


def _reads(folder: Path, stored: Stored, pickles: Any, reads: int) -> Iterator[Figure]:
    """Single forecasts at random origins, and blocks of 256; from memory, and of an open dataset that memory had no
    room for."""
    settings = cheap(folder / "filled")
    random = np.random.default_rng(7)
    numbers = random.integers(1, len(stored.rows) - 1, reads).tolist()  # those that are whole
    offsets = random.integers(0, BLOCK, reads).tolist()
    with closing(Engine(settings, counting(Counted(settings.num_samples)))) as engine:
        entry = engine._asking.entry(stored.series.handle, stored.manifest.spec)
        rows, base = frame_of(entry), BLOCK * (stored.series.first_slot // BLOCK)
        row: dict[str, list[float]] = {"on disk": [], "in memory": []}
        block: dict[str, list[float]] = {"on disk": [], "in memory": []}
        one: list[float] = []
        many: list[float] = []
        for number, offset in zip(numbers, offsets, strict=True):
            slot = base + BLOCK * number + offset

            def fetched(slot: int = slot) -> None:
                engine._asking.fetch(entry, slot, time.monotonic() + WAIT)
                assert engine._scheduler.peek(entry, slot) is not None

            def whole(number: int = number) -> None:
                assert len(engine._asking.block_rows(entry, number).offsets) == BLOCK

            def pickled(number: int = number) -> None:
                assert all(pickles.get(BLOCK * number + at) for at in range(BLOCK))

            engine._scheduler.put_away(entry, number)
            assert not rows.holds(number)
            block["on disk"] += seconds(whole, 1)
            row["on disk"] += seconds(fetched, 1)
            row["in memory"] += seconds(fetched, 1)
            block["in memory"] += seconds(whole, 1)
            one += seconds(lambda key=BLOCK * number + offset: pickles.get(key), 1)
            many += seconds(pickled, 1)
    goals = {"on disk": (50, 1), "in memory": (1, 0.1)}  # the first: a block is read, which then serves 256 of them
    for where, (of_row, of_block) in goals.items():
        yield from _compared(f"forecast {where}", row[where], one, "its pickle", of_row)
        yield from _compared(f"block {where}", block[where], many, "256 pickles", of_block)


def _compared(name: str, ours: list[float], theirs: list[float], what: str, goal: float) -> Iterator[Figure]:
    for share in SHARES:
        value, reference = 1e6 * percentile(ours, share), 1e6 * percentile(theirs, share)
        yield Figure(f"{name}, p{100 * share:.0f}", value, reference, "us", what, goal, False)


def _written_bytes(origins: int) -> Iterator[Figure]:
    """Every byte that the process writes while a dataset is filled, and one of twice as many origins."""
    if not WRITTEN.exists():  # not Linux
        return
    amounts = []
    for times in (2, 1):
        with tempfile.TemporaryDirectory() as name:
            settings, before = cheap(Path(name)), _bytes_written()
            with closing(Engine(settings, counting(Counted(settings.num_samples)))) as engine:
                written(engine, to_csv(meter(times * origins)))
            amounts.append((_bytes_written() - before) / 1e6)
    yield Figure(f"bytes written, {2 * origins:,} origins", amounts[0], amounts[1], "MB", "half of them", 2.1, False)


def _bytes_written() -> int:
    lines = dict(line.split(": ") for line in WRITTEN.read_text().splitlines())
    return int(lines["wchar"])
