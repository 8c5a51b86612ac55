"""What was decided about a file, as shown to the person who dropped it and kept with the upload."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class ReadOptions:
    """Choices of the person in place of the reader's own; None leaves the decision to the reader.

    time, value: column names. series: an id of a long file. dayfirst: day before month. decimal: "." or ",". step, agg:
    coarser reading, for example "1h" and "sum".
    """

    time: str | None = None
    value: str | None = None
    series: str | None = None
    dayfirst: bool | None = None
    decimal: str | None = None
    step: str | None = None
    agg: str | None = None


@dataclass(frozen=True)
class Readback:
    """The decisions and findings of one reading.

    time_column: a name, or the names of a date and a time column. step_seconds is None for calendar steps, which
    step_calendar names ("month", "year", "weekday", "3 months"). dayfirst: None where it was no question. header_line:
    1-based, None without header. columns, ids: what can be chosen as `value` and `series` instead, at most 1,000 each.
    """

    time_column: str | tuple[str, str]
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

    @property
    def warnings(self) -> tuple[str, ...]:
        """Codes of the notes."""
        return tuple(note.code for note in self.notes)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, with `warnings`."""
        values = {spec.name: getattr(self, spec.name) for spec in dataclasses.fields(self)}
        values["notes"] = [note._asdict() for note in self.notes]
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        return plain | {"warnings": list(self.warnings)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Readback:
        """The read-back of which `to_json` made `stored`."""
        values = {spec.name: stored[spec.name] for spec in dataclasses.fields(cls)}
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        plain["first"], plain["last"] = Point(*plain["first"]), Point(*plain["last"])
        plain["notes"] = tuple(Note(**note) for note in plain["notes"])
        return cls(**plain)
