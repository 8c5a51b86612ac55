"""The export with a row per step: opened again it has the numbers of the pictures and of the backtest."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from flask.testing import FlaskClient

from engine import Engine, Upload, errors
from engine.export_steps import schema
from tests.conftest import filled, to_csv, until, wave

SAMPLES = [f"s{number}" for number in range(1, 11)]


@pytest.fixture
def kept(engine: Engine) -> Upload:
    """Several blocks, with gaps."""
    done = engine.upload(to_csv(wave(700, missing=0.1)))
    until(lambda: filled(engine, done.dataset.handle))
    return done


@pytest.fixture
def table(engine: Engine, kept: Upload) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(b"".join(engine.export(kept.dataset.handle, shape="steps"))))


def test_every_row_is_a_step_of_a_picture(engine: Engine, kept: Upload, table: pl.DataFrame) -> None:
    handle = kept.dataset.handle
    assert len(table) == 12 * int(kept.dataset.usable_origins.sum())
    for index in (0, -5, -20, -300, kept.dataset.first_index):
        plot, rows = engine.forecast(handle, index), table.filter(index=index)
        assert rows["step"].to_list() == list(range(1, 13))
        assert (rows["time"].to_numpy() == plot.times).all()
        assert (rows["origin"].to_numpy() == plot.origin).all()
        np.testing.assert_allclose(rows.select(SAMPLES).to_numpy(), plot.samples, rtol=1e-12)
        np.testing.assert_array_equal(rows["actual"].to_numpy(), plot.actuals)
        for name, level in (("q10", 0.1), ("q25", 0.25), ("q50", 0.5), ("q75", 0.75), ("q90", 0.9)):
            np.testing.assert_allclose(rows[name], plot.quantiles[level], rtol=1e-12)
        assert rows["crps"].null_count() == rows["inside50"].null_count() == int(np.isnan(plot.actuals).sum())
        assert (rows["inside50"].sum(), rows["inside80"].sum()) == (plot.inside50, plot.inside80)
        if plot.n_scored:
            assert rows["crps"].mean() == pytest.approx(plot.crps, rel=1e-9)
            assert rows["baseline_crps"].mean() == pytest.approx(plot.baseline_crps, rel=1e-6)


def test_opened_again_it_has_the_numbers_of_the_scores(client: FlaskClient, kept: Upload, table: pl.DataFrame) -> None:
    scores = client.get(f"/api/v1/datasets/{kept.dataset.handle}/scores?timeout=20").get_json()
    known = table.drop_nulls("actual")
    error = known["q50"] - known["actual"]
    measures = {
        "crps": known["crps"].mean(),
        "mae": error.abs().mean(),
        "rmse": (error**2).mean() ** 0.5,
        "bias": error.mean(),
        "coverage50": known["inside50"].mean(),
        "coverage80": known["inside80"].mean(),
    }
    assert {name: scores["measures"][name] for name in measures} == pytest.approx(measures, rel=1e-6)
    assert scores["baseline"]["crps"] == pytest.approx(known["baseline_crps"].mean(), rel=1e-6)
    assert scores["last_value"]["crps"] == pytest.approx(known["last_value_crps"].mean(), rel=1e-6)
    skill = 1 - known["crps"].sum() / known["baseline_crps"].sum()
    assert scores["skill"]["value"] == pytest.approx(skill, rel=1e-6)
    by_step = known.group_by("step").agg(pl.col("crps", "inside80").mean(), pl.len()).sort("step")
    assert scores["by_step"]["pairs"] == by_step["len"].to_list()
    assert scores["by_step"]["crps"] == pytest.approx(by_step["crps"].to_list(), rel=1e-6)
    assert scores["by_step"]["coverage80"] == pytest.approx(by_step["inside80"].to_list(), rel=1e-12)


def test_csv_and_parquet_are_the_same_table(client: FlaskClient, kept: Upload, table: pl.DataFrame) -> None:
    address = f"/api/v1/datasets/{kept.dataset.handle}/export"
    lines = pl.read_csv(io.BytesIO(client.get(f"{address}.csv").get_data()), try_parse_dates=True)
    assert lines.columns == table.columns
    for name, kind in table.schema.items():
        assert lines[name].null_count() == table[name].null_count()
        if kind.is_float():
            near = np.allclose(lines[name].to_numpy(), table[name].to_numpy(), atol=1e-4, equal_nan=True)
            assert near, name
        else:
            assert (lines[name].cast(kind) == table[name]).all() is True
    answer = client.get(f"{address}.parquet?shape=steps")
    assert pl.read_parquet(io.BytesIO(answer.get_data())).equals(table)
    assert answer.headers["Content-Disposition"].endswith('-toy-steps.parquet"')


def test_the_columns_are_the_documented_ones(engine: Engine, kept: Upload, table: pl.DataFrame) -> None:
    documented = (Path(__file__).parents[1] / "docs" / "export.md").read_text()
    assert table.schema == pl.Schema(schema(engine._catalog.spec("toy", 12)))
    shown = {name for name in table.columns if f"`{name}`" in documented}
    assert set(table.columns) - shown == {"q25", "q75", *SAMPLES[1:]} - shown


def test_nothing_done_is_a_table_without_rows(engine: Engine, settings: object) -> None:
    handle = engine.upload(to_csv(wave(300))).dataset.handle
    until(lambda: filled(engine, handle))
    export = engine.export(handle, model="seasonal-naive", shape="steps")
    assert pl.read_parquet(io.BytesIO(b"".join(export))).columns[:3] == ["index", "origin", "step"]


def test_another_shape_is_refused_and_steps_are_not_loaded(client: FlaskClient, engine: Engine, kept: Upload) -> None:
    with pytest.raises(errors.BadRequest, match="shape is 'cube'; origins or steps was expected"):
        engine.export(kept.dataset.handle, shape="cube")
    address = f"/api/v1/datasets/{kept.dataset.handle}/export.parquet"
    assert client.get(f"{address}?shape=cube").status_code == 400
    steps = client.get(f"{address}?shape=steps").get_data()
    answer = client.post("/api/v1/cache/load", data=steps)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, "NOT_AN_EXPORT")
