"""A cache whose files or database were spoilt: everything is right or absent, and uploads are never deleted for it."""

from __future__ import annotations

import logging
import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.blocks import Rows
from engine.disk import ERRORS
from engine.errors import StartError
from engine.series import Series
from engine.store import Store
from tests import damage
from tests.conftest import wave
from tests.test_recovery import LARGE, full_block, opened, stored, unclean, values
from tests.uploads import kept_bytes

Spoil = Callable[[Path, random.Random], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def garbage(database: Path) -> None:
    database.write_bytes(os.urandom(100_000))


def cut(database: Path) -> None:
    database.write_bytes(database.read_bytes()[:5000])


def emptied(database: Path) -> None:
    database.write_bytes(b"")


def lost(database: Path) -> None:
    database.unlink()


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("damage", [garbage, cut, emptied, lost])
def test_a_database_that_cannot_be_read_is_set_aside_and_never_deleted(
    folder: Path, damage: Callable[[Path], None], killed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    stored(folder, [wave(300)])
    content = {path.read_bytes() for path in values(folder)}
    damage(folder / "cache" / "cache.db")
    if killed:
        unclean(folder)
    store = Store(folder, lock_timeout=0)
    with caplog.at_level(logging.ERROR):
        store.open()
    assert store.handles() == []
    (aside,) = folder.glob("cache-damaged-*")
    assert {path.read_bytes() for path in aside.rglob("*.val")} == content
    assert f"the damaged one is kept in {aside}" in caplog.text
    caplog.clear()
    store.put_series(wave(400))
    store.close()
    with caplog.at_level(logging.WARNING):
        store.open()
    assert store.handles() == [wave(400).handle]
    size = sum(path.stat().st_size for path in aside.rglob("*")) / 1e6
    (line,) = caplog.messages  # at every start, as long as it is there
    assert line == (
        f"damaged caches kept in {folder}: 1, {size:.1f} MB; "
        "delete the folders cache-damaged-* once nothing of them is missed"
    )
    store.close()


def test_series_and_uploads_of_a_damaged_database_are_carried_over_where_they_can_be_read(folder: Path) -> None:
    kept = [wave(2000, seed=seed) for seed in range(40)]
    stored(folder, kept)
    database = folder / "cache" / "cache.db"
    content = bytearray(database.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 3 * 4096] = os.urandom(3 * 4096)
    database.write_bytes(content)
    unclean(folder)
    store = opened(folder)
    found = store.handles()
    assert len(found) >= 35
    by_handle = {series.handle: series for series in kept}
    for handle in found:
        series = store.series(handle)
        assert series is not None
        assert np.array_equal(series.values, by_handle[handle].values)
        assert kept_bytes(store, handle[:32]) in (LARGE, None)
    assert store.forecasts.block_rows("1") is None  # forecasts are computed again
    store.close()
    assert list(folder.glob("cache-damaged-*"))
    assert not (folder / "cache-rescued").exists()


def test_a_database_found_damaged_while_in_use_is_rescued_at_the_next_start(folder: Path) -> None:
    stored(folder, [wave(2000, seed=seed) for seed in range(40)])
    database = folder / "cache" / "cache.db"
    content = bytearray(database.read_bytes())
    for page in range(10 * 4096, len(content) - 4096, 4096):
        content[page : page + 4096] = os.urandom(4096)
    database.write_bytes(content)
    store = opened(folder)  # it ended cleanly: nobody looks at every page
    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        store.forecasts.manifests()
    store.close()
    store = opened(folder)
    assert store.forecasts.manifests() == []
    store.close()
    assert list(folder.glob("cache-damaged-*"))


@pytest.mark.parametrize("renamed", [0, 1])
def test_a_rescue_that_is_interrupted_is_brought_to_its_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch, renamed: int
) -> None:
    kept = [wave(2000, seed=seed) for seed in range(40)]
    stored(folder, kept)
    database = folder / "cache" / "cache.db"
    content = bytearray(database.read_bytes())
    content[-4096:] = os.urandom(4096)
    database.write_bytes(content)
    unclean(folder)
    real, left = Path.rename, [None] * renamed

    def rename(path: Path, target: Path) -> Path:
        if not left:
            raise OSError(28, "No space left on device")
        left.pop()
        return real(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", rename)
        store = Store(folder, lock_timeout=0)
        with pytest.raises(StartError, match=r"cannot be used.*No space left"):
            store.open()
        store.close()
    store = opened(folder)
    assert len(store.handles()) >= 35
    store.close()
    assert len(list(folder.glob("cache-damaged-*"))) == 1
    assert not (folder / "cache-rescued").exists()


def test_a_database_that_is_only_refused_is_not_set_aside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(folder, [wave(300)])
    database = folder / "cache" / "cache.db"
    database.rename(folder / "elsewhere.db")
    database.mkdir()
    (database / "something").touch()
    store = Store(folder, lock_timeout=0)
    with pytest.raises(StartError, match="cannot be used: unable to open database file"):
        store.open()
    store.close()
    assert not list(folder.glob("cache-damaged-*"))


def check_all(store: Store, series: dict[str, Series], blocks: dict[str, Rows]) -> int:
    """Whatever can be read is what was written; how much of it can."""
    found = 0
    for handle in store.handles():
        read = store.series(handle)
        if read is not None:
            assert np.array_equal(read.values, series[handle].values)
            found += 1
    for key, rows in blocks.items():
        block = store.forecasts.block_rows(key)
        if block is not None:
            assert all(np.array_equal(a, b) for a, b in zip(block, rows, strict=True))
            found += 1
    for handle in series:
        assert kept_bytes(store, handle[:32]) in (None, LARGE)
        assert store.upload(handle[:32]) in (None, {handle: {"value_column": "a"}})
    return found


def spoilt_copy(template: Path, folder: Path, spoil: Spoil, places: int, chance: random.Random) -> None:
    """The folder as it was, spoilt in some places, after a clean end or another one."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    for _ in range(places):
        spoil(folder / "cache", chance)
    if chance.random() < 0.5:
        unclean(folder)


@pytest.mark.parametrize(
    ("spoil", "openings", "places"),
    [(damage.value_file, 40, 10), (damage.inline_value, 40, 10), (damage.database, 200, 1)],
)
def test_of_a_thousand_spoilt_places_each_leaves_the_rest_right_and_the_cache_of_use(
    tmp_path: Path, spoil: Spoil, openings: int, places: int, caplog: pytest.LogCaptureFixture
) -> None:
    template, folder = tmp_path / "template", tmp_path / "kept"
    kept = [wave(length, seed=length) for length in (30, 300, 3000, 9000)]
    stored(template, kept)
    series, blocks = {one.handle: one for one in kept}, {str(number): full_block(number) for number in range(3)}
    chance = random.Random(20)
    refused = read = 0
    with caplog.at_level(logging.CRITICAL):
        for _ in range(openings):
            spoilt_copy(template, folder, spoil, places, chance)
            store = Store(folder, lock_timeout=0)
            try:
                store.open()
                try:
                    read += check_all(store, series, blocks)
                    store.put_series(kept[0])
                except ERRORS:  # a damaged page, met while in use: put in order at the next start
                    assert spoil is damage.database
                    store.close()
                    store.open()
                    read += check_all(store, series, blocks)
                    store.put_series(kept[0])
                assert store.series(kept[0].handle) is not None
            except StartError:
                assert spoil is damage.database
                refused += 1
            finally:
                store.close()
    assert refused <= openings // 20
    assert read > openings  # of 7 each time
