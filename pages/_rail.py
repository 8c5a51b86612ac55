"""The rail's picture of the whole file: an outline of all values and calendar ticks. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from pages._notation import DAYS, MONTHS

MOST_TICKS = 12
BUCKETS = 480
HEIGHT = 44
TICK_UNITS = (
    *((n, "h") for n in (1, 2, 3, 6, 12)),
    *((n, "D") for n in (1, 2, 7, 14)),
    *((n, "M") for n in (1, 2, 3, 6)),
    *((n, "Y") for n in (1, 2, 5, 10, 20, 50, 100)),
)


class Tick(NamedTuple):
    """A calendar tick: position 0 (first point) .. 1 (last point), label."""

    position: float
    label: str


def outline(values: NDArray[np.float64], low: float, high: float) -> str:
    """A data URI of an SVG that fills the area between the least and the greatest value of each stretch of the file.

    Used as a mask, so that the page's theme gives the colour. Stretches without any reading stay empty.
    """
    parts = np.array_split(values, min(BUCKETS, len(values)))
    runs: list[list[tuple[float, float, float]]] = [[]]
    for k, part in enumerate(parts):
        known = part[np.isfinite(part)]
        if len(known) == 0:
            runs.append([])
            continue
        x = BUCKETS * k / max(1, len(parts) - 1)
        runs[-1].append((x, _height(float(known.max()), low, high) - 0.7, _height(float(known.min()), low, high) + 0.7))
    path = "".join(_area(run) for run in runs if run)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {BUCKETS} {HEIGHT}" preserveAspectRatio="none">'
        f'<path d="{path}"/></svg>'
    )
    return f'url("data:image/svg+xml,{quote(svg)}")'


def _area(run: list[tuple[float, float, float]]) -> str:
    """The path around neighbouring (x, top, bottom); a lone one is half a unit wide."""
    if len(run) == 1:
        x, top, bottom = run[0]
        run = [(x - 0.25, top, bottom), (x + 0.25, top, bottom)]
    tops = "L".join(f"{x:.1f} {top:.1f}" for x, top, _ in run)
    bottoms = "L".join(f"{x:.1f} {bottom:.1f}" for x, _, bottom in reversed(run))
    return f"M{tops}L{bottoms}z"


def _height(value: float, low: float, high: float) -> float:
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return 1 + (HEIGHT - 2) * (1 - share)


def ticks(start: np.datetime64, end: np.datetime64, position: Callable[[np.datetime64], float]) -> list[Tick]:
    """At most 12 calendar ticks between two times; `position` maps a time to 0..1."""
    start, end = start.astype("datetime64[s]"), end.astype("datetime64[s]")
    for size, unit in TICK_UNITS:
        stamps = _boundaries(start, end, size, unit)
        if len(stamps) <= MOST_TICKS:
            return [Tick(position(stamp), _label(stamp, unit, first=k == 0)) for k, stamp in enumerate(stamps)]
    return []


def _boundaries(start: np.datetime64, end: np.datetime64, size: int, unit: str) -> list[np.datetime64]:
    """Calendar boundaries inside [start, end], every `size` units; a week starts on Monday."""
    first = int(start.astype(f"datetime64[{unit}]").astype(np.int64))
    last = int(end.astype(f"datetime64[{unit}]").astype(np.int64))
    if (last - first) // size > MOST_TICKS + 1:
        return [start] * (MOST_TICKS + 1)
    offset = {"D": 4 if size % 7 == 0 else 0, "Y": -1970}.get(unit, 0)  # 1970-01-05 was a Monday; years by number
    origin = first - (first - offset) % size
    stamps = (np.datetime64(k, unit).astype("datetime64[s]") for k in range(origin, last + 1, size))
    return [stamp for stamp in stamps if start <= stamp <= end]


def _label(stamp: np.datetime64, unit: str, *, first: bool) -> str:
    time = stamp.item()
    if unit == "h":
        if time.hour == 0 or first:
            return f"{DAYS[time.weekday()]} {time.hour:02}:00"
        return f"{time.hour:02}:00"
    if unit == "D":
        return f"{time.day} {MONTHS[time.month - 1]}"
    if unit == "M":
        return f"{MONTHS[time.month - 1]} {time.year}" if first or time.month == 1 else MONTHS[time.month - 1]
    return str(time.year)
