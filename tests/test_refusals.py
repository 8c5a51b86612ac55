"""Every way a file is refused, in the words that the drop zone shows: what is wrong, what was found, what to do."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
from flask.testing import FlaskClient

from engine import Settings
from tests.conftest import door

TIMES = [str(time).replace("T", " ") for time in np.datetime64("2024-01-01T00:00", "m") + 60 * np.arange(100)]
GOOD = "\n".join(["time,load", *(f"{time},{n % 7}.5" for n, time in enumerate(TIMES))])
LEAPS = np.cumsum(np.random.default_rng(3).integers(1, 90_000, 200))
ONCE = "Say which one is right (dayfirst=true or dayfirst=false)."


def archive(name: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as file:
        file.writestr(name, GOOD)
    return kept.getvalue()


def rows(head: str, *cells: str) -> bytes:
    return "\n".join([head, *(",".join([time, *cells]) for time in TIMES)]).encode()


REFUSED: list[tuple[str, bytes, str]] = [
    ("EMPTY", b"", "This file is empty. Drop a CSV"),
    ("EMPTY", b"time,load\n", "This file is empty: it has a header and no rows."),
    ("TOO_LARGE", b"x" * 100_001, "this server reads"),
    ("COMPRESSED", gzip.compress(GOOD.encode()), "This is a compressed file (gzip). Unpack it first"),
    ("COMPRESSED", archive("load.csv"), "This is a compressed file (ZIP). Unpack it first"),
    (
        "SPREADSHEET",
        archive("xl/workbook.xml"),
        "an Excel workbook. In Excel: File > Save as > CSV UTF-8, or copy the two columns and press Ctrl+V here.",
    ),
    ("NOT_TEXT", b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "This looks like a PNG picture, not a table."),
    ("NOT_TEXT", b"%PDF-1.7\n" + b"x" * 99, "This looks like a PDF document, not a table."),
    ("NOT_CSV", b'{"load": [1, 2]}', "This is JSON. A table with one row per time is needed"),
    ("NOT_CSV", b"<!doctype html><html></html>", "This is HTML. A table with one row per time is needed"),
    (
        "NO_TIME_COLUMN",
        b"name,colour\n" + b"cat,black\n" * 50,
        "No column reads as time. Columns found: name, colour. First row: 'cat', 'black'.",
    ),
    (
        "NO_TIME_COLUMN",
        ",".join(["Product", *(f"2024-{month:02}" for month in range(1, 10))]).encode() + b"\ntea" + b",1" * 9,
        "The times seem to run across the columns (2024-01, 2024-02,",
    ),
    ("NO_VALUE_COLUMN", rows("time,colour", "red"), "time reads as time, but no other column holds numbers."),
    (
        "NO_STEP",
        "\n".join(["time,load", *(f"{np.datetime64('2024-01-01', 's') + leap},1" for leap in LEAPS)]).encode(),
        "intervals differ from",
    ),
    ("NO_STEP", b"time,load\n" + b"2024-01-01 00:00,1\n" * 50, "All times in this file are the same."),
    (
        "TOO_SHORT",
        "\n".join(GOOD.splitlines()[:11]).encode(),
        "10 usable rows; at least 24 are needed before a first forecast.",
    ),
    ("BAD_QUOTING", GOOD.replace(",3.5", ',"3.5', 1).encode(), "The quotes break at line 5."),
    (
        "TOO_WIDE",
        rows("time," + ",".join(f"c{k}" for k in range(20)), *"1" * 20),
        "This table has 21 columns; at most 10",
    ),
    ("LINE_TOO_LONG", b"time,load\n" + b"a" * 9_000 + b"\n", "Line 2 is longer than 5\u202f000 bytes."),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    limits = {"max_upload_bytes": 100_000, "max_columns": 10, "max_line_bytes": 5_000}
    with door(Settings(cache_dir=tmp_path_factory.mktemp("cache"), **limits)) as opened:  # type: ignore[arg-type]
        yield opened


@pytest.mark.parametrize(
    ("code", "body", "words"), REFUSED, ids=[f"{code} {k}" for k, (code, *_) in enumerate(REFUSED)]
)
def test_a_refusal_says_what_is_wrong_and_what_to_do(client: FlaskClient, code: str, body: bytes, words: str) -> None:
    answer = client.post("/api/v1/datasets", data=body)
    error = answer.get_json()["error"]
    assert (answer.status_code, error["code"]) == (413 if code == "TOO_LARGE" else 422, code)
    assert words in error["message"]
    assert error["message"].endswith(".")
    assert error["detail"].get("turn", False) is ("across" in words)
    assert client.get("/api/v1/datasets").get_json() == {"datasets": []}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("value=price", "value names the column 'price', which this file does not have. Available: time, load."),
        ("time=load", "load was chosen as the time, but '0.5' does not read as one."),
        ("series=north", "series names 'north', which this file does not have."),
        ("step=7min&agg=sum", "step=7min is not a whole number of steps of 1h."),
        ("step=1d", "a coarser reading needs both, such as step=1h and agg=sum."),
        ("turned=1", "the header holds no times (time, load)."),
        ("step=1d&agg=sum", "4 complete values are left; at least 24 are needed before a first forecast."),
    ],
)
def test_a_wish_that_a_file_cannot_meet_is_refused_with_what_it_has(
    client: FlaskClient, query: str, words: str
) -> None:
    answer = client.post(f"/api/v1/datasets?{query}", data=GOOD.encode())
    assert answer.status_code == 422
    assert words in answer.get_json()["error"]["message"]


def test_dates_that_nothing_decides_are_asked_about_where_somebody_can_answer(client: FlaskClient) -> None:
    text = "\n".join(["time,load", *(f"04/05/2024 {n // 12:02}:{5 * n % 60:02},{n % 40}" for n in range(288))])
    error = client.post("/api/v1/datasets?ask=1", data=text.encode()).get_json()["error"]
    assert error["code"] == "DATE_ORDER_AMBIGUOUS"
    assert error["message"] == f"Every date in this file can be read in two ways: day first or month first. {ONCE}"
    assert [way["first"][:10] for way in error["detail"]["ways"]] == ["2024-05-04", "2024-04-05"]
