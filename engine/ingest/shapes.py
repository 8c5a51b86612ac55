"""Cells -> groups of one shape: all digits are alike, so a pattern is matched once per shape and not once per cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.ingest.spans import BEYOND_ASCII, WORD, Bytes, Cells, Spans, Words, as_words, strings
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
ZERO = ord("0")
UNDER_TEN, UNDER_ONE = 0x80 - 10, 0x80 - 1  # what makes a byte's high bit tell that it is larger


@dataclass(frozen=True)
class Group:
    """Cells of one shape. template: their text with every digit as 0, without blanks at its end. rows: their places.
    words: (words, n), bytes of which are the digits as numbers."""

    template: str
    rows: NDArray[np.intp] | slice
    words: Words

    def number(self, start: int, end: int) -> NDArray[np.int32]:
        """(n,) value of the digits at start .. end of the template."""
        total: NDArray[np.int32] = digit(self.words, start).astype(np.int32)
        for place in range(start + 1, end):
            total *= 10
            total += digit(self.words, place)
        return total


def digit(words: Words, place: int) -> Bytes:
    """(n,) bytes at a place of (words, n) cells."""
    digits: Bytes = words[place // WORD].view(np.uint8)[place % WORD :: WORD]
    return digits


def groups(cells: Cells) -> Iterator[Group]:
    """The groups of cells that are not null, empty, longer than LONGEST or in a foreign script."""
    words = cells.from_left() if isinstance(cells, Spans) else None
    if words is None:
        words = _words(strings(cells))
    if words.size == 0:
        return
    rows: NDArray[np.intp] | None = None
    for _ in range(FEW):
        first = words[:, 0].tobytes()
        shape = _shape(np.frombuffer(first, dtype=np.uint8)).tobytes()
        less, bad = _less(words, shape)
        fits = bad == 0
        if fits.all():
            yield Group(_text(shape), slice(None) if rows is None else rows, less)
            return
        rows = np.arange(words.shape[1]) if rows is None else rows
        yield Group(_text(shape), rows[fits], less.compress(fits, axis=1))
        words, rows = words.compress(~fits, axis=1), rows[~fits]
    for shape, at in _alike(words):
        yield Group(_text(shape), at if rows is None else rows[at], _less(words.take(at, axis=1), shape)[0])


def _less(words: Words, shape: bytes) -> tuple[Words, Words]:
    """Words less the shape, and per cell a word that is 0 if it is of that shape."""
    top = bytes(UNDER_TEN if byte == ZERO else UNDER_ONE for byte in shape)
    less, bad = words ^ as_words(shape)[:, None], np.zeros(words.shape[1], dtype=np.uint64)
    for own, tops in zip(less, as_words(top), strict=True):
        bad |= own | (own + tops)
    return less, bad & BEYOND_ASCII


def _shape(data: Bytes) -> Bytes:
    """Bytes with every digit as 0."""
    return np.where(data - np.uint8(ZERO) < 10, np.uint8(ZERO), data)


def _alike(words: Words) -> Iterator[tuple[bytes, NDArray[np.intp]]]:
    """The many shapes that odd files have, by hashing, and their places."""
    shapes = _shape(np.ascontiguousarray(words.T).view(np.uint8))
    frame = pl.from_numpy(shapes.view(np.uint64))
    for rows in frame.with_row_index("row").group_by(frame.columns, maintain_order=True).agg("row")["row"]:
        places = rows.to_numpy()
        yield shapes[places[0]].tobytes(), places


def _words(cells: pl.Series) -> Words:
    """(words, n) bytes of the cells, padded with blanks; nothing where none can be a time."""
    matrix = _matrix(cells)
    return np.ascontiguousarray(matrix.view(np.uint64).T) if matrix.size else np.empty((0, 0), dtype=np.uint64)


def _matrix(cells: pl.Series) -> Bytes:
    """(n, width) bytes of the cells, padded with blanks to whole words."""
    if len(cells) <= SHORT:  # a query of its own takes longer than these
        return _padded([cell or "" for cell in cells.to_list()])
    cells = cells.fill_null("") if cells.null_count() else cells
    lengths = cells.str.len_bytes().to_numpy()
    width = int(lengths.max(initial=0))
    if width > LONGEST:
        return _matrix(_only(cells, lengths <= LONGEST))
    width = _whole(width)
    text = cells.to_frame().select(pl.first().str.pad_end(width).str.join("")).item() if width else ""
    if not text.isascii():
        plain = cells.str.replace_many(list(PLAIN), list(PLAIN.values()))
        return _matrix(_only(plain, plain.str.len_bytes().to_numpy() == plain.str.len_chars().to_numpy()))
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(len(cells), width)


def _padded(cells: list[str]) -> Bytes:
    cells = [cell if len(cell) <= LONGEST else "" for cell in cells]
    width = _whole(max(map(len, cells), default=0))
    text = "".join(cell.ljust(width) for cell in cells)
    if not text.isascii():
        plain = (cell.translate(IN_PLAIN) for cell in cells)
        return _padded([cell if cell.isascii() else "" for cell in plain])
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(len(cells), width)


def _whole(width: int) -> int:
    return -(-width // WORD) * WORD


def _only(cells: pl.Series, kept: Bools) -> pl.Series:
    """The cells with blanks in place of those that are not kept."""
    frame = cells.to_frame("cell").with_columns(kept=kept)
    return frame.select(pl.when("kept").then("cell").otherwise(pl.lit(""))).to_series()


def _text(shape: bytes) -> str:
    return shape.decode("ascii").rstrip(" ")
