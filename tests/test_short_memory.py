"""Memory that is far too short for what is looked at at once: everybody is answered, and nothing is lost."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from engine import Engine, Settings, fills, room, workers
from engine.blocks import BLOCK
from engine.errors import Evicted, Overloaded
from engine.forecasting import frame_of
from engine.models.base import Loader
from tests.conftest import ToyForecaster, filled, to_csv, until, wave

LONG = wave(1000)


@pytest.fixture
def engine(settings: Settings, registry: dict[str, Loader]) -> Iterator[Engine]:
    with closing(Engine(settings, registry)) as running:
        yield running


def ready(engine: Engine, csv: bytes = to_csv(LONG)) -> str:
    handle = engine.upload(csv).dataset.handle
    until(lambda: filled(engine, handle) and engine.status().statistics.dirty_blocks == 0)
    return handle


def close_all(engine: Engine) -> None:
    for entry in engine._scheduler.entries():
        assert engine._scheduler.retire(entry.key)


def put_all_away(engine: Engine) -> None:
    for entry in engine._scheduler.entries():
        for number in frame_of(entry).farthest(entry.focus):
            assert engine._scheduler.put_away(entry, int(number))


def others_in_between(engine: Engine, monkeypatch: pytest.MonkeyPatch, make_room: Callable[[Engine], None]) -> None:
    """Whenever the store thread has done something for somebody, it makes room for others before that one goes on."""
    on_store_thread = engine._waiting.on_store_thread

    def interrupted(function: Callable[[], Any], deadline: float | None = None) -> Any:
        result = on_store_thread(function, deadline)
        on_store_thread(lambda: make_room(engine))
        return result

    monkeypatch.setattr(engine._waiting, "on_store_thread", interrupted)


@pytest.mark.parametrize("make_room", [close_all, put_all_away])
def test_who_asks_is_answered_however_much_others_bring_into_memory_meanwhile(
    engine: Engine, toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch, make_room: Callable[[Engine], None]
) -> None:
    handle = ready(engine)
    expected = {index: engine.forecast(handle, index).samples.tolist() for index in (-900, -500, 0)}
    computed = toy.computed
    make_room(engine)
    others_in_between(engine, monkeypatch, make_room)
    for _ in range(2):
        assert {index: engine.forecast(handle, index).samples.tolist() for index in expected} == expected
    assert toy.computed == computed


def test_a_dataset_that_is_looked_at_is_not_deleted_to_make_room_when_memory_had_none_for_it(
    settings: Settings, registry: dict[str, Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Engine(dataclasses.replace(settings, max_datasets=1, memory_budget=1), registry)) as engine:
        handle = ready(engine)
        engine._on_store_thread(engine._library._room.retire)
        assert engine.status().datasets == 0
        with pytest.raises(Overloaded):
            engine.upload(to_csv(wave(300)))
        assert engine.forecast(handle, 0).handle == handle
        monkeypatch.setattr(room, "LOOKED_AT", -1.0)
        assert engine.upload(to_csv(wave(300))).dataset.handle != handle
        assert len(engine.datasets()) == 1


def exported(engine: Engine, handle: str) -> bytes:
    with closing(engine.export(handle)) as export:
        return b"".join(export)


def test_an_export_is_loaded_whole_even_if_its_dataset_is_closed_meanwhile(
    engine: Engine, settings: Settings, registry: dict[str, Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = ready(engine)
    raw, total = exported(engine, handle), engine.progress(handle).total
    elsewhere = dataclasses.replace(settings, cache_dir=settings.cache_dir / "elsewhere", background=False)
    with closing(Engine(elsewhere, registry)) as other:
        adopt = other._scheduler.adopt

        def closed_first(*given: Any) -> None:
            if threading.current_thread().name != "store":  # which alone closes what is open
                until(lambda: other.status().statistics.dirty_blocks == 0)
                close_all(other)
            adopt(*given)

        monkeypatch.setattr(other._scheduler, "adopt", closed_first)
        assert other.load(raw).imported == total


def test_what_is_computed_anew_of_an_export_is_its_own_even_if_its_dataset_is_closed_at_once(
    settings: Settings, registry: dict[str, Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PARTIAL_EVERY", 0.05)
    with closing(Engine(dataclasses.replace(settings, background=False), registry)) as engine:
        handle = engine.upload(to_csv(LONG)).dataset.handle
        for index in (-3, -2, -1):
            engine.forecast(handle, index)
        raw = exported(engine, handle)
        engine.delete(handle)
        assert engine.load(raw).imported == 3
        engine.forecast(handle, -1, force=True)
        until(lambda: engine.status().statistics.dirty_blocks == 0)
        close_all(engine)
        engine.forecast(handle, -2)
        assert engine.progress(handle).imported == 2


# --- what is on the disk only ---


def lose(engine: Engine, number: int) -> int:
    """Take a block that is put away from the disk. How many forecasts that are."""
    (entry,) = engine._scheduler.entries()
    engine._on_store_thread(lambda: put_all_away(engine))
    engine._on_store_thread(lambda: engine._library._store.forecasts.drop_blocks([entry.subject.keys[number]]))
    return len(frame_of(entry).stored_offsets(number))


def test_a_lost_block_is_computed_again_for_who_only_scrubs(engine: Engine, toy: ToyForecaster) -> None:
    handle = ready(engine)
    number = LONG.first_slot // BLOCK + 1
    expected, computed = engine.wire_block(handle, number).etag, toy.computed
    engine._wires.clear()
    gone = lose(engine, 1)
    assert gone == BLOCK
    assert not engine.wire_block(handle, number).complete
    until(lambda: toy.computed == computed + gone and filled(engine, handle))
    assert engine.wire_block(handle, number).etag == expected


def test_an_export_breaks_off_when_its_dataset_is_deleted_instead_of_leaving_rows_out(engine: Engine) -> None:
    handle = ready(engine)
    engine._on_store_thread(lambda: put_all_away(engine))
    with closing(engine.export(handle, "csv")) as export:
        next(iter(export))
        engine.delete(handle)
        with pytest.raises(Evicted):
            list(export)


# --- fills that were interrupted ---


def test_the_next_interrupted_fill_goes_on_when_the_one_before_it_is_deleted(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fills, "RESUMED", 1)
    monkeypatch.setattr(workers, "PARTIAL_EVERY", 0.05)
    toy.gate.clear()
    with closing(Engine(settings, registry)) as first:
        handles = {first.upload(to_csv(wave(length))).dataset.handle for length in (300, 400)}
        toy.gate.set()
        toy.failure = MemoryError()  # nothing is computed
    toy.failure = None
    toy.gate.clear()
    with closing(Engine(settings, registry)) as again:
        until(lambda: again.status().statistics.entries == 1)
        (entry,) = again._scheduler.entries()
        again.delete(entry.subject.series.handle)
        toy.gate.set()
        (other,) = handles - {entry.subject.series.handle}
        until(lambda: again.status().statistics.entries == 1)
        until(lambda: filled(again, other))


# --- the disk ---


def test_what_is_computed_does_not_outgrow_the_disk_budget(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PARTIAL_EVERY", 0.05)
    with closing(Engine(settings, registry)) as engine:
        old, looked_at = ready(engine), ready(engine, to_csv(wave(1100, seed=1)))
        used = engine._on_store_thread(engine._library._store.measure)
    with closing(Engine(dataclasses.replace(settings, disk_budget=used + 200_000), registry)) as engine:
        engine.forecast(looked_at, 0)
        toy.gate.clear()
        new = engine.upload(to_csv(wave(1200, seed=2))).dataset.handle
        assert {dataset.handle for dataset in engine.datasets()} == {old, looked_at, new}
        toy.gate.set()
        until(lambda: {dataset.handle for dataset in engine.datasets()} == {looked_at, new})
        until(lambda: filled(engine, new) and engine.status().disk <= engine.settings.disk_budget)
