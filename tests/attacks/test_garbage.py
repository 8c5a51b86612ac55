"""What is no table, and what makes a parser give up: refused with a code, and the server goes on."""

from __future__ import annotations

import polars as pl
import pytest
from flask.testing import FlaskClient

from engine import Upload
from engine.errors import UploadError
from engine.ingest import ReadOptions, read
from engine.settings import Settings
from tests.conftest import to_csv, wave

CSV = to_csv(wave(200))
GARBAGE = {
    "EMPTY": [b"", b" \n\r\n\t", b"\xef\xbb\xbf", b"time,value\n", b"sep=;\ntime;value\r\n\r\n"],
    "NOT_TEXT": [
        b"\x89PNG\r\n\x1a\n\0\0",
        b"%PDF-1.7",
        b"time,value\n2024-01-01,\0\n",
        b"\xff\xfe\0\xd8",
        b"time,value\n\x81\xff",
    ],
    "SPREADSHEET": [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
    "NOT_CSV": [
        b'[\n{"sgv": 1}]',
        b'{"a": 1}\n{"a": 2}\n',
        b"<!DOCTYPE html><table>",
        b'<?xml version="1.0"?>',
        b"[1, 2]",
    ],
}


@pytest.mark.parametrize(
    ("code", "raw"),
    [
        pytest.param(code, raw, id=f"{code}-{number}")
        for code, raws in GARBAGE.items()
        for number, raw in enumerate(raws)
    ],
)
def test_what_is_no_table_is_refused_before_it_is_parsed(
    code: str, raw: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pl, "read_csv", lambda *_, **__: pytest.fail("parsed"))
    with pytest.raises(UploadError) as refusal:
        read(raw, ReadOptions(), Settings())
    assert refusal.value.code == code


@pytest.mark.parametrize("cell", ["inf", "-inf", "1e999", "nan"])
def test_numbers_that_are_none_are_missing(cell: str) -> None:
    lines = CSV.decode().splitlines()
    lines[50] = f"{lines[50].split(',')[0]},{cell}"
    assert read("\n".join(lines).encode(), ReadOptions(), Settings()).readback.n_rows_valid == 199


@pytest.mark.parametrize("path", ["/api/v1/datasets", "/api/v1/quickdraw"])
def test_a_parser_that_panics_refuses_its_file_and_takes_nothing_else_with_it(
    client: FlaskClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A panic of Rust is a BaseException: past every `except Exception` it would end the server's worker."""

    def panic(*_: object) -> None:
        raise pl.exceptions.PanicException("called `Option::unwrap()` on a `None` value")

    with monkeypatch.context() as broken:
        broken.setattr("engine.intake.read", panic)
        answer = client.post(path, data=CSV)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, "NOT_CSV")
    assert "unwrap" not in answer.get_data(as_text=True)
    assert client.post(path, data=CSV).status_code in {200, 201}


def test_an_export_that_makes_its_parser_panic_is_refused(
    client: FlaskClient, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = client.post(f"/api/v1/cache/save/{upload.dataset.handle}").data

    def panic(*_: object, **__: object) -> None:
        raise pl.exceptions.PanicException("index out of bounds")

    monkeypatch.setattr(pl, "read_parquet_schema", panic)
    answer = client.post("/api/v1/cache/load", data=kept)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, "DAMAGED_EXPORT")
