"""20,000 broken files: each is read or refused with a code and a sentence, and nothing else ever comes out."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from flask.testing import FlaskClient

from engine.errors import UploadError
from engine.ingest import ReadOptions, read
from engine.settings import Settings
from tests.conftest import door

LIMITS = Settings()
MUTANTS, PARTS = 20_000, 10
AT_THE_DOOR = 200
ROWS = 26
TIMES = np.datetime64("2024-05-03T22:00") + 900 * np.arange(ROWS).astype("timedelta64[s]")
VALUES = [f"{100 + n * 7 % 13}.{n % 10}" for n in range(ROWS)]
CODES = {
    "EMPTY", "TOO_LARGE", "COMPRESSED", "SPREADSHEET", "NOT_TEXT", "LINE_TOO_LONG", "NOT_CSV", "TOO_WIDE",
    "BAD_QUOTING", "BAD_OPTION", "NO_TIME_COLUMN", "NO_VALUE_COLUMN", "NO_STEP", "TOO_SHORT",
}  # fmt: skip
ODD = [
    b'"', b'""', b",", b";", b"\t", b"\0", b"\r", b"\n\n", b"\xff", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"1e400", b"-",
    b"T", b"0", b"9", b".", b"1.234", b"1,234", b"24:00", b"Low", b"NaN", b"# x\n", b"sep=;\n", b"+99:00", b"32", b"AM",
    b" ", "−".encode(), "٣".encode(), "Mär".encode(), b"99999999999999999999", b"0000-00-00", b"'", b"{", b"<", b"|",
]  # fmt: skip
SWAPPED = [b",", b";", b"2024", b"-", b"\n", b":", b"0", b".", b"/", b" ", b'"', b"5"]


def part(pattern: str) -> list[str]:
    return [time.astype("datetime64[s]").item().strftime(pattern) for time in TIMES]


def table(header: str, *columns: list[str], delimiter: str = ",") -> bytes:
    return "\n".join([header, *map(delimiter.join, zip(*columns, strict=True))]).encode()


COMMAS = [value.replace(".", ",") for value in VALUES]
EPOCHS = [str(int(time.astype(int))) for time in TIMES.astype("datetime64[s]")]
ISO, GERMAN = part("%Y-%m-%d %H:%M"), part("%d.%m.%Y %H:%M")
FILES = [
    table("time,value", ISO, VALUES),
    table("Zeit;Wert [kW]", GERMAN, COMMAS, delimiter=";").replace(b"\n", b"\r\n"),
    table('"When"\t"Level"', part('"%m/%d/%Y %I:%M %p"'), VALUES, delimiter="\t"),
    table("Date,Time,Flow (m3/h)", part("%d/%m/%y"), part("%H:%M"), VALUES),
    table("ts,y", EPOCHS, VALUES),
    table("Datum;Wert", [f"{45415 + n / 96:.6f}".replace(".", ",") for n in range(ROWS)], COMMAS, delimiter=";"),
    table("id,ds,y,note", ["a", "b"] * (ROWS // 2) * 2, ISO * 2, VALUES * 2, ["x"] * ROWS * 2),
    b"sep=;\nWerk;Nord\n\n" + table("Monat;Menge", part("%d %b %Y %H:%M"), COMMAS, delimiter=";") + b"\nSumme;1.234,5",
    b"\xef\xbb\xbf" + table("Index,Timestamp,Event Type,Glucose Value (mg/dL)", COMMAS, ISO, ["EGV"] * ROWS, VALUES),
    b"Glucose Data,Generated on\n"
    + table("Serial,Device Timestamp,Record Type,Historic Glucose mmol/L", VALUES, GERMAN, ["0"] * ROWS, VALUES),
    b"# CGM ENTRIES\n" + table("Date,Time,Glucose (mg/dL)", part("%m/%d/%Y"), part("%I:%M:%S %p"), VALUES)
    + b"\n\n# TREATMENTS\n" + table("Date,Time,Carbs", part("%m/%d/%Y"), part("%I:%M %p"), VALUES),
    table("time,value", [f"{time}+02:00" for time in part("%Y-%m-%dT%H:%M:%S")], VALUES).decode().encode("utf-16"),
    table("Zeit;Wärme", part("%Y%m%dT%H%M%S"), COMMAS, delimiter=";").decode().encode("cp1252"),
]  # fmt: skip


def broken(dice: random.Random, raw: bytes) -> bytes:
    """`raw` with a few of its bytes, lines or cells broken."""
    for _ in range(dice.randint(1, 3)):
        at, to = sorted(dice.choices(range(len(raw) + 1), k=2))
        odd = dice.choice(ODD)
        lines = raw.split(b"\n")
        row = dice.randrange(len(lines))
        way = dice.randrange(11)
        if way <= 1:
            raw = raw[:at] + odd + raw[at:]
        elif way == 2:
            raw = raw[:at] + raw[min(to, at + 9) :]
        elif way == 3:
            raw = raw[:at] if dice.random() < 0.2 else raw[at % 40 :]
        elif way == 4:
            raw = b"\n".join(dice.sample(lines, len(lines)))
        elif way == 5:
            raw = b"\n".join(lines + lines[: dice.randint(1, 9)])
        elif way == 6:
            raw = raw.replace(dice.choice(SWAPPED), odd, dice.choice([1, 3, -1]))
        elif way == 7:
            raw = b"\n".join([lines[0], *(line + odd for line in lines[1:])])
        elif way == 8:
            raw = b"\n".join([*lines[:row], odd, *lines[row:]])
        elif way == 9:
            raw = raw[:at] + bytes([dice.randrange(256)]) + raw[at + 1 :]
        else:
            raw = raw[:at] + dice.choice(FILES) + raw[at:]
    return raw


def options(dice: random.Random) -> ReadOptions:
    if dice.random() < 0.9:
        return ReadOptions()
    return ReadOptions(
        time=dice.choice([None, "time", "Zeit", "Date", ""]),
        value=dice.choice([None, "value", "y", "time"]),
        series=dice.choice([None, "a", "", "zz"]),
        dayfirst=dice.choice([None, True, False]),
        decimal=dice.choice([None, ".", ",", "x", ""]),
        step=dice.choice([None, "1h", "30min", "0d", "1e9h", ""]),
        agg=dice.choice([None, "sum", "mean", "x"]),
    )


def read_or_refuse(part: int) -> None:
    """One part of the broken files."""
    dice = random.Random(20240501 + part)
    codes: Counter[str] = Counter()
    sentences = set()
    for _ in range(MUTANTS // PARTS):
        raw = broken(dice, dice.choice(FILES))
        try:
            got = read(raw, options(dice), LIMITS)
        except UploadError as error:
            codes[error.code] += 1
            sentences.add(error.message[-3:])
        else:
            codes["read"] += 1
            assert got.readback.agg or got.readback.n_rows_valid == np.count_nonzero(~np.isnan(got.series.values)) >= 24
    assert set(codes) <= CODES | {"read"}
    assert codes["read"] > MUTANTS // PARTS // 10
    assert all(end.endswith((".", "?).")) for end in sentences)
    assert len(codes) >= 7


def test_the_first_broken_files_are_read_or_refused() -> None:
    read_or_refuse(0)


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("part", range(1, PARTS))
def test_broken_files_are_read_or_refused_and_nothing_else_comes_out(part: int) -> None:
    read_or_refuse(part)


@pytest.fixture
def client(tmp_path) -> Iterator[FlaskClient]:
    settings = Settings(cache_dir=tmp_path, model="seasonal-naive", background=False)
    with door(settings) as client:
        yield client


def test_broken_files_at_the_public_door_are_never_an_error_of_the_server(client: FlaskClient) -> None:
    dice = random.Random(7)
    for _ in range(AT_THE_DOOR):
        answer = client.post("/api/v1/datasets", data=broken(dice, dice.choice(FILES)))
        assert answer.status_code in (200, 201, 422), answer.get_data(as_text=True)
