"""Cells -> numbers: which cells are missing, which are numbers, which are neither."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from engine.series import Floats

MISSING = ("", "na", "n/a", "#n/a", "nan", "null", "none", "-", "--", ".", "?", "missing", "inf", "+inf", "-inf")
LOOSE = r"^[+\-−]?[0-9.,][0-9.,'’ \u00a0\u202f]*([eE][+\-]?[0-9]+)?$"  # a number in some country's writing
MOST_TEXT = 0.01  # share of a numeric column's cells that may be words (ERR, offline) and count as missing


@dataclass(frozen=True)
class Numbers:
    """values: (n,) float64, NaN without a number. missing, text: (n,) bool; text is neither missing nor a number."""

    values: Floats
    missing: np.ndarray[tuple[int], np.dtype[np.bool_]]
    text: np.ndarray[tuple[int], np.dtype[np.bool_]]


def read_numbers(cells: pl.Series) -> Numbers:
    """Numbers of String cells with a decimal point and no thousands separators; infinite ones count as missing."""
    cells = cells.str.strip_chars()
    values = cells.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().copy()
    values[np.isinf(values)] = np.nan
    odd = np.flatnonzero(np.isnan(values))
    missing = np.zeros(len(values), dtype=bool)
    text = np.zeros(len(values), dtype=bool)
    if len(odd):
        words = cells.gather(odd)
        is_missing = words.str.to_lowercase().is_in(MISSING) | words.cast(pl.Float64, strict=False).is_not_null()
        missing[odd] = is_missing.to_numpy()
        text[odd] = ~missing[odd]
    return Numbers(values, missing, text)


def holds_digits(words: pl.Series) -> pl.Series:
    """Which of the words that are no numbers hold a digit: numbers in another writing, never to be dropped."""
    return words.str.contains(r"[0-9]")


def looks_numeric(cell: str) -> bool:
    """Whether a cell is a number in any country's writing."""
    return re.match(LOOSE, cell.strip()) is not None
