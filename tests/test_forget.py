"""What is forgotten is gone: no byte of it is left in the cache directory."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine import Engine, Series, Settings, room
from engine.models.base import Loader
from tests.conftest import HOUR, filled, to_csv, until

WINDOW = 24  # bytes: too many to be found by chance


def stored(engine: Engine, handle: str) -> dict[str, bytes]:
    """Everything in the cache that is a dataset's."""
    store = engine._library._store

    def values() -> dict[str, bytes]:
        (manifest,) = store.forecasts.manifests(handle)
        keys = [f"s/{handle}", f"v/{handle}", f"m/{handle}/{manifest.spec.key}"]
        keys += [f"b/{key}" for key in manifest.keys]
        keys += [card for key in manifest.keys for card in store.keys(f"c/{key}/")]
        for upload in store.keys("u/"):
            if not upload.endswith("/raw") and handle in (store.upload(upload[2:]) or ()):
                keys += [upload, f"{upload}/raw"]
        return {key: store._cache.get(key) or b"" for key in keys}

    return engine._on_store_thread(values)


def patterns(mine: dict[str, bytes], others: dict[str, bytes], series: Series, csv: bytes) -> set[bytes]:
    """Pieces of everything that is stored of a dataset, as it lies there and as it is meant, and not of another one."""
    found = {key.encode() for key in mine} | set(csv.splitlines()[1::29])
    for value in mine.values():
        found.update(value[at : at + WINDOW] for at in np.linspace(0, len(value) - WINDOW, 9).astype(int))
    found.update(struct.pack("<3d", *series.values[at : at + 3]) for at in range(0, len(series) - 3, 37))
    theirs = b"".join([*others.values(), *(key.encode() for key in others)])
    return {piece for piece in found if len(set(piece)) > 3 and piece not in theirs}  # zeros are everywhere


def left(folder: Path, wanted: set[bytes]) -> list[tuple[str, bytes]]:
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [(name, piece) for name, content in files.items() for piece in wanted if piece in content]


def irregular(length: int, seed: int, start: int) -> Series:
    """Readings with as many digits as there are, none of which occurs in another series."""
    return Series(np.random.default_rng(seed).normal(50, 9, length), HOUR, start)


@pytest.mark.parametrize("length", [300, 3000], ids=["values in the database", "values in files"])
@pytest.mark.parametrize("way", ["deleted", "flushed", "made room for", "expired"])
def test_no_byte_of_what_is_forgotten_stays_in_the_directory(
    settings: Settings, registry: dict[str, Loader], monkeypatch: pytest.MonkeyPatch, length: int, way: str
) -> None:
    engine = Engine(settings, registry)
    gone, kept = irregular(length, 1, 5000), irregular(length, 2, 90_000)
    csv = to_csv(gone, column="zebra")
    stays = engine.upload(to_csv(kept, column="okapi")).dataset.handle
    handle = engine.upload(csv).dataset.handle
    until(lambda: filled(engine, handle) and filled(engine, stays) and not engine.status().statistics.dirty_blocks)
    engine.recalculate(handle, -100, -50)  # what was replaced must not stay either
    until(lambda: filled(engine, handle) and not engine.status().statistics.dirty_blocks)
    wanted = patterns(stored(engine, handle), stored(engine, stays), gone, csv)
    assert left(settings.cache_dir, wanted)
    forget(engine, way, handle, stays, monkeypatch)
    assert left(settings.cache_dir, wanted) == []
    if way != "flushed":
        assert engine.forecast(stays, 0).handle == stays
    engine.close()
    assert left(settings.cache_dir, wanted) == []


def forget(engine: Engine, way: str, handle: str, stays: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = engine._library
    ways: dict[str, Callable[[], object]] = {
        "deleted": lambda: engine.delete(handle),
        "flushed": engine.flush,
        "made room for": lambda: engine._on_store_thread(lambda: library._room.make("", "", 0, 0)),
        "expired": lambda: engine._on_store_thread(library._room.expire),
    }
    if way == "made room for":
        monkeypatch.setattr(room, "LOOKED_AT", 0.0)
        engine.forecast(stays, 0)
        object.__setattr__(engine.settings, "max_datasets", 2)
    if way == "expired":
        monkeypatch.setattr(room, "LOOKED_AT", 0.0)
        object.__setattr__(engine.settings, "keep_days", 1.0)
        engine._on_store_thread(lambda: age(engine, handle))
    ways[way]()


def age(engine: Engine, handle: str) -> None:
    """Let a dataset be last used long ago."""
    store = engine._library._store
    for manifest in store.forecasts.manifests(handle):
        store.forecasts.put_manifest(dataclasses.replace(manifest, last_used=manifest.last_used - 10 * 86_400))


def test_nothing_stays_of_a_version_whose_blocks_another_one_shares(
    settings: Settings, registry: dict[str, Loader]
) -> None:
    """The older version ends within a block of the newer one: its scores there, and its handle, are its own."""
    newer = irregular(2400, 1, 5000)
    older = Series(newer.values[: 7 * 256 - 5000 % 256 + 5], HOUR, newer.first_slot)
    engine = Engine(settings, registry)
    handles = []
    for series in (older, newer):
        handles.append(engine.upload(to_csv(series)).dataset.handle)
        until(lambda: filled(engine, handles[-1]) and not engine.status().statistics.dirty_blocks)
    assert engine.versions(handles[0]).newer == handles[1]
    gone, kept = (stored(engine, handle) for handle in handles)
    subjects = {entry.subject.series.handle: entry.subject for entry in engine._scheduler.entries()}
    shared = set(subjects[handles[0]].keys) & set(subjects[handles[1]].keys)
    cards = {name for name in set(subjects[handles[0]].cards) - set(subjects[handles[1]].cards) if name[:64] in shared}
    assert cards
    engine.delete(handles[0])
    wanted = patterns(gone, kept, older, b"") | {card.encode() for card in cards}
    assert left(settings.cache_dir, wanted) == []
    assert engine.forecast(handles[1], -1000).handle == handles[1]
    engine.close()
    assert left(settings.cache_dir, wanted) == []
