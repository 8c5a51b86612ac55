"""Wire blocks: made from rows, read again from memory, and what they weigh."""

from __future__ import annotations

import gzip
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure, meter, percentile, seconds, to_csv
from engine import Engine, Settings

ORIGINS = 256  # of a block


def run() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(cache_dir=Path(name), log_level="ERROR")
        engine = Engine(settings)
        done = engine.upload(to_csv(meter(3000)))
        handle, last = done.dataset.handle, done.dataset.series.last_slot
        pause = threading.Event()
        while engine.progress(handle).state != "done":
            pause.wait(0.05)
        number = last // ORIGINS - 2
        drawn = percentile(seconds(lambda: engine.forecast(handle, -700), 200), 0.5)
        read = percentile(seconds(lambda: engine.wire_block(handle, number), 2000), 0.5)
        block = engine.wire_block(handle, number)
        engine.close()
        engine = Engine(replace(settings, wire_budget=0))
        made = percentile(seconds(lambda: engine.wire_block(handle, number), 30), 0.5)
        engine.close()
        samples = 4 * settings.horizon * settings.num_samples
        yield Figure("wire block made", 1e3 * made, 1e3 * ORIGINS * drawn, "ms", "256 pictures drawn", 0.2, False)
        yield Figure("wire block read again", 1e3 * read, 1e3 * made, "ms", "made anew", 0.02, False)
        size = len(block.data) / ORIGINS
        yield Figure("wire block, gzipped, per origin", size, samples, "bytes", "its raw samples", 4, False)
        plain = len(gzip.decompress(block.data)) / ORIGINS
        yield Figure("wire block, gzipped, per origin", size, plain, "bytes", "the same, plain", 0.7, False)
