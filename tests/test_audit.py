"""Engine.check: whatever is wrong in the cache is found, and what can be computed is computed again."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pytest

from engine import CheckReport, Engine, Settings
from engine.audit import Audit
from engine.blocks import Manifest
from engine.errors import Overloaded
from engine.models.base import Loader
from engine.store import Store
from tests.conftest import ToyForecaster, filled, to_csv, until, wave

SERIES = wave(1500, first_slot=1000)  # seven blocks
CSV = to_csv(SERIES)
SOUND = CheckReport(blocks=7, series=1, uploads=1)

T = TypeVar("T")


@pytest.fixture
def handle(engine: Engine) -> str:
    done = engine.upload(CSV).dataset.handle
    until(lambda: written(engine, done))
    return done


def written(engine: Engine, handle: str) -> bool:
    return filled(engine, handle) and engine.status().statistics.dirty_blocks == 0


def on_disk(engine: Engine, work: Callable[[Store], T]) -> T:
    return engine._on_store_thread(lambda: work(engine._library._store))


def manifest(store: Store) -> Manifest:
    (found,) = store.forecasts.manifests()
    return found


def spoil(store: Store, key: str) -> None:
    value = bytearray(store._cache.get(key) or b"")
    value[-50] ^= 1
    store._cache.set(key, bytes(value))


def reopened(engine: Engine, settings: Settings, registry: dict[str, Loader], change: Callable[[Store], Any]) -> Engine:
    """The next life of an engine, after something happened to its cache."""
    engine.close()
    store = Store(settings.cache_dir, 1.0)
    store.open()
    change(store)
    store.close()
    return Engine(settings, registry)


def test_nothing_is_wrong_with_a_cache_nobody_touched(engine: Engine, handle: str, toy: ToyForecaster) -> None:
    computed = toy.computed
    assert engine.check() == SOUND
    assert written(engine, handle)
    assert toy.computed == computed


@pytest.mark.parametrize("opened", [True, False], ids=["of an open dataset", "of one that is not open"])
@pytest.mark.parametrize("harm", ["damaged", "missing", "part of it missing"])
def test_a_block_that_is_not_as_it_was_written_is_written_or_computed_again(
    engine: Engine,
    settings: Settings,
    registry: dict[str, Loader],
    toy: ToyForecaster,
    handle: str,
    harm: str,
    opened: bool,
) -> None:
    before = engine.forecast(handle, -700).samples
    key = engine._scheduler.entries()[0].subject.keys[3]

    def change(store: Store) -> None:
        if harm == "damaged":
            spoil(store, f"b/{key}")
        elif harm == "missing":
            store._cache.delete(f"b/{key}")
        else:
            store.forecasts.drop_rows(key, np.array([5, 250]))

    computed, again = toy.computed, engine
    if opened:
        on_disk(engine, change)
    else:
        again = reopened(engine, settings, registry, change)
    report = again.check()
    found = report.damaged if harm == "damaged" else report.missing
    assert found == (0 if harm == "missing" and not opened else 1)  # the start found it already
    until(lambda: written(again, handle))
    assert again.check() == SOUND
    rows = on_disk(again, lambda store: store.forecasts.block_rows(key))
    assert rows is not None
    assert len(rows.offsets) == 256
    assert (again.forecast(handle, -700).samples == before).all()
    lost = {"damaged": 256, "missing": 256, "part of it missing": 2}[harm]
    assert toy.computed == computed + (0 if opened else lost)  # what is in memory need only be written
    again.close()


def test_rows_that_are_on_the_disk_only_are_computed_again_when_they_are_not_there(
    engine: Engine, settings: Settings, registry: dict[str, Loader], toy: ToyForecaster, handle: str
) -> None:
    again = reopened(engine, settings, registry, lambda store: None)
    again.forecast(handle, 0)  # opened; the other blocks stay on the disk
    computed, keys = toy.computed, again._scheduler.entries()[0].subject.keys
    on_disk(again, lambda store: spoil(store, f"b/{keys[2]}"))
    assert again.check().damaged == 1
    until(lambda: written(again, handle))
    assert toy.computed == computed + 256
    assert again.check() == SOUND
    again.close()


@pytest.mark.parametrize("opened", [True, False], ids=["of an open dataset", "of one that is not open"])
def test_a_manifest_that_is_damaged_is_made_anew_and_its_blocks_stay(
    engine: Engine, settings: Settings, registry: dict[str, Loader], toy: ToyForecaster, handle: str, opened: bool
) -> None:
    def change(store: Store) -> None:
        (key,) = store.keys("m/")
        spoil(store, key)

    computed, again, keys = toy.computed, engine, engine._scheduler.entries()[0].subject.keys
    if opened:
        on_disk(engine, change)
    else:
        again = reopened(engine, settings, registry, change)
    assert again.check() == SOUND
    after = on_disk(again, manifest)
    assert tuple(after.keys) == keys
    assert after.complete
    assert again.check() == SOUND
    again.forecast(handle, -700)
    assert written(again, handle)
    assert toy.computed == computed
    again.close()


def test_what_nothing_names_is_removed_and_nothing_else(engine: Engine, handle: str) -> None:
    def litter(store: Store) -> None:
        found = manifest(store)
        rows, card = store.forecasts.block_rows(found.keys[0]), store.forecasts.scorecard(store.keys("c/")[0][2:])
        assert rows is not None
        assert card is not None
        store.forecasts.put_block("f" * 64, rows, full=True)
        store.forecasts.put_scorecard(f"{'e' * 64}/1", card)
        store.forecasts.put_manifest(dataclasses.replace(found, handle="d" * 64, keys=["b" * 64] * len(found.keys)))
        store.put_version("c" * 64, ("grid", 1, 2, 3, np.zeros(1, np.uint32), None))

    before = on_disk(engine, lambda store: set(store._cache.iterkeys()))
    on_disk(engine, litter)
    assert engine.check().orphans == 4
    assert on_disk(engine, lambda store: set(store._cache.iterkeys())) == before
    assert engine.check() == SOUND


def test_damaged_series_and_uploads_are_told_of_and_kept(engine: Engine, handle: str) -> None:
    upload = on_disk(engine, lambda store: store.keys("u/"))
    on_disk(engine, lambda store: [spoil(store, key) for key in (f"s/{handle}", *upload)])
    report = engine.check()
    assert (report.damaged_series, report.damaged_uploads) == (1, 2)
    assert on_disk(engine, lambda store: store.has(f"s/{handle}") and all(map(store.has, upload)))


def test_a_check_in_the_middle_of_a_fill_finds_nothing_wrong(
    engine: Engine, toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = Audit._compare
    monkeypatch.setattr("engine.audit.AT_ONCE", 1)

    def filling(audit: Audit, *which: str) -> None:
        until(lambda: len(toy.calls) > 20)  # more was computed since the blocks were looked at
        compare(audit, *which)

    monkeypatch.setattr(Audit, "_compare", filling)
    handle = engine.upload(to_csv(wave(4000))).dataset.handle
    report = engine.check()
    assert report == CheckReport(blocks=report.blocks, series=1, uploads=1)
    until(lambda: written(engine, handle))
    assert toy.computed == engine.progress(handle).total


def test_one_check_at_a_time(engine: Engine, handle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    began, go_on = threading.Event(), threading.Event()

    def held(audit: Audit) -> None:
        began.set()
        assert go_on.wait(20)

    monkeypatch.setattr(Audit, "_remove_orphans", held)
    first = threading.Thread(target=engine.check)
    first.start()
    assert began.wait(20)
    with pytest.raises(Overloaded, match="being checked already"):
        engine.check()
    go_on.set()
    first.join(20)
    engine.check()
