"""UTF-8 text -> layout: delimiter, header line and column names, read off the first lines of its tables."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass

from engine.errors import UploadError
from engine.ingest.looks import is_moment
from engine.ingest.numbers import is_missing_word, looks_numeric
from engine.ingest.ondisk import Body
from engine.ingest.tally import tally
from engine.settings import Settings

DELIMITERS = ("\t", ";", "|", ",")  # of equally even ones the first wins: a decimal comma can be even too
SAMPLE_LINES = 200
SAMPLE_BYTES = 1 << 20
SAMPLE_CELLS = 20_000
SAMPLE_RECORDS = 40
UNITS = re.compile(
    r"[(\[].*[)\]]|[-–]|°?[CFK]|%|[kMGT]?(Wh?|VAr?h?|J|g|l|m|bar|Pa|V|A|Hz)|m[23³²](/[hs])?|m/s|mm|€|EUR|USD"
    r"|TS|RN|Avg|Smp|Tot|[Dd]eg(rees)? ?[CFK]?|Volts?|W/m\^?2"  # of data loggers
)


@dataclass(frozen=True)
class Layout:
    """Where the table stands in the text.

    names: unique, without quotes and outer blanks. header_line: 1-based physical line, None without header.
    start: byte offset of the first data row. first_row: its physical line.
    """

    delimiter: str
    names: tuple[str, ...]
    header_line: int | None
    start: int
    first_row: int


@dataclass(frozen=True)
class _Record:
    """A non-blank row of the sample: its cells without outer blanks, its physical line (from 1), and the line after."""

    cells: list[str]
    line: int
    after: int

    @property
    def filled(self) -> list[str]:
        return [cell for cell in self.cells if cell]


def layout_at(body: Body, offset: int, settings: Settings) -> Layout:
    """Layout of the table that begins at or after the line at `offset`.

    Raises UploadError EMPTY (no data row), TOO_WIDE or BAD_QUOTING.
    """
    lines, is_whole = _first_lines(body, offset)
    before = body.count(b"\n", 0, offset)
    named = _named_delimiter(lines[0])
    marks = (named,) if named else DELIMITERS
    most = max(line.count(mark) for line in lines for mark in marks)
    if most > 2 * settings.max_columns:
        raise _too_wide(most + 1, settings.max_columns)
    there = [mark for mark in DELIMITERS if any(mark in line for line in lines)] or [","]
    if named is None and len(there) > 1:
        there.sort(key=lambda mark: -_evenness(_rows(lines, mark, 0, before)))
    delimiter = named or there[0]
    records = _records(lines, delimiter, 1 if named else 0, before)
    if not records:
        raise _no_rows()
    widths = Counter(len(record.cells) for record in records)
    width = max(widths.items(), key=lambda item: (item[1], item[0]))[0]
    head, data = _header(records, width)
    width = max(width, len(head.cells if head else data.cells if data else []))
    if width > settings.max_columns:
        raise _too_wide(width, settings.max_columns)
    if data is None and is_whole:
        raise _no_rows()
    if head and data and 1 < len(head.cells) < len(data.cells) and any(data.cells[len(head.cells) :]):
        raise _short_header(head, data)
    names = head.cells if head else []
    first_row = head.after if head else data.line if data else before + 1
    return Layout(
        delimiter=delimiter,
        names=unique_names(names + [""] * (width - len(names))),
        header_line=head.line if head else None,
        start=offset + sum(len(line.encode()) for line in lines[: first_row - 1 - before]),
        first_row=first_row,
    )


def _first_lines(body: Body, offset: int) -> tuple[list[str], bool]:
    """The physical lines from `offset` on with their line ends, at least two, and whether they are all."""
    end = offset
    for number in range(SAMPLE_LINES):
        end = body.find(b"\n", end) + 1 or len(body)
        if end == len(body) or (end - offset > SAMPLE_BYTES and number > 0):
            break
    text = body[offset:end].removesuffix(b"\n").decode("utf-8")
    return [line + "\n" for line in text.split("\n")], end == len(body)


def _named_delimiter(line: str) -> str | None:
    """The delimiter of a `sep=;` line, None where the line is another."""
    line = line.rstrip("\r\n").strip(' "')
    if len(line) != 5 or not line.lower().startswith("sep="):
        return None
    if not line[4].isascii():
        raise UploadError(
            f"The first line names {line[4]!r} as the delimiter, which is not read. "
            "Use a comma, a semicolon, a tab or |.",
            code="BAD_QUOTING",
            line=1,
        )
    return line[4]


def _rows(lines: list[str], delimiter: str, skip: int, before: int) -> list[tuple[list[str], int, int]]:
    """(cells, physical line, line after it) of the rows that are not blank."""
    reader = csv.reader(lines[skip:], delimiter=delimiter)
    rows, line = [], before + skip + 1
    try:
        for cells in reader:
            after = before + skip + reader.line_num + 1
            if any(not cell.isspace() for cell in cells if cell):
                rows.append((cells, line, after))
            line = after
    except csv.Error:
        raise UploadError(
            f"The quotes break at line {line}. Export the table again, with every opening quote closed.",
            code="BAD_QUOTING",
            line=line,
        ) from None
    return rows


def _records(lines: list[str], delimiter: str, skip: int, before: int) -> list[_Record]:
    rows = _rows(lines, delimiter, skip, before)
    return [_Record([cell.strip() for cell in cells], line, after) for cells, line, after in rows]


def _evenness(rows: list[tuple[list[str], int, int]]) -> float:
    """Share of the rows that have the most common number of cells, 0 where that is one cell."""
    widths = Counter(len(cells) for cells, _, _ in rows)
    width, most = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
    return most / len(rows) if width > 1 else 0.0


def _header(records: list[_Record], width: int) -> tuple[_Record | None, _Record | None]:
    """The header and the first row of data; None for what is not there.

    Data begins where a row has a time or a number in the columns that hold them; of the rows above, the header is the
    last one of those that name the most columns.
    """
    looked = records[: max(20, SAMPLE_CELLS // width)]
    usual = [record for record in looked if len(record.cells) == width]
    usual = usual[:: max(1, len(usual) // SAMPLE_RECORDS)]
    dated, numeric = _columns_of_kinds(usual, width)
    known = dated or numeric
    least = width - 1 if width > 2 else width

    def is_data(record: _Record) -> bool:
        kind = is_moment if dated else looks_numeric
        return len(record.cells) >= least and any(kind(record.cells[at]) for at in known if at < len(record.cells))

    first = next((at for at, record in enumerate(looked) if is_data(record)), None)
    if first is None:
        usual = [record for record in looked if len(record.cells) == width]
        return (usual[0], usual[1] if len(usual) > 1 else None) if usual else (None, None)
    above = [record for record in looked[:first] if len(record.cells) >= least and _names_columns(record)]
    if not above and 1 < len(records[max(first - 1, 0)].cells) < least:
        above = [records[first - 1]]
    above = [record for record in above if len(record.cells) == width] or above
    fullest = max((len(record.filled) for record in above), default=0)
    heads = [record for record in above if len(record.filled) >= fullest]
    while len(heads) > 1 and all(UNITS.fullmatch(cell) for cell in heads[-1].filled):
        heads.pop()  # a line of units below the names
    return heads[-1] if heads else None, records[first]


def _columns_of_kinds(records: list[_Record], width: int) -> tuple[list[int], list[int]]:
    """Columns in which at least half of the filled cells are dates or clock times, and those with numbers."""
    dated, numeric = [], []
    for at in range(width):
        cells = [record.cells[at] for record in records if record.cells[at]]
        cells = [cell for cell in cells if not is_missing_word(cell)]
        if 2 * sum(map(is_moment, cells)) >= max(len(cells), 1):
            dated.append(at)
        elif 2 * sum(map(looks_numeric, cells)) >= max(len(cells), 1):
            numeric.append(at)
    return dated, numeric


def _names_columns(record: _Record) -> bool:
    """Whether a row above the data may be its header."""
    return len(record.filled) > 1 or not all(map(looks_numeric, record.filled))


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Names without byte order marks, quotes and outer blanks; nameless ones get a number, repeated ones a count."""
    taken: Counter[str] = Counter()
    unique: list[str] = []
    for number, name in enumerate(names, start=1):
        name = " ".join(name.replace("\ufeff", "").strip().strip('"').split()) or f"column_{number}"
        taken[name] += 1
        while taken[name] > 1:
            name = f"{name} ({taken[name]})"
            taken[name] += 1
        unique.append(name)
    return tuple(unique)


def _no_rows() -> UploadError:
    return UploadError(
        "This file is empty: it has a header and no rows. Drop a CSV with a header and one row per time.", code="EMPTY"
    )


def _short_header(header: _Record, row: _Record) -> UploadError:
    return UploadError(
        f"The header in line {header.line} has {len(header.cells)} names, but line {row.line} has {len(row.cells)} "
        "cells. Name every column, and put quotes around cells that hold the delimiter (such as 1,5).",
        code="BAD_QUOTING",
        line=row.line,
    )


def _too_wide(width: int, limit: int) -> UploadError:
    return UploadError(
        f"This table has {tally(width)} columns; at most {tally(limit)} are read. "
        "Keep the time and the columns you need.",
        code="TOO_WIDE",
        columns=width,
        limit=limit,
    )
