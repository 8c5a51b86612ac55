"""Files of an absurd shape: very wide, one endless line, cells that never end, a date of a far future."""

from __future__ import annotations

import polars as pl
import pytest

from engine.errors import UploadError
from engine.ingest import ReadOptions, read
from engine.settings import Settings
from tests.conftest import to_csv, wave

BOMBS = {
    "one line": ("LINE_TOO_LONG", b"1" * 2_000_000),
    "a long second line": ("LINE_TOO_LONG", b"a,b\n" + b"1," * 1_000_000 + b"\n1,2\n"),
    "a long last line": ("LINE_TOO_LONG", b"a,b\r1,2\r" + b"1" * 1_000_001),
    "too wide by one": ("TOO_WIDE", b",".join([b"a"] * 2001) + b"\n1\n"),
    "a million columns": ("TOO_WIDE", b"1;" * 100_000 + b"\n" + b"1;" * 100_000),
    "a quote that is not closed": ("BAD_QUOTING", b'time,value\n2024-01-01,"1\n2024-01-02,2\n'),
    "one cell of many lines": ("BAD_QUOTING", b'time,value\n1,2\n"' + b"aaaaaaaa\n" * 700_000 + b'"\n'),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_an_absurd_shape_is_refused_before_it_is_parsed(bomb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code, raw = BOMBS[bomb]
    monkeypatch.setattr(pl, "read_csv", lambda *_, **__: pytest.fail("parsed"))
    with pytest.raises(UploadError) as refusal:
        read(raw, ReadOptions(), Settings())
    assert refusal.value.code == code


def test_more_rows_than_are_read_are_refused() -> None:
    with pytest.raises(UploadError) as refusal:
        read(to_csv(wave(300)), ReadOptions(), Settings(max_rows=299))
    assert refusal.value.code == "TOO_LARGE"


def test_a_stray_date_of_the_past_makes_no_endless_grid() -> None:
    raw = to_csv(wave(300)) + b"\n0001-01-01 00:00:00,1.0"
    assert len(read(raw, ReadOptions(), Settings(max_slots=10_000)).series.values) <= 10_000


@pytest.mark.parametrize("stray", [b"2999-12-31 00:00:00", b"9999-12-31T23:59:59"])
def test_a_stray_date_of_the_future_is_refused(stray: bytes) -> None:
    raw = to_csv(wave(300)) + b"\n" + stray + b",1.0"
    with pytest.raises(UploadError) as refusal:
        read(raw, ReadOptions(), Settings(max_slots=10_000))
    assert refusal.value.code == "TOO_SHORT"
