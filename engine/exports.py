"""Exports as downloads, read from an entry block by block; the Parquet file is first a temporary one without a name."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from engine import export_steps
from engine.blocks import Rows, block_range
from engine.errors import BadRequest, Overloaded, StorageFailed
from engine.export import Done, finished, group_rows, sink, write_parquet
from engine.export_steps import SEPARATORS, csv
from engine.forecasting import Subject, frame_of
from engine.jobs import Entry
from engine.rows import Forecast, Scores
from engine.scoring.reading import Opponents

CHUNK = 1 << 18  # bytes
ORIGINS, STEPS = "origins", "steps"
AT_ONCE = 2  # Parquet files written at the same time


class Export:
    """A file to send: iterate over its chunks once, and close it. size: in bytes, None where nobody knows it yet."""

    def __init__(self, name: str, chunks: Iterator[bytes], file: BinaryIO | None = None) -> None:
        self.name = name
        self.size = None if file is None else file.seek(0, 2)
        self._chunks = chunks
        self._file = file
        if file is not None:
            file.seek(0)

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class Exports:
    """Makes them. `read` gives a block's done rows, `opponents` those that every forecast is compared with. Temporary
    files lie in the cache directory: it is on a disk, and nobody else reads there."""

    def __init__(self, folder: Path, read: Callable[[Entry, int], Rows], opponents: Callable[[], Opponents]) -> None:
        self._folder = folder
        self._read = read
        self._opponents = opponents
        self._writing = threading.BoundedSemaphore(AT_ONCE)

    def of(self, entry: Entry, kind: str, decimal: str = ".", shape: str = ORIGINS) -> Export:
        """All rows of an entry that are done; decimal: a CSV's sign; shape: a Parquet file's, a row per origin or one
        per step. BadRequest, Overloaded, StorageFailed, EngineClosed."""
        series, spec, *_ = entry.subject
        name = f"{series.handle[:12]}-{re.sub('[^A-Za-z0-9._-]', '_', spec.model)}.{kind}"
        if kind == "csv":
            if decimal not in SEPARATORS:
                raise BadRequest(f"decimal is {decimal[:20]!r}; . or , was expected.", field="decimal")
            return Export(name, csv(series, spec, self._parts(entry), self._opponents(), decimal))
        if kind != "parquet":
            raise BadRequest(f"There is no export as {kind[:20]!r}; parquet and csv are known.", field="kind")
        if shape not in {ORIGINS, STEPS}:
            raise BadRequest(f"shape is {shape[:20]!r}; {ORIGINS} or {STEPS} was expected.", field="shape")
        if shape == STEPS:
            name = name.replace(".parquet", "-steps.parquet")
        file = self._written(entry, shape)
        return Export(name, _chunks(file), file)

    def _written(self, entry: Entry, shape: str) -> BinaryIO:
        if not self._writing.acquire(blocking=False):
            raise Overloaded(f"{AT_ONCE} exports are being written already. Try again shortly.")
        try:
            file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115, whoever sends it closes it
            try:
                self._write(file, entry, shape)
            except BaseException:
                file.close()
                raise
            return file
        except (OSError, pl.exceptions.PolarsError) as error:
            raise StorageFailed("The export cannot be written. Tell who runs this server.") from error
        finally:
            self._writing.release()

    def _write(self, file: BinaryIO, entry: Entry, shape: str) -> None:
        series, spec, *_ = entry.subject
        if shape == ORIGINS:
            write_parquet(file, series, spec, self._parts(entry))
            return
        rows = export_steps.frames(series, spec, self._parts(entry), self._opponents())
        sink(file, export_steps.schema(spec), rows, spec.horizon * group_rows(spec))

    def _parts(self, entry: Entry) -> Iterator[Done]:
        subject: Subject = entry.subject
        rows = frame_of(entry)

        def part(number: int) -> Done:
            block = self._read(entry, number)
            slots = rows.block_slots(number, block.offsets)
            at = slots - subject.series.first_slot
            crps, n_scored, inside50, inside80 = rows.scores()
            scores = Scores(crps[at], n_scored[at], inside50[at], inside80[at])
            whole = np.ones(len(slots), dtype=bool)
            return Done(slots, Forecast(block.samples, block.loc, block.scale, scores, whole))

        return finished(len(block_range(subject.series)), part)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
