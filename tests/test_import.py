"""Files that are no export, or are one no more: each is refused with a reason, and nothing of it is kept."""

from __future__ import annotations

import io
import json
import zlib
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as how
from hypothesis import strategies as st

from engine import Engine, Settings, Upload, errors
from engine.export import KEY, VALUES
from engine.imports import read_export
from engine.parquet import Malformed, outline
from tests.test_export import exported

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def raw(engine: Engine, upload: Upload) -> bytes:
    return exported(engine, upload.dataset.handle)


def refusal(raw: bytes, settings: Settings) -> str:
    with pytest.raises(errors.UploadError) as refused:
        read_export(raw, settings)
    return refused.value.code


def rewritten(
    raw: bytes, head: Change = lambda head: None, values: str | None = None, table: Any = lambda table: table
) -> bytes:
    """The export with something else in its description, its values or its rows."""
    words = pl.read_parquet_metadata(io.BytesIO(raw))
    told = json.loads(words[KEY])
    head(told)
    buffer = io.BytesIO()
    metadata = {KEY: json.dumps(told), VALUES: words[VALUES] if values is None else values}
    table(pl.read_parquet(io.BytesIO(raw))).write_parquet(buffer, metadata=metadata)
    return buffer.getvalue()


def test_an_export_that_was_only_written_again_is_one_still(raw: bytes, settings: Settings) -> None:
    assert len(read_export(rewritten(raw), settings).slots) == 277
    assert len(read_export(rewritten(raw, table=lambda t: t.head(5)), settings).slots) == 5


def parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "foreign",
    [b"", b"PAR", b"time,load\n2024-01-01,1\n", b"PK\x03\x04", parquet(x=[1, 2]), parquet()],
    ids=["empty", "short", "csv", "zip", "another table", "no table"],
)
def test_a_foreign_file_is_told_from_an_export(foreign: bytes, settings: Settings) -> None:
    assert refusal(foreign, settings) == "NOT_AN_EXPORT"


def test_an_export_saved_again_without_its_description_is_a_foreign_file(raw: bytes, settings: Settings) -> None:
    buffer = io.BytesIO()
    pl.read_parquet(io.BytesIO(raw)).write_parquet(buffer)
    assert refusal(buffer.getvalue(), settings) == "NOT_AN_EXPORT"


def put(*path: str | int, value: Any) -> Change:
    """Another value somewhere in the description."""

    def change(head: dict[str, Any]) -> None:
        inside: Any = head
        for step in path[:-1]:
            inside = inside[step]
        inside[path[-1]] = value

    return change


def packed(values: Any) -> str:
    return b64encode(zlib.compress(np.asarray(values, "<f8").tobytes())).decode()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (put("format", value=2), "NOT_AN_EXPORT"),
        (put("spec", "format", value=1), "NOT_AN_EXPORT"),
        (put("spec", value=None), "NOT_AN_EXPORT"),
        (put("handle", value="0" * 64), "DAMAGED_EXPORT"),
        (put("handle", value=None), "DAMAGED_EXPORT"),
        (put("spec", "horizon", value=1000), "DAMAGED_EXPORT"),
        (put("spec", "horizon", value=True), "DAMAGED_EXPORT"),
        (put("spec", "horizon", value=11), "DAMAGED_EXPORT"),
        (put("spec", "num_samples", value=0), "DAMAGED_EXPORT"),
        (put("spec", "num_samples", value=10**6), "DAMAGED_EXPORT"),
        (put("spec", "context_length", value=10**9), "DAMAGED_EXPORT"),
        (put("spec", "kind", value="rumours"), "DAMAGED_EXPORT"),
        (put("spec", "model", value="a\r\nb"), "DAMAGED_EXPORT"),
        (put("spec", "model", value=5), "DAMAGED_EXPORT"),
        (put("spec", "colour", value="red"), "DAMAGED_EXPORT"),
        (put("series", value=[]), "DAMAGED_EXPORT"),
        (put("series", "step", value=[3600, "fortnight"]), "DAMAGED_EXPORT"),
        (put("series", "step", value=[0, "second"]), "DAMAGED_EXPORT"),
        (put("series", "step", value=[10**11, "second"]), "DAMAGED_EXPORT"),
        (put("series", "first_slot", value=10**30), "DAMAGED_EXPORT"),
        (put("series", "first_slot", value=1001), "DAMAGED_EXPORT"),
        (put("series", "length", value=299), "DAMAGED_EXPORT"),
        (put("series", "length", value=301), "DAMAGED_EXPORT"),
        (put("series", "length", value=0), "DAMAGED_EXPORT"),
        (put("series", "length", value=10**9), "TOO_LARGE"),
        (put("series", "zone", value="<b>"), "DAMAGED_EXPORT"),
        (put("series", "phases", value=[]), "DAMAGED_EXPORT"),
        (put("series", "phases", value=[[5, 0, 0, 1], [4, 0, 0, 1]]), "DAMAGED_EXPORT"),
        (put("series", "phases", 0, 1, value=0.5), "DAMAGED_EXPORT"),
        (put("series", "scope", value="another"), "DAMAGED_EXPORT"),
    ],
)
def test_a_description_that_cannot_be_is_refused(raw: bytes, settings: Settings, change: Change, code: str) -> None:
    assert refusal(rewritten(raw, change), settings) == code


