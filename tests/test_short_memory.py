"""Memory that is far too short for what is looked at at once: everybody is answered, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from engine import Engine, Settings
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
    on_store_thread = engine._on_store_thread

    def interrupted(function: Callable[[], Any], deadline: float | None = None) -> Any:
        result = on_store_thread(function, deadline)
        on_store_thread(lambda: make_room(engine))
        return result

    monkeypatch.setattr(engine, "_on_store_thread", interrupted)


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
