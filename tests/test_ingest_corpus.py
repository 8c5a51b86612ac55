"""The acceptance corpus, where it lies beside the checkout, and what must be refused before it is parsed."""

import gzip
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from flask.testing import FlaskClient

from engine.errors import UploadError
from engine.ingest import ReadOptions, read
from engine.settings import Settings
from tests.conftest import door

CASES = Path(__file__).resolve().parents[2] / "shared" / "csv_cases"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    settings = Settings(cache_dir=tmp_path_factory.mktemp("corpus"), model="seasonal-naive", background=False)
    with door(settings) as client:
        yield client


def result_of(client: FlaskClient, case: dict) -> dict:
    path = CASES / case["file"]
    if not path.exists():
        raw = (",".join(f"c{n}" for n in range(100_000)) + "\n" + ",".join("1" * 100_000) + "\n").encode()
    else:
        raw = path.read_bytes()
    options = {name: str(value).lower() if value in (True, False) else value for name, value in case["options"].items()}
    answer = client.post("/api/v1/datasets", data=raw, query_string=options)
    document = answer.get_json()
    if answer.status_code in (200, 201):
        return {"ok": True, **document["readback"]}
    assert answer.status_code == 422
    assert document["error"]["message"].endswith(".")
    return {"ok": False, "error": document["error"]["code"], "message": document["error"]["message"]}


def corpus() -> list:
    if not CASES.is_dir():
        return [
            pytest.param(None, marks=pytest.mark.skip(reason="the folder of CSV cases is not beside this checkout"))
        ]
    return [pytest.param(case, id=case["id"]) for case in json.loads((CASES / "cases.json").read_text("utf-8"))]


@pytest.mark.parametrize("case", corpus())
def test_the_corpus_is_read_as_expected_or_refused(client: FlaskClient, case: dict) -> None:
    spec = importlib.util.spec_from_file_location("compare", CASES / "compare.py")
    compare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compare)
    assert compare.compare(case, result_of(client, case)) == []


PNG, ZIP = b"\x89PNG\r\n\x1a\n\0\0", b"PK\x03\x04\x14\0\0\0\x08\0"
REFUSED_BEFORE_PARSING = {
    "EMPTY": [b"", b" \n\r\n\t", b"\xef\xbb\xbf", b"time,value\n", b"sep=;\ntime;value\r\n\r\n"],
    "COMPRESSED": [gzip.compress(b"time,value\n" * 1000), ZIP + b"data.csv", b"BZh91AY", b"\x28\xb5\x2f\xfd1"],
    "SPREADSHEET": [ZIP + b"xl/workbook.xml", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
    "NOT_TEXT": [PNG, b"%PDF-1.7", b"time,value\n2024-01-01,\0\n", b"\xff\xfe\0\xd8", b"time,value\n\x81\xff"],
    "LINE_TOO_LONG": [b"1" * 2_000_000, b"a,b\n" + b"1," * 1_000_000 + b"\n1,2\n", b"a,b\r1,2\r" + b"1" * 1_000_001],
    "NOT_CSV": [
        b'[\n{"sgv": 1}]',
        b'{"a": 1}\n{"a": 2}\n',
        b"<!DOCTYPE html><table>",
        b'<?xml version="1.0"?>',
        b"[1, 2]",
    ],
    "TOO_WIDE": [b",".join([b"a"] * 2001) + b"\n1\n", b"1;" * 100_000 + b"\n" + b"1;" * 100_000],
    "BAD_QUOTING": [
        b'time,value\n2024-01-01,"1\n2024-01-02,2\n',
        b'time,value\n1,2\n"' + b"aaaaaaaa\n" * 700_000 + b'"\n',
    ],
}


@pytest.mark.parametrize(
    ("code", "raw"),
    [
        pytest.param(code, raw, id=f"{code}-{number}")
        for code, raws in REFUSED_BEFORE_PARSING.items()
        for number, raw in enumerate(raws)
    ],
)
def test_what_is_no_table_is_refused_before_it_is_parsed(
    code: str, raw: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pl, "read_csv", lambda *_, **__: pytest.fail("parsed"))
    with pytest.raises(UploadError) as caught:
        read(raw, ReadOptions(), Settings())
    assert caught.value.code == code
