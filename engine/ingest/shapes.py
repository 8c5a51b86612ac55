"""Cells -> groups of one shape: all digits are alike, so a pattern is matched once per shape and not once per cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.series import Bools

FEW = 6  # shapes that are told apart by comparing
SHORT = 512  # cells
LONGEST = 64  # bytes of a cell that can be a time
PLAIN = {
    **dict.fromkeys("\u00a0\u202f\u2009", " "),
    **dict.fromkeys("–—−", "-"),
    **dict.fromkeys("éèêÉ", "e"),
    **dict.fromkeys("ûü", "u"),
    "ä": "a",
    "ç": "c",
}  # what the names of months and the blanks of times may hold beyond ASCII
IN_PLAIN = str.maketrans(PLAIN)

Bytes = NDArray[np.uint8]


class Group(NamedTuple):
    """Cells of one shape. template: their text with every digit as 0. rows: their places. digits: (width, n), each
    byte of the cells less that of "0"."""

    template: str
    rows: NDArray[np.intp] | slice
    digits: Bytes

    def number(self, start: int, end: int) -> NDArray[np.int32]:
        """(n,) value of the digits at start .. end of the template."""
        total: NDArray[np.int32] = self.digits[start].astype(np.int32)
        for place in range(start + 1, end):
            total *= 10
            total += self.digits[place]
        return total


def groups(cells: pl.Series) -> Iterator[Group]:
    """The groups of String cells that are not null, empty, longer than LONGEST or in a foreign script."""
    data = _matrix(cells)
    if data.size == 0:
        return
    shapes = data - np.uint8(48)
    shapes = data & ~((shapes < 10).view(np.uint8) * np.uint8(15))
    if (shapes == shapes[0]).all():
        yield Group(_text(shapes[0]), slice(None), np.ascontiguousarray(data.T) - np.uint8(48))
        return
    for rows in _alike(shapes):
        yield Group(_text(shapes[rows[0]]), rows, np.ascontiguousarray(data[rows].T) - np.uint8(48))


def _alike(shapes: Bytes) -> Iterator[NDArray[np.intp]]:
    """Rows of one shape each: the first few shapes by comparing, the many that odd files have by hashing."""
    words = np.zeros((len(shapes), -(-shapes.shape[1] // 8) * 8), dtype=np.uint8)
    words[:, : shapes.shape[1]] = shapes
    rest, left = words.view(np.uint64), np.arange(len(words))
    for _ in range(FEW):
        differs = rest[:, 0] != rest[0, 0]
        for place in range(1, rest.shape[1]):
            differs |= rest[:, place] != rest[0, place]
        yield left[~differs]
        left, rest = left[differs], rest[differs]
        if not len(left):
            return
    frame = pl.from_numpy(rest)
    for rows in frame.with_row_index("row").group_by(frame.columns, maintain_order=True).agg("row")["row"]:
        yield left[rows.to_numpy()]


def _matrix(cells: pl.Series) -> Bytes:
    """(n, width) bytes of the cells, padded with blanks; no width where none can be a time."""
    if len(cells) <= SHORT:  # a query of its own takes longer than these
        return _padded([cell or "" for cell in cells.to_list()])
    cells = cells.fill_null("") if cells.null_count() else cells
    lengths = cells.str.len_bytes().to_numpy()
    shortest, width = int(lengths.min(initial=LONGEST)), int(lengths.max(initial=0))
    if width > LONGEST:
        return _matrix(_only(cells, lengths <= LONGEST))
    if shortest < width:
        text = cells.to_frame().select(pl.first().str.pad_end(width).str.join("")).item()
    else:
        text = cells.str.join("").item() if width else ""
    if not text.isascii():
        plain = cells.str.replace_many(list(PLAIN), list(PLAIN.values()))
        return _matrix(_only(plain, plain.str.len_bytes().to_numpy() == plain.str.len_chars().to_numpy()))
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(len(cells), width)


def _padded(cells: list[str]) -> Bytes:
    cells = [cell if len(cell) <= LONGEST else "" for cell in cells]
    width = max(map(len, cells), default=0)
    text = "".join(cell.ljust(width) for cell in cells)
    if not text.isascii():
        plain = (cell.translate(IN_PLAIN) for cell in cells)
        return _padded([cell if cell.isascii() else "" for cell in plain])
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(len(cells), width)


def _only(cells: pl.Series, kept: Bools) -> pl.Series:
    """The cells with blanks in place of those that are not kept."""
    frame = cells.to_frame("cell").with_columns(kept=kept)
    return frame.select(pl.when("kept").then("cell").otherwise(pl.lit(""))).to_series()


def _text(shape: Bytes) -> str:
    return shape.tobytes().decode("ascii")
