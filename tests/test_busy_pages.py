"""The pages while the engine is busy: what they show stays, what they cannot show they say, and they ask again."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine import Engine, Settings, Upload, errors
from engine.models.base import Loader
from pages import _fill
from tests.conftest import ToyForecaster, scored, to_csv, wave
from tests.dash_client import call

FILL = "..fill.children...tick.disabled...fill-seen.data.."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, request_timeout=0.2)


@pytest.fixture
def stored(settings: Settings, registry: dict[str, Loader]) -> Upload:
    """A series of an earlier life of the server: the engine under test has not read it yet."""
    earlier = Engine(settings, registry)
    known = scored(earlier)
    earlier.close()
    return known


@pytest.fixture
def busy(stored: Upload, engine: Engine) -> Iterator[threading.Event]:
    """The store does not answer until this is set. To be named before `client`, which opens the cache directory."""
    held = threading.Event()
    engine._scheduler.call_store(lambda: held.wait(30))
    yield held
    held.set()


def fill(client: FlaskClient, known: Upload, seen: Any = None) -> dict[str, Any]:
    """What a tick of the progress line changes."""
    facts = {"facts.data": {"handle": known.dataset.handle}, "fill-seen.data": seen}
    told = call(client, FILL, {"tick.n_intervals": 3}, facts)
    return dict(json.loads(told.get_data())["response"])


def test_the_fill_line_waits_out_a_busy_server(busy: threading.Event, client: FlaskClient, stored: Upload) -> None:
    assert fill(client, stored) == {"tick": {"disabled": False}}
    busy.set()
    assert fill(client, stored)["fill-seen"]["data"]["total"] == 277


@pytest.mark.parametrize("refusal", [errors.DeadlineExceeded, errors.Overloaded, errors.EngineClosed])
def test_a_refusal_that_passes_does_not_end_the_fill_line(
    client: FlaskClient, engine: Engine, upload: Upload, monkeypatch: pytest.MonkeyPatch, refusal: Any
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise refusal("no")

    monkeypatch.setattr(engine, "progress", refuse)
    assert fill(client, upload) == {"tick": {"disabled": False}}


def test_a_file_that_is_gone_has_no_fill_line(client: FlaskClient, engine: Engine, upload: Upload) -> None:
    engine.delete(upload.dataset.handle)
    told = fill(client, upload)
    assert (told["fill"]["children"], told["tick"]["disabled"]) == ("", True)


def test_the_time_left_is_told_anew_when_the_file_is_computed_anew(
    client: FlaskClient, engine: Engine, toy: ToyForecaster
) -> None:
    toy.gate.clear()
    try:
        known = engine.upload(to_csv(wave(300, seed=4)))
        first = {"done": 0, "total": 277, "at": 1}
        told = fill(client, known, {"done": 270, "total": 277, "at": 2, "state": "filling", "first": first})
        assert told["fill-seen"]["data"]["first"] == {"done": 0, "total": 277, "at": 3}
        again = fill(client, known, told["fill-seen"]["data"])
        assert again["fill-seen"]["data"]["first"] == {"done": 0, "total": 277, "at": 3}
    finally:
        toy.gate.set()


@pytest.mark.parametrize("seen", [None, 7, {}, {"done": "many"}, {"done": True}])
def test_a_fill_that_nothing_is_known_of_begins_now(seen: Any) -> None:
    assert _fill.beginning(seen, 5) is None
