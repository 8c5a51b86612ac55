"""What the reader says about its decisions: the proof, and the other ways to read the file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.errors import UploadError
from engine.ingest import Decision, Readback, Reading, ReadOptions, read
from engine.settings import Settings

LIMITS = Settings()


def reading(pattern: str, rows: int, step: int = 900, values: str = "{:.2f}", **options: object) -> Reading:
    times = np.datetime64("2024-05-04T00:00", "s") + step * np.arange(rows)
    lines = [f"{t.item():{pattern}};{values.format(100 + n * 7 % 13)}" for n, t in enumerate(times)]
    return read("\n".join(["Zeit;Last", *lines]).encode(), ReadOptions(**options), LIMITS)


def decision(got: Reading, what: str) -> Decision:
    return next(decision for decision in got.readback.decisions if decision.what == what)


def test_a_cell_that_cannot_be_read_otherwise_is_the_proof() -> None:
    got = reading("%d.%m.%Y %H:%M", 1000)
    dates = decision(got, "dates")
    assert (dates.proof.kind, dates.proof.cell, dates.proof.row) == ("cell", "13.05.2024 00:00", 866)
    assert dates.says == "Day first: '13.05.2024 00:00' (row 866) cannot be read otherwise"
    assert dates.alternatives == ()


def test_even_steps_are_the_proof_where_every_cell_can_be_read_in_two_ways() -> None:
    got = reading("%m/%d/%Y %H:%M", 300)
    dates = decision(got, "dates")
    assert (got.readback.dayfirst, dates.proof.kind) == (False, "even")
    assert dates.proof.share == pytest.approx(3 / 299)
    other = reading("%m/%d/%Y %H:%M", 300, **dates.alternatives[0].options)
    assert (other.readback.dayfirst, other.readback.first.time) == (True, "2024-04-05T00:00:00")
    assert decision(other, "dates").proof.kind == "chosen"


@pytest.mark.parametrize(("pattern", "shown"), [("%d/%m/%Y %H:%M", "day"), ("%m/%d/%Y %I:%M %p", "month")])
def test_a_tie_is_told_with_both_dates_and_settled_by_a_word(pattern: str, shown: str) -> None:
    got = reading(pattern, 96)
    assert (got.readback.dayfirst, got.readback.warnings) == (None, ("DATE_ORDER_AMBIGUOUS",))
    ways = decision(got, "dates").alternatives
    assert ways[0].label.startswith(f"Read {shown} first: 4 May 2024")
    assert "5 Apr 2024" in ways[1].label
    for way in ways:
        told = reading(pattern, 96, **way.options).readback
        assert (told.dayfirst, told.warnings) == (way.options["dayfirst"], ())


def test_a_comma_that_nothing_explains_is_told_and_can_be_changed() -> None:
    got = reading("%Y-%m-%d %H:%M", 96, values="{:.0f},250")
    numbers = decision(got, "numbers")
    assert (got.readback.warnings, got.readback.decimal) == (("DECIMAL_AMBIGUOUS",), ",")
    other = reading("%Y-%m-%d %H:%M", 96, values="{:.0f},250", **numbers.alternatives[0].options)
    assert (other.readback.warnings, other.readback.decimal) == ((), ".")
    assert other.series.values[0] == 1000 * got.series.values[0]


def test_an_order_in_which_the_dates_cannot_be_read_is_refused() -> None:
    with pytest.raises(UploadError, match="cannot be read that way") as caught:
        reading("%d.%m.%Y %H:%M", 1000, dayfirst=False)
    assert caught.value.code == "BAD_OPTION"


def test_decisions_survive_json_and_read_backs_from_before_them_too() -> None:
    back = reading("%m/%d/%Y %H:%M", 300).readback
    stored = json.loads(json.dumps(back.to_json()))
    assert Readback.from_json(stored) == back
    for name in ("decisions", "censored", "agg"):
        del stored[name]
    assert Readback.from_json(stored).decisions == ()
