"""Reading a million rows in a few dialects: peak memory, and rows per second against a bare parse of the same bytes."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.figures import Figure, seconds
from engine.allocator import give_back_large
from engine.ingest import ReadOptions, read
from engine.settings import Settings

ROWS = 1_000_000
TURNS = 5
WARM = 3_000_000  # bytes
SETTINGS = Settings()
DIALECTS = ("ISO times", "German", "American, 12 hours", "seconds since 1970")
HELD = ("ISO times", "German", "short rows", "quoted", "UTF-16")


def run() -> Iterator[Figure]:
    for dialect in HELD:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
            held, size = fresh.submit(_held, dialect).result()
        yield Figure(f"memory while reading, {dialect}", held / 1e6, size / 1e6, "MB", "the file", 3, False)
    for dialect in DIALECTS:
        raw = file(dialect)
        ours: list[float] = []
        bare: list[float] = []
        for _ in range(TURNS):  # they take turns: the machine's own speed drifts
            ours += seconds(partial(read, raw, ReadOptions(), SETTINGS), 1)
            bare += seconds(partial(_bare, raw), 1)
        rates = ROWS / min(ours), ROWS / min(bare)
        yield Figure(f"reading a million rows, {dialect}", *rates, "rows/s", "polars", 0.2, True)


def _held(dialect: str) -> tuple[int, int]:
    """Bytes by which a process grows while it reads a file, and the file's own."""
    give_back_large()  # as the engine does
    raw = file(dialect)
    warm = raw[:WARM].rfind(b"\n")
    read(raw[: warm - warm % 2], ReadOptions(), SETTINGS)  # what libraries allocate once is no part of it
    return _peak(partial(read, raw, ReadOptions(), SETTINGS)), len(raw)


def _bare(raw: bytes) -> None:
    pl.read_csv(io.BytesIO(raw), separator=";")


def file(dialect: str) -> bytes:
    """A minute series of two decimals."""
    times = np.datetime64("2020-01-01T00:00", "s") + 60 * np.arange(ROWS)
    values = np.round(np.random.default_rng(0).normal(50, 5, ROWS), 2).tolist()
    cells: Iterable[str] = map(str, values)
    if dialect == "short rows":
        cells = (str(n % 10) for n in range(ROWS))
    if dialect in ("seconds since 1970", "short rows"):
        stamps = map(str, times.astype(np.int64).tolist())
    elif dialect in ("German", "UTF-16"):
        stamps = (f"{time:%d.%m.%Y %H:%M}" for time in times.tolist())
        cells = (cell.replace(".", ",") for cell in cells)
    elif dialect == "American, 12 hours":
        stamps = (f"{time:%m/%d/%Y %I:%M %p}" for time in times.tolist())
    else:
        stamps = iter(times.astype(str).tolist())
    mark = '"' if dialect == "quoted" else ""
    lines = (f"{mark}{stamp}{mark};{mark}{cell}{mark}" for stamp, cell in zip(stamps, cells, strict=True))
    return "\n".join(["time;value", *lines]).encode("utf-16" if dialect == "UTF-16" else "utf-8")


def _peak(work: Callable[[], object]) -> int:
    """Bytes by which the process grows while it works, looked at a thousand times a second (Linux)."""

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before, most, done = resident(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.001):
            most[0] = max(most[0], resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    done.set()
    watcher.join()
    return most[0] - before
