"""UTF-8 text -> layout: delimiter, header line and column names, read off the first lines only."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass

from engine.errors import UploadError
from engine.ingest.numbers import looks_numeric
from engine.ingest.times import looks_like_date
from engine.settings import Settings

DELIMITERS = ("\t", ";", ",", "|")  # of equally even ones the first wins: a decimal comma can be even too
SAMPLE_LINES = 200
SAMPLE_BYTES = 1 << 20


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
    """A non-blank row of the sample: its cells, its physical line (from 1), and the line after it."""

    cells: list[str]
    line: int
    after: int


def find_layout(body: bytes, settings: Settings) -> Layout:
    """Layout of a text that is not blank; raises UploadError EMPTY (no data row), TOO_WIDE or BAD_QUOTING."""
    lines, is_whole = _first_lines(body)
    if max(line.count(mark) for line in lines for mark in DELIMITERS) > 2 * settings.max_columns:
        raise _too_wide(max(line.count(mark) + 1 for line in lines for mark in DELIMITERS), settings.max_columns)
    named = _named_delimiter(lines[0])
    delimiter = named or max(DELIMITERS, key=lambda mark: _evenness(_records(lines, mark, 0)))
    records = _records(lines, delimiter, 1 if named else 0)
    if not records:
        raise _no_rows()
    width, top = _table_width(records)
    width = max(width, len(top.cells))
    if width > settings.max_columns:
        raise _too_wide(width, settings.max_columns)
    has_header = not _is_data(top.cells)
    above = records[max(records.index(top) - 1, 0)]
    if not has_header and 1 < len(above.cells) < len(top.cells):
        raise _short_header(above, top)
    if has_header and is_whole and top is records[-1]:
        raise _no_rows()
    names = top.cells if has_header else []
    first_row = top.after if has_header else top.line
    return Layout(
        delimiter=delimiter,
        names=_unique(names + [""] * (width - len(names))),
        header_line=top.line if has_header else None,
        start=sum(len(line.encode()) for line in lines[: first_row - 1]),
        first_row=first_row,
    )


def _first_lines(body: bytes) -> tuple[list[str], bool]:
    """The first physical lines with their line ends, at least two, and whether they are the whole text."""
    end = 0
    for number in range(SAMPLE_LINES):
        end = body.find(b"\n", end) + 1 or len(body)
        if end == len(body) or (end > SAMPLE_BYTES and number > 0):
            break
    return [line + "\n" for line in body[:end].removesuffix(b"\n").decode("utf-8").split("\n")], end == len(body)


def _named_delimiter(line: str) -> str | None:
    """The delimiter of a `sep=;` line, None where the line is another."""
    line = line.rstrip("\r\n").strip(' "')
    return line[4] if len(line) == 5 and line.lower().startswith("sep=") else None


def _records(lines: list[str], delimiter: str, skip: int) -> list[_Record]:
    reader = csv.reader(lines[skip:], delimiter=delimiter)
    records, line = [], skip + 1
    try:
        for cells in reader:
            after = skip + reader.line_num + 1
            if any(cell.strip() for cell in cells):
                records.append(_Record(cells, line, after))
            line = after
    except csv.Error:
        raise UploadError(
            f"The quotes break at line {line}. Export the table again, with every opening quote closed.",
            code="BAD_QUOTING",
            line=line,
        ) from None
    return records


def _evenness(records: list[_Record]) -> float:
    """Share of the rows that have the most common number of cells, 0 where that is one cell."""
    widths = Counter(len(record.cells) for record in records)
    width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
    return rows / len(records) if width > 1 else 0.0


def _table_width(records: list[_Record]) -> tuple[int, _Record]:
    """The table's number of columns and its first row; lines above it are preamble."""
    widths = Counter(len(record.cells) for record in records)
    width = max(widths.items(), key=lambda item: (item[1], item[0]))[0]
    usual = [record for record in records if len(record.cells) == width]
    least = width - 1 if width > 2 and not any(record.cells[-1].strip() for record in usual) else width
    return width, next(record for record in records if len(record.cells) >= least)


def _is_data(cells: list[str]) -> bool:
    """Whether a row holds readings rather than names."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return any(map(looks_like_date, filled)) or all(map(looks_numeric, filled))


def _unique(names: list[str]) -> tuple[str, ...]:
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
        f"This table has {width:,} columns; at most {limit:,} are read. Keep the time and the columns you need.",
        code="TOO_WIDE",
        columns=width,
        limit=limit,
    )
