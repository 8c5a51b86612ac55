"""Cells -> groups of one shape: all digits are alike, so a pattern is matched once per shape and not once per cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

LONGEST = 64  # bytes of a cell that can be a time
PLAIN = {
    **dict.fromkeys("\u00a0\u202f\u2009", " "),
    **dict.fromkeys("–—−", "-"),
    **dict.fromkeys("éèêÉ", "e"),
    **dict.fromkeys("ûü", "u"),
    "ä": "a",
    "ç": "c",
}  # what the names of months and the blanks of times may hold beyond ASCII

Bytes = NDArray[np.uint8]


class Group(NamedTuple):
    """Cells of one shape. template: their text with every digit as 0. rows: their places. digits: (width, n), each
    byte of the cells less that of "0"."""

    template: str
    rows: NDArray[np.uint32] | slice
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
    words = np.zeros((len(data), -(-data.shape[1] // 8) * 8), dtype=np.uint8)
    words[:, : data.shape[1]] = shapes
    frame = pl.from_numpy(words.view(np.uint64))
    alike = frame.with_row_index("row").group_by(frame.columns, maintain_order=True).agg("row")
    for rows in alike["row"]:
        mine = rows.to_numpy()
        yield Group(_text(shapes[mine[0]]), mine, np.ascontiguousarray(data[mine].T) - np.uint8(48))


def _matrix(cells: pl.Series) -> Bytes:
    """(n, width) bytes of the cells, padded with blanks; no width where none can be a time."""
    lengths = cells.str.len_bytes().fill_null(0).to_numpy()
    shortest, width = int(lengths.min(initial=LONGEST)), int(lengths.max(initial=0))
    if width > LONGEST or cells.null_count():
        fits = pl.Series(lengths <= LONGEST)
        cells = cells.to_frame().select(pl.when(fits).then(pl.first()).otherwise(pl.lit(""))).to_series().fill_null("")
        return _matrix(cells)
    if shortest < width:
        cells = cells.str.pad_end(width)
    text = cells.str.join("").item() if width else ""
    if not text.isascii():
        plain = cells.str.replace_many(list(PLAIN), list(PLAIN.values()))
        is_plain = plain.str.len_bytes() == plain.str.len_chars()
        return _matrix(plain.to_frame().select(pl.when(is_plain).then(pl.first()).otherwise(pl.lit(""))).to_series())
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(len(cells), width)


def _text(shape: Bytes) -> str:
    return shape.tobytes().decode("ascii")
