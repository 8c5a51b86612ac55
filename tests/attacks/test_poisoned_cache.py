"""A cache that somebody else wrote to: nothing of it runs, and nothing outside of it is read or removed."""

from __future__ import annotations

import os
import pickle
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.blocks import Rows
from engine.store import Store
from tests.uploads import kept_bytes, put_upload


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "kept", lock_timeout=0)
    opened.open()
    yield opened
    opened.close()


def planted(tmp_path: Path, statement: str, values: tuple[object, ...]) -> Store:
    """A cache whose database somebody else wrote to."""
    first = Store(tmp_path / "kept", 0)
    first.open()
    put_upload(first, "victim", b"x", "h", {})
    first.close()
    with sqlite3.connect(tmp_path / "kept" / "cache" / "cache.db") as connection:
        connection.execute(statement, values)
    connection.close()
    again = Store(tmp_path / "kept", 0)
    again.open()
    return again


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("pwned",)


@pytest.mark.parametrize("mode", [2, 3, 4])
def test_a_planted_pickle_is_refused_and_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    monkeypatch.chdir(tmp_path)
    bomb = pickle.dumps(Bomb())
    store = planted(tmp_path, "UPDATE Cache SET mode = ?, value = ? WHERE key = 'u/victim'", (mode, bomb))
    assert store.upload("victim") is None
    store.close()
    assert not (tmp_path / "pwned").exists()


def test_a_planted_pickle_as_a_key_is_refused_and_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bomb = pickle.dumps(Bomb())
    store = planted(tmp_path, "UPDATE Cache SET key = ?, raw = 0 WHERE key = 'u/victim'", (bomb,))
    assert store.handles() == []
    assert store.stock().manifests == []
    store.close()
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("name", ["../../outside.val", "/etc/hostname", "outside\0.val", "../cache/../../outside.val"])
def test_a_value_outside_the_folder_is_neither_read_nor_removed(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.val").write_bytes(b"secret")
    store = planted(
        tmp_path, "UPDATE Cache SET mode = 2, value = NULL, filename = ? WHERE key = 'u/victim/raw'", (name,)
    )
    assert kept_bytes(store, "victim") is None
    store.delete("h")
    store.close()
    assert (tmp_path / "outside.val").read_bytes() == b"secret"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.val").write_bytes(b"secret")
    store = planted(
        tmp_path, "UPDATE Cache SET mode = 2, value = NULL, filename = ? WHERE key = 'u/victim/raw'", ("link.val",)
    )
    (tmp_path / "kept" / "cache" / "link.val").symlink_to(tmp_path / "outside.val")
    assert kept_bytes(store, "victim") is None
    store.close()


def test_a_flipped_bit_counts_as_missing(store: Store, tmp_path: Path) -> None:
    random = np.random.default_rng(0).normal(size=(256, 12, 10)).astype(np.float32)
    store.forecasts.put_block("k", Rows(np.arange(256), random, np.ones(256), np.ones(256)), full=True)
    (stored,) = (tmp_path / "kept").rglob("*.val")
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(content)
    assert store.forecasts.block_rows("k") is None


def test_the_folder_is_for_its_owner_alone(store: Store, tmp_path: Path) -> None:
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700


def test_values_that_are_not_bytes_and_keys_that_are_not_text_are_refused(store: Store) -> None:
    with pytest.raises(TypeError):
        store._cache.set("k", {"a": 1})
    with pytest.raises(TypeError):
        store._cache.set(("k", 1), b"x")
