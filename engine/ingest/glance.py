"""What the other columns or series of a file look like, before anybody chooses one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from engine.ingest.calendar import date_columns
from engine.ingest.decimals import all_signs
from engine.ingest.dress import undress
from engine.ingest.numbers import read_numbers
from engine.ingest.ondisk import Body
from engine.ingest.opening import open_text
from engine.ingest.readback import Readback, ReadOptions
from engine.ingest.spans import strings
from engine.ingest.table import Table
from engine.ingest.text import decode
from engine.ingest.timecolumn import TimeReading, time_readings
from engine.ingest.times import NO_TIME
from engine.series import Floats
from engine.settings import Settings
from engine.sketch import sketch

Sketches = dict[str, list[int | None]]


def glance(raw: Body, back: Readback, option: str, names: Sequence[str], settings: Settings) -> Sketches:
    """Name -> sketch of its values in the order of time, of the columns ("value") or ids ("series") of a file that was
    read as `back` says. Names that the file does not have are left out; only the columns asked for are read."""
    text = decode(raw, settings)
    table = open_text(text.body, _turned(back), settings).table
    sample = table.sample()
    reading = _times(sample, back)
    table, sample = undress(table, sample, reading.names)
    if option == "series":
        return _of_ids(table, reading, back, set(names))
    wanted = [name for name in dict.fromkeys(names) if name in table.layout.names and name not in reading.names]
    return _of_columns(table, sample, reading, back, wanted)


def _turned(back: Readback) -> bool | None:
    turned = back.options.get("turned")
    return None if turned is None else bool(turned)


def _times(sample: pl.DataFrame, back: Readback) -> TimeReading:
    names = (back.time_column,) if isinstance(back.time_column, str) else back.time_column
    parts = date_columns(sample.columns)
    time = None if parts and names[: len(parts)] == parts else names[0]
    ways, _ = time_readings(sample, ReadOptions(time=time, dayfirst=back.dayfirst))
    return ways[0]


def _of_columns(table: Table, sample: pl.DataFrame, reading: TimeReading, back: Readback, names: list[str]) -> Sketches:
    if not names:
        return {}
    marks = all_signs(sample.select(names), None)
    decimals = {name: mark.decimal if mark.proof else back.decimal for name, mark in marks.items()}
    needed = list(dict.fromkeys((*reading.names, *names, *([back.series_column] if back.series_column else []))))
    parts: list[tuple[pl.Series, pl.DataFrame]] = []
    for piece in table.pieces(needed):
        kept = reading.read(piece).micros
        is_mine = pl.Series(kept != NO_TIME)
        if back.series_column:
            is_mine &= strings(piece[back.series_column]).str.strip_chars() == back.series
        numbers = {name: read_numbers(piece[name], decimals[name]).values for name in names}
        parts.append((pl.Series(kept).filter(is_mine), pl.DataFrame(numbers).filter(is_mine)))
    order = pl.concat([micros for micros, _ in parts]).arg_sort()
    values = pl.concat([numbers for _, numbers in parts])
    return {name: sketch(values[name].gather(order).to_numpy()) for name in names}


def _of_ids(table: Table, reading: TimeReading, back: Readback, names: set[str]) -> Sketches:
    if back.series_column is None:
        return {}
    parts: list[pl.DataFrame] = []
    for piece in table.pieces(list(dict.fromkeys((*reading.names, back.series_column, back.value_column)))):
        micros = reading.read(piece).micros
        ids = strings(piece[back.series_column]).str.strip_chars()
        values: Floats = read_numbers(piece[back.value_column], back.decimal).values
        rows = pl.DataFrame({"id": ids, "micros": micros, "value": values})
        parts.append(rows.filter(pl.Series(micros != NO_TIME) & ids.is_in(list(names))))
    sorted_rows = pl.concat(parts).sort("micros")
    found = sorted_rows.partition_by("id", as_dict=True)
    return {str(key[0]): sketch(np.asarray(rows["value"].to_numpy())) for key, rows in found.items()}
