"""The door of the ingest: what is read, what is refused, and in which words."""

import json

import numpy as np
import pytest

from engine.errors import UploadError
from engine.ingest import Readback, Reading, ReadOptions, read
from engine.ingest.table import PIECE
from engine.settings import Settings

SETTINGS = Settings()


def hourly(rows: int = 48, start: str = "2024-02-01T00:00") -> list[str]:
    return [f"{time}" for time in np.datetime64(start, "m") + 60 * np.arange(rows)]


def table(*columns: list[str], header: str = "time,value") -> bytes:
    return "\n".join([header, *map(",".join, zip(*columns, strict=True))]).encode()


def numbers(rows: int = 48) -> list[str]:
    return [str(n * 7 % 13 + 0.5) for n in range(rows)]


def reading(raw: bytes, **options: object) -> Reading:
    return read(raw, ReadOptions(**options), SETTINGS)


def refusal(raw: bytes, settings: Settings = SETTINGS, **options: object) -> UploadError:
    with pytest.raises(UploadError) as caught:
        read(raw, ReadOptions(**options), settings)
    assert caught.value.message.endswith((".", "?)."))
    json.dumps(caught.value.detail)
    return caught.value


def test_a_plain_file_is_read_without_a_warning() -> None:
    got = reading(table(hourly(), numbers()))
    back = got.readback
    assert (back.time_column, back.value_column, back.n_rows_valid, back.step_seconds) == ("time", "value", 48, 3600)
    assert (back.header_line, back.delimiter, back.decimal, back.encoding, back.warnings) == (1, ",", ".", "utf-8", ())
    assert back.first == ("2024-02-01T00:00:00", 0.5)
    assert got.series.values.tolist() == [float(number) for number in numbers()]
    assert got.series.times(np.array([got.series.last_slot]))[0] == np.datetime64("2024-02-02T23:00:00")


@pytest.mark.parametrize(
    "written",
    [
        "{date} {clock}",
        "{date}T{clock}:00",
        "{date}T{clock}:00.000",
        '"{date} {clock}:00,0"',
        " {date}  {clock} ",
        '"{date} {clock}"',
        "{slashed} {clock}",
        "{date} {short}",
    ],
)
def test_every_writing_of_iso_times_gives_the_same_series(written: str) -> None:
    cells = []
    for stamp in hourly():
        date, clock = stamp.split("T")
        short = clock.removeprefix("0")
        cells.append(written.format(date=date, clock=clock, short=short, slashed=date.replace("-", "/")))
    assert reading(table(cells, numbers())).series.handle == reading(table(hourly(), numbers())).series.handle


@pytest.mark.parametrize(
    ("suffix", "zone", "first"),
    [
        ("Z", "UTC", "2024-02-01T00:00:00Z"),
        ("+00:00", "UTC", "2024-02-01T00:00:00Z"),
        ("+05:30", "+05:30", "2024-01-31T18:30:00Z"),
        ("-03", "-03:00", "2024-02-01T03:00:00Z"),
    ],
)
def test_a_zone_is_kept_and_times_are_told_in_utc(suffix: str, zone: str, first: str) -> None:
    got = reading(table([time + suffix for time in hourly()], numbers()))
    assert (got.readback.timezone, got.readback.first.time) == (zone, first)
    assert got.series.times(np.array([got.series.first_slot]))[0] == np.datetime64("2024-02-01T00:00:00")


def test_mixed_offsets_are_counted_in_utc_and_a_mix_with_naive_times_is_refused() -> None:
    mixed = [time + ("+01:00" if n < 24 else "+02:00") for n, time in enumerate(hourly())]
    assert reading(table(mixed, numbers())).readback.timezone == "mixed"
    assert refusal(table([*mixed[:-1], hourly()[-1]], numbers())).code == "NO_TIME_COLUMN"


def test_options_choose_the_columns_and_unknown_ones_are_refused_with_what_there_is() -> None:
    raw = table(hourly(), numbers(), numbers()[::-1], header="time,first,second")
    assert reading(raw).readback.warnings == ("VALUE_COLUMN_GUESSED",)
    assert reading(raw).readback.columns == ("first", "second")
    assert reading(raw, value="second").series.values[-1] == 0.5
    for options in ({"value": "third"}, {"time": "when"}, {"series": "a"}, {"decimal": ";"}, {"step": "1h"}):
        assert refusal(raw, **options).code == "BAD_OPTION"
    assert "first, second" in refusal(raw, value="third").message


