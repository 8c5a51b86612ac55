"""Dot or comma: which of them is the decimal sign, decided on the whole column."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import polars as pl

from engine.ingest.names import bad_option
from engine.ingest.numbers import GROUPED, OTHER, WRITING
from engine.ingest.pieces import Piece
from engine.ingest.plain import plain_numbers
from engine.ingest.readback import Proof, ReadOptions
from engine.ingest.spans import Spans, strings
from engine.ingest.table import Table
from engine.series import Bools


@dataclass(frozen=True)
class Signs:
    """decimal: "." or ",". proof: a number that only this sign reads. commas, dots: whether there are numbers in threes
    such as 1,234 or 1.234, which both signs read, differently."""

    decimal: str
    proof: Proof | None
    commas: bool
    dots: bool

    @property
    def is_ambiguous(self) -> bool:
        """Whether nothing decides between decimal comma and thousands comma."""
        return self.proof is None and self.commas

    @property
    def both_read(self) -> bool:
        """Whether the other sign would read every number, too, and differently."""
        return self.proof is None and (self.commas or self.dots)

    def with_hint(self, hint: str | None, delimiter: str) -> Signs:
        """What to take where the column itself does not tell: the sign of the file's other columns, else a comma only
        if commas do not part the columns."""
        if hint is None:
            hint = "," if self.commas and delimiter != "," else "."
        return dataclasses.replace(self, decimal=hint)

    def and_then(self, other: Signs) -> Signs:
        """What two parts of a column say together; the first proof counts."""
        proved = self if self.proof or not other.proof else other
        return Signs(proved.decimal, proved.proof, self.commas or other.commas, self.dots or other.dots)


def all_signs(frame: pl.DataFrame, first_row: int | None) -> dict[str, Signs]:
    """What the String cells of every column say about its decimal sign; `first_row`: number of the first row, None if
    unknown."""
    patterns = (WRITING["."], WRITING[","], GROUPED["."], GROUPED[","])
    stripped = pl.all().str.strip_chars()
    seen = frame.select(stripped.str.contains(pattern).name.prefix(f"{at} ") for at, pattern in enumerate(patterns))
    return {
        name: _signs(frame[name], [seen[f"{at} {name}"].to_numpy() for at in range(len(patterns))], first_row)
        for name in frame.columns
    }


def _signs(cells: pl.Series, seen: list[Bools], first_row: int | None) -> Signs:
    """seen: which cells a decimal dot and a decimal comma read, and which are in threes with commas and with dots."""
    dot, comma, commas, dots = seen
    reads = {".": dot, ",": comma}
    only = {decimal: np.flatnonzero(reads[decimal] & ~reads[OTHER[decimal]]) for decimal in OTHER}
    decimal = "," if len(only[","]) > len(only["."]) else "."
    proof = None
    if len(only[decimal]):
        at = int(only[decimal][0])
        row = None if first_row is None else first_row + at
        proof = Proof("cell", row=row, cell=cells[at].strip()[:40])
    return Signs(decimal, proof, commas=bool(commas.any()), dots=bool(dots.any()))


def _of_piece(piece: Piece, column: str) -> Signs:
    """What the cells of a piece say; whole numbers say nothing."""
    cells = piece[column]
    places = np.arange(len(cells))
    if isinstance(cells, Spans):
        _, places = plain_numbers(cells, "")
    signs = all_signs(strings(cells, places).to_frame(column), 0)[column]
    if signs.proof is None or signs.proof.row is None:
        return signs
    row = piece.row + int(places[signs.proof.row])
    return dataclasses.replace(signs, proof=signs.proof._replace(row=row))


def _with_row(table: Table, column: str, signs: Signs) -> Signs:
    """The signs with the row of their proof, where that stands in the first piece."""
    if signs.proof is None or signs.proof.row is not None:
        return signs
    first = next(table.pieces([column]))
    places = (strings(first[column]).str.strip_chars() == signs.proof.cell).arg_true()
    row = first.row + int(places[0]) if len(places) else None
    return dataclasses.replace(signs, proof=signs.proof._replace(row=row))


def settle_signs(table: Table, column: str, signs: Signs, hint: str | None, options: ReadOptions) -> Signs:
    """The decimal sign of a column, decided on all of it where a sample (`signs`) does not, else by `hint`.

    Raises UploadError BAD_OPTION.
    """
    if options.decimal is not None and options.decimal not in OTHER:
        raise bad_option(f"decimal is {options.decimal[:20]!r}", list(OTHER))
    if signs.proof is None or options.decimal is not None:
        whole = Signs(".", None, False, False)
        for piece in table.pieces([column]):
            whole = whole.and_then(_of_piece(piece, column))
        signs = whole if whole.proof else whole.with_hint(hint, table.layout.delimiter)
    if options.decimal is None:
        return _with_row(table, column, signs)
    return Signs(options.decimal, Proof("chosen"), signs.commas, signs.dots)