@pytest.mark.parametrize(
    "values",
    ["", "not base64!", "AAAA", packed(np.zeros(300)), packed(np.full(300, np.inf)), packed(np.zeros(10**7))],
    ids=["none", "no base64", "no zlib", "others", "infinite", "a bomb"],
)
def test_values_that_are_not_the_series_are_refused(raw: bytes, settings: Settings, values: str) -> None:
    assert refusal(rewritten(raw, values=values), settings) == "DAMAGED_EXPORT"


def test_a_series_without_a_single_origin_is_refused_as_an_upload_is(raw: bytes, settings: Settings) -> None:
    assert refusal(rewritten(raw, values=packed(np.full(300, np.nan))), settings) == "TOO_SHORT"


def column(name: str, value: Any) -> Any:
    """Another value in the first row of a column."""

    def change(table: pl.DataFrame) -> pl.DataFrame:
        first = pl.int_range(pl.len()) == 0
        return table.with_columns(
            pl.when(first).then(pl.lit(value, table.schema[name])).otherwise(pl.col(name)).alias(name)
        )

    return change


FLAT = [[0.0] * 10] * 12


@pytest.mark.parametrize(
    "change",
    [
        column("index", 1),
        column("index", -300),
        column("index", -299),
        column("index", None),
        column("loc", 5.0),
        column("loc", float("nan")),
        column("scale", 0.0),
        column("scale", None),
        column("check", 7),
        column("samples", FLAT),
        column("samples", [[float("inf")] * 10] * 12),
        column("samples", [[None] * 10] * 12),
        column("samples", [[1.0, 0.0] * 5] * 12),
        column("samples", [[1e300] * 10] * 12),
        column("samples", None),
        column("scaled", FLAT),
        column("scaled", [[float("nan")] * 10] * 12),
        lambda table: table.sort("index", descending=True),
        lambda table: pl.concat([table, table]),
        lambda table: pl.concat([table.head(1), table.head(1)]),
        lambda table: table.drop("check"),
        lambda table: table.with_columns(pl.col("index").cast(pl.Int32)),
        lambda table: table.with_columns(pl.col("samples").arr.to_list()),
    ],
)
def test_rows_that_are_not_those_that_were_written_are_refused(raw: bytes, settings: Settings, change: Any) -> None:
    assert refusal(rewritten(raw, table=change), settings) == "DAMAGED_EXPORT"


def test_more_forecasts_than_fit_in_memory_are_refused(raw: bytes, settings: Settings) -> None:
    small = type(settings)(cache_dir=settings.cache_dir, model="toy", memory_budget=100_000)
    assert refusal(raw, small) == "TOO_LARGE"


@how(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(data=st.data())
def test_flipped_bits_and_lost_ends_are_noticed(raw: bytes, settings: Settings, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw) - 1))
    damaged = bytearray(raw)
    damaged[at] ^= data.draw(st.integers(1, 255))
    whole = read_export(raw, settings)
    try:
        found = read_export(bytes(damaged), settings)
    except errors.UploadError as refused:
        assert refused.code in {"NOT_AN_EXPORT", "DAMAGED_EXPORT", "TOO_LARGE", "TOO_SHORT"}  # noqa: PT017
    else:  # in what is not read: statistics, other columns, names
        assert (found.dataset.handle, found.spec) == (whole.dataset.handle, whole.spec) or found.spec != whole.spec
        assert all(np.array_equal(a, b) for a, b in zip(found[2:], whole[2:], strict=True))
    assert refusal(raw[:at], settings) in {"NOT_AN_EXPORT", "DAMAGED_EXPORT"}


@given(noise=st.binary(max_size=300), footer=st.binary(max_size=200))
@example(noise=b"", footer=b"\x1c" * 200)
@example(noise=b"", footer=b"\x19\xfc\xff\xff\xff\xff\x0f")
def test_noise_with_the_marks_of_parquet_is_refused(noise: bytes, footer: bytes) -> None:
    raw = b"PAR1" + noise + footer + len(footer).to_bytes(4, "little") + b"PAR1"
    try:
        found = outline(raw, 10, 10, 1000)
    except Malformed:
        return
    assert found.groups == []


def test_nothing_of_a_refused_file_is_kept(engine: Engine, upload: Upload) -> None:
    raw = exported(engine, upload.dataset.handle)
    engine.delete(upload.dataset.handle)
    for damaged in (raw[:-20], rewritten(raw, table=lambda table: table.sort("index", descending=True))):
        with pytest.raises(errors.UploadError):
            engine.load(damaged)
    assert engine.datasets() == []
    with pytest.raises(errors.UnknownHandle):
        engine.dataset(upload.dataset.handle)
