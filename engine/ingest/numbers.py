"""Cells -> numbers: which sign is the decimal one, which cells are missing, which are numbers, which are neither."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from engine.ingest.plain import plain_numbers
from engine.ingest.spans import Cells, Spans
from engine.series import Bools, Floats

MISSING = (
    *("", "na", "n/a", "#n/a", "nan", "null", "none", "-", "--", ".", "?", "missing", "unavailable", "unknown"),
    *("inf", "+inf", "-inf"),
    *("#div/0!", "#ref!", "#value!", "#name?", "#num!", "#null!"),
)  # in lower case
LOOSE = r"^[+\-−]?[0-9.,][0-9.,'’ \u00a0\u202f\u2009]*([eE][+\-]?[0-9]+)?$"  # a number in some country's writing
MOST_ODD = 0.2  # share of cells beyond which a closer look at all of them is faster
MOST_TEXT = 0.01  # share of a numeric column's cells that may be words (ERR, offline) and count as missing
BLANKS = "'’ \u00a0\u202f\u2009"  # between thousands, whatever the decimal sign
EXPONENT = r"(?:[eE][+\-]?[0-9]+)?$"
OTHER = {".": ",", ",": "."}


def _writing(decimal: str) -> str:
    """Pattern of a number with this decimal sign; thousands in threes after a first group that is not 0."""
    mark = re.escape(decimal)
    grouped = rf"[1-9][0-9]{{0,2}}(?:[{re.escape(OTHER[decimal])}{BLANKS}][0-9]{{3}})+"
    return rf"^[+\-−]?(?:(?:{grouped}|[0-9]+)(?:{mark}[0-9]*)?|{mark}[0-9]+){EXPONENT}"


WRITING = {decimal: _writing(decimal) for decimal in OTHER}
GROUPED = {decimal: rf"^[+\-−]?[1-9][0-9]{{0,2}}(?:{re.escape(OTHER[decimal])}[0-9]{{3}})+$" for decimal in OTHER}


@dataclass(frozen=True)
class Numbers:
    """values: (n,) float64, NaN without a number. missing, text: (n,) bool; text is neither missing nor a number."""

    values: Floats
    missing: Bools
    text: Bools


def read_numbers(cells: Cells, decimal: str = ".") -> Numbers:
    """Numbers of cells with this decimal sign; infinite ones count as missing."""
    if isinstance(cells, Spans):
        return _of_spans(cells, decimal)
    values, odd = _cast(cells, decimal)
    missing = np.zeros(len(values), dtype=bool)
    text = np.zeros(len(values), dtype=bool)
    if len(odd):
        word = pl.first().str.strip_chars()
        looked = (
            cells.gather(odd)
            .to_frame()
            .select(
                number=word.str.contains(WRITING[decimal]),
                missing=word.str.to_lowercase().is_in(MISSING),
                value=_with_a_point(word, decimal).cast(pl.Float64, strict=False),
            )
        )
        is_number = looked["number"].to_numpy()
        values[odd] = np.where(is_number, looked["value"].to_numpy(), np.nan)
        missing[odd] = looked["missing"].to_numpy()
        text[odd] = ~missing[odd] & ~is_number
    infinite = np.isinf(values)
    if infinite.any():
        values[infinite] = np.nan
    missing |= np.isnan(values) & ~text
    return Numbers(values, missing, text)


def _of_spans(cells: Spans, decimal: str) -> Numbers:
    values, odd = plain_numbers(cells, decimal)
    if len(odd) > MOST_ODD * len(cells):
        return read_numbers(cells.parse(), decimal)
    missing, text = cells.lengths == 0, np.zeros(len(cells), dtype=bool)
    if len(odd):
        closer = read_numbers(cells.take(odd), decimal)
        values[odd], missing[odd], text[odd] = closer.values, closer.missing, closer.text
    return Numbers(values, missing, text)


def _cast(cells: pl.Series, decimal: str) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """Values of the cells that a plain conversion reads, and the places of those that need a closer look."""
    if decimal == ".":
        values = cells.cast(pl.Float64, strict=False).to_numpy().copy()
        return values, np.flatnonzero(np.isnan(values))
    values = cells.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False).to_numpy().copy()
    return values, np.flatnonzero(np.isnan(values) | cells.str.contains(".", literal=True).to_numpy())


def _with_a_point(word: pl.Expr, decimal: str) -> pl.Expr:
    drop = [OTHER[decimal], *BLANKS]
    return word.str.replace_many([*drop, "−", decimal], [*[""] * len(drop), "-", "."])


def count_filled(cells: pl.Series) -> int:
    """How many cells do not stand for a missing value."""
    missing = pl.first().str.strip_chars().str.to_lowercase().is_in(MISSING)
    return len(cells) - int(cells.to_frame().select(missing.sum()).item())


def is_missing_word(cell: str) -> bool:
    """Whether a stripped cell stands for a missing value."""
    return cell.lower() in MISSING


def holds_digits(words: pl.Series) -> pl.Series:
    """Which of the words that are no numbers hold a digit: numbers in another writing, never to be dropped."""
    return words.str.contains(r"[0-9]")


def looks_numeric(cell: str) -> bool:
    """Whether a cell is a number in any country's writing."""
    return re.match(LOOSE, cell.strip()) is not None
