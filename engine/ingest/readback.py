"""What was decided about a file, as shown to the person who dropped it and kept with the upload."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MOST_OFFERED = 1000  # columns or ids that a read-back lists


class Note(NamedTuple):
    """A warning: its code, and one sentence for the person."""

    code: str
    message: str


class Point(NamedTuple):
    """A reading: ISO time as written (UTC with a Z where the file has zones) and value."""

    time: str
    value: float


class Proof(NamedTuple):
    """What settles a decision. kind: "cell" (which cannot be read otherwise), "even" (steps are even this way, `share`
    of them uneven the other way) or "chosen" (by the person)."""

    kind: str
    row: int | None = None
    cell: str | None = None
    share: float | None = None


class Alternative(NamedTuple):
    """Another way to read the file: what a button says, and the ReadOptions that take this way."""

    label: str
    options: dict[str, str | bool]


class Decision(NamedTuple):
    """A row of the read strip. what: "turned", "time", "zone", "dates", "written", "numbers", "step" or
    "stamps". says: one sentence.

    alternatives: the other ways; where nothing decides all of them, the way that is shown first.
    """

    what: str
    says: str
    proof: Proof | None = None
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True)
class ReadOptions:
    """Choices of the person in place of the reader's own; None leaves the decision to the reader.

    time, value: column names. series: an id of a long file. dayfirst: day before month. decimal: "." or ",". step, agg:
    coarser reading, for example "1h" and "sum" or "mean", always together; empty for the file's own step. turned: the
    times run across the columns.
    """

    time: str | None = None
    value: str | None = None
    series: str | None = None
    dayfirst: bool | None = None
    decimal: str | None = None
    step: str | None = None
    agg: str | None = None
    turned: bool | None = None

    def chosen(self) -> dict[str, str | bool]:
        """The choices that were made."""
        values = {spec.name: getattr(self, spec.name) for spec in dataclasses.fields(self)}
        return {name: value for name, value in values.items() if value not in (None, "")}


@dataclass(frozen=True)
class Readback:
    """The decisions and findings of one reading.

    time_column: a name, or the names of the columns that hold the date and the time of day. step_seconds is None for
    calendar steps, which step_calendar names ("month", "year", "weekday", "3 months"). dayfirst: None where it was no
    question. header_line: 1-based, None without header. columns, ids: what can be chosen as `value` and `series`
    instead, at most 1,000 each.
    decisions: what was decided, why, and what else could be. censored: readings that stand at the sensor's limit. agg:
    how readings were put together, None where the file was read at its own step. options: what the person chose.
    """

    time_column: str | tuple[str, ...]
    value_column: str
    n_rows_valid: int
    first: Point
    last: Point
    step_seconds: int | None
    step_calendar: str | None
    unit: str | None
    dayfirst: bool | None
    timezone: str | None
    n_segments: int
    n_missing: int
    header_line: int | None
    delimiter: str
    decimal: str
    encoding: str
    series: str | None = None
    series_column: str | None = None
    notes: tuple[Note, ...] = ()
    columns: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    censored: int = 0
    agg: str | None = None
    options: dict[str, str | bool] = field(default_factory=dict)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Codes of the notes."""
        return tuple(dict.fromkeys(note.code for note in self.notes))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, with `warnings`."""
        values = {spec.name: getattr(self, spec.name) for spec in dataclasses.fields(self)}
        values["notes"] = [note._asdict() for note in self.notes]
        values["decisions"] = [_plain(decision) for decision in self.decisions]
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        return plain | {"warnings": list(self.warnings)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Readback:
        """The read-back of which `to_json` made `stored`."""
        values = {spec.name: stored[spec.name] for spec in dataclasses.fields(cls) if spec.name in stored}
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        plain["first"], plain["last"] = Point(*plain["first"]), Point(*plain["last"])
        plain["notes"] = tuple(Note(**note) for note in plain["notes"])
        plain["decisions"] = tuple(_decision(decision) for decision in plain.get("decisions", ()))
        return cls(**plain)


def _plain(decision: Decision) -> dict[str, Any]:
    proof = decision.proof._asdict() if decision.proof else None
    return decision._asdict() | {"proof": proof, "alternatives": [other._asdict() for other in decision.alternatives]}


def _decision(stored: Mapping[str, Any]) -> Decision:
    proof = Proof(**stored["proof"]) if stored["proof"] else None
    alternatives = tuple(Alternative(**other) for other in stored["alternatives"])
    return Decision(stored["what"], stored["says"], proof, alternatives)
