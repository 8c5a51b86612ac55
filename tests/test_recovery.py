"""A cache directory after an end that was not clean, or with a database that cannot be read."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import diskcache
import numpy as np
import pytest

from engine import Engine, ReadOptions, Settings
from engine.blocks import BLOCK, Rows
from engine.disk import Cache
from engine.errors import StartError, UnknownHandle
from engine.models.base import Loader
from engine.series import Series
from engine.store import Store
from tests.conftest import HOUR, ToyForecaster, filled, to_csv, until, wave
from tests.uploads import kept_bytes, put_upload

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
        put_upload(store, one.handle[:32], LARGE, one.handle, {"value_column": "a"})
    for number in range(3):
        store.forecasts.put_block(str(number), full_block(number), full=True)
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
    monkeypatch.setattr(Cache, "files", lambda self: checked.append(True) or [])
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
    taken = {path.parts[-3] for path in before}  # diskcache names folders at random
    first, second = [name for name in ("ab", "cd", "ef", "01", "23", "45") if name not in taken][:2]
    orphan = folder / "cache" / first / "cd" / f"{7:028x}.val"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(LARGE)
    (folder / "cache" / second / "01").mkdir(parents=True)
    unclean(folder)
    with caplog.at_level(logging.WARNING):
        store = opened(folder)
    assert values(folder) == before
    assert not orphan.parent.parent.exists()
    assert not (folder / "cache" / second).exists()
    assert "leftovers removed from the cache: 1" in caplog.text
    assert store.handles() == [wave(300).handle]
    store.close()


def large_series() -> Series:
    """Numbers that cannot be compressed, so that the series is kept in a file."""
    return Series(np.random.default_rng(1).normal(size=9000), HOUR, 0)


def test_of_rows_whose_files_are_gone_only_those_of_what_can_be_computed_are_removed(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    series = large_series()
    stored(folder, [series])
    upload = series.handle[:32]
    away = {path: path.read_bytes() for path in values(folder)}
    assert len(away) == 5  # the series, its upload, three blocks
    for path in away:
        path.unlink()
    unclean(folder)
    with caplog.at_level(logging.WARNING):
        store = opened(folder)
    assert "leftovers removed from the cache: 3" in caplog.text
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == [
        "series and uploads whose files cannot be found now: 2; they stay listed in the cache, as missing: bring the "
        f"files back into {folder / 'cache'} (a disk that is not mounted, a backup), or upload them again"
    ]
    assert store.series(series.handle) is None
    assert kept_bytes(store, upload) is None
    assert store.forecasts.block_rows("1") is None
    assert [key for key in store._cache.iterkeys() if key.startswith("b/")] == []
    assert store.handles() == [series.handle]
    store.close()
    unclean(folder)
    for path, value in away.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value)
    store = opened(folder)
    found = store.series(series.handle)
    assert found is not None
    assert np.array_equal(found.values, series.values)
    assert kept_bytes(store, upload) == LARGE
    assert len(values(folder)) == 2  # the blocks were given up, and no row names them any more
    store.close()


def test_a_row_whose_file_cannot_be_looked_at_now_is_kept_whatever_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stored(folder, [large_series()])
    unclean(folder)
    before, stat = values(folder), Path.stat

    def no_disk(path: Path, **how: bool) -> os.stat_result:
        if path.suffix == ".val":
            raise OSError(errno.EIO, "Input/output error")
        return stat(path, **how)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", no_disk)
        opened(folder).close()
    assert "cannot be found now: 2" in caplog.text
    assert values(folder) == before
    store = opened(folder)
    assert store.series(large_series().handle) is not None
    assert store.forecasts.block_rows("1") is not None
    store.close()


def test_what_is_missing_of_a_series_is_uploaded_again(settings: Settings, registry: dict[str, Loader]) -> None:
    csv = to_csv(large_series())
    engine = Engine(settings, registry)
    upload = engine.upload(csv)
    handle, upload_id = upload.dataset.handle, upload.record.upload_id
    engine.close()
    for path in values(settings.cache_dir):
        path.unlink()
    unclean(settings.cache_dir)
    engine = Engine(settings, registry)
    assert engine.datasets() == []
    with pytest.raises(UnknownHandle):
        engine.dataset(handle)
    assert not engine.upload(csv).known
    assert engine.dataset(handle).handle == handle
    assert engine.reread(upload_id, ReadOptions()).dataset.handle == handle
    engine.close()


FOREIGN = ("photos/a.jpg", "notes.txt", "ab/cd/mine.val", "AB/CD/" + "0" * 28 + ".val", "ab/" + "0" * 28 + ".val")


@pytest.mark.parametrize("killed", [False, True])
def test_files_and_folders_that_are_not_ours_stay(folder: Path, killed: bool) -> None:
    stored(folder, [wave(300)])
    for name in FOREIGN:
        path = folder / "cache" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    (folder / "cache" / "empty").mkdir()
    if killed:
        unclean(folder)
    opened(folder).close()
    assert all((folder / "cache" / name).read_text() == "mine" for name in FOREIGN)
    assert (folder / "cache" / "empty").is_dir()


def foreign_database(cache: Path) -> None:
    with closing(sqlite3.connect(cache / "cache.db")) as connection:
        connection.execute("CREATE TABLE pages (url TEXT)")


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("fill", [lambda cache: (cache / "notes.txt").write_text("mine"), foreign_database])
def test_a_folder_of_somebody_else_is_refused_and_left_as_it_is(
    folder: Path, killed: bool, fill: Callable[[Path], object]
) -> None:
    cache = folder / "cache"
    cache.mkdir(parents=True)
    folder.chmod(0o755)
    fill(cache)
    if killed:
        unclean(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    store = Store(folder, lock_timeout=0)
    with pytest.raises(StartError, match=r"is no cache of this server: it holds '(notes\.txt|cache\.db)'"):
        store.open()
    store.close()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert folder.stat().st_mode & 0o777 == 0o755


def test_a_row_that_names_a_file_elsewhere_takes_no_file_with_it(folder: Path) -> None:
    stored(folder, [wave(300)])
    mine = folder / "mine.txt"
    mine.write_text("mine")
    with closing(sqlite3.connect(folder / "cache" / "cache.db")) as connection, connection:
        connection.execute("UPDATE Cache SET filename = '../mine.txt' WHERE key = 'b/1'")
    unclean(folder)
    store = opened(folder)
    assert store.forecasts.block_rows("1") is None
    store.forecasts.put_block("1", full_block(1), full=True)
    assert store.forecasts.block_rows("1") is not None
    store.close()
    assert mine.read_text() == "mine"


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
            store.forecasts.drop_blocks(["2"])  # several changes within several changes
            assert values(folder) == before  # killed here, the rows will still name their files
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undecided()
    assert values(folder) == before
    assert store.forecasts.block_rows("1") is not None
    assert store.forecasts.block_rows("2") is not None
    store.forecasts.drop_blocks(["1"])
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
        orphan = folder / "cache" / "ab" / "cd" / f"{8:028x}.val"
        orphan.parent.mkdir(parents=True)
        orphan.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("engine.disk.BytesDisk.store", full_disk)
        with pytest.raises(OSError, match="No space"):
            store.forecasts.put_block("1", full_block(1), full=True)
    store.close()
    assert len(values(folder)) == 1
    opened(folder).close()
    assert values(folder) == []
    assert not (folder / "in-use").exists()


def test_a_check_that_the_disk_refuses_is_made_at_the_next_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(self: Cache) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    stored(folder, [wave(300)])
    unclean(folder)
    with monkeypatch.context() as patched:
        patched.setattr(Cache, "files", full_disk)
        store = opened(folder)
        assert store.handles() == [wave(300).handle]
        store.close()
    assert (folder / "in-use").exists()
    opened(folder).close()
    assert not (folder / "in-use").exists()
