"""A table that lies on its side, its times across the columns: turned, so that each row has one time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from engine.errors import UploadError
from engine.ingest.layout import Layout, unique_names
from engine.ingest.looks import looks_like_date
from engine.ingest.names import bad_option, some
from engine.ingest.numbers import is_missing_word, looks_numeric
from engine.ingest.ondisk import Body
from engine.ingest.pieces import refuse_long_row
from engine.ingest.table import Table, open_table
from engine.ingest.tally import tally
from engine.settings import Settings

TIME = "time"  # the name of the column that the header becomes
LEAST_ACROSS = 3  # times that a header must hold to look like a table on its side
YEARS = 1700, 2200


@dataclass(frozen=True)
class Opened:
    """A text's table as it is read. turned: whether it lay on its side. named_by: the columns that name its series
    then, none if it has no such. across: the columns whose names were parts of the times."""

    table: Table
    turned: bool = False
    named_by: tuple[str, ...] = ()
    across: tuple[str, ...] = ()


def times_across(header: list[str]) -> list[int]:
    """Places of the header's cells that read as times, if most of them do; else none."""
    dates = [at for at, cell in enumerate(header) if looks_like_date(cell)]
    dates = dates or _years(header)
    return dates if 2 * len(dates) > len(header) and len(dates) >= LEAST_ACROSS else []


def turn(body: Body, layout: Layout, settings: Settings) -> Opened:
    """The table with one row per column of the file, from the first with a time in its header on. The columns before it
    name the series. A row's number is that of the column in the file.

    Raises UploadError TOO_WIDE, TOO_LARGE, BAD_QUOTING or BAD_OPTION (no times run across).
    """
    flat = open_table(body, layout, settings)
    header = list(layout.names) if layout.header_line else list(flat.sample().row(0))
    times = times_across(header)
    if not times:
        raise bad_option(f"turned is true, but the header holds no times ({some(header)})", ["false"])
    if flat.rows > settings.max_columns + 1:
        raise UploadError(
            f"This table has {tally(flat.rows)} rows, and turned each of them would be a column; at most "
            f"{tally(settings.max_columns)} are read. Keep the rows you need.",
            code="TOO_WIDE",
            columns=flat.rows,
            limit=settings.max_columns,
        )
    cells = all_cells(flat)
    header_line = layout.header_line or layout.first_row
    cells = cells if layout.header_line else cells[1:]
    labels = cells.columns[: times[0]]
    naming = _naming(cells.select(labels))
    named = [cells[label].str.strip_chars().to_list() for label in naming] or [[""] * len(cells)]
    names = [", ".join(filter(None, row)) for row in zip(*named, strict=True)]
    own = [header[cells.columns.index(label)] for label in naming]
    across = cells.select(cells.columns[times[0] :]).transpose()
    across.insert_column(0, pl.Series(TIME, header[times[0] :]))
    text = across.write_csv(separator=layout.delimiter, include_header=False).encode()
    turned = Layout(layout.delimiter, unique_names([TIME, *names]), header_line, 0, times[0] + 1)
    return Opened(open_table(text, turned, settings), True, tuple(own))


def _years(header: list[str]) -> list[int]:
    """Places of years that rise or fall by one from cell to cell."""
    at = [place for place, cell in enumerate(header) if len(cell.strip()) == 4 and cell.strip().isdecimal()]
    years = np.array([int(header[place]) for place in at])
    in_range = bool(((years >= YEARS[0]) & (years <= YEARS[1])).all())
    return at if in_range and len(set(np.diff(years).tolist()) - {1}) == 0 else []


def all_cells(flat: Table) -> pl.DataFrame:
    """All cells but those of blank rows."""
    frames = []
    for piece in flat.pieces(list(flat.layout.names)):
        refuse_long_row(flat.layout, piece.row, piece.is_long)
        frame = piece.frame(list(flat.layout.names))
        frames.append(frame.filter(~pl.all_horizontal(pl.all().str.strip_chars() == "")))
    return pl.concat(frames)


def _naming(labels: pl.DataFrame) -> list[str]:
    """Columns whose cells name the rows: the first of texts that are all different, else all texts that differ."""
    texts = [name for name in labels.columns if not _is_numeric(labels[name])] or labels.columns
    alone = [name for name in texts if labels[name].n_unique() == len(labels)]
    varied = [name for name in texts if labels[name].n_unique() > 1]
    return alone[:1] or varied or texts[:1]


def _is_numeric(cells: pl.Series) -> bool:
    filled = [cell for cell in cells.to_list() if not is_missing_word(cell.strip())]
    return 2 * sum(map(looks_numeric, filled)) > len(filled)
