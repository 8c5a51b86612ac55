"""Times and values -> Series: order, duplicates, steps, gaps, changes of clocks."""

import numpy as np
import pytest

from engine.errors import UploadError
from engine.ingest import Reading, ReadOptions, read
from engine.series import Phase, Step
from engine.settings import Settings

RANDOM = np.random.default_rng(7)


def reading(times: np.ndarray, values: np.ndarray | None = None, **settings: int) -> Reading:
    if values is None:
        values = np.arange(len(times)) * 7 % 13 + 0.5
    rows = [f"{time},{value}" for time, value in zip(times, values, strict=True)]
    return read("\n".join(["time,value", *rows]).encode(), ReadOptions(), Settings(**settings))


def every(seconds: int, rows: int = 60, start: str = "2024-05-01T00:00:00") -> np.ndarray:
    return np.datetime64(start, "s") + seconds * np.arange(rows)


def shown(got: Reading) -> np.ndarray:
    """Times of the observed points."""
    slots = got.series.first_slot + np.flatnonzero(~np.isnan(got.series.values))
    return got.series.times(slots)


@pytest.mark.parametrize("seconds", [1, 7, 60, 300, 900, 1000, 3600, 86_400, 604_800])
def test_every_fixed_step_is_found_and_times_come_back(seconds: int) -> None:
    times = every(seconds, start="2024-05-01T00:00:05")
    got = reading(times)
    assert got.series.step == Step(seconds, "second")
    assert got.series.phases[0].seconds == int(times[0].astype(int)) % seconds
    np.testing.assert_array_equal(shown(got), times)


@pytest.mark.parametrize(
    ("months", "day", "calendar"), [(1, 1, "month"), (1, 15, "month"), (3, 1, "3 months"), (12, 1, "year")]
)
def test_months_quarters_and_years_are_calendar_steps(months: int, day: int, calendar: str) -> None:
    times = (np.datetime64("1990-01") + months * np.arange(40)).astype("datetime64[D]") + (day - 1)
    got = reading(times)
    assert got.series.step == Step(months, "month")
    assert (got.readback.step_calendar, got.readback.step_seconds) == (calendar, None)
    assert (got.readback.n_missing, got.readback.warnings) == (0, ())
    np.testing.assert_array_equal(shown(got), times)


@pytest.mark.parametrize("months", [1, 3, 12])
def test_month_ends_are_the_last_days_of_their_months(months: int) -> None:
    times = (np.datetime64("1990-01") + months * np.arange(1, 41)).astype("datetime64[D]") - 1
    got = reading(times)
    assert got.series.phases == (Phase(got.series.first_slot, 0, months - 1, 31),)
    np.testing.assert_array_equal(shown(got), times)


def test_quarters_that_begin_in_february_show_their_own_days() -> None:
    times = (np.datetime64("1990-02") + 3 * np.arange(40)).astype("datetime64[D]")
    np.testing.assert_array_equal(shown(reading(times)), times)


def test_four_weeks_are_no_month() -> None:
    assert reading(every(28 * 86_400)).series.step == Step(28 * 86_400, "second")


def test_working_days_are_counted_without_weekends() -> None:
    days = every(86_400, 120).astype("datetime64[D]")
    got = reading(days[np.is_busday(days)])
    assert got.series.step == Step(1, "weekday")
    assert (got.readback.step_calendar, got.readback.n_missing, got.readback.n_segments) == ("weekday", 0, 1)
    np.testing.assert_array_equal(shown(got), days[np.is_busday(days)])


def test_seven_weeks_of_working_days_stay_daily() -> None:
    days = every(86_400, 49).astype("datetime64[D]")
    assert reading(days[np.is_busday(days)]).series.step == Step(86_400, "second")


def test_jitter_is_snapped_to_a_round_step() -> None:
    times = every(300, 400) + RANDOM.integers(-9, 10, 400)
    got = reading(times)
    assert (got.readback.step_seconds, got.readback.n_segments, got.readback.n_missing) == (300, 1, 0)
    assert got.readback.warnings == ("JITTER_SNAPPED",)
    assert np.abs(shown(got) - times).max() < np.timedelta64(75, "s")


def test_a_clock_that_creeps_begins_new_segments() -> None:
    times = every(300, 2000) + np.arange(2000) // 4
    got = reading(times)
    assert (got.readback.step_seconds, got.readback.n_missing) == (300, 0)
    assert 4 <= got.readback.n_segments <= 12
    assert len(shown(got)) == 2000
    assert np.abs(shown(got) - times).max() < np.timedelta64(150, "s")


def test_gaps_up_to_three_steps_stay_inside_a_segment() -> None:
    kept = np.ones(100, dtype=bool)
    kept[[10, 20, 21, 30, 31, 32]] = False
    kept[50:54] = False
    got = reading(every(300, 100)[kept])
    assert (got.readback.n_segments, got.readback.n_missing) == (2, 6)
    assert got.readback.warnings == ("GAPS_SHORT", "GAPS_SPLIT")
    np.testing.assert_array_equal(np.isnan(got.series.values), ~kept)


def test_a_new_phase_begins_a_segment_and_keeps_its_times() -> None:
    times = np.concatenate([every(300, 50), every(300, 50, "2024-05-02T00:02:00")])
    got = reading(times)
    assert got.readback.n_segments == 2
    assert [phase.seconds for phase in got.series.phases] == [0, 120]
    np.testing.assert_array_equal(shown(got), times)


