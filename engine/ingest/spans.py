"""Cells as stretches of a text's bytes, eight of them at a time: what plain rows need in place of strings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]  # eight bytes each; nothing here depends on their order in the number
Places = NDArray[np.intp]

PAD = 64  # bytes that a text has in front of its first cell and behind its last one
WORD = 8
MANY = 2000  # cells beyond which the parser of all of them is faster
ROW_END, RETURN = ord("\n"), ord("\r")
BEYOND_ASCII = np.uint64(0x8080808080808080)


@dataclass(frozen=True)
class Spans:
    """Cells of a column where they stand.

    text: the bytes, PAD more at either end. starts, ends: (n,) of each cell. parse: makes strings of all of them.
    """

    text: Bytes
    starts: Places
    ends: Places
    parse: Callable[[], pl.Series]

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def lengths(self) -> Places:
        """(n,) bytes of each cell."""
        return self.ends - self.starts

    def take(self, places: Places) -> pl.Series:
        """The cells at some places as strings."""
        if len(places) > MANY:
            return self.parse().gather(places)
        ends = zip(self.starts[places].tolist(), self.ends[places].tolist(), strict=True)
        return pl.Series([self.text[start:end].tobytes().decode() for start, end in ends], dtype=pl.String)

    def from_left(self) -> Words | None:
        """(words, n) bytes of the cells, blanks behind shorter ones; None if one is longer than PAD or not ASCII."""
        longest = int(self.lengths.max(initial=0))
        if longest > PAD:
            return None
        count = max(1, -(-longest // WORD))
        words, blank = self._gather(self.starts, count), as_words(b" " * WORD)[0]
        whole = int(self.lengths.min(initial=longest)) // WORD
        for own, masks in zip(words[whole:], _masks(count, False)[whole:], strict=True):
            own ^= blank
            own &= _kept(masks, self.lengths)
            own ^= blank
        return None if has_high_bits(words) else words

    def from_right(self, kept: Places, count: int, zero: np.uint64) -> Words:
        """(count, n) words with the last `kept` bytes of the cells, exclusive-or `zero`; in front of them all is 0."""
        words = self._gather(self.ends - count * WORD, count)
        for own, masks in zip(words, _masks(count, True), strict=True):
            own ^= zero
            own &= _kept(masks, kept)
        return words

    def _gather(self, starts: Places, count: int) -> Words:
        size = count * WORD
        every = np.ndarray((len(self.text) - size + 1,), dtype=f"V{size}", buffer=self.text, strides=(1,))
        return np.ascontiguousarray(every[starts].view(np.uint64).reshape(-1, count).T)


Cells = pl.Series | Spans


def find_spans(text: Bytes, delimiter: int, width: int) -> tuple[Places, Places] | None:
    """Starts and ends, (width, rows) each, of the cells of a padded text without quotes and with a row end at its end;
    None unless each row has `width` cells. A return before a row end belongs to it."""
    body = text[PAD : len(text) - PAD]
    marks = np.flatnonzero((body == ROW_END) | (body == delimiter))
    if len(marks) % width:
        return None
    marks += PAD
    ends = np.ascontiguousarray(marks.reshape(-1, width).T)
    is_end = text[ends] == ROW_END
    if not is_end[-1].all() or is_end[:-1].any():
        return None
    starts = np.empty_like(ends)
    starts[0, 0] = PAD
    starts[0, 1:] = ends[-1, :-1] + 1
    starts[1:] = ends[:-1] + 1
    ends[-1] -= (text[ends[-1] - 1] == RETURN) & (ends[-1] > starts[-1])
    return starts, ends


def strings(cells: Cells, places: Places | None = None) -> pl.Series:
    """The cells as strings, all of them or those at some places."""
    if isinstance(cells, Spans):
        return cells.parse() if places is None else cells.take(places)
    return cells if places is None else cells.gather(places)


def as_words(text: bytes) -> Words:
    """(n,) words of n times eight bytes."""
    return np.frombuffer(text, dtype=np.uint64)


def has_high_bits(words: Words) -> bool:
    """Whether some byte is beyond ASCII."""
    return bool(np.bitwise_or.reduce(words, axis=None) & BEYOND_ASCII)


@cache
def _masks(count: int, is_right: bool) -> Words:
    """(count, 8 count + 1) words of ones where the first or the last 0 .. 8 count of 8 count bytes are."""
    size = count * WORD
    rows = [b"\xff" * kept + b"\0" * (size - kept) for kept in range(size + 1)]
    rows = [row[::-1] for row in rows] if is_right else rows
    return np.ascontiguousarray(as_words(b"".join(rows)).reshape(size + 1, count).T)


def _kept(masks: Words, kept: Places) -> Words | np.uint64:
    """(n,) masks of the numbers of bytes kept, or the one of all."""
    same: np.uint64 = masks[kept[0]]
    return same if (kept == kept[0]).all() else masks.take(kept)