def test_row_numbers_epochs_and_ids_are_no_values() -> None:
    epoch = [str(1706745600 + 3600 * n) for n in range(48)]
    rows = [str(n) for n in range(48)]
    raw = table(rows, hourly(), epoch, ["17"] * 48, numbers(), header="index,time,ms,sensor_id,load")
    back = reading(raw).readback
    assert (back.value_column, back.columns, back.warnings) == ("load", ("load",), ())


def test_a_long_file_is_one_series_and_the_others_are_offered() -> None:
    ids = ["b"] * 48 + ["a"] * 48
    raw = table(hourly() * 2, ids, numbers() + numbers()[::-1], header="time,shop,sales")
    back = reading(raw).readback
    assert (back.series, back.series_column, back.ids, back.n_rows_valid) == ("b", "shop", ("b", "a"), 48)
    assert back.warnings == ("SERIES_GUESSED",)
    assert reading(raw, series="a").readback.warnings == ()
    assert reading(raw, series="a").series.values[-1] == 0.5
    assert refusal(raw, series="c").detail["available"] == ["b", "a"]


def test_two_series_that_nothing_tells_apart_are_refused() -> None:
    assert refusal(table(hourly() * 2, numbers() + numbers()[::-1])).code == "NO_STEP"


def test_numbers_in_another_writing_are_refused_and_never_taken_for_missing() -> None:
    for cell in ("1,5", "1.2.3", "12 00", "Low", "5 kWh"):
        values = [*numbers(400)[:-1], f'"{cell}"']
        error = refusal(table(hourly(400), values))
        assert error.code == "NO_VALUE_COLUMN"
        assert repr(cell) in error.message
        assert "row 401" in error.message


def test_a_few_words_count_as_missing_and_are_told() -> None:
    values = numbers(400)
    values[7] = "ERR"
    got = reading(table(hourly(400), values))
    assert got.readback.warnings == ("MISSING_VALUES", "GAPS_SHORT")
    assert "'ERR' in row 9" in got.readback.notes[0].message
    assert np.isnan(got.series.values[7])


def test_infinite_values_and_missing_tokens_stay_missing() -> None:
    values = numbers()
    tokens = [
        "inf",
        "-Inf",
        "1e999",
        "nan",
        "NA",
        "n/a",
        "#N/A",
        "null",
        "None",
        "-",
        "--",
        ".",
        "?",
        "missing",
        "",
        " ",
    ]
    for at, token in zip(range(2, 34, 2), tokens, strict=True):
        values[at] = token
    got = reading(table(hourly(), values))
    assert (got.missing, got.readback.n_missing, np.isnan(got.series.values).sum()) == (16, 16, 16)


def test_dates_that_are_written_in_two_ways_are_refused_with_a_cell() -> None:
    cells = [f"{time[8:10]}.{time[5:7]}.{time[:4]} {time[11:]}" for time in hourly()]
    error = refusal(table([*hourly()[:24], *cells[24:]], numbers()))
    assert error.code == "NO_TIME_COLUMN"
    assert "'2024-02-01T00:00'" in error.message


def test_totals_and_blank_lines_are_skipped_and_told() -> None:
    raw = table([*hourly(), "", "Total"], [*numbers(), "", "312.0"])
    got = reading(raw)
    assert (got.skipped, got.readback.warnings) == (1, ("ROWS_SKIPPED",))
    assert "row 51" in got.readback.notes[0].message


def test_a_date_and_a_time_column_are_read_together() -> None:
    raw = table([t[:10] for t in hourly()], [t[11:] for t in hourly()], numbers(), header="Date,Time,Flow (m3/h)")
    got = reading(raw)
    assert (got.readback.time_column, got.readback.unit) == (("Date", "Time"), "m3/h")
    assert got.series.handle == reading(table(hourly(), numbers())).series.handle


def test_a_readback_survives_json() -> None:
    back = reading(table(hourly(), ["", *numbers()[1:]], numbers(), header="time,a,b [kW]"), value="a").readback
    assert Readback.from_json(json.loads(json.dumps(back.to_json()))) == back


