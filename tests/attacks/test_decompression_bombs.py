"""What unpacks to more than it seems: refused by its first bytes, or before it is unpacked."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tracemalloc
import zipfile
import zlib

import numpy as np
import polars as pl
import pytest
from flask.testing import FlaskClient

from engine.errors import UploadError
from engine.ingest import ReadOptions, read
from engine.parquet import Malformed, outline
from engine.settings import Settings

PLAIN = b"time,value\n2024-01-01,1\n" + b"\n" * 20_000_000
ZSTD = b"\x28\xb5\x2f\xfd\xa4\x00\x2d\x31\x01"
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c\x00\x04"


def zipped(name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, PLAIN)
    return packed.getvalue()


BOMBS = {
    "gzip": lambda: gzip.compress(PLAIN, 1),
    "zlib": lambda: zlib.compress(PLAIN, 1),
    "bzip2": lambda: bz2.compress(PLAIN[:4_000_000]),
    "xz": lambda: lzma.compress(PLAIN[:4_000_000], preset=0),
    "zstd": lambda: ZSTD + b"\0" * 1000,
    "7z": lambda: SEVEN_ZIP + b"\0" * 1000,
    "zip": lambda: zipped("data.csv"),
    "xlsx": lambda: zipped("xl/workbook.xml"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_what_is_compressed_is_refused_and_never_unpacked(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = BOMBS[kind]()
    monkeypatch.setattr(pl, "read_csv", lambda *_, **__: pytest.fail("parsed"))
    tracemalloc.start()
    with pytest.raises(UploadError) as refusal:
        read(bomb, ReadOptions(), Settings())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refusal.value.code in {"COMPRESSED", "SPREADSHEET", "NOT_TEXT"}
    assert peak < 2_000_000 + 6 * len(bomb)


def test_a_body_that_says_it_is_encoded_is_not_decoded(client: FlaskClient) -> None:
    response = client.post("/api/v1/datasets", data=gzip.compress(PLAIN, 1), headers={"Content-Encoding": "gzip"})
    assert (response.status_code, response.get_json()["error"]["code"]) == (422, "COMPRESSED")


def parquet(**columns: object) -> bytes:
    packed = io.BytesIO()
    pl.DataFrame(columns).write_parquet(packed)
    return packed.getvalue()


def test_pages_that_would_fill_the_memory_are_refused_before_they_are_unpacked() -> None:
    zeros = parquet(x=np.zeros(1_000_000))
    assert len(zeros) < 20_000
    with pytest.raises(Malformed, match="a row group of"):
        outline(zeros, 10_000, 1, 10**9)
    with pytest.raises(Malformed, match="a row group of"):
        outline(zeros, 10**7, 1, 100)
    lists = parquet(x=[[0] * 1_000_000])
    with pytest.raises(Malformed, match="more values"):
        outline(lists, 10, 1000, 10**9)
    assert outline(lists, 10, 10**6, 10**8).groups[0].rows == 1
