"""Plain numbers such as -12.5, read off the bytes of their cells: exactly what a careful conversion of the text gives.

A whole number of at most 53 bits over a power of ten below 10^22 is a quotient of two exact floats, rounded once.
"""

from __future__ import annotations

import numpy as np

from engine.ingest.shapes import UNDER_ONE, UNDER_TEN, ZERO, digit
from engine.ingest.spans import BEYOND_ASCII, WORD, Places, Spans, Words, as_words
from engine.series import Bools, Floats

LONGEST = 16  # digits and the decimal sign
LARGEST = 1 << 53  # whole numbers up to it are exact floats
MOST_WAYS = 20  # numbers of decimals that are told apart, and cells that are odd; the rest needs another way
MINUS = ord("-")
ZEROS = np.frombuffer(bytes([ZERO]) * WORD, dtype=np.uint64)[0]


def plain_numbers(cells: Spans, decimal: str) -> tuple[Floats, Places]:
    """(n,) float64 of the cells, NaN where they are empty or no plain numbers; and the places of the latter.

    Without a decimal sign ("") whole numbers alone are plain.
    """
    lengths, is_negative = cells.lengths, cells.text[cells.starts] == MINUS
    has_negative = bool(is_negative.any())
    kept = lengths - is_negative if has_negative else lengths
    shortest, longest = int(kept.min(initial=1)), int(kept.max(initial=1))
    if shortest > 0 and longest <= LONGEST:
        values, odd = _by_decimals(cells.from_right(kept, -(-longest // WORD), ZEROS), longest, decimal)
    else:
        fits = np.flatnonzero((kept > 0) & (kept <= LONGEST))
        longest = int(kept[fits].max(initial=1))
        words = cells.from_right(np.minimum(kept, longest), -(-longest // WORD), ZEROS).take(fits, axis=1)
        values, odd = np.full(len(cells), np.nan), np.flatnonzero((kept > LONGEST) | ((kept == 0) & (lengths > 0)))
        values[fits], others = _by_decimals(words, longest, decimal)
        odd = np.sort(np.concatenate((odd, fits[others])))
    if has_negative:
        np.negative(values, out=values, where=is_negative)
    return values, odd


def _by_decimals(words: Words, digits: int, decimal: str) -> tuple[Floats, Places]:
    """(n,) numbers of (words, n) cells, NaN where they are not plain, and the places of those."""
    values = np.full(words.shape[1], np.nan)
    if not len(values):
        return values, np.empty(0, dtype=np.intp)
    is_plain, numbers = _like_the_first(words, digits, decimal)
    if is_plain.all():
        return numbers, np.empty(0, dtype=np.intp)
    values[is_plain] = numbers
    rest, odd = np.flatnonzero(~is_plain), []
    for _ in range(MOST_WAYS):
        if not len(rest):
            break
        is_plain, numbers = _like_the_first(words.take(rest, axis=1), digits, decimal)
        values[rest[is_plain]] = numbers
        if not is_plain[0]:
            odd.append(rest[:1])
            is_plain[0] = True
        rest = rest[~is_plain]
    return values, np.concatenate((*odd, rest))


def _like_the_first(words: Words, digits: int, decimal: str) -> tuple[Bools, Floats]:
    """Which of (words, n) cells are numbers with as many decimals as the first, and those numbers."""
    size = len(words) * WORD
    mark = ord(decimal) ^ ZERO if decimal else 0
    point = words[:, 0].tobytes().rfind(bytes([mark])) if decimal else -1
    sign = bytes(mark if place == point else 0 for place in range(size))
    top = bytes(UNDER_ONE if place == point else UNDER_TEN for place in range(size))
    less, bad = words ^ as_words(sign)[:, None], np.zeros(words.shape[1], dtype=np.uint64)
    for own, tops in zip(less, as_words(top), strict=True):
        bad |= own | (own + tops)
    is_plain: Bools = (bad & BEYOND_ASCII) == 0
    if point == size - 1:  # a decimal sign at the end
        is_plain[:] = False
    less = less if is_plain.all() else less.compress(is_plain, axis=1)
    total = np.zeros(less.shape[1], dtype=np.int64)
    for place in range(size - digits, size):
        if place != point:
            total *= 10
            total += digit(less, place)
    is_exact = total <= LARGEST
    if not is_exact.all():
        is_plain[np.flatnonzero(is_plain)[~is_exact]] = False
        total = total[is_exact]
    return is_plain, total / 10.0 ** (size - 1 - point if point >= 0 else 0)
