"""What was decided -> the rows of the read strip: the decision, its proof, and the other ways to read the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.ingest.coarse import Coarser, offered, words
from engine.ingest.columns import Choice
from engine.ingest.dayorder import DayOrder
from engine.ingest.decimals import Signs
from engine.ingest.names import some
from engine.ingest.numbers import OTHER
from engine.ingest.readback import Alternative, Decision, Proof
from engine.ingest.tally import dated, tally
from engine.ingest.turn import Opened
from engine.ingest.zones import ABBREVIATIONS
from engine.series import Series, Step

ORDERS = {True: "Day first", False: "Month first"}
SIGNS = {".": "Dot", ",": "Comma"}
SPAN_NAMES = {"s": "second", "sec": "second", "min": "minute", "h": "hour", "d": "day", "w": "week"}


@dataclass(frozen=True)
class Found:
    """What a file was found to be. opened: its table. zones: abbreviations behind the times. fine: the series at its
    own step; series: as it is read. ends: times are written as 24:00. wanted: the coarser reading asked for."""

    opened: Opened
    zones: tuple[str, ...]
    choice: Choice
    signs: Signs
    order: DayOrder
    fine: Series
    series: Series
    ends: bool
    wanted: Coarser | None
    segments: int


def make_decisions(found: Found) -> tuple[Decision, ...]:
    """The rows of the read strip that can be proved or changed."""
    return (
        *_turned(found.opened),
        *_time(found),
        *_dates(found.order),
        *_written(found),
        *_numbers(found.signs),
        *_step(found),
        *_stamps(found),
    )


def _turned(opened: Opened) -> Iterator[Decision]:
    if opened.turned:
        named = f", named by {some(list(opened.named_by))}" if opened.named_by else ""
        says = f"The table was turned: {tally(opened.table.rows)} times across its columns, one series per row{named}"
        yield Decision("turned", says, Proof("chosen"), (Alternative("Read as it was", {"turned": False}),))
    if opened.across:
        first, last = opened.across[0], opened.across[-1]
        says = f"{len(opened.across)} columns are times ({first} to {last}): each cell is a reading, row by row"
        yield Decision("turned", says, None, (Alternative("Read as it was", {"turned": False}),))


def _time(found: Found) -> Iterator[Decision]:
    time = found.choice.time
    if len(time.dates) > 1:
        yield Decision("time", f"The date stands in {len(time.dates)} columns: {', '.join(time.dates)}")
    if time.clock == "hhmm":
        yield Decision("time", f"{time.names[-1]} holds hours and minutes: 1345 is 13:45")
    if found.zones:
        read = ", ".join(f"{name} as UTC{ABBREVIATIONS[name]:+d}" for name in found.zones)
        yield Decision("zone", f"Zones are written as letters: {read}")


def _written(found: Found) -> Iterator[Decision]:
    dress = found.opened.table.dresses.get(found.choice.value)
    if dress is not None and dress.unit is not None:
        yield Decision("written", f"Every number carries {dress.unit!r}", Proof("cell", cell=dress.cell))
    if dress is not None and dress.brackets:
        yield Decision("written", f"Brackets mean a minus: {dress.cell!r}", Proof("cell", cell=dress.cell))


def _dates(order: DayOrder) -> Iterator[Decision]:
    first = order.reading.writing.dayfirst
    if order.is_tie and first is not None:
        says = f"Every date can be read in two ways; shown {ORDERS[first].lower()}"
        buttons = tuple(
            _order_button(dayfirst, f": {dated(begin)} to {dated(end)}")
            for dayfirst, begin, end in sorted(order.spans, key=lambda span: span[0] is not first)
            if dayfirst is not None
        )
        yield Decision("dates", says, None, buttons)
    elif order.dayfirst is not None:
        name, proof = ORDERS[order.dayfirst], order.proof
        says = name
        if proof is not None and proof.kind == "cell":
            says = f"{name}: {proof.cell!r} (row {tally(proof.row or 0)}) cannot be read otherwise"
        elif proof is not None and proof.kind == "even":
            share = f"{100 * (proof.share or 0):.2g} %"
            says = f"{name}: steps are even that way; the other way leaves {share} of the steps uneven"
        elif proof is not None:
            says = f"{name}, as chosen"
        others = (_order_button(not order.dayfirst),) if order.other is not None else ()
        yield Decision("dates", says, proof, others)


def _order_button(dayfirst: bool, meaning: str = "") -> Alternative:
    return Alternative(f"Read {ORDERS[dayfirst].lower()}{meaning}", {"dayfirst": dayfirst})


def _numbers(signs: Signs) -> Iterator[Decision]:
    name, proof = SIGNS[signs.decimal], signs.proof
    if proof is None and not signs.both_read:
        return
    says = f"{name} is the decimal sign"
    if proof is None:
        says += "; nothing in this column proves it"
    elif proof.kind == "cell":
        says += f": {proof.cell!r}" + (f" (row {tally(proof.row)})" if proof.row else "") + " cannot be read otherwise"
    else:
        says += ", as chosen"
    other = OTHER[signs.decimal]
    can_change = proof is None or proof.kind == "chosen"
    button = Alternative(f"Read {SIGNS[other].lower()} as decimal", {"decimal": other})
    yield Decision("numbers", says, proof, (button,) if can_change else ())


def _step(found: Found) -> Iterator[Decision]:
    says = f"Every {_words(found.series.step)}"
    if found.wanted:
        says += f": the {found.wanted.agg} of readings every {_words(found.fine.step)}; incomplete ones are missing"
    buttons = [
        Alternative(f"Read every {_words(step)} ({agg})", {"step": words(step), "agg": agg})
        for step in offered(found.fine)
        for agg in ("sum", "mean")
    ]
    if found.wanted:
        buttons.append(Alternative(f"Read every {_words(found.fine.step)}", {"step": "", "agg": ""}))
    yield Decision("step", says, None, tuple(buttons))


def _stamps(found: Found) -> Iterator[Decision]:
    if found.ends:
        yield Decision("stamps", "Midnight is written 24:00: times mark the end of what was measured")


def _words(step: Step) -> str:
    if step.unit == "month":
        name = {1: "month", 12: "year", 3: "quarter"}.get(step.count)
        return name or f"{step.count} months"
    if step.unit == "weekday":
        return "working day"
    text = words(step)
    count, unit = int("".join(filter(str.isdigit, text))), SPAN_NAMES["".join(filter(str.isalpha, text))]
    return unit if count == 1 else f"{count} {unit}s"
