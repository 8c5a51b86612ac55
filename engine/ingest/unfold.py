"""A table with a day or a year per row, hours or months across: unfolded, so that each cell is a reading."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from engine.errors import UploadError
from engine.ingest.layout import Layout, unique_names
from engine.ingest.looks import looks_like_clock, looks_like_date
from engine.ingest.months import month_number
from engine.ingest.names import some
from engine.ingest.ondisk import Body
from engine.ingest.table import open_table
from engine.ingest.tally import tally
from engine.ingest.turn import Opened, all_cells
from engine.settings import MB, Settings

DAY = 1440  # minutes
FEWEST = 12  # columns across
HOUR = re.compile(r"(?:h|he|hr|hour|std\.?|stunde|heure|hora)[ _]?([0-9]{1,2})", re.IGNORECASE)
CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?(?: ?- ?[0-9:]{4,8})?")
YEAR = re.compile(r"(?:1[789]|20|21)[0-9]{2}")


def unfold(body: Body, layout: Layout, settings: Settings) -> Opened | None:
    """The table with a row per cell, None where neither the hours of a day nor the months of a year run across.

    The value column is "value"; rows are counted cell by cell. Raises UploadError TOO_LARGE or BAD_QUOTING.
    """
    names = list(layout.names)
    moments = _across(names) if layout.header_line else {}
    if not moments:
        return None
    flat = open_table(body, layout, settings)
    first = flat.sample().row(0)
    is_month = len(next(iter(moments.values()))) == 2
    stands = _is_year if is_month else _is_bare_date
    dated = next((name for name, cell in zip(names, first, strict=True) if name not in moments and stands(cell)), None)
    if dated is None:
        return None
    if flat.rows * len(moments) > settings.max_rows:
        raise UploadError(
            f"{tally(flat.rows * len(moments))} cells in {tally(flat.rows)} rows; this server reads up to "
            f"{tally(settings.max_rows)}. Cut the period, or ask for a higher limit.",
            code="TOO_LARGE",
            rows=flat.rows * len(moments),
            limit=settings.max_rows,
        )
    others = [name for name in names if name not in moments and name != dated]
    cells = all_cells(flat)
    _refuse_repeated(cells.select(others), len(moments), settings)
    cells.columns = [f"c{number}" for number in range(len(names))]
    own = dict(zip(names, cells.columns, strict=True))
    long = cells.with_row_index("row").unpivot(
        on=[own[name] for name in moments], index=["row", own[dated], *(own[name] for name in others)]
    )
    labels = {own[name]: ("-" if is_month else " ") + moment for name, moment in moments.items()}
    time = pl.col(own[dated]).str.strip_chars() + pl.col("variable").replace_strict(labels, return_dtype=pl.String)
    rows = long.sort("row", maintain_order=True).select(time, *(own[name] for name in others), "value")
    text = rows.write_csv(separator=layout.delimiter, include_header=False).encode()
    found = Layout(
        layout.delimiter, unique_names([dated, *others, "value"]), layout.header_line, 0, (layout.header_line or 0) + 1
    )
    return Opened(open_table(text, found, settings), across=tuple(moments))


def _refuse_repeated(others: pl.DataFrame, times: int, settings: Settings) -> None:
    """Raise TOO_LARGE where the cells that every reading of a row repeats would take more than the largest file."""
    size = sum(int(others[name].str.len_bytes().sum()) for name in others.columns) * times
    if size > settings.max_upload_bytes:
        raise UploadError(
            f"Its other columns ({some(others.columns)}) hold so much text that {tally(times)} readings per row would "
            f"repeat {size / MB:,.0f} MB of it; this server reads up to {settings.max_upload_bytes / MB:g} MB. "
            "Leave such columns out.",
            code="TOO_LARGE",
            bytes=size,
            limit=settings.max_upload_bytes,
        )


def _across(names: list[str]) -> dict[str, str]:
    """Names of the columns that are the times of a day, as 13:45, or the months of a year, as 01; nothing else."""
    months = {name: f"{month_number(name.strip().rstrip('.')):02d}" for name in names if month_number(name.strip(". "))}
    if list(months.values()) == [f"{month:02d}" for month in range(1, 13)]:
        return months
    minutes = {name: minute for name in names if (minute := _minute(name.strip())) is not None}
    steps = set(np.diff(list(minutes.values())).tolist())
    if len(minutes) < FEWEST or len(steps) != 1 or steps.pop() * len(minutes) != DAY:
        return {}
    return {name: f"{minute // 60:02d}:{minute % 60:02d}" for name, minute in minutes.items()}


def _minute(name: str) -> int | None:
    """Minutes since midnight of a column's name that is an hour or a time of day, at most a whole day."""
    clock, hour = CLOCK.fullmatch(name), HOUR.fullmatch(name)
    minute = int(clock[1]) * 60 + int(clock[2]) if clock else int(hour[1]) * 60 if hour else -1
    return minute if 0 <= minute <= DAY else None


def _is_bare_date(cell: str) -> bool:
    return looks_like_date(cell) and ":" not in cell and not looks_like_clock(cell)


def _is_year(cell: str) -> bool:
    return YEAR.fullmatch(cell.strip()) is not None