def test_limits_of_bytes_and_rows_come_from_the_settings() -> None:
    raw = table(hourly(), numbers())
    assert refusal(raw, Settings(max_upload_bytes=100)).code == "TOO_LARGE"
    assert refusal(raw, Settings(max_rows=47)).code == "TOO_LARGE"
    assert read(raw, ReadOptions(), Settings(max_rows=48)).readback.n_rows_valid == 48


@pytest.mark.parametrize("row", ["2024-02-09 00:00,1,2", '2024-02-09 00:00,"1"2', "2024-02-09 00:00,5,0,0"])
def test_rows_that_cannot_be_told_apart_are_refused(row: str) -> None:
    assert refusal(table(hourly(400), numbers(400)) + f"\n{row}\n".encode()).code == "BAD_QUOTING"


def test_too_few_rows_and_no_numbers_are_refused() -> None:
    assert refusal(table(hourly(23), numbers(23))).code == "TOO_SHORT"
    assert reading(table(hourly(24), numbers(24))).readback.n_rows_valid == 24
    assert refusal(table(hourly(), ["n/a"] * 48)).code == "NO_VALUE_COLUMN"
    assert refusal(table(hourly(), ["blue"] * 48)).code == "NO_VALUE_COLUMN"
    assert refusal("\n".join(["time", *hourly()]).encode()).code == "NO_VALUE_COLUMN"


def test_unquoted_decimal_commas_between_commas_are_refused() -> None:
    raw = table(hourly(), [number.replace(".", ",") for number in numbers()])
    assert refusal(raw).code == "BAD_QUOTING"


def test_lines_above_the_header_are_passed_over() -> None:
    raw = b"Report of a meter\nmade,today\n\n" + table(hourly(), numbers(), numbers(), header="time,value,spare")
    assert reading(raw).readback.header_line == 4


def test_only_a_sensors_own_readings_count_and_its_limits_stand_for_low_and_high() -> None:
    values = ["150"] * 46 + ["Low", "High", "88"]
    kinds = ["EGV"] * 48 + ["Calibration"]
    raw = table(
        [*hourly(), hourly()[3]], kinds, values, ["1"] * 49, header="when,Event Type,Glucose Value (mg/dL),Dose"
    )
    got = reading(raw)
    assert got.readback.warnings == ("ROWS_SKIPPED", "CENSORED_VALUES")
    assert (got.readback.unit, got.series.values[3], *got.series.values[-2:]) == ("mg/dL", 150, 39, 401)


@pytest.mark.parametrize("cell", ["1e101", "-1.7e308", "1e155"])
def test_a_number_that_no_reading_can_be_is_refused_with_its_row(cell: str) -> None:
    cells = [*numbers()[:30], cell, *numbers()[31:]]
    error = refusal(table(hourly(), cells))
    assert error.code == "NO_VALUE_COLUMN"
    assert "row 32" in error.message


@pytest.mark.parametrize("end", ["9999-12-31", "9999-01-01", "9995-01-01"])
def test_times_after_which_no_forecast_has_a_date_are_refused(end: str) -> None:
    days = [str(day) for day in np.datetime64(end) + 30 * np.arange(-47, 1)]
    assert refusal(table(days, numbers())).code == "NO_TIME_COLUMN"


def test_sites_whose_readings_alternate_are_told_apart_by_their_name() -> None:
    rows = [f"{t},{'north' if n % 2 else 'south'},{n % 2 * 100 + n % 5}" for n, t in enumerate(hourly(96))]
    got = reading("\n".join(["time,site,value", *rows]).encode())
    assert (got.readback.series, got.readback.series_column, got.readback.step_seconds) == ("south", "site", 7200)
    assert got.series.values.max() < 100
    assert "SERIES_GUESSED" in got.readback.warnings


def test_a_sensor_that_takes_anothers_place_goes_on_with_its_series_and_that_is_said() -> None:
    rows = [f"{t},{'A1' if n < 50 else 'B2'},{n % 5}" for n, t in enumerate(hourly(96))]
    got = reading("\n".join(["time,sensor,value", *rows]).encode())
    assert got.readback.n_rows_valid == 96
    assert got.readback.warnings == ("SERIES_JOINED",)


