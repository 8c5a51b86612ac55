"""Cells read off the bytes of plain rows are what a parser gives, and their numbers what Python reads."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from engine.ingest.layout import Layout
from engine.ingest.pieces import Piece
from engine.ingest.plain import plain_numbers
from engine.ingest.shapes import groups
from engine.ingest.spans import Spans, strings

ODD = ["", " ", "-", ".", "5.", "1e5", "+7", "−3", "1.2.3", "--4", "abc", "12a", "NaN", "1" * 17, "9" * 16, "1,5", "é"]


def spans(cells: list[str], after: str = ",x", end: str = "\n", last: str = "\n") -> Spans:
    text = end.join(cell + after for cell in cells) + last
    layout = Layout(",", ("a", "b"), None, 0, 1)
    found = Piece(memoryview(text.encode()), layout, 1, ("a", "b"), True)["a"]
    assert isinstance(found, Spans)
    return found


def number(dice: random.Random) -> str:
    whole = str(dice.randrange(10 ** dice.randint(1, 9)))
    decimals = dice.choice(["", f".{dice.randrange(10**4):04d}", f".{dice.randrange(10**2):02d}", ".5", f".{whole}"])
    return dice.choice(["", "", "-"]) + (whole if dice.random() < 0.9 or not decimals else "") + decimals


@pytest.mark.parametrize("seed", range(40))
def test_plain_numbers_are_what_python_reads_to_the_last_bit(seed: int) -> None:
    dice = random.Random(seed)
    cells = [number(dice) for _ in range(400)]
    values, odd = plain_numbers(spans(cells), ".")
    assert [cell for at, cell in enumerate(cells) if at in odd and len(cell.strip("-")) <= 15] == []
    for at in set(range(400)) - set(odd.tolist()):
        assert values[at] == float(cells[at])
        assert math.copysign(1, values[at]) == math.copysign(1, float(cells[at]))


@pytest.mark.parametrize("share", [0.02, 0.5, 1])
def test_whatever_is_no_plain_number_is_left_to_a_closer_look(share: float) -> None:
    dice = random.Random(3)
    is_odd = [dice.random() < share for _ in range(300)]
    cells = [dice.choice(ODD) if odd else f"{dice.uniform(0, 99):.2f}" for odd in is_odd]
    cells = [cell.replace(",", ";") for cell in cells]
    values, odd = plain_numbers(spans(cells), ".")
    assert np.isnan(values[odd]).all()
    for at, cell in enumerate(cells):
        assert (at in odd) == (is_odd[at] and cell not in ("", "9" * 16)) or cell == "9" * 16
        if at not in odd and cell:
            assert values[at] == float(cell)


def test_a_comma_may_be_the_sign_and_without_a_sign_only_whole_numbers_are_plain() -> None:
    layout = Layout(";", ("a", "b"), None, 0, 1)
    cells = Piece(memoryview(b"1,5;x\n-12,25;y\n7;z"), layout, 1, ("a", "b"), True)["a"]
    assert isinstance(cells, Spans)
    assert plain_numbers(cells, ",")[0].tolist() == [1.5, -12.25, 7]
    assert plain_numbers(cells, "")[1].tolist() == [0, 1]
    assert plain_numbers(cells, ".")[1].tolist() == [0, 1]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n", "\r\n"])
def test_cells_are_those_of_a_parser(end: str, last: str) -> None:
    dice = random.Random(len(end) + len(last))
    cells = ["x" * dice.choice([0, 1, 7, 8, 9, 16, 40]) + dice.choice(["", " ", "é"]) for _ in range(200)]
    made = spans(cells, end=end, last=last)
    assert made.parse().to_list() == cells
    assert strings(made, np.arange(200)).to_list() == cells
    assert made.lengths.tolist() == [len(cell.encode()) for cell in cells]


@pytest.mark.parametrize("text", [b"1,2\n3\n4,5\n", b"1,2\n\n4,5\n", b"1,2,3\n4,5\n", b"1\n2,3,4\n5,6\n"])
def test_rows_of_unequal_length_go_through_the_parser(text: bytes) -> None:
    layout = Layout(",", ("a", "b"), None, 0, 1)
    piece = Piece(memoryview(text), layout, 1, ("a", "b"), True)
    assert not isinstance(piece["a"], Spans)
    assert len(piece) == text.count(b"\n")


def test_shapes_are_told_apart_however_many_there_are() -> None:
    dice = random.Random(1)
    marks = "abcdefghijkl"
    cells = [f"{dice.choice(marks)}{dice.randrange(100)}:{dice.randrange(10)}" for _ in range(500)]
    seen: dict[int, tuple[str, int]] = {}
    for group in groups(spans(cells)):
        rows = np.arange(500)[group.rows]
        digits = group.number(1, group.template.index(":"))
        seen |= {int(row): (group.template.strip(), int(value)) for row, value in zip(rows, digits, strict=True)}
    expected = {
        row: ("".join("0" if mark.isdigit() else mark for mark in cell), int(cell[1:].split(":")[0]))
        for row, cell in enumerate(cells)
    }
    assert seen == expected
