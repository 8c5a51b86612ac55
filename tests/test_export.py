"""What an export holds, and that loading it gives back exactly what was exported."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from engine import Engine, Settings, Upload, errors
from engine.export import Done, schema, write_parquet
from engine.imports import read_export
from engine.models.base import Loader, built_in
from engine.unit_samples import checksums, in_unit, scaled
from tests.conftest import ToyForecaster, filled, to_csv, until, wave

CSV_HEADER = "index,origin,step,time,q10,q25,q50,q75,q90,actual,crps,inside50,inside80,baseline_crps,last_value_crps,"
CSV_HEADER += "s1,s2,s3,s4,s5,s6,s7,s8,s9,s10"


def exported(engine: Engine, handle: str, kind: str = "parquet", **which: str) -> bytes:
    export = engine.export(handle, kind, **which)
    try:
        return b"".join(export)
    finally:
        export.close()


def drawn(engine: Engine, handle: str, index: int, model: str | None = None) -> bytes:
    return orjson.dumps(engine.forecast(handle, index, model=model).to_json(), option=orjson.OPT_SERIALIZE_NUMPY)


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Iterator[ExitStack]:
    """Where other engines live."""
    with ExitStack() as stack:
        yield stack


def other(stack: ExitStack, settings: Settings, registry: dict[str, Loader]) -> Engine:
    """Another engine, with a cache of its own."""
    engine = Engine(dataclasses.replace(settings, cache_dir=settings.cache_dir.parent / "other"), registry)
    stack.callback(engine.close)
    return engine


@pytest.fixture
def kept(engine: Engine) -> Upload:
    """Several blocks, with gaps."""
    done = engine.upload(to_csv(wave(700, missing=0.1)))
    until(lambda: filled(engine, done.dataset.handle))
    return done


def test_another_engine_serves_the_same_bytes_and_computes_a_few_to_compare(
    engine: Engine, settings: Settings, kept: Upload, elsewhere: ExitStack
) -> None:
    handle, toy = kept.dataset.handle, ToyForecaster()
    there = other(elsewhere, settings, built_in() | {"toy": lambda settings: toy})
    toy.batches.clear()
    loaded = there.load(exported(engine, handle))
    assert toy.computed == 8
    toy.batches.set()
    total = int(kept.dataset.usable_origins.sum())
    assert (loaded.dataset.handle, loaded.known, loaded.imported, loaded.model_loaded) == (handle, False, total, True)
    for index in (0, -12, -300, kept.dataset.first_index):
        assert drawn(there, handle, index) == drawn(engine, handle, index)
    assert exported(there, handle) == exported(engine, handle)
    assert there.progress(handle) == engine.progress(handle)._replace(imported=total)


class Leaning(ToyForecaster):
    """The toy, by so much higher: what another machine makes of the same weights, or what is no forecast of theirs."""

    def __init__(self, lean: float) -> None:
        super().__init__()
        self.lean = np.float32(lean)

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        return super().predict(contexts, floor, horizon) + self.lean


@pytest.mark.parametrize(("lean", "is_taken"), [(1e-3, True), (1.0, False)], ids=["by a hair", "by far"])
def test_forecasts_that_are_not_their_models_are_refused(
    engine: Engine, settings: Settings, kept: Upload, elsewhere: ExitStack, lean: float, is_taken: bool
) -> None:
    there = other(elsewhere, settings, built_in() | {"toy": lambda settings: Leaning(lean)})
    raw = exported(engine, kept.dataset.handle)
    if is_taken:
        assert there.load(raw).dataset.handle == kept.dataset.handle
        return
    with pytest.raises(errors.UploadError, match="not those of the model toy") as refused:
        there.load(raw)
    assert refused.value.code == "OTHER_FORECASTS"
    assert there.datasets() == []


def test_an_export_is_read_back_bit_for_bit(engine: Engine, settings: Settings, kept: Upload) -> None:
    raw = exported(engine, kept.dataset.handle)
    found = read_export(raw, settings)
    series = kept.dataset.series
    assert found.dataset.series.values.tobytes() == series.values.tobytes()
    assert (found.dataset.series.step, found.dataset.series.phases) == (series.step, series.phases)
    again = pl.read_parquet(io.BytesIO(raw))
    assert (checksums(again["index"].to_numpy(), *found[3:]) == again["check"].to_numpy()).all()


def test_the_columns_are_the_documented_ones(engine: Engine, kept: Upload) -> None:
    table = pl.read_parquet(io.BytesIO(exported(engine, kept.dataset.handle)))
    documented = (Path(__file__).parents[1] / "docs" / "export.md").read_text()
    assert [name for name in table.columns if f"`{name}`" not in documented] == []
    assert table.schema["samples"] == pl.Array(pl.Float64, (12, 10))
    assert table.schema["origin"] == pl.Datetime("ms")
    plot = engine.forecast(kept.dataset.handle, -20)
    row = table.filter(index=-20)
    assert row["origin"].to_numpy()[0] == plot.origin
    np.testing.assert_allclose(row["samples"].to_numpy()[0], plot.samples, rtol=1e-6)
    np.testing.assert_array_equal(row["actuals"].to_numpy()[0], plot.actuals)
    assert row["crps"][0] == pytest.approx(plot.crps)
    scores = ["n_scored", "inside50", "inside80", "model", "horizon"]
    expected = (plot.n_scored, plot.inside50, plot.inside80, "toy", 12)
    assert row.select(scores).row(0) == expected
    last = table.row(-1, named=True)
    assert (last["index"], last["actuals"], last["crps"], last["n_scored"]) == (0, [None] * 12, None, 0)
    assert table["scaled"].null_count() > 0.99 * len(table)


def test_other_programs_read_it(engine: Engine, kept: Upload) -> None:
    reader = pytest.importorskip("pyarrow.parquet")
    table = reader.read_table(io.BytesIO(exported(engine, kept.dataset.handle)))
    assert table.column_names == list(schema(engine._catalog.spec("toy", 12)))
    assert len(table["samples"][0].as_py()) == 12


def test_the_csv_holds_numbers_and_times_alone(engine: Engine, kept: Upload) -> None:
    raw = exported(engine, kept.dataset.handle, "csv")
    assert raw.splitlines()[0].decode() == CSV_HEADER
    table = pl.read_csv(io.BytesIO(raw), try_parse_dates=True)
    kinds = [
        pl.Int64,
        pl.Datetime("us"),
        pl.Int64,
        pl.Datetime("us"),
        *[pl.Float64] * 7,
        *[pl.Int64] * 2,
        *[pl.Float64] * 12,
    ]
    assert table.dtypes == kinds
    assert len(table) == 12 * int(kept.dataset.usable_origins.sum())
    plot = engine.forecast(kept.dataset.handle, -20)
    lines = table.filter(index=-20)
    assert lines["step"].to_list() == list(range(1, 13))
    assert (lines["time"].to_numpy() == plot.times).all()
    for name, level in (("q10", 0.1), ("q50", 0.5), ("q90", 0.9)):
        np.testing.assert_allclose(lines[name].to_numpy(), plot.quantiles[level], atol=1e-4)
    assert lines["crps"].mean() == pytest.approx(plot.crps, abs=1e-4)
    assert lines["actual"].null_count() == int(np.isnan(plot.actuals).sum())


def test_the_csv_is_written_for_spreadsheets_with_decimal_commas_too(engine: Engine, kept: Upload) -> None:
    usual, other = (exported(engine, kept.dataset.handle, "csv", decimal=sign).decode() for sign in ".,")
    assert usual == exported(engine, kept.dataset.handle, "csv").decode()
    assert other.replace(",", ".").replace(";", ",").splitlines()[0] == CSV_HEADER
    assert other.replace(",", ".").replace(";", ",") == usual.replace("T", " ")
    with pytest.raises(errors.BadRequest, match=r"decimal is ';'; \. or , was expected"):
        engine.export(kept.dataset.handle, "csv", decimal=";")


def test_forecasts_of_a_model_that_is_unknown_there_are_served(
    engine: Engine, settings: Settings, kept: Upload, elsewhere: ExitStack
) -> None:
    handle = kept.dataset.handle
    there = other(elsewhere, dataclasses.replace(settings, model="seasonal-naive"), built_in())
    loaded = there.load(exported(engine, handle))
    assert not loaded.model_loaded
    assert drawn(there, handle, -3, "toy") == drawn(engine, handle, -3)
    assert exported(there, handle, model="toy") == exported(engine, handle)
    with pytest.raises(errors.ModelNotLoaded):
        there.forecast(handle, -3, model="toy", force=True)
    with pytest.raises(errors.BadRequest):
        there.forecast(handle, -3, model="never-heard-of")


def test_what_is_missing_in_the_file_is_computed(
    engine: Engine, settings: Settings, toy: ToyForecaster, elsewhere: ExitStack
) -> None:
    toy.gate.clear()
    handle = engine.upload(to_csv(wave(700))).dataset.handle
    assert len(pl.read_parquet(io.BytesIO(exported(engine, handle)))) == 0
    assert exported(engine, handle, "csv").decode() == CSV_HEADER + "\n"
    toy.gate.set()
    until(lambda: filled(engine, handle))
    there = other(elsewhere, settings, built_in() | {"toy": lambda settings: ToyForecaster()})
    assert there.load(_without_rows(exported(engine, handle))).imported == 0
    until(lambda: filled(there, handle))
    assert exported(there, handle) == exported(engine, handle)


def _without_rows(raw: bytes) -> bytes:
    words = pl.read_parquet_metadata(io.BytesIO(raw))
    words.pop("ARROW:schema")
    buffer = io.BytesIO()
    pl.read_parquet(io.BytesIO(raw)).clear().write_parquet(buffer, metadata=words)
    return buffer.getvalue()


def test_imported_rows_are_marked_until_they_are_computed_here(
    engine: Engine, settings: Settings, registry: dict[str, Loader], kept: Upload, elsewhere: ExitStack
) -> None:
    handle, raw = kept.dataset.handle, exported(engine, kept.dataset.handle)
    total = int(kept.dataset.usable_origins.sum())
    assert engine.load(raw).imported == 0  # what is done stays
    there = other(elsewhere, dataclasses.replace(settings, background=False), registry)
    there.load(raw)
    there.close()
    there = other(elsewhere, dataclasses.replace(settings, background=False), registry)
    assert there.progress(handle).imported == total
    there.forecast(handle, 0)
    assert (there.progress(handle).done, there.progress(handle).imported) == (total, total)
    there.forecast(handle, 0, force=True)
    assert there.progress(handle).imported == total - 1
    there.recalculate(handle)
    assert (there.progress(handle).done, there.progress(handle).imported) == (0, 0)


def test_what_never_was_negative_comes_back_exactly() -> None:
    loc, scale = np.array([1.25, 12345678.5]), np.array([0.75, 3.8])
    samples = np.sort(np.random.default_rng(0).normal(0, 1, (2, 12, 10)).astype(np.float32), axis=-1)
    samples[0] = np.maximum(samples[0], np.float32(-1.25 / 0.75))
    values, exact = in_unit(samples, loc, scale)
    assert exact.all()
    assert (scaled(values, loc, scale) == samples).all()
    assert (values[0].min(), len(set(values[0].ravel())) > 60) == (0.0, True)


@given(
    samples=arrays(np.float32, (3, 2, 4), elements=st.floats(-(2.0**100), 2.0**100, width=32)),
    loc=arrays(np.float64, 3, elements=st.floats(-1e250, 1e250)),
    scale=arrays(np.float64, 3, elements=st.floats(1e-250, 1e250)),
)
def test_samples_come_back_or_are_known_not_to(samples: np.ndarray, loc: np.ndarray, scale: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        values, exact = in_unit(samples, loc, scale)
        again = scaled(values, loc, scale)
    assert (again[exact].view(np.uint32) == samples[exact].view(np.uint32)).all()
    loc, scale = loc[:, None, None], scale[:, None, None]
    plain = samples.astype(float) * scale + loc
    assert (np.abs(values - plain) <= 1e-6 * np.maximum(np.abs(plain), np.abs(loc)) + 1e-44 * scale).all()


def test_a_calendar_series_with_a_zone_comes_back(engine: Engine, settings: Settings) -> None:
    lines = [f"{2015 + k // 12}-{k % 12 + 1:02d}-01T00:00:00Z,{k % 12 + 0.5}" for k in range(80)]
    handle = engine.upload(("time,sales\n" + "\n".join(lines)).encode()).dataset.handle
    until(lambda: filled(engine, handle))
    series = read_export(exported(engine, handle), settings).dataset.series
    assert (series.handle, series.step.unit, series.zone) == (handle, "month", "UTC")
    assert exported(engine, handle, "csv").splitlines()[1].startswith(b"-56,2016-12-01T00:00:00,1,2017-01-01T00:00:00,")


def test_an_export_of_nothing_stored_is_refused(engine: Engine, kept: Upload) -> None:
    with pytest.raises(errors.UnknownHandle):
        engine.export("0" * 64)
    with pytest.raises(errors.BadRequest):
        engine.export(kept.dataset.handle, "xlsx")
    with pytest.raises(errors.ModelNotLoaded):
        engine.export(kept.dataset.handle, model="theta")


def test_a_closing_engine_ends_its_exports(engine: Engine, kept: Upload) -> None:
    export = iter(engine.export(kept.dataset.handle, "csv"))
    next(export)
    engine.close()
    with pytest.raises(errors.EngineClosed):
        next(export)


def test_only_so_many_files_are_written_at_once(engine: Engine, kept: Upload) -> None:
    with ExitStack() as busy:
        for _ in range(2):
            busy.enter_context(engine._exports._writing)
        with pytest.raises(errors.Overloaded):
            engine.export(kept.dataset.handle)
    assert exported(engine, kept.dataset.handle)


def test_a_disk_that_takes_no_export_is_told(engine: Engine, kept: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as refusing:
        refusing.setattr("engine.exports.tempfile.TemporaryFile", full)
        with pytest.raises(errors.StorageFailed):
            engine.export(kept.dataset.handle)
    assert exported(engine, kept.dataset.handle)


def test_what_fails_while_a_file_is_written_is_told_as_it_was(kept: Upload, engine: Engine) -> None:
    def parts() -> Iterator[Done]:
        yield from ()
        raise errors.EngineClosed("The server is stopping.")

    with pytest.raises(errors.EngineClosed):
        write_parquet(io.BytesIO(), kept.dataset.series, engine._catalog.spec("toy", 12), parts())


def test_a_download_that_is_never_begun_keeps_no_file_open(engine: Engine, kept: Upload) -> None:
    export = engine.export(kept.dataset.handle)
    assert export.size
    export.close()
    with pytest.raises(ValueError, match="closed file"):
        next(iter(export))
