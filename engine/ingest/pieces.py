"""A few megabytes of whole rows -> cells: plain rows by where their cells stand, all others through a parser."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import polars as pl

from engine.errors import UploadError
from engine.ingest.layout import Layout
from engine.ingest.spans import PAD, ROW_END, Cells, Places, Spans, find_spans
from engine.ingest.tally import tally
from engine.series import Bools

BEYOND = "\ufeff"  # no column of a file has this name


class Bare(Protocol):
    """What the numbers of a column wear."""

    @property
    def unit(self) -> str | None:
        """What each of them carries."""

    @property
    def brackets(self) -> bool:
        """Whether brackets mean a minus."""

    @property
    def cell(self) -> str:
        """An example."""

    def bare(self, cells: pl.Series) -> pl.Series:
        """The numbers alone."""


@dataclass(frozen=True)
class Piece:
    """Rows of a table. row: number of the first one. names: the columns that are wanted. is_plain: no quote is in them.

    parsed: what is already known of them as strings. dresses: columns whose numbers wear something.

    Reading a cell or the length raises UploadError BAD_QUOTING where rows cannot be told apart.
    """

    rows: memoryview
    layout: Layout
    row: int
    names: tuple[str, ...]
    is_plain: bool
    parsed: pl.DataFrame | None = None
    dresses: Mapping[str, Bare] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._strings) if self._spans is None else self._spans[1].shape[1]

    def __getitem__(self, name: str) -> Cells:
        """The cells of a column that is wanted."""
        if name in self.dresses:
            return self.dresses[name].bare(self._strings[name])
        if self._spans is None:
            return self._strings[name]
        text, starts, ends = self._spans
        at = self.layout.names.index(name)
        return Spans(text, starts[at], ends[at], lambda: self._strings[name])

    @property
    def is_long(self) -> Bools:
        """(n,) bool, which rows have a cell that is not empty where the table has no column."""
        if self._spans is not None:
            return np.zeros(len(self), dtype=bool)
        return self._strings[BEYOND].str.len_bytes().to_numpy() > 0

    def frame(self, names: list[str]) -> pl.DataFrame:
        """String frame of any columns; blank lines are rows of blanks."""
        return self._parse(names)

    @cached_property
    def _spans(self) -> tuple[np.ndarray, Places, Places] | None:
        mark = self.layout.delimiter
        if not (self.is_plain and mark.isascii()):
            return None
        end = b"" if self.rows[-1] == ROW_END else b"\n"
        text = np.frombuffer(b"".join((b"\n" * PAD, self.rows, end, b"\n" * PAD)), dtype=np.uint8)
        found = find_spans(text, ord(mark), len(self.layout.names))
        return None if found is None else (text, *found)

    @cached_property
    def _strings(self) -> pl.DataFrame:
        return self._parse([*self.names, BEYOND])

    def _parse(self, names: list[str]) -> pl.DataFrame:
        if self.parsed is not None:
            return self.parsed[names]
        return parse(self.rows, self.layout, names, f"after line {self.row}")


def parse(rows: memoryview, layout: Layout, names: list[str], near: str) -> pl.DataFrame:
    """String frame of columns of whole rows. BEYOND is what a row holds in the first cell that has no column.

    Raises UploadError BAD_QUOTING; `near` completes "The quotes break".
    """
    # a header of our own makes polars keep blank lines, and its last name catches rows that are too long
    all_names = [*layout.names, BEYOND]
    places = sorted(all_names.index(name) for name in names)
    head = layout.delimiter.join(f"c{number}" for number in range(len(all_names))).encode() + b"\n"
    try:
        frame = pl.read_csv(
            io.BytesIO(b"".join((head, rows))),
            separator=layout.delimiter,
            columns=places,
            infer_schema=False,
            empty_string_is_null=False,
            truncate_ragged_lines=True,
        )
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # polars panics are no Exception
        raise UploadError(
            f"The quotes break {near}. Export the table again, with every opening quote closed.", code="BAD_QUOTING"
        ) from error
    frame.columns = [all_names[place] for place in places]
    return frame if frame.columns == names else frame[names]


def refuse_long_row(layout: Layout, row: int, is_long: Bools) -> None:
    """Raise BAD_QUOTING where a row has more cells than the table has columns; `row`: number of the first of (n,)."""
    if is_long.any():
        width = len(layout.names)
        raise UploadError(
            f"Row {tally(row + int(np.argmax(is_long)))} has more cells than the {width} columns of this table. Put "
            f"quotes around cells that hold the delimiter {layout.delimiter!r}, or use another one.",
            code="BAD_QUOTING",
            columns=width,
        )
