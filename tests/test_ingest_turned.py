"""A table on its side, times across its columns: what is said about it, and what it is when it is turned."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import UploadError
from engine.ingest import Readback, Reading, ReadOptions, read
from engine.ingest.glance import glance
from engine.settings import Settings
from tests.conftest import door

LIMITS = Settings()
MONTHS = np.datetime64("2021-01") + np.arange(36)
SALES = {"Bolts": [n * 7 % 13 + 0.5 for n in range(36)], "Nuts": [100 + n * 5 % 11 for n in range(36)]}
WRITINGS: dict[str, Callable[[np.datetime64], str]] = {
    "year and month": str,
    "first of the month": lambda month: f"{month}-01",
    "month names": lambda month: f"{month.item():%b %Y}",
    "short month names": lambda month: f"{month.item():%b-%y}",
    "american dates": lambda month: f"{month.item():%m/%d/%Y}",
    "dotted": lambda month: f"{month.item():%m.%Y}",
}


def lying(write: Callable[[np.datetime64], str] = str, labels: tuple[str, ...] = ("Product",)) -> str:
    header = [*labels, *map(write, MONTHS)]
    rows = [[*(name if label == "Product" else label.lower() for label in labels), *map(str, cells)]
            for name, cells in SALES.items()]  # fmt: skip
    return "\n".join(map(";".join, [header, *rows]))


def standing() -> str:
    rows = [[str(month), *map(str, cells)] for month, *cells in zip(MONTHS, *SALES.values(), strict=True)]
    return "\n".join(map(";".join, [["time", *SALES], *rows]))


def reading(text: str, **options: object) -> Reading:
    return read(text.encode(), ReadOptions(**options), LIMITS)


def refusal(text: str, settings: Settings = LIMITS, **options: object) -> UploadError:
    with pytest.raises(UploadError) as caught:
        read(text.encode(), ReadOptions(**options), settings)
    return caught.value


@pytest.mark.parametrize("writing", WRITINGS)
def test_a_turned_table_is_the_table_that_stands(writing: str) -> None:
    text = lying(WRITINGS[writing])
    error = refusal(text)
    assert (error.code, error.detail["turn"]) == ("NO_TIME_COLUMN", True)
    assert "Turn the table" in error.message
    for name in SALES:
        got = reading(text, turned=True, value=name)
        assert got.series.handle == reading(standing(), value=name).series.handle
        assert (got.readback.time_column, got.readback.columns) == ("time", ("Bolts", "Nuts"))


def test_what_was_turned_is_told_and_can_be_taken_back() -> None:
    back = reading(lying(), turned=True).readback
    told = back.decisions[0]
    assert told.what == "turned"
    assert told.says == "The table was turned: 36 times across its columns, one series per row, named by Product"
    assert told.alternatives[0].options == {"turned": False}
    assert back.options == {"turned": True}
    assert Readback.from_json(json.loads(json.dumps(back.to_json()))) == back
    assert refusal(lying(), turned=False).code == "NO_TIME_COLUMN"


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        (("Unit", "Product"), ("Bolts", "Nuts")),
        (("Product", "Unit"), ("Bolts", "Nuts")),
        (("7", "Product"), ("Bolts", "Nuts")),
        ((), ("column_2", "column_3")),
    ],
)
def test_rows_are_named_by_the_text_that_tells_them_apart(labels: tuple[str, ...], named: tuple[str, ...]) -> None:
    assert reading(lying(labels=labels), turned=True).readback.columns == named


def test_rows_that_two_texts_tell_apart_are_named_by_both() -> None:
    lines = lying(labels=("Shop", "Product")).splitlines()
    twice = [*lines, *(line.replace("shop", "other") for line in lines[1:])]
    twice[1:] = [line.replace("shop", "first") for line in twice[1:]]
    back = reading("\n".join(twice), turned=True).readback
    assert back.columns == ("first, Bolts", "first, Nuts", "other, Bolts", "other, Nuts")
    assert "named by Shop, Product" in back.decisions[0].says


def test_years_across_the_columns_are_times_though_they_are_numbers() -> None:
    header = ["Country", "Code", *map(str, range(1970, 2010))]
    rows = [[name, name[:3].upper(), *(str(n * 3 % 17 + by) for n in range(40))] for by, name in
            enumerate(["Norway", "Sweden"])]  # fmt: skip
    text = "\n".join(map(",".join, [header, *rows]))
    assert refusal(text).detail["turn"] is True
    back = reading(text, turned=True, value="Sweden").readback
    assert (back.step_calendar, back.n_rows_valid, back.header_line) == ("year", 40, 1)
    assert (back.first.time, back.first.value) == ("1970-01-01T00:00:00", 1.0)


def test_a_total_at_the_end_is_skipped_and_told_with_its_column() -> None:
    lines = lying().splitlines()
    text = "\n".join([lines[0] + ";Total", *(f"{line};999" for line in lines[1:])])
    got = reading(text, turned=True)
    assert got.readback.n_rows_valid == 36
    assert "ROWS_SKIPPED" in got.readback.warnings
    assert "row 38 says 'Total'" in next(note.message for note in got.readback.notes if note.code == "ROWS_SKIPPED")


def test_numbers_of_a_turned_table_are_read_as_in_any_other() -> None:
    text = lying(labels=("Product",)).replace(".5", ",5").replace(";100;", ";;")
    got = reading(text, turned=True, value="Nuts")
    assert got.readback.warnings[0] == "MISSING_VALUES" or got.readback.n_rows_valid == 35
    assert reading(text, turned=True, value="Bolts").readback.decimal == ","


def test_only_a_table_with_times_in_its_header_can_be_turned() -> None:
    error = refusal(standing(), turned=True)
    assert error.code == "BAD_OPTION"
    assert "holds no times (time, Bolts, Nuts)" in error.message


def test_a_table_that_would_be_too_wide_is_refused_before_it_is_turned() -> None:
    lines = lying().splitlines()
    text = "\n".join([lines[0], *(f"x{n}{lines[1]}" for n in range(60))])
    error = refusal(text, Settings(max_columns=50), turned=True)
    assert (error.code, error.detail) == ("TOO_WIDE", {"columns": 60, "limit": 50})
    assert refusal(lying() + ";7", turned=True).code == "BAD_QUOTING"


def test_the_api_turns_a_table_as_it_is_told_to(tmp_path: Path) -> None:
    with door(Settings(cache_dir=tmp_path, model="seasonal-naive", background=False)) as client:
        refused = client.post("/api/v1/datasets", data=lying().encode())
        assert (refused.status_code, refused.get_json()["error"]["detail"]["turn"]) == (422, True)
        read_back = client.post("/api/v1/datasets?turned=1&value=Nuts", data=lying().encode()).get_json()["readback"]
        assert (read_back["options"], read_back["n_rows_valid"]) == ({"turned": True, "value": "Nuts"}, 36)


def test_the_other_rows_of_a_turned_table_have_sketches() -> None:
    raw = lying().encode()
    back = read(raw, ReadOptions(turned=True), LIMITS).readback
    stood = read(standing().encode(), ReadOptions(), LIMITS).readback
    sketches = glance(raw, back, "value", list(SALES), LIMITS)
    assert sketches == glance(standing().encode(), stood, "value", list(SALES), LIMITS)
    assert set(sketches) == set(SALES)


DAYS = np.datetime64("2024-03-01") + np.arange(40)
CELLS = np.round(20 + 5 * np.sin(np.arange(40 * 48) / 7), 2)
ACROSS: dict[str, tuple[int, Callable[[int], str], int]] = {
    "half hours": (48, lambda n: f"{n // 2:02d}:{n % 2 * 30:02d}", 0),
    "unpadded hours": (24, lambda n: f"{n}:00", 0),
    "intervals": (24, lambda n: f"{n:02d}:00-{n + 1:02d}:00", 0),
    "hours with a letter": (24, lambda n: f"H{n:02d}", 0),
    "hours from one on": (24, lambda n: f"H{n + 1:02d}", 3600),
    "hour ending": (24, lambda n: f"HE {n + 1}", 3600),
}


def day_per_row(count: int, name: Callable[[int], str], date: str = "%Y-%m-%d") -> str:
    rows = [f"{day.item():{date}};{';'.join(map(str, CELLS[at * count : (at + 1) * count]))}" for at, day in
            enumerate(DAYS)]  # fmt: skip
    return "\n".join(["Date;" + ";".join(map(name, range(count))), *rows])


@pytest.mark.parametrize("across", ACROSS)
@pytest.mark.parametrize("date", ["%Y-%m-%d", "%d.%m.%Y"])
def test_hours_across_and_a_day_per_row_are_unfolded_and_that_is_told(across: str, date: str) -> None:
    count, name, late = ACROSS[across]
    times = np.datetime64("2024-03-01", "s") + late + 86_400 // count * np.arange(count * 40)
    stood = "\n".join(["time;value", *(f"{t};{v}" for t, v in zip(times, CELLS, strict=False))])
    got = reading(day_per_row(count, name, date))
    assert (got.series.handle, got.readback.warnings) == (reading(stood).series.handle, ())
    assert got.readback.decisions[0].says.startswith(f"{count} columns are times (")
    back = reading(day_per_row(count, name, date), **got.readback.decisions[0].alternatives[0].options).readback
    assert (back.n_rows_valid, back.step_seconds, len(back.columns)) == (40, 86_400, count)


def test_months_across_and_a_year_per_row_are_unfolded() -> None:
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    rows = [f"{1990 + at},{','.join(map(str, CELLS[at * 12 : at * 12 + 12]))},{at}" for at in range(20)]
    rows[-1] = "2009,1.5,2.5" + ",," * 5 + ","
    text = "\n".join([",".join(["Year", *months, "Total"]), *rows])
    back = reading(text).readback
    assert (back.step_calendar, back.n_rows_valid, back.value_column) == ("month", 19 * 12 + 2, "value")
    assert (back.first, back.last.time) == (("1990-01-01T00:00:00", CELLS[0]), "2009-02-01T00:00:00")
    assert glance(text.encode(), back, "value", ["value"], LIMITS)["value"]


@pytest.mark.parametrize("names", [range(1, 25), [f"S{n:02d}" for n in range(24)], [f"H{n}" for n in range(23)]])
def test_columns_that_may_be_anything_are_not_unfolded(names: list[object]) -> None:
    words = [str(name) for name in names]
    back = reading(day_per_row(len(words), lambda n: words[n])).readback
    assert back.warnings == ("VALUE_COLUMN_GUESSED",)
    assert back.columns == tuple(words)


def test_more_cells_than_rows_are_read_are_refused_before_they_are_unfolded() -> None:
    error = refusal(day_per_row(24, lambda n: f"H{n}"), Settings(max_rows=500))
    assert (error.code, error.detail) == ("TOO_LARGE", {"rows": 960, "limit": 500})


def test_a_turned_table_may_have_rows_longer_than_a_piece() -> None:
    header = ["Note", *(f"2024-03-{day:02d}" for day in range(1, 31))]
    filler = [["remark", *["x" * 30_000] * 30] for _ in range(40)]
    rows = [header, ["Sales", *map(str, range(30))], *filler]
    got = reading("\n".join(map(",".join, rows)), turned=True, value="Sales")
    assert (len(got.series.values), got.readback.last.value) == (30, 29.0)


def test_long_texts_that_would_be_repeated_for_every_reading_are_refused() -> None:
    lines = day_per_row(24, lambda n: f"H{n}").replace("Date;", "Date;Note;").split("\n")
    noted = [lines[0], *(line.replace(";", f";{'x' * 900};", 1) for line in lines[1:])]
    settings = Settings(max_upload_bytes=500_000)
    error = refusal("\n".join(noted), settings)
    assert (error.code, error.detail) == ("TOO_LARGE", {"bytes": 40 * 900 * 24, "limit": 500_000})
    assert "Note" in error.message
    assert reading("\n".join(noted)).readback.n_rows_valid == 960
