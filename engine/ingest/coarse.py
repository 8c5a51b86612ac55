"""Reading at a coarser step: buckets of a series' readings, added up or averaged."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from engine.errors import UploadError
from engine.ingest.names import bad_option
from engine.ingest.readback import ReadOptions
from engine.ingest.tally import tally
from engine.series import DAY, Phase, Series, Step, grid_slots
from engine.windows import MIN_OBSERVED

HOUR = 3600
MONDAY = 4 * DAY  # 1970-01-05, seconds since 1970
UNITS = {"s": 1, "min": 60, "h": HOUR, "d": DAY, "w": 7 * DAY}
MONTH_UNITS = {"month": 1, "months": 1, "mo": 1, "quarter": 3, "year": 12, "y": 12}
WRITTEN = re.compile(r"\s*(\d{0,5})\s*([a-z]+)\s*")
FEWEST_LEFT = 50  # steps that make a coarser reading worth offering
AGGREGATIONS = ("sum", "mean")
OFFERED = (Step(HOUR, "second"), Step(DAY, "second"), Step(7 * DAY, "second"), Step(1, "month"))


@dataclass(frozen=True)
class Coarser:
    """What to make of a series. agg: "sum" or "mean"."""

    step: Step
    agg: str


def coarser(options: ReadOptions) -> Coarser | None:
    """The coarser reading that is asked for; raises UploadError BAD_OPTION."""
    if not options.step and not options.agg:
        return None
    if options.agg not in AGGREGATIONS or not options.step:
        raise bad_option(
            f"step is {_short(options.step)} and agg is {_short(options.agg)}; a coarser reading needs both, such as "
            "step=1h and agg=sum",
            list(AGGREGATIONS),
        )
    return Coarser(_step(options.step), options.agg)


def coarse_series(series: Series, wanted: Coarser, at_end: bool) -> Series:
    """The series in buckets, of which those with missing readings, and those cut off at the ends, are missing.

    Buckets are counted on the clock as written, so that a day has 23 or 25 hours where clocks change. at_end: a reading
    belongs to the time before its stamp. Raises UploadError BAD_OPTION or TOO_SHORT.
    """
    step = wanted.step
    if not _is_coarser(series.step, step):
        raise bad_option(
            f"step={words(step)} is not a whole number of steps of {words(series.step)}",
            [words(other) for other in offered(series)],
        )
    times = series.times(np.arange(series.first_slot - 1, series.last_slot + 2))
    if at_end:
        times = times - np.timedelta64(series.step.seconds or DAY, "s")
    phase = MONDAY % step.count if step.unit == "second" and step.count % (7 * DAY) == 0 else 0
    buckets = grid_slots(times - np.timedelta64(phase, "s"), step)
    begins = np.diff(buckets) != 0
    if step.unit == "second" and step.count <= HOUR:
        begins |= np.diff(times) < np.timedelta64(0, "s")  # the repeated hour is another one
    starts = np.flatnonzero(np.append(True, begins[1:-1]))
    totals = np.add.reduceat(series.values, starts)
    values = totals if wanted.agg == "sum" else totals / np.diff(np.append(starts, len(series)))
    if not begins[0]:
        values[0] = np.nan
    if not begins[-1]:
        values[-1] = np.nan
    known = np.flatnonzero(~np.isnan(values))
    if len(known) < MIN_OBSERVED:
        raise UploadError(
            f"Read every {words(step)}, {tally(len(known))} complete values are left; at least {MIN_OBSERVED} are "
            "needed before a first forecast. Choose a shorter step.",
            code="TOO_SHORT",
            rows=len(known),
            least=MIN_OBSERVED,
        )
    kept = slice(known[0], known[-1] + 1)
    at = buckets[1:-1][starts][kept]
    slots = at[0] + np.arange(len(at))
    shifts = np.zeros(len(at), dtype=np.int64) if step.unit == "month" else (at - slots) * step.count + phase
    changes = np.flatnonzero(np.append(True, np.diff(shifts) != 0))
    phases = tuple(Phase(int(slots[change]), int(shifts[change])) for change in changes)
    return Series(values[kept], step, int(at[0]), series.zone, phases, series.scope)


def offered(series: Series) -> tuple[Step, ...]:
    """The usual coarser steps of which the series holds enough for a forecast."""
    times = series.times(np.array([series.first_slot, series.last_slot])).astype(np.int64)
    span = int(times[1] - times[0])
    return tuple(
        step for step in OFFERED if _is_coarser(series.step, step) and span // (step.seconds or 31 * DAY) >= FEWEST_LEFT
    )


def words(step: Step) -> str:
    """A step as it is written in options: 15min, 1h, 1d, 1w, 1month."""
    if step.unit != "second":
        return f"{step.count}{step.unit}"
    unit, seconds = next((unit, size) for unit, size in reversed(UNITS.items()) if step.count % size == 0)
    return f"{step.count // seconds}{unit}"


def _short(text: str | None) -> str:
    return "not given" if not text else repr(text[:20])


def _step(text: str) -> Step:
    written = WRITTEN.fullmatch(text.lower())
    count = int(written[1] or 1) if written else 0
    if written and count and written[2] in UNITS:
        return Step(count * UNITS[written[2]], "second")
    if written and count and written[2] in MONTH_UNITS:
        return Step(count * MONTH_UNITS[written[2]], "month")
    raise bad_option(f"step is {text[:20]!r}", ["15min", "1h", "1d", "1w", "1month"])


def _is_coarser(fine: Step, step: Step) -> bool:
    if fine.unit == "second":
        return (
            DAY % fine.count == 0 if step.unit == "month" else step.count > fine.count and not step.count % fine.count
        )
    if fine.unit == "weekday":
        return step.unit == "month" or step.count == 7 * DAY
    return step.unit == "month" and step.count > fine.count and not step.count % fine.count
