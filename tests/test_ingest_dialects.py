"""Whatever an analyst's program writes, the same series comes back: times, numbers, layouts and their mixtures."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from engine.ingest import Reading, ReadOptions, read
from engine.settings import Settings

LIMITS = Settings()
MIXTURES = 300
MONTHS = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "de": "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "es": "ene feb mar abr may jun jul ago sep oct nov dic",
}


def named(language: str) -> Callable[[np.datetime64], str]:
    names = MONTHS[language].split()
    return lambda t: f"{part(t, '%d')} {names[int(part(t, '%m')) - 1]} {part(t, '%Y %H:%M:%S')}"


def part(time: np.datetime64, pattern: str) -> str:
    return time.astype("datetime64[s]").item().strftime(pattern)


def twelve(time: np.datetime64, date: str, mark: str = "{} {}") -> str:
    moment = time.item()
    clock = f"{moment.hour % 12 or 12}:{moment:%M:%S}"
    return mark.format(f"{part(time, date)} {clock}", "PM" if moment.hour >= 12 else "AM")


def unpadded(time: np.datetime64) -> str:
    moment = time.item()
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour}:{moment:%M:%S}"


def seconds(time: np.datetime64) -> int:
    return int(time.astype("datetime64[s]").astype(int))


LOCAL: dict[str, Callable[[np.datetime64], str]] = {
    "iso": lambda t: part(t, "%Y-%m-%d %H:%M:%S"),
    "iso t": lambda t: part(t, "%Y-%m-%dT%H:%M:%S"),
    "iso fraction": lambda t: part(t, "%Y-%m-%dT%H:%M:%S.000"),
    "slashed": lambda t: part(t, "%Y/%m/%d %H:%M:%S"),
    "dotted year first": lambda t: part(t, "%Y.%m.%d %H:%M:%S"),
    "german": lambda t: part(t, "%d.%m.%Y %H:%M:%S"),
    "german short year": lambda t: part(t, "%d.%m.%y %H:%M:%S"),
    "british": lambda t: part(t, "%d/%m/%Y %H:%M:%S"),
    "dutch": lambda t: part(t, "%d-%m-%Y %H:%M:%S"),
    "american": lambda t: part(t, "%m/%d/%Y %H:%M:%S"),
    "american unpadded": unpadded,
    "american twelve hours": lambda t: twelve(t, "%m/%d/%Y"),
    "american dotted halves": lambda t: twelve(t, "%m/%d/%Y", "{} {}").replace("AM", "a.m.").replace("PM", "p.m."),
    "narrow blank": lambda t: twelve(t, "%m/%d/%y", "{}\u202f{}"),
    "finnish": lambda t: part(t, "%d.%m.%Y %H.%M.%S"),
    "compact": lambda t: part(t, "%Y%m%d%H%M%S"),
    "compact t": lambda t: part(t, "%Y%m%dT%H%M%S"),
    "compact date": lambda t: part(t, "%Y%m%d %H:%M:%S"),
    "english names": named("en"),
    "german names": named("de"),
    "french names": named("fr"),
    "spanish names": named("es"),
    "names with dashes": lambda t: part(t, "%d-%b-%Y %H:%M:%S"),
    "month name first": lambda t: part(t, "%b %d, %Y %H:%M:%S"),
    "weekday": lambda t: part(t, "%a, %d %b %Y %H:%M:%S"),
    "excel": lambda t: f"{seconds(t) / 86400 + 25569:.6f}",
}
INSTANTS: dict[str, Callable[[np.datetime64], str]] = {
    "z": lambda t: part(t, "%Y-%m-%dT%H:%M:%SZ"),
    "utc": lambda t: part(t, "%Y-%m-%d %H:%M:%S UTC"),
    "offset": lambda t: part(t, "%Y-%m-%dT%H:%M:%S+00:00"),
    "short offset": lambda t: part(t, "%d/%m/%Y %H:%M:%S +0000"),
    "seconds": lambda t: str(seconds(t)),
    "milliseconds": lambda t: str(1000 * seconds(t)),
    "microseconds": lambda t: str(1_000_000 * seconds(t)),
    "nanoseconds": lambda t: str(1_000_000_000 * seconds(t)),
}
POINTS: dict[str, Callable[[str], str]] = {
    "plain": lambda n: n,
    "thousands": lambda n: f"{float(n):,.2f}",
    "blanks": lambda n: f"{float(n):,.2f}".replace(",", " "),
    "no-break": lambda n: f"{float(n):,.2f}".replace(",", "\u00a0"),
    "swiss": lambda n: f"{float(n):,.2f}".replace(",", "'"),
    "exponent": lambda n: f"{float(n):.8e}",
    "minus sign": lambda n: n.replace("-", "−"),
}
COMMAS: dict[str, Callable[[str], str]] = {
    "comma": lambda n: n.replace(".", ","),
    "comma and dots": lambda n: f"{float(n):,.2f}".translate(str.maketrans(",.", ".,")),
    "comma and blanks": lambda n: f"{float(n):,.2f}".translate(str.maketrans(",.", "\u202f,")),
}
NUMBERS = POINTS | COMMAS


@dataclass(frozen=True)
class Data:
    """What a file is made of: times and numbers as short decimals."""

    times: np.ndarray
    numbers: list[str]

    @property
    def values(self) -> np.ndarray:
        return np.array([float(number) for number in self.numbers])


def data(step: int = 900, rows: int = 1500, start: str = "2024-05-03T00:00:00", seed: int = 0) -> Data:
    times = np.datetime64(start, "s") + step * np.arange(rows)
    walk = 1100 + np.random.default_rng(seed).normal(0, 40, rows).cumsum()
    return Data(times, [f"{value:.2f}" for value in walk])


def csv(
    rows: list[tuple[str, ...]], header: tuple[str, ...] | None = ("Zeit", "Last [kW]"), delimiter: str = ";"
) -> str:
    lines = [header, *rows] if header else rows
    return "\n".join(delimiter.join(f'"{c}"' if delimiter in c else c for c in line) for line in lines) + "\n"


def reading(text: str | bytes, **options: object) -> Reading:
    return read(text if isinstance(text, bytes) else text.encode(), ReadOptions(**options), LIMITS)


PLAIN = data()
SAME = reading(csv([(LOCAL["iso"](t), n) for t, n in zip(PLAIN.times, PLAIN.numbers, strict=True)])).series.handle


def rows_of(time: Callable[[np.datetime64], str], number: Callable[[str], str], made: Data) -> list[tuple[str, ...]]:
    return [(time(t), number(n)) for t, n in zip(made.times, made.numbers, strict=True)]


@pytest.mark.parametrize("time", LOCAL)
def test_every_writing_of_local_times_gives_the_same_handle(time: str) -> None:
    got = reading(csv(rows_of(LOCAL[time], str, PLAIN)))
    assert (got.series.handle, got.readback.timezone) == (SAME, None)
    assert not set(got.readback.warnings) - {"JITTER_SNAPPED"}
    assert got.readback.dayfirst == {
        "german": True, "german short year": True, "british": True, "dutch": True, "finnish": True, "american": False,
        "american unpadded": False, "american twelve hours": False, "american dotted halves": False,
        "narrow blank": False,
    }.get(time)  # fmt: skip


@pytest.mark.parametrize("time", INSTANTS)
def test_every_writing_of_instants_gives_the_same_handle(time: str) -> None:
    plain = reading(csv(rows_of(INSTANTS["z"], str, PLAIN)))
    got = reading(csv(rows_of(INSTANTS[time], str, PLAIN)))
    assert (got.series.handle, got.readback.timezone, got.readback.warnings) == (plain.series.handle, "UTC", ())


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_writing_of_numbers_gives_the_same_handle(number: str, delimiter: str) -> None:
    got = reading(csv(rows_of(LOCAL["iso"], NUMBERS[number], PLAIN), delimiter=delimiter))
    assert (got.series.handle, got.readback.warnings, got.readback.delimiter) == (SAME, (), delimiter)
    assert got.readback.decimal == ("," if number in COMMAS else ".")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_give_the_same_handle(encoding: str, end: str) -> None:
    text = csv(rows_of(LOCAL["german"], COMMAS["comma"], PLAIN), ("Zeit", "Wärme [kW]")).replace("\n", end)
    got = reading(text.encode(encoding))
    assert (got.series.handle, got.readback.value_column, got.readback.unit) == (SAME, "Wärme [kW]", "kW")
    assert got.readback.warnings == (("ENCODING_ASSUMED",) if encoding == "cp1252" else ())


LAYOUTS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "sep line": lambda text: "sep=;\n" + text,
    "title": lambda text: "Lastgang Werk 1\n\n" + text,
    "pairs above": lambda text: "Werk;Nord\nErstellt;03.06.2024 08:00\nEinheit;kW\n\n" + text,
    "comments": lambda text: "# made by a logger\n# unit: kW\n" + text,
    "units below": lambda text: text.replace("\n", "\n[-];[kW]\n", 1),
    "total below": lambda text: text + "Summe;1.234.567,8\n",
    "blank lines": lambda text: text.replace("\n", "\n\n", 40) + "\n\n",
    "blanks around": lambda text: text.replace(";", " ; "),
    "empty column": lambda text: text.replace("\n", ";\n"),
    "quoted": lambda text: "\n".join(";".join(f'"{c}"' for c in line.split(";")) for line in text.splitlines()),
    "no header": lambda text: text.split("\n", 1)[1],
    "newest first": lambda text: "\n".join([text.splitlines()[0], *text.splitlines()[:0:-1]]),
    "header again": lambda text: text + text.splitlines()[0] + "\n" + text.splitlines()[-1] + "\n",
    "another table": lambda text: text + "\nZeit;Störung\n01.06.2024 00:00:00;17\n02.06.2024 00:00:00;18\n",
    "another table after a mark": lambda text: text + "# EVENTS\nWann;Code;Text\n01.06.2024 00:00:00;17;aus\n",
    "more columns": lambda text: text.replace("\n", ";Werk 1\n").replace("kW];Werk 1", "kW];Ort"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("time", ["german", "iso"])
def test_what_stands_around_a_table_does_not_change_it(layout: str, time: str) -> None:
    got = reading(LAYOUTS[layout](csv(rows_of(LOCAL[time], COMMAS["comma"], PLAIN))))
    assert got.series.handle == SAME
    assert set(got.readback.warnings) <= {"ROWS_SKIPPED", "REVERSED", "DUPLICATES_DROPPED"}
    assert got.readback.value_column == ("column_2" if layout == "no header" else "Last [kW]")


@pytest.mark.parametrize("clock", ["%H:%M", "%H:%M:%S", "%I:%M %p", "%H.%M", "%I:%M:%S %p"])
@pytest.mark.parametrize("date", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y-%m-%d 00:00:00", "%Y%m%d"])
def test_a_date_and_a_time_column_give_the_same_handle(clock: str, date: str) -> None:
    made = zip(PLAIN.times, PLAIN.numbers, strict=True)
    got = reading(csv([(part(t, date), part(t, clock), n) for t, n in made], ("Date", "Time", "Load")))
    assert (got.series.handle, got.readback.time_column) == (SAME, ("Date", "Time"))


@pytest.mark.parametrize("first", [0, 1])
def test_a_date_and_an_hour_are_a_time(first: int) -> None:
    made = data(3600, 240)
    hours = [(part(t - first, "%d.%m.%Y"), str(t.item().hour or 24 * first)) for t in made.times]
    got = reading(csv([(*time, n) for time, n in zip(hours, made.numbers, strict=True)], ("Date", "Hour", "Load")))
    plain = reading(csv(rows_of(LOCAL["iso"], str, made)))
    assert got.series.handle == plain.series.handle


def test_midnight_may_be_the_end_of_the_day_before() -> None:
    def german(time: np.datetime64) -> str:
        if time.item().hour == time.item().minute == 0:
            return part(time - np.timedelta64(1, "D"), "%d.%m.%Y 24:00")
        return part(time, "%d.%m.%Y %H:%M")

    got = reading(csv(rows_of(german, COMMAS["comma and dots"], PLAIN)))
    assert got.series.handle == SAME
    assert "stamps" in [decision.what for decision in got.readback.decisions]


def test_an_interval_counts_from_its_start() -> None:
    def interval(time: np.datetime64) -> str:
        return f"{part(time, '%d.%m.%Y %H:%M')} - {part(time + np.timedelta64(900, 's'), '%d.%m.%Y %H:%M')}"

    assert reading(csv(rows_of(interval, str, PLAIN))).series.handle == SAME


def test_mixtures_of_dialects_read_back_exactly() -> None:
    dice = random.Random(7)
    for _ in range(MIXTURES):
        made = data(dice.choice([1, 60, 300, 900, 3600, 86_400]), dice.randint(60, 200), seed=dice.randint(0, 999))
        made = Data(made.times + dice.randint(0, 3 * 365) * 86_400, made.numbers)
        time, number = dice.choice(list(LOCAL)), dice.choice(list(NUMBERS))
        delimiter = dice.choice([";", "\t", ",", "|"])
        header = dice.choice([("time", "value"), ("Datum", "Menge (t)"), None])
        text = csv(rows_of(LOCAL[time], NUMBERS[number], made), header, delimiter)
        text = text.replace("\n", dice.choice(["\n", "\r\n", "\r"]))
        raw = text.encode(dice.choice(["utf-8", "utf-8-sig", "utf-16"]))
        got = reading(raw)
        if "DATE_ORDER_AMBIGUOUS" in got.readback.warnings:
            got = reading(raw, dayfirst=not time.startswith(("american", "narrow")))
        series = got.series
        case = (time, number, delimiter, header, str(made.times[0]), got.readback)
        np.testing.assert_array_equal(series.values[~np.isnan(series.values)], made.values, err_msg=str(case))
        slots = series.first_slot + np.flatnonzero(~np.isnan(series.values))
        np.testing.assert_array_equal(series.times(slots), made.times, err_msg=str(case))


def test_a_remark_between_readings_ends_nothing() -> None:
    lines = csv(rows_of(LOCAL["german"], COMMAS["comma"], PLAIN)).splitlines()
    got = reading("\n".join([*lines[:700], "", "Pause;Wartung", *lines[700:]]))
    assert (got.series.handle, got.readback.warnings) == (SAME, ("ROWS_SKIPPED",))


CALENDAR: dict[str, tuple[Callable[[np.datetime64], str], str]] = {
    "month and year": (lambda t: part(t, "%m/%Y"), "month"),
    "month and year, dotted": (lambda t: part(t, "%m.%Y"), "month"),
    "year and month": (lambda t: part(t, "%Y-%m"), "month"),
    "compact month": (lambda t: part(t, "%Y%m"), "month"),
    "month name": (lambda t: part(t, "%b %Y"), "month"),
    "short month name": (lambda t: part(t, "%b-%y"), "month"),
    "day first": (lambda t: part(t, "%d/%m/%Y"), "month"),
    "month first": (lambda t: part(t, "%m/%d/%Y"), "month"),
    "quarter": (lambda t: f"{part(t, '%Y')}-Q{(t.item().month + 2) // 3}", "3 months"),
    "quarter first": (lambda t: f"Q{(t.item().month + 2) // 3} {part(t, '%Y')}", "3 months"),
    "year": (lambda t: part(t, "%Y"), "year"),
}


@pytest.mark.parametrize("writing", CALENDAR)
def test_months_quarters_and_years_are_read_in_their_own_writing(writing: str) -> None:
    write, step = CALENDAR[writing]
    apart = {"month": 1, "3 months": 3, "year": 12}[step]
    starts = (np.datetime64("1990-01") + apart * np.arange(30)).astype("datetime64[s]")
    rows = [(write(time), f"{n}.5") for n, time in enumerate(starts)]
    got = reading(csv(rows, ("date", "value")))
    assert (got.readback.step_calendar, got.readback.n_rows_valid, got.readback.warnings) == (step, 30, ())
    np.testing.assert_array_equal(got.series.times(got.series.first_slot + np.arange(30)), starts)


def test_days_of_excel_are_dates() -> None:
    got = reading(csv([(str(45_352 + n), f"{n}.5") for n in range(60)], None))
    assert (got.readback.first.time, got.readback.step_seconds) == ("2024-03-01T00:00:00", 86_400)


def test_a_counter_in_the_range_of_excels_dates_is_no_time() -> None:
    rows = [(str(30_000 + 37 * n), part(t, "%d.%m.%Y %H:%M"), "1,5") for n, t in enumerate(PLAIN.times[:600])]
    got = reading(csv(rows, ("Zähler", "Zeit", "Last")))
    assert got.readback.time_column == "Zeit"


def test_what_decides_may_stand_anywhere_in_a_long_file() -> None:
    spans = [("2024-05-01T00:00", 9 * 1440), ("2024-05-12T00:00", 60 * 1440), ("2024-08-01T00:00", 1440)]
    times = np.concatenate([np.datetime64(start, "s") + 60 * np.arange(rows) for start, rows in spans])
    numbers = [str(n % 900) for n in range(len(times))]
    numbers[40_000] = "1,234"
    plain = csv(rows_of(LOCAL["iso"], str, Data(times, numbers)))
    german = csv(rows_of(LOCAL["british"], str, Data(times, numbers)))
    assert len(german) > 2_000_000  # more than one piece, and more than the sample
    got = reading(german)
    assert (got.readback.dayfirst, got.readback.warnings[0], got.readback.decimal) == (True, "DECIMAL_AMBIGUOUS", ",")
    assert got.series.handle == reading(plain).series.handle
    numbers[60_000] = "12,5"
    proved = reading(csv(rows_of(LOCAL["british"], str, Data(times, numbers)))).readback
    assert (proved.warnings, proved.decimal) == (("GAPS_SPLIT",), ",")
    assert next(row.proof.row for row in proved.decisions if row.what == "numbers") == 60_002
    numbers[60_000] = "12.5"
    assert np.nanmax(reading(csv(rows_of(LOCAL["british"], str, Data(times, numbers)))).series.values) == 1234
