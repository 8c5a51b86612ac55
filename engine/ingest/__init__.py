"""The door of the ingest: `read` turns a file's bytes into a series and says what it decided."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.allocator import LARGE, give_back_free
from engine.errors import UploadError
from engine.ingest.coarse import coarse_series, coarser
from engine.ingest.columns import Choice, choose, refuse_unknown
from engine.ingest.dayorder import settle
from engine.ingest.decimals import settle_signs
from engine.ingest.decisions import Found, make_decisions
from engine.ingest.dress import undress
from engine.ingest.grid import lay_grid
from engine.ingest.load import Readings, load
from engine.ingest.longfile import find_part
from engine.ingest.notes import make_notes
from engine.ingest.ondisk import Body, OnDisk
from engine.ingest.opening import open_text
from engine.ingest.order import Ordered, arrange
from engine.ingest.readback import (
    MOST_OFFERED,
    Alternative,
    Decision,
    Note,
    Point,
    Proof,
    Readback,
    ReadOptions,
)
from engine.ingest.steps import find_step, to_seconds
from engine.ingest.tally import counted, tally
from engine.ingest.text import decode
from engine.ingest.timecolumn import time_readings
from engine.ingest.times import DAY as DAY_MICROS
from engine.ingest.times import SECOND
from engine.ingest.zones import NAIVE, named_zones, zone_name
from engine.series import DAY, Series, Step
from engine.settings import MAX_HORIZON, Settings
from engine.windows import MIN_OBSERVED

__all__ = ["Alternative", "Decision", "Note", "OnDisk", "Point", "Proof", "ReadOptions", "Readback", "Reading", "read"]

LONGEST_MONTH = 31 * DAY  # seconds
END_OF_CALENDAR = 253_370_764_800  # 9999-01-01 in seconds since 1970


@dataclass(frozen=True)
class Reading:
    """A file read: the series, and what was decided. Counts are of rows.

    skipped: non-blank rows without a time. missing: rows with a time and no number. dropped: rows that repeat a time.
    left_out: rows too old for the longest grid.
    """

    series: Series
    readback: Readback
    skipped: int
    missing: int
    dropped: int
    left_out: int


def read(raw: Body, options: ReadOptions, settings: Settings, scope: str = "") -> Reading:
    """Read a CSV file; every way in which it cannot be read raises UploadError with a code and a sentence."""
    wanted = coarser(options)
    text = decode(raw, settings)
    opened = open_text(text.body, options.turned, settings)
    table, layout = opened.table, opened.table.layout
    sample = table.sample()
    refuse_unknown(sample.columns, options)
    ways, micros = time_readings(sample, options)
    order = settle(table, ways, options.dayfirst)
    micros = micros if order.reading is ways[0] else order.reading.read(sample).micros
    table, sample = undress(table, sample, order.reading.names)
    choice = choose(sample, order.reading, micros, options)
    signs = settle_signs(table, choice.value, choice.signs, choice.hint, options)
    readings = load(table, choice, signs.decimal)
    part, joined = find_part(table, choice, readings, options)
    text, opened = replace(text, body=b""), replace(opened, table=replace(table, body=b""))
    if len(raw) > LARGE:
        give_back_free()  # what its pieces took
    del raw, table  # the file's bytes go before the arrays of its readings are worked on
    if part is not None:
        readings = part.of(readings)
    zone = _zone(readings.offsets, choice)
    offset = 0 if zone in (None, "UTC", "mixed") else next(iter(readings.offsets)) * SECOND
    ordered = arrange(
        readings.micros + offset if offset else readings.micros, readings.values, readings.rows, zone is None
    )
    _refuse_mixture(ordered, choice)
    steady = to_seconds(ordered.micros + ordered.shift if ordered.shift.any() else ordered.micros)
    step = find_step(steady, (readings.missing_micros + offset) // SECOND)
    shift = ordered.shift // SECOND if ordered.shift.any() else ordered.shift
    grid = lay_grid(steady, shift, step, settings.max_slots)
    del steady, shift
    values = ordered.values[grid.left_out :]
    _refuse_short(len(values), len(ordered.values), settings)
    first, last = ordered.micros[grid.left_out] - offset, ordered.micros[-1] - offset
    _refuse_far_future(last, step)
    fine = Series(grid.place(values), step, int(grid.slots[0]), zone, grid.phases, scope)
    at_end = _is_at_end(readings, ordered, step)
    series = coarse_series(fine, wanted, at_end) if wanted else fine
    zones = named_zones(sample[choice.time.names[-1]]) if zone not in (None, "UTC") else ()
    ends = readings.ends > 0
    found = Found(opened, zones, choice, signs, order, fine, series, ends, wanted, grid.segments)
    readback = Readback(
        time_column=choice.time.column,
        value_column=choice.value,
        n_rows_valid=len(values),
        first=_point(first, values[0], zone),
        last=_point(last, values[-1], zone),
        step_seconds=series.step.seconds,
        step_calendar=series.step.calendar,
        unit=readings.unit,
        dayfirst=order.dayfirst,
        timezone=zone,
        n_segments=grid.segments,
        n_missing=grid.missing,
        header_line=layout.header_line,
        delimiter=layout.delimiter,
        decimal=signs.decimal,
        encoding=text.encoding,
        series=part.chosen if part else None,
        series_column=part.column if part else None,
        notes=make_notes(text, found, readings, part, joined, ordered, grid),
        columns=choice.numeric[:MOST_OFFERED],
        ids=part.ids[:MOST_OFFERED] if part else (),
        decisions=make_decisions(found),
        censored=readings.censored,
        agg=wanted.agg if wanted else None,
        options=options.chosen(),
    )
    return Reading(
        series=series,
        readback=readback,
        skipped=readings.skipped + readings.others + readings.foreign,
        missing=len(readings.missing),
        dropped=len(readings.micros) - len(ordered.micros),
        left_out=grid.left_out,
    )


def _is_at_end(readings: Readings, ordered: Ordered, step: Step) -> bool:
    """Whether times mark the end of what they measure: midnight is 24:00, or the file runs from a step after midnight
    to midnight."""
    first = int(ordered.micros[0]) - (step.seconds or DAY) * SECOND
    is_framed = step.unit == "second" and step.count < DAY and first % DAY_MICROS == 0
    return readings.ends > 0 or (is_framed and int(ordered.micros[-1]) % DAY_MICROS == 0)


def _zone(offsets: frozenset[int], choice: Choice) -> str | None:
    if NAIVE in offsets and len(offsets) > 1:
        raise UploadError(
            f"{choice.time.title} has times with a zone and times without one, so they cannot be put in order. "
            "Write all of them alike.",
            code="NO_TIME_COLUMN",
        )
    return zone_name(set(offsets))


def _refuse_mixture(ordered: Ordered, choice: Choice) -> None:
    """Several series without a column that tells them apart, or dates that have lost their hours."""
    if 2 * ordered.conflicts > len(ordered.micros) > 1:
        raise UploadError(
            f"{tally(ordered.conflicts)} of {tally(len(ordered.micros))} times in {choice.time.title} occur more than "
            "once with different values. Keep one series, or add the column that tells them apart or holds the hour.",
            code="NO_STEP",
            conflicts=ordered.conflicts,
        )


def _refuse_far_future(last: int, step: Step) -> None:
    """Forecasts from the last time must have dates that a calendar can write."""
    ahead = MAX_HORIZON * (step.seconds or LONGEST_MONTH * step.count)
    if last // SECOND + ahead > END_OF_CALENDAR:
        day = np.datetime64(int(last), "us").astype("datetime64[D]")
        raise UploadError(
            f"The last time is {day}, after which {MAX_HORIZON} steps do not fit into the calendar, which ends with "
            "the year 9999. Correct that time.",
            code="NO_TIME_COLUMN",
        )


def _refuse_short(valid: int, found: int, settings: Settings) -> None:
    if valid >= MIN_OBSERVED:
        return
    left_out = (
        f" ({tally(found - valid)} others lie {tally(settings.max_slots)} or more steps before the last time: "
        "is that one right?)"
        if found > valid
        else ""
    )
    raise UploadError(
        f"{counted(valid, 'usable row')}{left_out}; at least {MIN_OBSERVED} are needed before a first forecast. Send a "
        "longer file, or one in finer steps.",
        code="TOO_SHORT",
        rows=valid,
        least=MIN_OBSERVED,
    )


def _point(micros: int, value: float, zone: str | None) -> Point:
    time = np.datetime64(int(micros), "us")
    if micros % SECOND == 0:
        time = time.astype("datetime64[s]")
    return Point(f"{time}{'' if zone is None else 'Z'}", float(value))
