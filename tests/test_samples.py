"""The samples of the first page: stored and computed at the first start, forgotten like any file, and opened again."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from engine import Engine, Upload
from pages._samples import SAMPLES, Samples
from tests.conftest import filled, until
from tests.serving import Server


def test_an_empty_cache_gets_every_sample_and_computes_it(engine: Engine) -> None:
    Samples(engine).store_soon()
    until(lambda: len(engine.datasets()) == len(SAMPLES))
    for stored in engine.datasets():
        until(lambda handle=stored.handle: filled(engine, handle))  # type: ignore[misc]


def test_a_cache_with_somebodys_file_is_left_alone(engine: Engine, upload: Upload) -> None:
    Samples(engine)._store()
    assert [stored.handle for stored in engine.datasets()] == [upload.dataset.handle]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_that_was_forgotten_opens_again(engine: Engine, name: str) -> None:
    samples = Samples(engine)
    first = samples.upload(name)
    assert samples.upload(name) is first
    engine.flush()
    again = samples.upload(name)
    assert again.dataset.handle == first.dataset.handle
    assert engine.dataset(again.dataset.handle).usable_origins.sum() > 2_000
    assert again.dataset.first_index <= SAMPLES[name].index <= -12


def test_the_real_sample_is_read_as_its_source_describes_it(engine: Engine) -> None:
    upload = Samples(engine).upload("real")
    read = upload.record.readback
    assert (read.n_rows_valid, read.step_seconds, read.unit) == (2_225, 7 * 86_400, "ppm")
    assert [str(upload.dataset.start)[:10], str(upload.dataset.end)[:10]] == ["1958-03-29", "2001-12-29"]


def test_samples_that_cannot_be_stored_are_a_line_in_the_log(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    engine.close()
    with caplog.at_level(logging.WARNING):
        Samples(engine)._store()
    assert "the sample series are not stored: CLOSED" in caplog.text


def test_a_server_stores_them_at_its_first_start(tmp_path: Path) -> None:
    with Server(tmp_path / "cache", HINDCAST_SAMPLES="1", HINDCAST_BACKGROUND="0") as server:
        until(lambda: len(server.call("/api/v1/datasets")["datasets"]) == len(SAMPLES))
