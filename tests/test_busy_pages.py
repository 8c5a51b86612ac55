"""The pages while the engine is busy: what they show stays, what they cannot show they say, and they ask again."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from flask.testing import FlaskClient

import app as hindcast
from engine import Engine, Settings, Upload, errors
from engine.models.base import Loader
from pages import _fill
from tests.conftest import ToyForecaster, scored, to_csv, until, wave
from tests.dash_client import UNKNOWN, call, draw, page, wanted

FILL = "..fill.children...tick.disabled...fill-seen.data.."


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Where the store does not answer, nobody waits for it long."""
    return dataclasses.replace(settings, request_timeout=0.2) if "busy" in request.fixturenames else settings


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
    until(lambda: "fill-seen" in fill(client, stored))
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


NOW = {"done": 500, "total": 2300, "at": 40}


@pytest.mark.parametrize(
    "seen", [None, 7, {}, {"done": "many"}, {"done": True}, {"first": 7}, {"done": 501, "first": {}}]
)
def test_a_fill_that_nothing_is_known_of_begins_now(seen: Any) -> None:
    assert _fill.since(seen, NOW) == {"first": NOW, "then": NOW}


def test_the_pace_forgets_what_was_long_ago() -> None:
    long_ago, lately = {"done": 10, "total": 2300, "at": 5}, {"done": 400, "total": 2300, "at": 28}
    seen = {"done": 450, "total": 2300, "at": 39, "first": long_ago, "then": lately}
    assert _fill.since(seen, NOW) == {"first": long_ago, "then": lately}
    later = NOW | {"at": 43}
    assert _fill.since(seen, later) == {"first": lately, "then": later}


def test_no_time_is_told_from_a_moment_or_two() -> None:
    assert _fill.seconds_left({"done": 0, "at": 39}, NOW) is None
    assert _fill.seconds_left({"done": 0, "at": 37}, NOW) == 10.8


def test_a_moment_of_a_series_that_is_not_in_memory_waits_in_line(
    busy: threading.Event, client: FlaskClient, stored: Upload
) -> None:
    asked = wanted(stored)
    assert draw(client, asked) == {"answer": {"data": {"state": "busy", "seq": 1, "index": -40}}}
    busy.set()
    until(lambda: draw(client, asked)["answer"]["data"]["state"] == "ready")


@pytest.mark.parametrize("name", ["record", "dataset"])
@pytest.mark.parametrize("index", [-40, -299])
def test_a_refusal_while_the_picture_is_made_is_asked_for_again(
    client: FlaskClient, engine: Engine, upload: Upload, monkeypatch: pytest.MonkeyPatch, name: str, index: int
) -> None:
    draw(client, wanted(upload))  # the frame is known from here on
    monkeypatch.setattr(engine, name, Mock(side_effect=errors.DeadlineExceeded("no")))
    asked = wanted(upload, index=index, upload=upload.record.upload_id)
    assert draw(client, asked)["answer"]["data"]["state"] == "busy"


def test_the_page_of_a_series_that_cannot_be_read_now_says_so(
    busy: threading.Event, client: FlaskClient, stored: Upload
) -> None:
    address = f"/explore/{stored.dataset.handle}"
    told = page(client, address, "?i=-40")
    for words in ("This file cannot be opened right now.", "The cache did not answer in time.", "Try again"):
        assert words in told
    busy.set()
    until(lambda: "What would have been forecast" in page(client, address, "?i=-40"))


def test_the_first_html_of_a_series_that_cannot_be_read_now_says_so(
    busy: threading.Event, client: FlaskClient, stored: Upload
) -> None:
    address = f"/explore/{stored.dataset.handle}?i=-40"
    words = client.get(address).get_data(as_text=True)
    assert "This file cannot be opened right now." in words
    assert "<title>Hindcast</title>" in words
    busy.set()
    until(lambda: "It missed by" in client.get(address).get_data(as_text=True))
    assert "right now" not in client.get(f"/explore/{UNKNOWN}").get_data(as_text=True)


def test_how_a_file_was_read_is_offered_again_where_it_cannot_be_looked_up(
    busy: threading.Event, client: FlaskClient, stored: Upload
) -> None:
    strip = "..read-strip.children...series-name.children.."
    mine, state = {"mine.data": {"upload": stored.record.upload_id}}, {"facts.data": {"handle": stored.dataset.handle}}
    told = call(client, strip, mine, state).get_data(as_text=True)
    assert "How this file was read cannot be shown right now." in told
    assert '"data-readback":"again"' in told.replace(" ", "")
    busy.set()
    until(lambda: "zebra [kWh]" in call(client, strip, mine, state).get_data(as_text=True))


@pytest.fixture
def alone(settings: Settings, registry: dict[str, Loader]) -> Iterator[Engine]:
    """An engine that computes only what it is asked for."""
    running = Engine(dataclasses.replace(settings, background=False), registry)
    yield running
    running.close()


def test_the_fill_line_rests_while_nothing_is_computed(alone: Engine) -> None:
    known = alone.upload(to_csv(wave(300)))
    told = fill(hindcast.create_app(alone.settings, alone).server.test_client(), known)
    assert (told["fill"]["children"], told["tick"]["disabled"]) == ("", True)
    assert told["fill-seen"]["data"]["state"] == "paused"
