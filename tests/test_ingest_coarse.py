"""Reading at a coarser step: sums and means of whole buckets, missing where a reading is missing."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import UploadError
from engine.ingest import Reading, ReadOptions, read
from engine.series import Step
from engine.settings import Settings

LIMITS = Settings()
QUARTER = 900


def reading(times: np.ndarray, values: np.ndarray, step: str, agg: str = "sum") -> Reading:
    rows = [f"{time},{'' if np.isnan(value) else value}" for time, value in zip(times, values, strict=True)]
    return read("\n".join(["time,load", *rows]).encode(), ReadOptions(step=step, agg=agg), LIMITS)


def every(seconds: int, rows: int, start: str = "2024-05-01T00:00:00") -> np.ndarray:
    return np.datetime64(start, "s") + seconds * np.arange(rows)


def shown(got: Reading) -> list[str]:
    series = got.series
    return series.times(series.first_slot + np.arange(len(series))).astype("datetime64[m]").astype(str).tolist()


VALUES = np.arange(96.0 * 40) * 7 % 23


@pytest.mark.parametrize(("step", "size"), [("30min", 2), ("1h", 4), ("h", 4), ("60 min", 4), ("6h", 24), ("1d", 96)])
@pytest.mark.parametrize("agg", ["sum", "mean"])
def test_buckets_hold_the_sum_or_the_mean(step: str, size: int, agg: str) -> None:
    got = reading(every(QUARTER, len(VALUES)), VALUES, step, agg)
    buckets = VALUES.reshape(-1, size)
    np.testing.assert_allclose(got.series.values, buckets.sum(1) if agg == "sum" else buckets.mean(1), rtol=1e-12)
    assert got.series.step == Step(QUARTER * size, "second")
    assert shown(got)[:2] == [str(time)[:16] for time in every(QUARTER * size, 2)]
    assert (got.readback.step_seconds, got.readback.agg) == (QUARTER * size, agg)


def test_a_bucket_with_a_missing_reading_and_those_cut_off_at_the_ends_are_missing() -> None:
    values = VALUES.copy()
    values[101] = np.nan
    got = reading(every(QUARTER, len(values), "2024-05-01T00:30"), values, "1h")
    assert shown(got)[0] == "2024-05-01T01:00"
    assert np.flatnonzero(np.isnan(got.series.values)).tolist() == [24]
    assert shown(got)[-1] == "2024-06-09T23:00"


def test_weeks_begin_on_monday_and_months_on_their_first_day() -> None:
    weeks = reading(every(86_400, 400), np.ones(400), "1w")
    assert (shown(weeks)[0], set(weeks.series.values)) == ("2024-05-06T00:00", {7.0})
    months = reading(every(86_400, 1200), np.ones(1200), "1month")
    assert (shown(months)[0], months.series.values[:3].tolist()) == ("2024-05-01T00:00", [31, 30, 31])
    assert months.readback.step_calendar == "month"


def test_days_are_those_of_the_clock_as_written_where_clocks_change() -> None:
    utc = every(QUARTER, 96 * 60, "2024-09-30T22:00:00")
    local = utc + 3600 * (1 + (utc < np.datetime64("2024-10-27T01:00")))
    days = reading(local, np.ones(len(local)), "1d")
    assert shown(days)[0] == "2024-10-01T00:00"
    assert np.unique(days.series.values, return_counts=True)[0].tolist() == [96, 100]
    hours = reading(local, np.ones(len(local)), "1h")
    assert set(hours.series.values) == {4.0}
    assert shown(hours).count("2024-10-27T02:00") == 2


def test_stamps_at_the_end_of_their_interval_belong_to_the_time_before() -> None:
    times = every(QUARTER, 96 * 40, "2024-05-01T00:15:00")
    got = reading(times, VALUES, "1d")
    np.testing.assert_allclose(got.series.values, VALUES.reshape(-1, 96).sum(1))
    assert shown(got)[0] == "2024-05-01T00:00"


def test_monthly_readings_become_quarters_and_years() -> None:
    months = (np.datetime64("2000-01") + np.arange(12 * 26)).astype("datetime64[D]")
    assert set(reading(months, np.ones(len(months)), "1quarter").series.values) == {3.0}
    years = reading(months, np.ones(len(months)), "1year")
    assert (years.readback.step_calendar, set(years.series.values)) == ("year", {12.0})


@pytest.mark.parametrize(
    "options",
    [
        {"step": "7min", "agg": "sum"},
        {"step": "1h"},
        {"agg": "sum"},
        {"step": "1h", "agg": "max"},
        {"step": "soon", "agg": "sum"},
        {"step": "0h", "agg": "sum"},
        {"step": "99999999d", "agg": "sum"},
        {"step": "15min", "agg": "sum"},
        {"step": "1s", "agg": "sum"},
    ],
)
def test_steps_that_cannot_be_are_refused_with_those_that_can(options: dict[str, str]) -> None:
    rows = [f"{time},1" for time in every(QUARTER, 500)]
    with pytest.raises(UploadError) as caught:
        read("\n".join(["time,load", *rows]).encode(), ReadOptions(**options), LIMITS)
    assert caught.value.code == "BAD_OPTION"
    assert "Available: " in caught.value.message


def test_too_few_buckets_are_refused() -> None:
    with pytest.raises(UploadError, match="complete values are left") as caught:
        reading(every(QUARTER, 96 * 20), np.ones(96 * 20), "1d")
    assert caught.value.code == "TOO_SHORT"


def test_the_steps_that_are_offered_can_be_read() -> None:
    rows = [f"{time},{value}" for time, value in zip(every(QUARTER, 96 * 60), np.resize(VALUES, 96 * 60), strict=True)]
    raw = "\n".join(["time,load", *rows]).encode()
    plain = read(raw, ReadOptions(), LIMITS)
    buttons = [other for row in plain.readback.decisions if row.what == "step" for other in row.alternatives]
    assert [button.label for button in buttons][:2] == ["Read every hour (sum)", "Read every hour (mean)"]
    for button in buttons:
        assert len(read(raw, ReadOptions(**button.options), LIMITS).series) < len(plain.series)
    again = read(raw, ReadOptions(**buttons[0].options), LIMITS).readback.decisions
    assert [other.label for row in again for other in row.alternatives][-1] == "Read every 15 minutes"
