"""What holds for every file: dialect and row order do not matter, and nothing but a reading or a refusal comes out."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import UploadError
from engine.ingest import Reading, ReadOptions, read
from engine.settings import Settings

LIMITS = Settings()
FINITE = st.floats(-1e90, 1e90)
SERIES = st.lists(st.one_of(FINITE, FINITE, FINITE, FINITE, st.none()), min_size=40, max_size=80).filter(
    lambda values: values.count(None) < min(len(values) / 2, len(values) - 24) and None not in (values[0], values[-1])
)
STEPS = st.sampled_from([1, 60, 300, 900, 3600, 86_400])


def cells(values: list[float | None], step: int) -> list[list[str]]:
    times = np.datetime64("2024-06-03T00:00:00") + step * np.arange(len(values))
    return [[str(time), "" if value is None else repr(value)] for time, value in zip(times, values, strict=True)]


def written(
    rows: list[list[str]], delimiter: str = ",", end: str = "\n", quote: str = "", header: bool = True
) -> bytes:
    lines = [["time", "value"], *rows] if header else rows
    return end.join(delimiter.join(f"{quote}{cell}{quote}" for cell in line) for line in lines).encode()


def reading(raw: bytes) -> Reading:
    return read(raw, ReadOptions(), LIMITS)


@settings(max_examples=40, deadline=None)
@given(
    values=SERIES,
    step=STEPS,
    delimiter=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quote=st.sampled_from(["", '"']),
    bom=st.booleans(),
    header=st.booleans(),
    last=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-16"]),
)
def test_every_dialect_gives_the_same_handle(values, step, delimiter, end, quote, bom, header, last, encoding) -> None:
    plain = reading(written(cells(values, step)))
    raw = written(cells(values, step), delimiter, end, quote, header) + end.encode() * last
    raw = raw.decode().encode(encoding) if encoding != "utf-8" else b"\xef\xbb\xbf" * bom + raw
    assert reading(raw).series.handle == plain.series.handle


@settings(max_examples=40, deadline=None)
@given(values=SERIES, step=STEPS, seed=st.integers(0, 1000))
def test_rows_and_columns_may_be_in_any_order(values, step, seed) -> None:
    rows = cells(values, step)
    plain = reading(written(rows))
    shuffled = random.Random(seed).sample(rows, len(rows))
    assert reading(written(shuffled)).series.handle == plain.series.handle
    turned = "\n".join(["value,time", *(f"{value},{time}" for time, value in rows)]).encode()
    assert reading(turned).series.handle == plain.series.handle


@settings(max_examples=40, deadline=None)
@given(values=SERIES, step=STEPS)
def test_times_and_values_come_back_as_written(values, step) -> None:
    rows = cells(values, step)
    series = reading(written(rows)).series
    np.testing.assert_array_equal(series.values, np.array([np.nan if value is None else value for value in values]))
    assert [str(time) for time in series.times(series.first_slot + np.arange(len(series)))] == [row[0] for row in rows]


@settings(max_examples=40, deadline=None)
@given(jumps=st.lists(st.integers(1, 900), min_size=30, max_size=120))
def test_whatever_the_times_are_each_reading_keeps_a_slot_of_its_own(jumps) -> None:
    times = np.datetime64("2024-06-03T00:00:00") + np.cumsum(jumps)
    try:
        got = reading(written([[str(time), str(n)] for n, time in enumerate(times)]))
    except UploadError as error:
        assert error.code == "NO_STEP"  # noqa: PT017
        return
    assert got.readback.n_rows_valid == len(times)
    seen = got.series.values[~np.isnan(got.series.values)]
    np.testing.assert_array_equal(seen, np.arange(len(times)))
