"""Day first or month first: decided once, on the whole column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.ingest.readback import Proof
from engine.ingest.spans import strings
from engine.ingest.table import Table
from engine.ingest.timecolumn import TimeReading
from engine.ingest.times import DAY, DAY_FIRST, MONTH_FIRST, NO_TIME
from engine.series import Bools, Ints

SHORTEST_MONTH = 27 * DAY
FRIDAY = 1  # days since 1970-01-01, a Thursday, modulo 7


@dataclass(frozen=True)
class DayOrder:
    """reading: the one taken. dayfirst: as in Readback. is_tie: nothing decides. proof: what decided.

    other: the reading that was not taken. spans: where they differ, per order (dayfirst) the first and the last time in
    microseconds.
    """

    reading: TimeReading
    dayfirst: bool | None
    is_tie: bool = False
    proof: Proof | None = None
    other: TimeReading | None = None
    spans: tuple[tuple[bool | None, int, int], ...] = ()


def settle(table: Table, readings: list[TimeReading], chosen: bool | None) -> DayOrder:
    """Decide between readings that do equally well on the sample; `chosen`: the person's word for dayfirst."""
    if chosen is not None or len(readings) == 1:
        return _settled(table, readings[0], chosen)
    columns = list(readings[0].names)
    parts: list[list[Ints]] = [[] for _ in readings]
    for piece in table.pieces(columns):
        for reading, found in zip(readings, parts, strict=True):
            found.append(reading.read(piece).micros)
    times = [np.concatenate(found) for found in parts]
    counts = [int(np.count_nonzero(micros != NO_TIME)) for micros in times]
    if min(counts) < max(counts):
        return _settled(table, readings[counts.index(max(counts))], None)
    if all((micros == times[0]).all() for micros in times[1:]):
        return DayOrder(readings[0], None)
    uneven = [uneven_steps(micros) for micros in times]
    ranked = sorted(range(len(readings)), key=lambda at: uneven[at])
    best, second = ranked[0], ranked[1]
    reading, other = readings[best], readings[second]
    if uneven[best] == uneven[second]:
        first = _likelier(table, reading, other)
        spans = tuple((at.writing.dayfirst, *_span(found)) for at, found in zip(readings, times, strict=True))
        return DayOrder(first, None, True, None, other if first is reading else reading, spans)
    share = uneven[second] / max(counts[second] - 1, 1)
    proof = Proof("even", share=share)
    return DayOrder(reading, reading.writing.dayfirst, False, proof, other)


def _settled(table: Table, reading: TimeReading, chosen: bool | None) -> DayOrder:
    """The order of a reading that has no rival, with the first cell that cannot be read the other way."""
    order = reading.writing.dayfirst
    if order is None:
        return DayOrder(reading, None)
    other = TimeReading(reading.names, MONTH_FIRST if order else DAY_FIRST, reading.clock)
    if chosen is not None:
        return DayOrder(reading, order, False, Proof("chosen"), other)
    for piece in table.pieces(list(reading.names)):
        proves = np.flatnonzero(reading.read(piece).is_time & ~other.read(piece).is_time)
        if len(proves):
            cell = strings(piece[reading.names[0]], proves[:1])[0].strip()
            return DayOrder(reading, order, False, Proof("cell", row=piece.row + int(proves[0]), cell=cell[:40]))
    return DayOrder(reading, order)


def _span(micros: Ints) -> tuple[int, int]:
    known = micros[micros != NO_TIME]
    return int(known.min()), int(known.max())


def _likelier(table: Table, reading: TimeReading, other: TimeReading) -> TimeReading:
    """Which of two readings to show while nothing decides: AM and PM hint at month first, all else at day first."""
    has_half = bool(reading.cells(table.sample().head(1)).str.contains("(?i)[ap]\\.? ?m").any())
    return other if other.writing.dayfirst is not has_half and reading.writing.dayfirst is has_half else reading


def uneven_steps(micros: Ints) -> int:
    """How many of the distances between the distinct times are neither the usual one nor as many calendar months.

    From Friday to Monday is a step of a daily file.
    """
    times = np.unique(micros[micros != NO_TIME])
    leaps = np.diff(times)
    if not len(leaps):
        return 0
    lengths, counts = np.unique(leaps, return_counts=True)
    usual = int(lengths[np.argmax(counts)])
    even = np.abs(leaps - usual) * 4 < usual
    if usual == DAY:
        even |= (leaps == 3 * DAY) & (times[:-1] // DAY % 7 == FRIDAY)
    uneven = int(np.count_nonzero(~even))
    if np.median(leaps) >= SHORTEST_MONTH:
        uneven = min(uneven, int(np.count_nonzero(~_even_months(times))))
    return uneven


def _even_months(times: Ints) -> Bools:
    """Which of the distances are the usual number of months, from the same day of the month on."""
    months = (times // DAY).astype("datetime64[D]").astype("datetime64[M]")
    past = times - months.astype("datetime64[D]").astype(np.int64) * DAY
    apart = np.diff(months.astype(np.int64))
    lengths, counts = np.unique(apart, return_counts=True)
    even: Bools = (apart == lengths[np.argmax(counts)]) & (np.abs(np.diff(past)) <= 3 * DAY)
    return even
