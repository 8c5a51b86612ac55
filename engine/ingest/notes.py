"""Findings -> the sentences of the read strip."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from engine.ingest.columns import Choice
from engine.ingest.decisions import Found
from engine.ingest.grid import LONGEST_SHORT_GAP, Grid
from engine.ingest.load import Readings
from engine.ingest.longfile import Joined, Part
from engine.ingest.order import Ordered
from engine.ingest.readback import Note
from engine.ingest.tally import counted, dated, tally
from engine.ingest.text import Text
from engine.series import Floats, Step

NINES = re.compile(r"9{2,}(\.9+)?")  # at least 99
UNITS = ((86_400, "day"), (3600, "h"), (60, "min"), (1, "s"))


def make_notes(
    text: Text,
    found: Found,
    readings: Readings,
    part: Part | None,
    joined: Joined | None,
    ordered: Ordered,
    grid: Grid,
) -> tuple[Note, ...]:
    """One note per warning, the order of the read strip."""
    return (
        *_readings(text, found, readings),
        *_columns(found.choice, part, joined),
        *_rows(readings, ordered),
        *_codes(found.fine.values),
        *_times(ordered, grid, found.fine.step),
    )


def _readings(text: Text, found: Found, readings: Readings) -> Iterator[Note]:
    if text.assumed:
        yield Note(
            "ENCODING_ASSUMED", "The file is not UTF-8; it was read as Windows-1252. Check the umlauts and accents."
        )
    if found.order.is_tie:
        yield Note("DATE_ORDER_AMBIGUOUS", "Every date in this file can be read in two ways. Say which one is right.")
    if found.signs.is_ambiguous:
        sign = "the decimal sign" if found.signs.decimal == "," else "between thousands"
        yield Note(
            "DECIMAL_AMBIGUOUS",
            f"Nothing in {found.choice.value} tells what a comma means; it was read as {sign}. Choose if it is wrong.",
        )
    if readings.is_assumed:
        yield Note("UNIT_ASSUMED", f"The file names no unit; by their size the readings are in {readings.unit}.")


def _codes(values: Floats) -> Iterator[Note]:
    """Numbers such as -999.9 that many files write where a reading is missing; they are never dropped unasked."""
    for code in (np.nanmin(values), np.nanmax(values)):
        if not NINES.fullmatch(f"{abs(code):g}"):
            continue
        others = values[~np.isnan(values) & (values != code)]
        times = int(np.count_nonzero(values == code))
        if times > 1 and len(others) and np.abs(others - code).min() > np.ptp(others):
            yield Note(
                "MISSING_CODE",
                f"{tally(times)} readings are {code:g}, far from all others, and count as such. If that stands for a "
                "missing value, leave those cells empty.",
            )


def _columns(choice: Choice, part: Part | None, joined: Joined | None) -> Iterator[Note]:
    if choice.is_guess:
        yield Note(
            "VALUE_COLUMN_GUESSED",
            f"{tally(len(choice.numeric))} columns hold numbers; {choice.value}, the first, was taken. "
            "Choose another if it is wrong.",
        )
    if part and part.is_guess:
        yield Note(
            "SERIES_GUESSED",
            f"{part.column} tells {tally(len(part.ids))} series apart; {part.chosen}, the first, was taken. "
            "Choose another if it is wrong.",
        )
    if joined:
        yield Note(
            "SERIES_JOINED",
            f"{joined.column} holds {tally(joined.names)} names, one after the other in time: read as one series.",
        )


def _rows(readings: Readings, ordered: Ordered) -> Iterator[Note]:
    if readings.skipped and readings.first_skipped:
        row, cell = readings.first_skipped
        says = f"says {cell[:40]!r} instead of a time" if cell else "has no time"
        yield Note("ROWS_SKIPPED", f"{counted(readings.skipped, 'row')} gave no reading: row {tally(row)} {says}.")
    if readings.others:
        yield Note(
            "ROWS_SKIPPED",
            f"{_rows_do(readings.others, 'hold')} records of another kind, no sensor readings.",
        )
    if readings.foreign:
        yield Note(
            "ROWS_SKIPPED",
            f"{_rows_do(readings.foreign, 'belong')} to another table in the same file.",
        )
    if readings.censored:
        yield Note(
            "CENSORED_VALUES",
            f"{counted(readings.censored, 'reading')} said Low or High: drawn just beyond the sensor's limit.",
        )
    if len(readings.missing):
        missing, first = len(readings.missing), tally(int(readings.missing[0]))
        stay = f"row {first}. It stays" if missing == 1 else f"the first is row {first}. They stay"
        words = ""
        if readings.words and readings.first_word:
            row, cell = readings.first_word
            they = "It" if missing == 1 else f"{tally(readings.words)} of them"
            hold = "holds" if readings.words == 1 else "hold"
            words = f" {they} {hold} a word, such as {cell[:40]!r} in row {tally(row)}."
        yield Note("MISSING_VALUES", f"{_rows_do(missing, 'have')} no value, {stay} missing.{words}")
    if ordered.repeated:
        yield Note(
            "DUPLICATES_DROPPED",
            f"{_rows_do(ordered.repeated, 'repeat')} a time and its value: kept once.",
        )
    if ordered.conflicts:
        yield Note(
            "DUPLICATES_CONFLICT",
            f"{counted(ordered.conflicts, 'time')} had different values, one of them in row "
            f"{tally(ordered.conflict_row or 0)}: the later row counts.",
        )
    if ordered.order == "REVERSED":
        yield Note("REVERSED", "The newest rows come first in the file; they were turned around.")
    if ordered.order == "UNSORTED":
        yield Note("UNSORTED", "The rows are in no order of time; they were sorted.")


def _times(ordered: Ordered, grid: Grid, step: Step) -> Iterator[Note]:
    if ordered.folds:
        yield Note("DST_FOLD", f"The clock repeats an hour {_times_over(ordered.folds)}: all readings count.")
    if ordered.gaps:
        yield Note("DST_GAP", f"The clock skips an hour {_times_over(ordered.gaps)}: that is no gap.")
    if grid.snapped:
        yield Note(
            "JITTER_SNAPPED",
            "1 time lies a little off the even steps and was moved to them."
            if grid.snapped == 1
            else f"{tally(grid.snapped)} times lie a little off the even steps and were moved to them.",
        )
    if grid.short_gaps:
        yield Note(
            "GAPS_SHORT",
            f"{counted(grid.short_gaps, 'short gap')} of 1 to {LONGEST_SHORT_GAP} steps, "
            f"{counted(grid.missing, 'point')} in all. Nothing is filled in.",
        )
    if grid.segments > 1:
        longest = "the clock moved"
        if grid.longest > LONGEST_SHORT_GAP:
            after = dated(int(ordered.micros[grid.before_longest]))
            longest = f"the longest {duration(grid.longest, step)}, after {after}"
        yield Note(
            "GAPS_SPLIT",
            f"{counted(grid.segments - 1, 'break')} between {tally(grid.segments)} stretches, {longest}. "
            "Nothing is filled in.",
        )
    if grid.left_out:
        last = int(ordered.rows[: grid.left_out].max())
        yield Note(
            "ROWS_LEFT_OUT",
            f"{counted(grid.left_out, 'row')} with the oldest times, up to row {tally(last)}, "
            f"{'was' if grid.left_out == 1 else 'were'} left out: the time grid would be too long.",
        )


def duration(steps: int, step: Step) -> str:
    """Length of so many steps, such as "2 h" or "3 months"."""
    if step.unit != "second":
        return counted(steps * step.count, step.unit)
    seconds = steps * step.count
    size, name = next((size, name) for size, name in UNITS if seconds % size == 0)
    return counted(seconds // size, name) if name == "day" else f"{tally(seconds // size)} {name}"


def _rows_do(number: int, verb: str) -> str:
    """Such as "1 row holds" or "2 rows hold"."""
    single = {"have": "has"}.get(verb, f"{verb}s")
    return f"{counted(number, 'row')} {single if number == 1 else verb}"


def _times_over(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{tally(number)} times")
