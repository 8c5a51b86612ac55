"""Day lines: they travel with the data, and the same ones are drawn wherever the hand is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from pages import _frame, _traces
from pages._day_lines import day_lines
from pages._notation import Step

UNITS = {
    "quarter-hour": ("m", 15),
    "hour": ("h", 1),
    "half-day": ("h", 12),
    "day": ("D", 1),
    "week": ("D", 7),
    "month": ("M", 1),
}
STEPS = {
    "quarter-hour": Step(900, None),
    "hour": Step(3600, None),
    "half-day": Step(12 * 3600, None),
    "day": Step(86_400, None),
    "week": Step(7 * 86_400, None),
    "month": Step(None, "month"),
}


def lines(kind: str, season: int, moment: int, narrow: bool) -> tuple[list[np.datetime64], list[str]]:
    """Times of the lines in the picture of a moment, and their labels."""
    unit, count = UNITS[kind]
    times = (np.datetime64("2019-01-01T00", unit) + count * np.arange(2000)).astype("datetime64[s]")
    frame = _frame.frame(np.arange(2000.0), 4.0, 12, season, STEPS[kind])
    history = frame.history(narrow=narrow)
    around = times[moment - history : moment + 1]
    tape = _traces.Tape(around, np.ones(len(around)), times[moment + 1 : moment + 13], np.ones(12))
    drawn = day_lines(tape, frame, _traces.LIGHT, narrow, 45 if narrow else 120)
    if not drawn:
        return [], []
    return [times[moment + x] for x in drawn[0]["x"][::3]], drawn[1]["text"]


@pytest.mark.parametrize("narrow", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize(
    ("kind", "season"), [("quarter-hour", 96), ("hour", 24), ("hour", 168), ("day", 7), ("week", 52), ("month", 12)]
)
def test_the_same_lines_are_drawn_wherever_the_hand_is(kind: str, season: int, narrow: bool) -> None:
    drawn = [lines(kind, season, moment, narrow)[0] for moment in range(900, 1000)]
    assert max(map(len, drawn)) <= (4 if narrow else 9)
    assert sum(map(len, drawn)) > 0
    for one, other in pairwise(drawn):
        assert set(other) >= set(one[1:])  # only the oldest may leave
        assert set(one) >= set(other[:-1])  # only a newer one may come


def test_where_lines_are_weeks_apart_they_are_mondays() -> None:
    drawn, labels = lines("half-day", 500, 1500, narrow=False)
    assert len(drawn) >= 4
    assert {(time - np.datetime64("1970-01-05")) // np.timedelta64(1, "D") % 7 for time in drawn} == {0}
    assert all(label.startswith(" Mon ") for label in labels)


def test_no_label_is_empty() -> None:
    for moment in range(900, 1000):
        assert all(label.strip() for label in lines("hour", 24, moment, narrow=False)[1])
