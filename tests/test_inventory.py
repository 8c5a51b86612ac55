"""What is stored, as the engine tells it, and forgetting some of it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from engine import Engine, ReadOptions, Settings, StoredDataset, StoredForecasts, Upload, errors
from engine.models.base import Loader, built_in
from engine.series import Phase, Series, Step
from tests.conftest import ToyForecaster, filled, scored, to_csv, until, wave

UNKNOWN = "0" * 64


@pytest.fixture
def later() -> Iterator[ExitStack]:
    """What is closed at the end."""
    with ExitStack() as stack:
        yield stack


def written(engine: Engine) -> bool:
    return engine.status().statistics.dirty_blocks == 0


def kept(engine: Engine, handle: str) -> StoredDataset:
    """What the inventory says of a dataset, once everything is written."""
    until(lambda: written(engine))
    (found,) = (dataset for dataset in engine.cache().datasets if dataset.handle == handle)
    return found


def forecasts(engine: Engine, handle: str, model: str = "toy") -> StoredForecasts:
    (found,) = (one for one in kept(engine, handle).forecasts if one.model == model)
    return found


def test_an_empty_store_has_room_and_nothing_in_it(engine: Engine, settings: Settings) -> None:
    inventory = engine.cache()
    assert inventory.datasets == ()
    assert (inventory.memory_budget, inventory.disk_budget) == (settings.memory_budget, settings.disk_budget)
    assert (inventory.damaged, inventory.damaged_folders) == (0, 0)


def test_a_dataset_is_told_with_its_length_its_ends_and_its_forecasts(engine: Engine, upload: Upload) -> None:
    dataset = kept(engine, upload.dataset.handle)
    assert (dataset.length, dataset.step_seconds, dataset.step_calendar, dataset.zone) == (300, 3600, None, None)
    assert (dataset.start, dataset.end) == (upload.dataset.start, upload.dataset.end)
    assert dataset.upload_kept
    assert abs(dataset.last_used - time.time()) < 60
    (one,) = dataset.forecasts
    assert (one.model, one.horizon, one.digest, one.numerics) == ("toy", 12, "toy-1", "fp32")
    assert (one.done, one.failed, one.imported, one.total) == (277, 0, 0, 277)
    assert (one.state, one.model_loaded) == ("done", True)
    assert 0 < one.bytes < dataset.bytes == dataset.own_bytes <= engine.cache().disk


def test_a_calendar_series_whose_head_is_long_is_told_like_any_other(engine: Engine) -> None:
    """Thousands of phases make the head of a series longer than what is read of it at first."""
    phases = tuple(Phase(24_000 + 2 * k, k % 5, 0, 1 + k % 28) for k in range(4_000))
    values = np.random.default_rng(0).normal(size=8_200)
    series = Series(values, Step(1, "month"), 24_000, "UTC", phases)
    engine._on_store_thread(lambda: engine._library._store.put_series(series))
    dataset = kept(engine, series.handle)
    assert (dataset.length, dataset.step_seconds, dataset.step_calendar, dataset.zone) == (8_200, None, "month", "UTC")
    assert [dataset.start, dataset.end] == series.times(np.array([series.first_slot, series.last_slot])).tolist()
    assert dataset.forecasts == ()
    assert not dataset.upload_kept


def test_what_two_datasets_share_is_counted_in_both_and_freed_by_neither(engine: Engine) -> None:
    longer = wave(2_000)
    shorter = Series(longer.values[:1_500], longer.step, longer.first_slot)
    first, second = (engine.upload(to_csv(series)).dataset.handle for series in (shorter, longer))
    until(lambda: filled(engine, first) and filled(engine, second))
    sizes = {handle: kept(engine, handle) for handle in (first, second)}
    assert all(dataset.own_bytes < dataset.bytes for dataset in sizes.values())
    shared = sizes[first].bytes - sizes[first].own_bytes
    assert sizes[second].bytes - sizes[second].own_bytes == shared
    engine.delete(second)
    alone = kept(engine, first)
    assert alone.own_bytes == alone.bytes
    assert alone.forecasts == sizes[first].forecasts


def test_an_upload_with_two_readings_belongs_to_neither_of_them(engine: Engine) -> None:
    one, other = wave(300), wave(300, seed=1)
    rows = [
        f"{line},{float(value)!r}"
        for line, value in zip(to_csv(one).decode().splitlines()[1:], other.values, strict=True)
    ]
    raw = "\n".join(["time,a,b", *rows]).encode()
    first = engine.upload(raw)
    second = engine.reread(first.record.upload_id, ReadOptions(value="b"))
    for known in (first, second):
        dataset = kept(engine, known.dataset.handle)
        assert dataset.bytes - dataset.own_bytes > len(raw)
        assert dataset.upload_kept


def test_what_is_not_open_is_stored_and_keeps_its_counts(
    settings: Settings, registry: dict[str, Loader], later: ExitStack
) -> None:
    first = Engine(settings, registry)
    handles = [first.upload(to_csv(wave(300, seed=seed))).dataset.handle for seed in range(2)]
    until(lambda: all(filled(first, handle) for handle in handles))
    before = [kept(first, handle) for handle in handles]
    first.close()
    again = Engine(settings, built_in() | {"toy": registry["toy"], "other": registry["toy"]})
    later.callback(again.close)
    for handle, old in zip(handles, before, strict=True):
        one = forecasts(again, handle)
        assert (one.state, one.done, one.total, one.model_loaded) == ("stored", 277, 277, True)
        assert abs(one.bytes - old.forecasts[0].bytes) < 16  # the digits of when it was last used
    again.forecast(handles[0], -20)
    assert forecasts(again, handles[0]).state == "done"
    assert [dataset.handle for dataset in again.cache().datasets] == handles  # the one that was looked at comes first


def test_a_fill_that_goes_on_is_counted_from_memory(engine: Engine, toy: ToyForecaster) -> None:
    toy.gate.clear()
    handle = engine.upload(to_csv(wave(300))).dataset.handle
    one = forecasts(engine, handle)
    assert (one.state, one.done, one.total) == ("filling", 0, 277)
    toy.gate.set()
    until(lambda: forecasts(engine, handle).done == 277)


def test_the_forecasts_of_one_model_are_dropped_and_computed_again_when_somebody_asks(
    engine: Engine, upload: Upload, toy: ToyForecaster
) -> None:
    handle = upload.dataset.handle
    engine.forecast(handle, -20, model="seasonal-naive")
    until(lambda: filled(engine, handle, "seasonal-naive"))
    before, computed = kept(engine, handle), toy.computed
    assert engine.drop(handle, model="toy") == 277
    after = kept(engine, handle)
    assert [one.model for one in after.forecasts] == ["seasonal-naive"]
    assert after.bytes < before.bytes
    assert after.upload_kept
    assert toy.computed == computed
    progress = engine.progress(handle)
    assert (progress.done, progress.state) == (0, "paused")
    engine.forecast(handle, -20)
    until(lambda: filled(engine, handle))
    assert toy.computed >= computed + 277
    assert forecasts(engine, handle).bytes > 0


def test_all_forecasts_of_a_dataset_are_dropped_and_the_series_stays(engine: Engine, upload: Upload) -> None:
    handle = upload.dataset.handle
    engine.forecast(handle, -20, model="seasonal-naive", horizon=3)
    until(lambda: engine.progress(handle, model="seasonal-naive", horizon=3).state == "done")
    assert engine.drop(handle, horizon=5) == 0
    assert engine.drop(handle) == 554
    dataset = kept(engine, handle)
    assert dataset.forecasts == ()
    assert engine.dataset(handle).length == 300
    assert engine.record(upload.record.upload_id, handle) is not None
    assert engine.drop(handle) == 0


def test_dropped_forecasts_leave_no_block_on_the_disk_but_those_another_dataset_names(
    engine: Engine, upload: Upload
) -> None:
    def blocks() -> list[str]:
        sizes = engine._on_store_thread(lambda: engine._library._store.stock()).sizes
        return [key for key in sizes if key.startswith(("b/", "c/", "m/"))]

    until(lambda: written(engine))
    assert blocks()
    engine.drop(upload.dataset.handle)
    assert blocks() == []
    longer = wave(2_000)
    shorter = Series(longer.values[:1_500], longer.step, longer.first_slot)
    first, second = (engine.upload(to_csv(series)).dataset.handle for series in (shorter, longer))
    until(lambda: filled(engine, first) and filled(engine, second))
    whole = kept(engine, second).forecasts[0]
    engine.drop(first)
    assert kept(engine, second).forecasts[0] == whole
    assert engine.upload(to_csv(shorter)).reused > 1_000


def test_a_fill_that_was_interrupted_is_not_resumed_once_it_is_dropped(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster, later: ExitStack
) -> None:
    first = Engine(settings, registry)
    toy.gate.clear()
    handle = first.upload(to_csv(wave(300))).dataset.handle
    toy.gate.set()
    first.close()
    again = Engine(dataclasses.replace(settings, background=False), registry)
    later.callback(again.close)
    assert again.drop(handle) <= 277
    assert not again._library.fills._unfinished
    assert kept(again, handle).forecasts == ()


def test_who_waits_for_a_forecast_that_is_dropped_is_answered(engine: Engine, toy: ToyForecaster) -> None:
    handle = engine.upload(to_csv(wave(300))).dataset.handle
    entry = engine._asking.entry(handle, engine._catalog.spec(None, None))
    toy.gate.clear()
    ticket = engine._scheduler.request(entry, engine.dataset(handle).origin_slot(-20), force=True)
    engine.drop(handle)
    toy.gate.set()
    with pytest.raises(errors.Evicted):
        ticket.future.result(30)
    assert engine.forecast(handle, -20).index == -20


def test_who_looks_at_a_moment_while_its_forecasts_are_dropped_still_gets_it(
    engine: Engine, toy: ToyForecaster
) -> None:
    handle = engine.upload(to_csv(wave(300))).dataset.handle
    until(lambda: filled(engine, handle))
    toy.gate.clear()
    with ThreadPoolExecutor(1) as viewer:
        drawn = viewer.submit(engine.forecast, handle, -20, force=True, session="tab", seq=7)
        until(lambda: engine.status().statistics.waiting == 1)
        assert engine.drop(handle) == 276
        toy.gate.set()
        assert drawn.result(30).index == -20


@pytest.mark.parametrize("handle", [UNKNOWN, "x", "", "../m", UNKNOWN.upper() + "A"])
def test_forecasts_of_what_is_not_stored_cannot_be_dropped(engine: Engine, handle: str) -> None:
    with pytest.raises(errors.UnknownHandle):
        engine.drop(handle)


def test_damaged_caches_are_told_and_deleted_and_nothing_else_is(engine: Engine, settings: Settings) -> None:
    folder = settings.cache_dir
    aside = folder / "cache-damaged-20240305T140000Z-77"
    (aside / "ab" / "cd").mkdir(parents=True)
    (aside / "ab" / "cd" / "value.val").write_bytes(b"x" * 5_000)
    mine = folder / "cache-damaged-by-me"
    mine.mkdir()
    (mine / "notes").write_text("not the server's")
    link = folder / "cache-damaged-20240305T140001Z-78"
    link.symlink_to(mine, target_is_directory=True)
    inventory = engine.cache()
    assert inventory.damaged_folders == 1
    assert inventory.damaged >= 5_000
    assert engine.delete_damaged() == inventory.damaged
    assert not aside.exists()
    assert (mine / "notes").exists()
    assert link.is_symlink()
    assert (engine.cache().damaged, engine.cache().damaged_folders) == (0, 0)
    assert engine.delete_damaged() == 0


def test_a_damaged_cache_that_cannot_be_deleted_is_said(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.cache_dir / "cache-damaged-20240305T140000Z-77").mkdir()

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("engine.recovery.shutil.rmtree", refuse)
    with pytest.raises(errors.StorageFailed, match=r"Permission denied.*by hand"):
        engine.delete_damaged()


@pytest.mark.parametrize("key", ["m/", "u/", "s/"])
def test_what_is_damaged_is_left_out_and_the_rest_is_told(engine: Engine, upload: Upload, key: str) -> None:
    handle = upload.dataset.handle
    other = scored_other(engine)
    until(lambda: written(engine))

    def damage() -> None:
        cache = engine._library._store._cache
        for name in cache.sizes():
            if name.startswith(key) and (handle in name or upload.record.upload_id in name):
                cache.set(name, b"HCS2" + b"\xff" * 60)

    engine._on_store_thread(damage)
    found = {dataset.handle: dataset for dataset in engine.cache().datasets}
    assert found[other].forecasts[0].done == 277
    if key == "s/":
        assert handle not in found
    else:
        assert len(found[handle].forecasts) == (0 if key == "m/" else 1)
        assert found[handle].upload_kept == (key == "m/")


def scored_other(engine: Engine) -> str:
    done = engine.upload(to_csv(wave(300, seed=3)))
    until(lambda: filled(engine, done.dataset.handle))
    return done.dataset.handle


def test_the_inventory_is_read_in_a_handful_of_statements_however_much_is_stored(engine: Engine) -> None:
    def statements() -> int:
        seen: list[str] = []

        def look() -> None:
            connection = engine._library._store._cache._con
            connection.set_trace_callback(seen.append)
            engine._library.stock()
            connection.set_trace_callback(None)

        engine._on_store_thread(look)
        return len(seen)

    scored(engine)
    few = statements()
    for seed in range(4, 8):
        engine.upload(to_csv(wave(300, seed=seed)))
    until(lambda: len(engine.cache().datasets) == 5)
    assert statements() == few <= 5


def test_a_closed_engine_tells_and_drops_nothing(engine: Engine, upload: Upload) -> None:
    engine.close()
    with pytest.raises(errors.EngineClosed):
        engine.cache()
    with pytest.raises(errors.EngineClosed):
        engine.drop(upload.dataset.handle)