def test_a_later_segment_moves_no_earlier_slot() -> None:
    times = np.concatenate([every(300, 50), every(300, 50, "2024-05-02T00:02:00")])
    long, short = reading(times).series, reading(times[:50]).series
    assert long.first_slot == short.first_slot
    np.testing.assert_array_equal(long.values[:50], short.values)


@pytest.mark.parametrize("order", ["reversed", "shuffled"])
def test_the_order_of_rows_does_not_matter(order: str) -> None:
    times, values = every(300), np.arange(60.0)
    at = np.arange(60)[::-1] if order == "reversed" else RANDOM.permutation(60)
    got = reading(times[at], values[at])
    assert got.series.handle == reading(times, values).series.handle
    assert got.readback.warnings == ("REVERSED" if order == "reversed" else "UNSORTED",)


@pytest.mark.parametrize("step", [1, -1])
def test_of_repeated_times_the_last_row_of_the_file_counts(step: int) -> None:
    times, values = every(300)[::step], np.arange(60.0)[::step]
    at = np.sort([*range(60), 5, 9])
    values = values[at].copy()
    values[6] = 99.5
    got = reading(times[at], values)
    assert set(got.readback.warnings) - {"REVERSED"} == {"DUPLICATES_DROPPED", "DUPLICATES_CONFLICT"}
    assert (got.readback.n_rows_valid, got.dropped) == (60, 2)
    assert 99.5 in got.series.values


def test_the_hour_repeated_in_autumn_is_real_and_the_one_skipped_in_spring_is_no_gap() -> None:
    utc = every(900, 96 * 300, "2024-01-15T00:00:00")
    summer = (utc >= np.datetime64("2024-03-31T01:00")) & (utc < np.datetime64("2024-10-27T01:00"))
    local = utc + 3600 * (1 + summer)
    for times in (local, local[::-1]):
        got = reading(times)
        assert set(got.readback.warnings) - {"REVERSED"} == {"DST_FOLD", "DST_GAP"}
        assert (got.readback.n_rows_valid, got.readback.n_segments, got.readback.n_missing) == (len(utc), 1, 0)
        np.testing.assert_array_equal(shown(got), local)


def test_hourly_stamps_may_repeat_on_the_night_of_the_change() -> None:
    utc = every(3600, 200, "2024-10-24T00:00:00")
    local = utc + 3600 * (1 + (utc < np.datetime64("2024-10-27T01:00")))
    got = reading(local)
    assert (got.readback.warnings, got.readback.n_rows_valid) == (("DST_FOLD",), 200)


def test_one_stray_date_does_not_make_a_billion_slots() -> None:
    times = np.concatenate([every(1, 1, "1970-01-01T00:00:00"), every(1, 100)])
    got = reading(times)
    assert (len(got.series), got.left_out, got.readback.n_segments) == (100, 1, 1)
    assert got.readback.warnings == ("ROWS_LEFT_OUT",)
    assert "up to row 2" in got.readback.notes[0].message


def test_a_stray_date_at_the_end_is_refused_with_its_reason() -> None:
    with pytest.raises(UploadError, match="is that one right") as caught:
        reading(np.concatenate([every(1, 100), every(1, 1, "2099-01-01T00:00:00")]))
    assert caught.value.code == "TOO_SHORT"


def test_the_longest_grid_is_a_setting() -> None:
    assert len(reading(every(300, 100), max_slots=40).series) == 40


@pytest.mark.parametrize(
    "times",
    [
        np.repeat(every(1, 1), 40),
        every(300, 40) + np.cumsum(RANDOM.integers(0, 100_000, 40)),
        np.datetime64("2024-05-01T00:00:00", "ms") + 250 * np.arange(40),
    ],
    ids=["all equal", "irregular", "below a second"],
)
def test_times_without_a_step_are_refused(times: np.ndarray) -> None:
    with pytest.raises(UploadError) as caught:
        reading(times, np.ones(len(times)))
    assert caught.value.code == "NO_STEP"


def test_a_yearly_file_of_first_julys_goes_on_with_first_julys() -> None:
    got = reading((np.datetime64("1980-07") + 12 * np.arange(40)).astype("datetime64[D]"))
    last = got.series.last_slot
    shown = got.series.times(last + np.arange(-1, 5)).astype("datetime64[D]").astype(str)
    assert [day[5:] for day in shown] == ["07-01"] * 6
    assert len(got.series.phases) == 1


def test_quarters_in_the_middle_of_february_go_on_in_the_middle_of_may() -> None:
    times = (np.datetime64("2004-02") + 3 * np.arange(40)).astype("datetime64[D]") + 14
    got = reading(times)
    following = got.series.times(np.array([got.series.last_slot + 1]))[0]
    assert following == times[-1].astype("datetime64[M]") + 3 + np.timedelta64(14, "D")


def test_a_month_too_short_for_the_day_shows_its_last_one() -> None:
    months = np.datetime64("2020-01") + np.arange(38)
    days = np.minimum(30, ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int))
    got = reading(months.astype("datetime64[D]") + days - 1)
    following = got.series.times(got.series.last_slot + np.arange(1, 3)).astype("datetime64[D]").astype(str)
    assert following.tolist() == ["2023-03-30", "2023-04-30"]


def test_months_may_be_written_without_a_day() -> None:
    written, dated = np.datetime64("2019-11") + np.arange(40), np.datetime64("2019-11") + np.arange(40)
    assert reading(written).series.handle == reading(dated.astype("datetime64[D]")).series.handle
    assert reading(written).readback.step_calendar == "month"
