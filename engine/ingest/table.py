"""Text -> cells: the file in pieces of a few megabytes, every cell a string, so that memory does not grow with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
import polars as pl

from engine.errors import UploadError
from engine.ingest.layout import Layout
from engine.ingest.ondisk import Body, view
from engine.ingest.pieces import BEYOND, Bare, Piece, parse
from engine.ingest.spans import ROW_END
from engine.ingest.tally import tally
from engine.ingest.text import count
from engine.settings import Settings

PIECE = 1 << 20  # bytes at a time
HEAD_ROWS, TAIL_ROWS = 10_000, 1_000
SAMPLE_CELLS = 2_000_000
THREADS = 2  # more would hold as many more pieces in memory
Result = TypeVar("Result")


@dataclass(frozen=True)
class Table:
    """The data rows of a text. bounds: (start, end) byte offsets of runs of whole rows, and their physical lines.

    is_plain: no quote is in the text, so that a line is a row. dresses: columns whose numbers wear something.
    """

    body: Body
    layout: Layout
    bounds: tuple[tuple[int, int, int], ...]
    is_plain: bool
    dresses: Mapping[str, Bare] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Physical lines of all."""
        return sum(lines for _, _, lines in self.bounds)

    def pieces(self, names: list[str]) -> Iterator[Piece]:
        """All rows, a few megabytes at a time, of which the columns `names` are wanted."""
        row = self.layout.first_row
        for start, end, lines in self.bounds:
            piece = Piece(
                self._rows(start, end), self.layout, row, tuple(names), self.is_plain, self._known, self.dresses
            )
            yield piece
            row += lines if self.is_plain else len(piece)

    def each(self, names: list[str], work: Callable[[Piece], Result]) -> Iterator[Result]:
        """`work` of each of the pieces, in their order; a few of them at a time, on threads of their own."""
        if len(self.bounds) == 1:
            yield from map(work, self.pieces(names))
            return
        with ThreadPoolExecutor(THREADS, thread_name_prefix="ingest") as pool:
            begun: deque[Future[Result]] = deque()
            for piece in self.pieces(names):
                begun.append(pool.submit(work, piece))
                if len(begun) > THREADS:
                    yield begun.popleft().result()
            yield from (done.result() for done in begun)

    def sample(self) -> pl.DataFrame:
        """String frame of the first and the last rows, all columns; raises UploadError BAD_QUOTING."""
        names = list(self.layout.names)
        if self._known is not None and len(self._known) <= self._most(HEAD_ROWS):
            return self._known[names]
        first, last = (self._at(place, names) for place in (0, -1))
        return pl.concat([first.head(self._most(HEAD_ROWS)), last.tail(self._most(TAIL_ROWS))], rechunk=True)

    @cached_property
    def _known(self) -> pl.DataFrame | None:
        """All of a table that is small."""
        if len(self.bounds) > 1 or (self.is_plain and self.rows > self._most(HEAD_ROWS)):
            return None
        near = f"after line {self.layout.first_row}"
        return parse(self._rows(*self.bounds[0][:2]), self.layout, [*self.layout.names, BEYOND], near)

    def _most(self, rows: int) -> int:
        """`rows`, or fewer in wide tables."""
        return min(rows, max(100, SAMPLE_CELLS // len(self.layout.names)))

    def _at(self, place: int, names: list[str]) -> pl.DataFrame:
        """The first or the last piece, and not much more than the rows of a sample where a line is a row."""
        if self._known is not None:
            return self._known[names]
        start, end, _ = self.bounds[place]
        if self.is_plain:
            ends = start + 1 + np.flatnonzero(np.frombuffer(self._rows(start, end), dtype=np.uint8) == ROW_END)
            if place == 0:
                end = int(ends[: self._most(HEAD_ROWS)][-1]) if len(ends) else end
            elif len(ends) > self._most(TAIL_ROWS):
                start = int(ends[-self._most(TAIL_ROWS) - 1])
        near = f"after line {self.layout.first_row}" if place == 0 else "near the end"
        return parse(self._rows(start, end), self.layout, names, near)

    def _rows(self, start: int, end: int) -> memoryview:
        return view(self.body, start, end)


def refuse_blank(sample: pl.DataFrame) -> None:
    """Raise EMPTY for a sample in which no cell holds anything."""
    if sample.select(pl.all_horizontal((pl.all().str.strip_chars() == "").all())).item():
        raise UploadError("This file is empty: its rows hold only blanks.", code="EMPTY")


def open_table(body: Body, layout: Layout, settings: Settings) -> Table:
    """Cut a text into pieces of whole rows; raises UploadError TOO_LARGE (rows) and BAD_QUOTING (an open quote)."""
    is_plain = body.find(b'"', layout.start) < 0
    if not is_plain and count(body, b'"', layout.start) % 2:
        raise _open_quote(body, layout)
    bounds, start = [], layout.start
    while start < len(body):
        end = _piece_end(body, start, is_plain, settings.max_line_bytes)
        bounds.append((start, end, _line_count(body, start, end)))
        start = end
    table = Table(body, layout, tuple(bounds), is_plain)
    if table.rows > settings.max_rows:
        raise UploadError(
            f"{tally(table.rows)} rows; this server reads up to {tally(settings.max_rows)}. "
            "Cut the period, or ask for a higher limit.",
            code="TOO_LARGE",
            rows=table.rows,
            limit=settings.max_rows,
        )
    return table


def _line_count(body: Body, start: int, end: int) -> int:
    """Lines in a stretch; several times as fast as bytes.count, which is made for rare bytes."""
    rows = view(body, start, end)
    lines = int(np.count_nonzero(np.frombuffer(rows, dtype=np.uint8) == ROW_END))
    return lines + (rows[-1] != ROW_END)


def _piece_end(body: Body, start: int, is_plain: bool, longest_row: int) -> int:
    """End of the last whole row in the piece, or of its first one: the last line end with no quote open."""
    if len(body) - start <= PIECE:
        return len(body)
    end = body.rfind(b"\n", start, start + PIECE) + 1 or body.find(b"\n", start + PIECE) + 1 or len(body)
    is_open = 0 if is_plain else body.count(b'"', start, end) % 2
    while is_open:
        before = body.rfind(b"\n", start, end - 1) + 1
        if before <= start or start + PIECE - before > 2 * longest_row:
            line = body.count(b"\n", 0, end) + 1
            raise UploadError(
                f"The quotes break before line {line}: a quoted cell runs over {tally(longest_row)} bytes. "
                "Export the table again, with every opening quote closed.",
                code="BAD_QUOTING",
                line=line,
            )
        is_open ^= body.count(b'"', before, end) % 2
        end = before
    return end


def _open_quote(body: Body, layout: Layout) -> UploadError:
    """The refusal of a text with an odd number of quotes, with the first line that leaves one open."""
    line, start = layout.first_row, layout.start
    while start < len(body):
        end = body.rfind(b"\n", start, start + PIECE) + 1 or len(body)
        piece = np.frombuffer(view(body, start, end), dtype=np.uint8)
        line_ends = np.append(np.flatnonzero(piece == ord("\n")), len(piece) - 1)
        quotes = np.diff(np.cumsum(piece == ord('"'), dtype=np.int32)[line_ends], prepend=0)
        if (quotes % 2).any():
            line += int(np.argmax(quotes % 2))
            break
        line, start = line + len(line_ends) - 1, end
    return UploadError(
        f"The quotes break at line {line}. Export the table again, with every opening quote closed.",
        code="BAD_QUOTING",
        line=line,
    )