def test_a_remark_where_a_piece_ends_does_not_hide_the_rows_behind_it() -> None:
    times = np.datetime64("2020-01-01T00:00", "s") + 60 * np.arange(60_000)
    rows = [f"{time},{at % 89 + 10}\n" for at, time in enumerate(times)]
    most = (PIECE - 40) // len(rows[0])
    remark = "logger opened,by hand\n" + "battery new,all well".ljust(PIECE - most * len(rows[0]) - 23) + "\n"
    text = "time,value\n" + "".join([*rows[:most], remark, *rows[most:]])
    assert text[len("time,value\n") :][PIECE - 1] == "\n"
    got = read(text.encode(), ReadOptions(), Settings())
    assert (len(got.series.values), got.readback.n_rows_valid) == (60_000, 60_000)
    assert got.skipped == 2


def test_a_refusal_shows_a_time_that_cannot_be_read_rather_than_an_earlier_remark() -> None:
    rows = [f"{np.datetime64('2020-01-01', 's') + 60 * at},1\n" for at in range(60_000)]
    rows[20] = "battery changed,\n"
    rows[-700:] = ["2020-13-45 07:00,1\n"] * 700
    error = refusal(("time,value\n" + "".join(rows)).encode())
    assert (error.code, error.detail["found"]) == ("NO_TIME_COLUMN", "2020-13-45 07:00")


ONCE = {
    "one is missing": (lambda times, cells: (times, ["", *cells[1:]]),
        "1 row has no value, row 2. It stays missing."),
    "one is a word": (lambda times, cells: (times, [*cells[:9], "ERR", *cells[10:]]),
        "1 row has no value, row 11. It stays missing. It holds a word, such as 'ERR' in row 11."),
    "one in between": (lambda times, cells: (times, [*cells[:9], "#DIV/0!", *cells[10:]]),
        "1 short gap of 1 to 3 steps, 1 point in all. Nothing is filled in."),
    "one repeats": (lambda times, cells: ([*times, times[-1]], [*cells, cells[-1]]),
        "1 row repeats a time and its value: kept once."),
    "one is late": (lambda times, cells: ([*times[:-1], times[-1] + ":07"], cells),
        "1 time lies a little off the even steps and was moved to them."),
    "a gap": (lambda times, cells: ([*times[:60], *times[90:]], [*cells[:60], *cells[90:]]),
        "1 break between 2 stretches, the longest 30 h, after 3 Feb 2024, 11:00. Nothing is filled in."),
    "thousands": (lambda times, cells: (times, [cell if at % 3 else "" for at, cell in enumerate(cells)]),
        "1\u202f200 rows have no value, the first is row 2. They stay missing."),
}  # fmt: skip


@pytest.mark.parametrize("case", ONCE)
def test_what_is_told_of_one_is_told_in_the_singular_and_thousands_have_thin_spaces(case: str) -> None:
    change, said = ONCE[case]
    notes = reading(table(*change(hourly(3600), numbers(3600)))).readback.notes
    assert said in [note.message for note in notes]


def test_a_column_in_dollars_is_the_first_as_any_other() -> None:
    volumes = [f'"{n % 7 + 1},{n % 900 + 100}"' for n in range(48)]
    raw = table(hourly(), [f"${cell}" for cell in numbers()], volumes, header="Date,Close,Volume")
    back = reading(raw).readback
    assert (back.value_column, back.unit, back.columns) == ("Close", "$", ("Close", "Volume"))
    assert back.warnings == ("VALUE_COLUMN_GUESSED",)


def test_a_delimiter_that_is_not_read_is_named() -> None:
    error = refusal("sep=§\ntime§value\n2024-01-01§1\n2024-01-02§2\n".encode())
    assert error.code == "BAD_QUOTING"
    assert error.message.startswith("The first line names '§' as the delimiter")


@pytest.mark.parametrize("sign", [",", "."])
def test_the_proof_of_the_decimal_sign_has_its_row(sign: str) -> None:
    cells = ["7"] * 5 + [number.replace(".", sign) for number in numbers(43)]
    lines = "\n".join(map(";".join, [("time", "value"), *zip(hourly(), cells, strict=True)]))
    says = [part.says for part in reading(lines.encode()).readback.decisions if part.what == "numbers"]
    assert says[0].endswith(f"is the decimal sign: '0{sign}5' (row 7) cannot be read otherwise")
