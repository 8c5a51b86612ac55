"""Files as other programs write them: what a whole column says is understood and told, and nothing else is guessed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.errors import UploadError
from engine.ingest import Reading, ReadOptions, read
from engine.ingest.glance import glance
from engine.settings import Settings

LIMITS = Settings()
HOURS = np.datetime64("2024-03-01T00:00", "s") + 3600 * np.arange(200)
VALUES = [round(1200 + 300 * np.sin(n / 4) + n * 7 % 13 / 10, 2) for n in range(200)]


def part(time: np.datetime64, pattern: str) -> str:
    return time.item().strftime(pattern)


def table(header: str, rows: list[str]) -> bytes:
    return "\n".join([header, *rows]).encode()


def reading(raw: bytes, **options: object) -> Reading:
    return read(raw, ReadOptions(**options), LIMITS)


def plain() -> Reading:
    return reading(table("time,value", [f"{t},{v}" for t, v in zip(HOURS, VALUES, strict=True)]))


def said(got: Reading, what: str) -> list[str]:
    return [decision.says for decision in got.readback.decisions if decision.what == what]


PARTS: dict[str, tuple[str, Callable[[np.datetime64], str]]] = {
    "bare hours": ("Year;Month;Day;Hour", lambda t: part(t, "%Y;%m;%d;%H")),
    "names of months": ("Jahr;Monat;Tag;Uhrzeit", lambda t: part(t, "%Y;%B;%d;%H:%M")),
    "short words": ("YEAR;MO;DA;HRMN", lambda t: f"{t.item().year};{t.item().month};{t.item().day};{part(t, '%H%M')}"),
    "day first": ("day;month;year;time", lambda t: part(t, "%d;%m;%Y;%H:%M:%S")),
}


@pytest.mark.parametrize("writing", PARTS)
def test_a_date_in_columns_of_its_own_is_a_date(writing: str) -> None:
    header, write = PARTS[writing]
    raw = table(f"{header};Load", [f"{write(t)};{v}" for t, v in zip(HOURS, VALUES, strict=True)])
    got = reading(raw)
    assert (got.series.handle, got.readback.warnings) == (plain().series.handle, ())
    assert len(got.readback.time_column) == 4
    assert said(got, "time")[0].startswith("The date stands in 3 columns: ")
    assert set(glance(raw, got.readback, "value", ["Load"], LIMITS)) == {"Load"}


@pytest.mark.parametrize("month", ["{:d}", "{:02d}"])
def test_a_year_and_a_month_are_a_month(month: str) -> None:
    rows = [f"{1990 + n // 12},{month.format(n % 12 + 1)},{VALUES[n]}" for n in range(100)]
    got = reading(table("Year,Month,Passengers", rows))
    assert (got.readback.step_calendar, got.readback.time_column) == ("month", ("Year", "Month"))
    assert (got.readback.first.time, got.readback.last.time) == ("1990-01-01T00:00:00", "1998-04-01T00:00:00")
    np.testing.assert_array_equal(got.series.values, VALUES[:100])


def test_a_day_that_a_month_does_not_have_is_no_date() -> None:
    rows = [f"2023,2,{n % 31 + 1},{VALUES[n]}" for n in range(60)]
    with pytest.raises(UploadError) as caught:
        reading(table("Year,Month,Day,Load", rows))
    assert caught.value.code in ("NO_TIME_COLUMN", "NO_STEP")


@pytest.mark.parametrize("write", ["{:04d}", "{:d}"])
@pytest.mark.parametrize("name", ["TIME", "hhmm", "Hour"])
def test_hours_before_minutes_in_one_number_are_a_time_of_day(write: str, name: str) -> None:
    stamps = [f"{part(t, '%d.%m.%Y')},{write.format(t.item().hour * 100)}" for t in HOURS]
    got = reading(table(f"DATE,{name},LOAD", [f"{t},{v}" for t, v in zip(stamps, VALUES, strict=True)]))
    assert (got.series.handle, got.readback.warnings) == (plain().series.handle, ())
    assert said(got, "time") == [f"{name} holds hours and minutes: 1345 is 13:45"]


def test_numbers_beside_a_date_that_may_be_anything_are_no_time_of_day() -> None:
    rows = [f"{part(t, '%Y-%m-%d')},{t.item().hour},{v}" for t, v in zip(HOURS, VALUES, strict=True)]
    with pytest.raises(UploadError) as caught:
        reading(table("date,time,load", rows))
    assert caught.value.code == "NO_STEP"


@pytest.mark.parametrize(
    ("write", "unit"),
    [
        ("{} kW", "kW"),
        ("{} %", "%"),
        ("{}%", "%"),
        ("{} mmol/L", "mmol/L"),
        ("{} mg/dl", "mg/dL"),
        ("${}", "$"),
        ("{} €", "€"),
        ("EUR {}", "EUR"),
        ("{} °C", "°C"),
        ("{} W", "W"),
        ("{} EUR/MWh", "EUR/MWh"),
    ],
)
def test_what_every_number_carries_is_its_unit(write: str, unit: str) -> None:
    raw = table("time;power", [f"{t};{write.format(v)}" for t, v in zip(HOURS, VALUES, strict=True)])
    got = reading(raw)
    assert (got.series.handle, got.readback.unit) == (plain().series.handle, unit)
    assert said(got, "written")[0].startswith("Every number carries ")
    assert set(glance(raw, got.readback, "value", ["power"], LIMITS)) == {"power"}


def test_thousands_decimal_commas_and_a_currency_go_together() -> None:
    cells = [f"{v:,.2f} €".translate(str.maketrans(",.", ".,")) for v in VALUES]
    got = reading(table("Zeit;Umsatz", [f"{t};{cell}" for t, cell in zip(HOURS, cells, strict=True)]))
    assert (got.series.handle, got.readback.decimal, got.readback.unit) == (plain().series.handle, ",", "€")


def test_a_missing_value_needs_no_unit() -> None:
    cells = [f"{v} kW" if n % 20 != 3 else "" for n, v in enumerate(VALUES)]
    got = reading(table("time,power", [f"{t},{cell}" for t, cell in zip(HOURS, cells, strict=True)]))
    assert (got.missing, got.readback.unit, got.readback.n_rows_valid) == (10, "kW", 190)


@pytest.mark.parametrize("odd", ["12.5", "12.5 W", "12.5 MW"])
def test_a_number_with_another_unit_or_none_is_refused_wherever_it_stands(odd: str) -> None:
    rows = [
        f"{t},{v} kW"
        for t, v in zip(np.datetime64("2020-01-01", "s") + 60 * np.arange(20_000), VALUES * 100, strict=True)
    ]
    rows[15_000] = rows[15_000].split(",")[0] + f",{odd}"
    with pytest.raises(UploadError) as caught:
        reading(table("time,power", rows))
    assert caught.value.code == "NO_VALUE_COLUMN"
    assert "row 15,002" in caught.value.message.replace("\u202f", ",")


def test_words_and_ids_are_no_numbers_with_a_unit() -> None:
    rows = [f"{t},{n % 3}A,{v}" for n, (t, v) in enumerate(zip(HOURS, VALUES, strict=True))]
    assert reading(table("time,room,value", rows)).readback.columns == ("value",)


@pytest.mark.parametrize("write", ["({:,.2f})", "(${:,.2f})"])
def test_brackets_mean_a_minus_where_other_numbers_have_none(write: str) -> None:
    cells = [f'"{write.format(v)}"' if n % 4 else '"' + write.strip("()").format(v) + '"' for n, v in enumerate(VALUES)]
    got = reading(table("time,profit", [f"{t},{cell}" for t, cell in zip(HOURS, cells, strict=True)]))
    np.testing.assert_array_equal(got.series.values, [-v if n % 4 else v for n, v in enumerate(VALUES)])
    assert said(got, "written")[-1].startswith("Brackets mean a minus: '(")


def test_brackets_beside_minus_signs_are_refused() -> None:
    cells = [f"({v})" if n % 4 else f"-{v}" for n, v in enumerate(VALUES)]
    with pytest.raises(UploadError) as caught:
        reading(table("time,profit", [f"{t},{cell}" for t, cell in zip(HOURS, cells, strict=True)]))
    assert caught.value.code == "NO_VALUE_COLUMN"


def test_letters_of_a_zone_are_an_offset_and_are_told() -> None:
    rows = [f"{str(t).replace('T', ' ')} EST,{v}" for t, v in zip(HOURS, VALUES, strict=True)]
    got = reading(table("time,value", rows))
    assert (got.readback.timezone, got.readback.first.time) == ("-05:00", "2024-03-01T05:00:00Z")
    assert said(got, "zone") == ["Zones are written as letters: EST as UTC-5"]
    before = np.datetime64("2024-03-10T02:00:00")
    late = HOURS + 240 * 3600 - 140 * 3600
    rows = [f"{part(t if t < before else t + 3600, '%Y-%m-%d %I:%M %p')} {'EST' if t < before else 'EDT'},{v}"
            for t, v in zip(late, VALUES, strict=True)]  # fmt: skip
    got = reading(table("time,value", rows))
    assert (got.readback.timezone, got.readback.n_segments, got.readback.warnings) == ("mixed", 1, ())
    assert said(got, "zone") == ["Zones are written as letters: EST as UTC-5, EDT as UTC-4"]


def test_a_column_that_counts_is_offered_but_not_taken_where_another_one_measures() -> None:
    rows = [f"{t},{1000 + n},{v}" for n, (t, v) in enumerate(zip(HOURS, VALUES, strict=True))]
    back = reading(table("time,meter_kwh,temp", rows)).readback
    assert (back.value_column, back.columns, back.warnings) == ("temp", ("meter_kwh", "temp"), ())
    assert reading(table("time,meter_kwh,temp", rows), value="meter_kwh").series.values[-1] == 1199


def test_a_column_that_never_changes_is_no_first_guess() -> None:
    rows = [f"{t},3,{v},{n % 60}" for n, (t, v) in enumerate(zip(HOURS, VALUES, strict=True))]
    back = reading(table("time,quality,temp,wind", rows)).readback
    assert (back.value_column, back.warnings) == ("temp", ("VALUE_COLUMN_GUESSED",))
    assert back.columns == ("quality", "temp", "wind")


def test_the_header_is_the_one_with_as_many_names_as_there_are_columns() -> None:
    above = "latitude,longitude,elevation,zone\n52.5,13.4,38.0,GMT\n\n"
    rows = [f"{t},{v},{n % 60}" for n, (t, v) in enumerate(zip(HOURS, VALUES, strict=True))]
    back = reading(above.encode() + table("time,temperature (°C),humidity (%)", rows)).readback
    assert (back.header_line, back.time_column, back.columns[0]) == (4, "time", "temperature (°C)")


def test_a_data_logger_names_its_columns_between_its_own_lines() -> None:
    above = '"TOA5","CR1000","CR1000","1234","std","prog","5555","Table1"\n'
    units = '"TS","RN","Deg C","%"\n"","","Avg","Smp"\n'
    rows = [f'"{t}",{n},{v},{n % 60}' for n, (t, v) in enumerate(zip(HOURS, VALUES, strict=True))]
    raw = (above + '"TIMESTAMP","RECORD","AirTC_Avg","RH"\n' + units).encode() + "\n".join(rows).encode()
    back = reading(raw).readback
    assert (back.header_line, back.time_column, back.value_column) == (2, "TIMESTAMP", "AirTC_Avg")


def test_times_of_day_without_a_date_are_refused_with_what_is_missing() -> None:
    rows = [f"{part(t, '%H:%M:%S')},{v}" for t, v in zip(HOURS, VALUES, strict=True)]
    with pytest.raises(UploadError, match="holds times of day, such as '00:00:00', but no column holds their dates"):
        reading(table("Timestamp,HR", rows))


@pytest.mark.parametrize("code", ["-999.9", "-9999", "99999", "-99"])
def test_a_number_that_may_stand_for_missing_counts_and_is_told(code: str) -> None:
    cells = [code if n % 20 == 7 else str(v / 100) for n, v in enumerate(VALUES)]
    back = reading(table("time,value", [f"{t},{cell}" for t, cell in zip(HOURS, cells, strict=True)])).readback
    assert (back.n_rows_valid, back.warnings) == (200, ("MISSING_CODE",))
    assert f"10 readings are {float(code):g}, far from all others" in back.notes[0].message


def test_nines_among_their_like_are_readings() -> None:
    rows = [f"{t},{n % 100}" for n, t in enumerate(HOURS)]
    assert reading(table("time,value", rows)).readback.warnings == ()
