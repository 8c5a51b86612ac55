"""Done forecasts -> a Parquet file, a few thousand origins at a time. docs/export.md says what is in it."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from engine.blocks import BLOCK
from engine.rows import Forecast, Scores
from engine.series import Ints, Series
from engine.spec import Spec
from engine.unit_samples import checksums, in_unit
from engine.windows import actuals

FORMAT = 1
KEY, VALUES = "hindcast", "hindcast.values"  # of the file's own metadata
MOST_ROWS = 16_384  # of a row group
AT_ONCE = 16  # blocks in memory
GROUP_SAMPLES = 2_000_000  # in a row group, about


class Done(NamedTuple):
    """Origins to export: slots (B,) and their rows."""

    slots: Ints
    rows: Forecast


def schema(spec: Spec) -> dict[str, pl.DataType]:
    """Columns of the Parquet file."""
    per_step, per_sample = spec.horizon, (spec.horizon, spec.num_samples)
    return {
        "index": pl.Int64(),
        "origin": pl.Datetime("ms"),
        "model": pl.String(),
        "horizon": pl.UInt8(),
        "samples": pl.Array(pl.Float64, per_sample),
        "actuals": pl.Array(pl.Float64, per_step),
        "crps": pl.Float64(),
        "n_scored": pl.UInt8(),
        "inside50": pl.UInt8(),
        "inside80": pl.UInt8(),
        "loc": pl.Float64(),
        "scale": pl.Float64(),
        "scaled": pl.Array(pl.Float32, per_sample),
        "check": pl.UInt64(),
    }


def group_rows(spec: Spec) -> int:
    """Rows of a row group, so that one is never large."""
    return max(BLOCK, min(MOST_ROWS, GROUP_SAMPLES // (spec.horizon * spec.num_samples)))


def head(series: Series, spec: Spec) -> dict[str, str]:
    """What the file says of itself: everything of the series and the spec as JSON, and the series' values. Not whose it
    is: whoever loads it has it as their own."""
    series = series.within("")
    values = zlib.compress(series.values.astype("<f8").tobytes(), 1)
    document: dict[str, Any] = {
        "format": FORMAT,
        "handle": series.handle,
        "spec": spec.to_json(),
        "series": {
            "step": [series.step.count, series.step.unit],
            "first_slot": series.first_slot,
            "length": len(series),
            "zone": series.zone,
            "phases": [list(phase) for phase in series.phases],
            "scope": series.scope,
        },
    }
    return {KEY: json.dumps(document), VALUES: base64.b64encode(values).decode()}


def write_parquet(file: BinaryIO, series: Series, spec: Spec, parts: Iterable[Done]) -> None:
    """One row per origin, in the order they come."""
    rows = (frame(series, spec, part) for part in parts)
    sink(file, schema(spec), rows, group_rows(spec), head(series, spec))


def sink(
    file: BinaryIO,
    columns: dict[str, pl.DataType],
    frames: Iterable[pl.DataFrame],
    group: int,
    metadata: dict[str, str] | None = None,
) -> None:
    """Frames of these columns as one Parquet file, `group` rows in a row group; one of them is in memory at a time, and
    what Polars makes of it."""
    raised: list[BaseException] = []

    def source(names: Any, predicate: Any, rows: Any, batch: Any) -> Iterator[pl.DataFrame]:
        """Polars asks for everything; what goes wrong here would come back as another error."""
        try:
            yield from frames
        except BaseException as error:
            raised.append(error)
            raise

    try:
        register_io_source(source, schema=columns).sink_parquet(
            file,
            compression="zstd",
            statistics=False,
            row_group_size=group,
            maintain_order=True,
            metadata=metadata,
        )
    except BaseException:
        if raised:
            raise raised[0] from None
        raise


def frame(series: Series, spec: Spec, part: Done) -> pl.DataFrame:
    """Rows of the Parquet file."""
    slots, (samples, loc, scale, scores, _) = part
    count, index = len(slots), slots - series.last_slot
    values, exact = in_unit(samples, loc, scale)
    happened = pl.Series(actuals(series, slots, spec.horizon).ravel()).fill_nan(None)
    columns = {
        "index": index,
        "origin": series.times(slots).astype("datetime64[ms]"),
        "model": pl.repeat(spec.model, count, eager=True),
        "horizon": pl.repeat(spec.horizon, count, dtype=pl.UInt8, eager=True),
        "samples": values,
        "actuals": happened.reshape((count, spec.horizon)),
        "crps": pl.Series(scores.crps).fill_nan(None),
        "n_scored": scores.n_scored,
        "inside50": scores.inside50,
        "inside80": scores.inside80,
        "loc": loc,
        "scale": scale,
        "scaled": samples,
        "check": checksums(index, samples, loc, scale),
    }
    needed = pl.when(pl.Series(~exact)).then(pl.col("scaled"))
    return pl.DataFrame(columns, schema=schema(spec)).with_columns(needed.alias("scaled"))


def finished(blocks: int, part_of: Callable[[int], Done]) -> Iterator[Done]:
    """Done origins of that many blocks, several blocks at a time; nothing where none is done."""
    for start in range(0, blocks, AT_ONCE):
        parts = [part_of(number) for number in range(start, min(start + AT_ONCE, blocks))]
        slots = np.concatenate([part.slots for part in parts])
        if len(slots):
            samples, loc, scale = (np.concatenate(column) for column in zip(*(p.rows[:3] for p in parts), strict=True))
            scores = Scores(*map(np.concatenate, zip(*(part.rows.scores for part in parts), strict=True)))
            yield Done(slots, Forecast(samples, loc, scale, scores, np.ones(len(slots), dtype=bool)))
