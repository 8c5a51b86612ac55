from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.series import Phase, Series, Step, grid_slots, grid_times

STEPS = [Step(1, "second"), Step(300, "second"), Step(3600, "second"), Step(86400, "second"), Step(604800, "second")]
CALENDAR = [Step(1, "month"), Step(3, "month"), Step(12, "month"), Step(1, "weekday")]


def series(values: list[float], /, **changes: Any) -> Series:
    return Series(**{"values": np.array(values), "step": Step(3600, "second"), "first_slot": 474_900} | changes)


@pytest.mark.parametrize("step", STEPS + CALENDAR)
@given(slot=st.integers(-30_000, 30_000))
def test_a_slot_and_the_time_of_its_grid_line_belong_to_each_other(step: Step, slot: int) -> None:
    times = grid_times(np.array([slot]), step)
    assert grid_slots(times, step)[0] == slot


@pytest.mark.parametrize("step", STEPS + CALENDAR)
def test_later_slots_have_later_times(step: Step) -> None:
    times = grid_times(np.arange(-100, 100), step)
    assert (np.diff(times) > np.timedelta64(0)).all()


def test_months_are_twelve_times_the_year_plus_the_month() -> None:
    times = np.array(["2024-01-17T05:00", "2024-12-31T23:59"], dtype="datetime64[s]")
    assert grid_slots(times, Step(1, "month")).tolist() == [2024 * 12, 2024 * 12 + 11]


def test_weekdays_leave_no_gap_over_the_weekend() -> None:
    friday_and_monday = np.array(["2024-03-08", "2024-03-11"], dtype="datetime64[s]")
    assert np.diff(grid_slots(friday_and_monday, Step(1, "weekday"))).tolist() == [1]


def test_times_carry_each_segments_own_phase() -> None:
    whole = series([1.0, 2, 3, 4], phases=(Phase(474_900, 0), Phase(474_902, 120)))
    minutes = whole.times(np.arange(474_900, 474_904)).astype("datetime64[m]").astype(int) % 60
    assert minutes.tolist() == [0, 0, 2, 2]


def test_month_end_stamps_stay_month_ends() -> None:
    monthly = Series(np.ones(3), Step(1, "month"), 2024 * 12, phases=(Phase(2024 * 12, 0, day=31),))
    shown = monthly.times(2024 * 12 + np.arange(4)).astype("datetime64[D]").astype(str).tolist()
    assert shown == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]


def test_a_quarter_may_begin_in_february_and_a_year_in_july() -> None:
    quarters = Series(np.ones(3), Step(3, "month"), 2024 * 4, phases=(Phase(2024 * 4, 3600, months=1, day=15),))
    years = Series(np.ones(3), Step(12, "month"), 2000, phases=(Phase(2000, 0, months=6),))
    assert quarters.times(2024 * 4 + np.arange(4, 6)).astype(str).tolist() == [
        "2025-02-15T01:00:00",
        "2025-05-15T01:00:00",
    ]
    assert years.times(np.arange(2003, 2005)).astype("datetime64[D]").astype(str).tolist() == [
        "2003-07-01",
        "2004-07-01",
    ]


def test_the_nearest_slot_of_a_time_is_found_even_beyond_the_end() -> None:
    hourly = series([1.0, 2, 3])
    last = hourly.times(np.array([hourly.last_slot]))[0]
    assert hourly.slot_of(last + np.timedelta64(29, "m")) == hourly.last_slot
    assert hourly.slot_of(last + np.timedelta64(3, "h")) == hourly.last_slot + 3


def test_the_same_data_has_the_same_handle() -> None:
    one, other = series([1.0, 0.0, np.nan]), series([1.0, -0.0, -np.nan])
    assert one.handle == other.handle
    assert len(one.handle) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"values": np.array([1.0, 2.0, 3.5])},
        {"first_slot": 474_901},
        {"step": Step(1800, "second")},
        {"zone": "UTC"},
        {"scope": "ada"},
        {"phases": (Phase(474_900, 60),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_data_has_another_handle(change: dict[str, Any]) -> None:
    assert series([1.0, 2.0, 3.0]).handle != series([1.0, 2.0, 3.0], **change).handle


def test_values_cannot_be_changed_and_do_not_follow_the_callers_array() -> None:
    mine = np.array([1.0, 2.0])
    kept = Series(mine, Step(60, "second"), 0)
    mine[0] = 99
    assert kept.values[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        kept.values[0] = 5


@pytest.mark.parametrize("values", [[], [[1.0]], [np.inf]])
def test_impossible_values_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError):
        Series(np.array(values), Step(60, "second"), 0)
