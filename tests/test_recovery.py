"""A cache directory after an end that was not clean, or with a database that cannot be read."""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path

import diskcache
import numpy as np
import pytest

from engine import Engine, Settings
from engine.blocks import BLOCK, Rows
from engine.disk import Cache
from engine.models.base import Loader
from engine.series import Series
from engine.store import Store
from tests.conftest import ToyForecaster, filled, to_csv, until, wave

LARGE = os.urandom(40_000)  # kept in a file; what is under 32 kB is kept in the database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def opened(folder: Path) -> Store:
    store = Store(folder, lock_timeout=0)
    store.open()
    return store


def full_block(seed: int) -> Rows:
    samples = np.random.default_rng(seed).normal(size=(BLOCK, 12, 10)).astype(np.float32)
    return Rows(np.arange(BLOCK), samples, np.ones(BLOCK), np.ones(BLOCK))


def stored(folder: Path, series: list[Series]) -> None:
    """A cache with these series, an upload of each, and three blocks; ended cleanly."""
    store = opened(folder)
    for one in series:
        store.put_series(one)
        store.put_upload(one.handle[:32], LARGE, one.handle, {"value_column": "a"})
    for number in range(3):
        store.put_block(str(number), full_block(number), full=True)
    store.close()


def unclean(folder: Path) -> None:
    """As if the process that used the folder last had been killed."""
    (folder / "in-use").touch()


def values(folder: Path) -> list[Path]:
    return sorted((folder / "cache").rglob("*.val"))


def test_the_folder_is_marked_while_it_is_in_use(folder: Path) -> None:
    for _ in range(2):
        store = opened(folder)
        assert (folder / "in-use").exists()
        store.close()
        assert not (folder / "in-use").exists()


def test_a_clean_start_checks_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[bool] = []
    monkeypatch.setattr(Cache, "check", lambda self, fix: checked.append(fix) or [])
    for _ in range(2):
        opened(folder).close()
    assert not checked
    unclean(folder)
    opened(folder).close()
    assert checked == [True]
    opened(folder).close()
    assert checked == [True]


def test_leftovers_of_a_killed_process_are_removed_and_counted(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    stored(folder, [wave(300)])
    before = values(folder)
    orphan = folder / "cache" / "ab" / "cd" / "0123.val"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(LARGE)
    (folder / "cache" / "ef" / "01").mkdir(parents=True)
    unclean(folder)
    with caplog.at_level(logging.WARNING):
        store = opened(folder)
    assert values(folder) == before
    assert not orphan.parent.parent.exists()
    assert not (folder / "cache" / "ef").exists()
    assert "leftovers removed from the cache: 3" in caplog.text
    assert store.handles() == [wave(300).handle]
    store.close()


def test_a_row_whose_file_is_gone_is_removed(folder: Path) -> None:
    stored(folder, [wave(300)])
    for path in values(folder):
        path.unlink()
    unclean(folder)
    store = opened(folder)
    assert store.raw(wave(300).handle[:32]) is None
    assert store.block_rows("1") is None
    assert store.handles() == [wave(300).handle]
    assert [key for key in store._cache.iterkeys() if key.endswith("raw") or key.startswith("b/")] == []
    store.close()


def test_a_truncated_block_is_missing_and_is_computed_again(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster
) -> None:
    csv = to_csv(wave(3000))
    engine = Engine(settings, registry)
    handle = engine.upload(csv).dataset.handle
    until(lambda: filled(engine, handle))
    before = engine.forecast(handle, -1000)
    engine.close()
    for path in values(settings.cache_dir):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    toy.calls.clear()
    engine = Engine(settings, registry)
    after = engine.upload(csv)
    assert after.known
    assert after.reused < 2 * BLOCK  # the blocks at either end are small and lie in the database
    until(lambda: filled(engine, handle))
    assert toy.computed >= 3000 - 3 * BLOCK
    again = engine.forecast(handle, -1000)
    assert np.array_equal(again.samples, before.samples)
    engine.close()


def test_the_files_of_what_is_deleted_stay_until_that_is_certain(folder: Path) -> None:
    stored(folder, [wave(300)])
    store = opened(folder)
    before = values(folder)

    def undecided() -> None:
        with store._cache.transact():
            store._cache.delete("b/1")
            assert values(folder) == before  # killed here, the row will still name its file
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undecided()
    assert values(folder) == before
    assert store.block_rows("1") is not None
    store.drop_blocks(["1"])
    assert len(values(folder)) == len(before) - 1
    store.close()


def test_everything_is_forgotten_or_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(folder, [wave(300, seed=seed) for seed in range(60)])
    store = opened(folder)
    before, rows, real = values(folder), len(list(store._cache.iterkeys())), diskcache.Cache.clear

    def fails_at_the_end(cache: Cache) -> None:
        real(cache)
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(diskcache.Cache, "clear", fails_at_the_end)
        with pytest.raises(sqlite3.OperationalError):
            store.clear()
    assert len(list(store._cache.iterkeys())) == rows > 100  # more than diskcache forgets at a time
    assert values(folder) == before
    store.clear()
    assert store.handles() == []
    assert values(folder) == []
    store.close()


def test_after_a_failed_write_the_next_start_looks_for_what_it_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(folder)

    def full_disk(self: object, *_: object, **__: object) -> None:
        orphan = folder / "cache" / "ab" / "cd" / "half.val"
        orphan.parent.mkdir(parents=True)
        orphan.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("engine.disk.BytesDisk.store", full_disk)
        with pytest.raises(OSError, match="No space"):
            store.put_block("1", full_block(1), full=True)
    store.close()
    assert len(values(folder)) == 1
    opened(folder).close()
    assert values(folder) == []
    assert not (folder / "in-use").exists()


def test_a_check_that_the_disk_refuses_is_made_at_the_next_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(self: Cache, fix: bool) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    stored(folder, [wave(300)])
    unclean(folder)
    with monkeypatch.context() as patched:
        patched.setattr(Cache, "check", full_disk)
        store = opened(folder)
        assert store.handles() == [wave(300).handle]
        store.close()
    assert (folder / "in-use").exists()
    opened(folder).close()
    assert not (folder / "in-use").exists()
