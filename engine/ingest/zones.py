"""The zone behind a time: offsets from Greenwich and the few abbreviations that mean one thing only."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.ingest.shapes import Group
from engine.series import Bools

NAIVE = 1 << 20  # in place of the offset of a time without a zone
ABBREVIATIONS = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "WEST": 1,
    "CET": 1,
    "CEST": 2,
    "MEZ": 1,
    "MESZ": 2,
    "EET": 2,
    "EEST": 3,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "AKST": -9,
    "AKDT": -8,
    "HST": -10,
}  # hours east of Greenwich
ZONE = (
    rf"(?:(?P<zone>{'|'.join(sorted(ABBREVIATIONS, key=len, reverse=True))}|z|utc)"
    r"|(?:GMT|UTC)?(?P<east>[+-])(?P<hours>00)(?::?(?P<minutes>00))?(?: ?[(\[][A-Za-z/_ ]+[)\]])?)?"
)


NAMED = rf"[0-9 ]({'|'.join(name for name, hours in ABBREVIATIONS.items() if hours)})\s*$"


def offsets_of(group: Group, found: re.Match[str]) -> tuple[NDArray[np.int32] | int, Bools | bool]:
    """Seconds east of Greenwich of cells of one shape, NAIVE without a zone, and which of them exist."""
    parts = found.groupdict()
    if parts.get("zone"):
        return ABBREVIATIONS[found["zone"].upper()] * 3600, True
    if not parts.get("east"):
        return NAIVE, True
    hours = group.number(*found.span("hours"))
    minutes = group.number(*found.span("minutes")) if parts["minutes"] else np.zeros_like(hours)
    seconds = (hours * 3600 + minutes * 60) * (-1 if found["east"] == "-" else 1)
    return seconds, (hours <= 14) & (minutes < 60)


def named_zones(cells: pl.Series) -> tuple[str, ...]:
    """The abbreviations at the end of times that mean an offset other than 0."""
    words = cells.str.extract(NAMED, 1).drop_nulls().unique()
    return tuple(sorted(words.to_list(), key=lambda word: (ABBREVIATIONS[word], word)))


def zone_name(offsets: set[int]) -> str | None:
    """Zone of a series by the offsets found: None (naive), "UTC", "+05:30" or "mixed"."""
    if offsets <= {NAIVE}:
        return None
    if len(offsets) > 1:
        return "mixed"
    offset = next(iter(offsets))
    if offset == 0:
        return "UTC"
    return f"{'-' if offset < 0 else '+'}{abs(offset) // 3600:02d}:{abs(offset) // 60 % 60:02d}"
