"""Text -> cells: the file in pieces of a few megabytes, every cell a string, so that memory does not grow with it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from engine.errors import UploadError
from engine.ingest.layout import Layout
from engine.series import Bools
from engine.settings import Settings

PIECE = 1 << 21  # bytes parsed at a time
BEYOND = "\ufeff"  # no column of a file has this name
HEAD_ROWS, TAIL_ROWS = 10_000, 1_000
SAMPLE_CELLS = 2_000_000


@dataclass(frozen=True)
class Table:
    """The data rows of a text. pieces: (start, end) byte offsets of runs of whole rows. rows: physical lines."""

    body: bytes
    layout: Layout
    pieces: tuple[tuple[int, int], ...]
    rows: int

    def frames(self, names: list[str] | None = None, beyond: bool = False) -> Iterator[tuple[int, pl.DataFrame]]:
        """(number of the first row, String frame of the columns `names`) per piece; blank lines are rows of blanks.

        beyond: with a column BEYOND of what rows hold in the first cell that the table has no column for. Raises
        UploadError BAD_QUOTING where rows cannot be told apart.
        """
        row = self.layout.first_row
        wanted = [*(self.layout.names if names is None else names), *([BEYOND] if beyond else [])]
        for start, end in self.pieces:
            frame = self._parse(start, end, row, wanted) if len(self.pieces) > 1 else self._small[wanted]
            yield row, frame
            row += len(frame)

    def piece(self, number: int, row: int) -> pl.DataFrame:
        """String frame of all columns of one of the pieces, whose first row has the number `row`."""
        names = list(self.layout.names)
        return self._parse(*self.pieces[number], row, names) if len(self.pieces) > 1 else self._small[names]

    @cached_property
    def _small(self) -> pl.DataFrame:
        """All of a table of one piece, parsed once."""
        return self._parse(*self.pieces[0], self.layout.first_row, [*self.layout.names, BEYOND])

    def sample(self) -> pl.DataFrame:
        """String frame of the first and the last rows, all columns."""
        most = max(100, SAMPLE_CELLS // len(self.layout.names))
        names = list(self.layout.names)
        if len(self.pieces) == 1:
            first = last = self._small[names]
            if len(first) <= min(HEAD_ROWS, most):
                return first
        else:
            first = self._parse(*self.pieces[0], self.layout.first_row, names)
            last = self._parse(*self.pieces[-1], None, names)
        return pl.concat([first.head(min(HEAD_ROWS, most)), last.tail(min(TAIL_ROWS, most))], rechunk=True)

    def _parse(self, start: int, end: int, row: int | None, wanted: list[str]) -> pl.DataFrame:
        # a header of our own makes polars keep blank lines, and its last name catches rows that are too long
        all_names = [*self.layout.names, BEYOND]
        places = sorted(all_names.index(name) for name in wanted)
        head = self.layout.delimiter.join(f"c{number}" for number in range(len(all_names))).encode() + b"\n"
        try:
            frame = pl.read_csv(
                io.BytesIO(b"".join((head, memoryview(self.body)[start:end]))),
                separator=self.layout.delimiter,
                columns=places,
                infer_schema=False,
                empty_string_is_null=False,
                truncate_ragged_lines=True,
            )
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException as error:  # polars panics are no Exception
            near = "near the end" if row is None else f"after line {row}"
            raise UploadError(
                f"The quotes break {near}. Export the table again, with every opening quote closed.",
                code="BAD_QUOTING",
            ) from error
        frame.columns = [all_names[place] for place in places]
        return frame if frame.columns == wanted else frame[wanted]


def refuse_blank(sample: pl.DataFrame) -> None:
    """Raise EMPTY for a sample in which no cell holds anything."""
    if sample.select(pl.all_horizontal((pl.all().str.strip_chars() == "").all())).item():
        raise UploadError("This file is empty: its rows hold only blanks.", code="EMPTY")


def refuse_long_row(layout: Layout, row: int, is_long: Bools) -> None:
    """Raise BAD_QUOTING where a row has more cells than the table has columns; `row`: number of the first of (n,)."""
    if is_long.any():
        width = len(layout.names)
        raise UploadError(
            f"Row {row + int(np.argmax(is_long)):,} has more cells than the {width} columns of this table. Put "
            f"quotes around cells that hold the delimiter {layout.delimiter!r}, or use another one.",
            code="BAD_QUOTING",
            columns=width,
        )


def open_table(body: bytes, layout: Layout, settings: Settings) -> Table:
    """Cut a text into pieces of whole rows; raises UploadError TOO_LARGE (rows) and BAD_QUOTING (an open quote)."""
    rows = _line_count(body, layout.start)
    if rows > settings.max_rows:
        raise UploadError(
            f"{rows:,} rows; this server reads up to {settings.max_rows:,}. Cut the period, or ask for a higher limit.",
            code="TOO_LARGE",
            rows=rows,
            limit=settings.max_rows,
        )
    if body.count(b'"', layout.start) % 2:
        raise _open_quote(body, layout)
    pieces, start = [], layout.start
    while start < len(body):
        end = _piece_end(body, start, settings.max_line_bytes)
        pieces.append((start, end))
        start = end
    return Table(body, layout, tuple(pieces), rows)


def _line_count(body: bytes, start: int) -> int:
    """Lines from `start` on; several times as fast as bytes.count, which is made for rare bytes."""
    text = np.frombuffer(body, dtype=np.uint8)
    ends = sum(int(np.count_nonzero(text[at : at + PIECE] == ord("\n"))) for at in range(start, len(body), PIECE))
    return ends + (not body.endswith(b"\n"))


def _piece_end(body: bytes, start: int, longest_row: int) -> int:
    """End of the last whole row that begins in the piece: the last line end with no quote open."""
    if len(body) - start <= PIECE:
        return len(body)
    end = body.rfind(b"\n", start, start + PIECE) + 1
    is_open = body.count(b'"', start, end) % 2
    while is_open:
        before = body.rfind(b"\n", start, end - 1) + 1
        if before <= start or start + PIECE - before > 2 * longest_row:
            line = body.count(b"\n", 0, end) + 1
            raise UploadError(
                f"The quotes break before line {line}: a quoted cell runs over {longest_row:,} bytes. "
                "Export the table again, with every opening quote closed.",
                code="BAD_QUOTING",
                line=line,
            )
        is_open ^= body.count(b'"', before, end) % 2
        end = before
    return end


def _open_quote(body: bytes, layout: Layout) -> UploadError:
    """The refusal of a text with an odd number of quotes, with the first line that leaves one open."""
    line, start = layout.first_row, layout.start
    while start < len(body):
        end = body.rfind(b"\n", start, start + PIECE) + 1 or len(body)
        piece = np.frombuffer(body, dtype=np.uint8, count=end - start, offset=start)
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
