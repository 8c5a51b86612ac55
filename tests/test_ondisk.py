"""A text that stays in its file answers as its bytes do, and is read as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UploadError
from engine.ingest import OnDisk, Reading, ReadOptions, ondisk, read, table, text
from engine.settings import Settings
from tests.conftest import to_csv, wave

CASES = Path(__file__).resolve().parents[2] / "shared" / "csv_cases"
PLAIN = to_csv(wave(300))
FILES = {
    "plain": PLAIN,
    "CRLF": PLAIN.replace(b"\n", b"\r\n"),
    "CR": PLAIN.replace(b"\n", b"\r"),
    "BOM": b"\xef\xbb\xbf" + PLAIN,
    "quotes": PLAIN.replace(b"time", b'"time"'),
    "an open quote": PLAIN.replace(b"time", b'"time'),
    "UTF-8": PLAIN.replace(b"value", "Außen °C".encode()),
    "Windows": PLAIN.replace(b"value", "Außen °C".encode("cp1252")),
    "UTF-16": PLAIN.decode().encode("utf-16"),
    "unknown": PLAIN.replace(b"value", b"\x81\x8d"),
    "NUL": PLAIN + b"\0",
    "blank": b" \n" * 100,
    "empty": b"",
    "ZIP": b"PK\x03\x04" + b" " * 100 + b"xl/workbook.xml",
    "JSON": b'{"a": 1}' * 30,
    "a long line": b"time,value\n" + b"x" * 2_000_000,
    "two tables": b"# CGM ENTRIES\n" + PLAIN + b"# INSULIN\n" + PLAIN[: len(PLAIN) // 2],
}


def on_disk(raw: bytes) -> OnDisk:
    """Behind some bytes that are none of it."""
    return OnDisk(lambda start, end: (b"head" + raw)[start:end], 4, 4 + len(raw))


def outcome(raw: bytes | OnDisk) -> tuple[object, ...]:
    """What comes of a file."""
    try:
        reading: Reading = read(raw, ReadOptions(), Settings())
    except UploadError as refusal:
        return refusal.code, refusal.message, refusal.detail
    return reading.series.handle, reading.readback, *(getattr(reading, part) for part in ("skipped", "missing"))


@pytest.fixture(autouse=True)
def in_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((ondisk, "CHUNK"), (text, "PIECE"), (table, "PIECE")):
        monkeypatch.setattr(module, name, 1 << 10)
    monkeypatch.setattr(ondisk, "FIRST", 1 << 5)


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_read_from_the_disk_as_from_memory(kind: str) -> None:
    raw = FILES[kind]
    assert outcome(on_disk(raw)) == outcome(raw)


@pytest.mark.skipif(not CASES.exists(), reason="the corpus lies beside the checkout")
def test_the_corpus_is_read_from_the_disk_as_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ondisk, "CHUNK", 1 << 16)
    found = (path for path in CASES.glob("*") if path.is_file() and path.suffix not in {".py", ".md"})
    files = [path for path in found if path.stat().st_size < 100_000]
    assert files
    for path in files:
        raw = path.read_bytes()
        assert outcome(on_disk(raw)) == outcome(raw), path.name


@given(st.text("ab\n", max_size=12).map(str.encode), st.text("ab\n", min_size=1, max_size=3).map(str.encode))
def test_it_answers_as_bytes_do(raw: bytes, wanted: bytes) -> None:
    body = on_disk(raw)
    places = range(len(raw) + 2)
    for start in places:
        assert body.find(wanted, start) == raw.find(wanted, start)
        for end in places:
            assert body[start:end] == raw[start:end]
            assert body.rfind(wanted, start, end) == raw.rfind(wanted, start, end)
            assert body.count(wanted, start, end) == raw.count(wanted, start, end)
    assert (wanted in body) == (wanted in raw)
    assert body.startswith((wanted, b"b")) == raw.startswith((wanted, b"b"))
    assert body.removeprefix(wanted).whole() == raw.removeprefix(wanted)
    assert (body.isascii(), body.isspace(), len(body)) == (raw.isascii(), raw.isspace(), len(raw))
