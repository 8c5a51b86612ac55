from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.blocks import Manifest, Rows, block_keys
from engine.errors import StartError
from engine.models.seasonal_naive import SeasonalNaive
from engine.series import Phase, Series, Step
from engine.spec import Spec
from engine.store import Store
from tests.conftest import wave
from tests.uploads import kept_bytes, put_upload

SPEC = Spec.of(SeasonalNaive(), 12)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "kept", lock_timeout=0)
    opened.open()
    yield opened
    opened.close()


def rows(offsets: list[int]) -> Rows:
    count = len(offsets)
    return Rows(np.array(offsets), np.ones((count, 12, 10), np.float32), np.ones(count), np.ones(count))


def manifest(series: Series, last_used: float = 0.0) -> Manifest:
    keys = block_keys(series, SPEC)
    return Manifest(series.handle, SPEC, keys, np.zeros(256 * len(keys), dtype=bool), 10, last_used)


def test_a_series_comes_back_whole(store: Store) -> None:
    kept = Series(
        np.array([1.0, np.nan, -0.0]), Step(3, "month"), 8000, "+05:30", (Phase(8000, -1), Phase(8002, 60)), "ada"
    )
    store.put_series(kept)
    again = store.series(kept.handle)
    assert again is not None
    assert again.handle == kept.handle
    assert (again.step, again.phases, again.zone, again.scope) == (kept.step, kept.phases, kept.zone, kept.scope)


def test_what_was_never_stored_is_not_there(store: Store) -> None:
    assert store.series("0" * 64) is None
    assert store.forecasts.block_rows("0" * 64) is None
    assert store.upload("0" * 32) is None
    assert kept_bytes(store, "0" * 32) is None


def test_an_upload_keeps_its_bytes_and_every_reading_of_them(store: Store) -> None:
    put_upload(store, "u1", b"bytes", "h1", {"value_column": "a"})
    put_upload(store, "u1", b"bytes", "h2", {"value_column": "b"})
    assert kept_bytes(store, "u1") == b"bytes"
    assert store.upload("u1") == {"h1": {"value_column": "a"}, "h2": {"value_column": "b"}}


def test_a_partial_block_never_loses_rows_that_were_stored_before(store: Store) -> None:
    store.forecasts.put_block("k", rows([1, 2]), full=False)
    store.forecasts.put_block("k", rows([2, 3]), full=False)
    again = store.forecasts.block_rows("k")
    assert again is not None
    assert sorted(again.offsets.tolist()) == [1, 2, 3]


def test_forgetting_a_dataset_leaves_the_blocks_that_another_one_names(store: Store) -> None:
    longer = wave(3000)
    shorter = Series(longer.values[:2000], longer.step, longer.first_slot)
    for series in (longer, shorter):
        store.put_series(series)
        store.forecasts.put_manifest(manifest(series))
        put_upload(store, series.handle[:32], b"x", series.handle, {})
        for key in block_keys(series, SPEC):
            store.forecasts.put_block(key, rows([0]), full=True)
    assert store.delete(longer.handle)
    assert all(store.forecasts.block_rows(key) is not None for key in block_keys(shorter, SPEC))
    assert kept_bytes(store, longer.handle[:32]) is None
    assert store.handles() == [shorter.handle]
    assert store.delete(shorter.handle)
    assert all(store.forecasts.block_rows(key) is None for key in block_keys(longer, SPEC) + block_keys(shorter, SPEC))
    assert not store.delete(shorter.handle)


def test_forgetting_leaves_no_value_of_the_series_in_the_folder(store: Store, tmp_path: Path) -> None:
    kept = wave(3000)
    store.put_series(kept)
    put_upload(store, "u", b"SECRET-READING" * 5000, kept.handle, {"value_column": "SECRET-READING"})
    store.delete(kept.handle)
    store.close()
    left = list((tmp_path / "kept").rglob("*.val"))
    assert not left
    store.open()


def test_a_manifest_of_many_blocks_is_told_in_the_stock_like_any_other(store: Store) -> None:
    long = Manifest("0" * 64, SPEC, ["k" * 64] * 600, np.zeros(256 * 600, dtype=bool), 10, 0.0)
    store.forecasts.put_manifest(long)
    (told,) = store.stock().manifests
    assert len(told.value) > 1 << 15  # too long for the database: it lies in a file of its own
    assert told.value.endswith(long.to_bytes())


def test_a_second_engine_on_the_same_folder_is_told_so(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"Another engine uses.*HINDCAST_CACHE_DIR"):
        Store(tmp_path / "kept", lock_timeout=0.2).open()


def test_a_folder_that_cannot_be_made_is_a_start_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StartError, match="cannot be used"):
        Store(tmp_path / "file" / "kept", 0).open()


def test_the_folder_is_free_again_after_close(tmp_path: Path) -> None:
    for _ in range(3):
        store = Store(tmp_path / "kept", 0)
        store.open()
        store.close()
