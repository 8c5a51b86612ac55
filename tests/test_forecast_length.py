"""The forecast's length in the address: carried by every request, refused in words where it is none."""

from __future__ import annotations

import dataclasses
import json

import pytest
from flask.testing import FlaskClient

import app as hindcast
from engine import Engine, Settings, Upload
from engine.models.base import Loader
from pages import _inputs, _readback
from pages._first import first
from tests.conftest import ToyForecaster, to_csv, until, wave
from tests.dash_client import call, draw, page, wanted


def explore(client: FlaskClient, known: Upload, search: str) -> str:
    return json.dumps(json.loads(page(client, f"/explore/{known.dataset.handle}", search)))


def test_an_address_without_a_length_means_the_usual_one(client: FlaskClient, upload: Upload) -> None:
    for search in ("?i=-30", "?i=-30&h=12", "?h="):
        assert '"horizon": 12' in explore(client, upload, search)
        assert '"h": null' in explore(client, upload, search)
        assert "steps long" not in explore(client, upload, search)


def test_a_length_of_the_address_is_that_of_the_page_and_its_links(client: FlaskClient, upload: Upload) -> None:
    words = explore(client, upload, "?i=-30&h=24")
    assert '"horizon": 24' in words
    assert '"h": 24' in words
    assert "export.csv?horizon=24" in words
    assert '"index": -24' in explore(client, upload, "?h=24")


@pytest.mark.parametrize("text", ["0", "65", "-3", "abc", "1e1", "12.5", "9" * 400, "%00"])
def test_a_length_that_is_none_is_said_and_the_usual_one_is_shown(
    client: FlaskClient, upload: Upload, text: str
) -> None:
    words = explore(client, upload, f"?i=-30&h={text}")
    assert "A forecast is 1 to 64 steps long. This one has 12 steps, 12 h." in words
    assert '"h": null' in words


def test_the_picture_and_its_sentences_are_of_that_length(client: FlaskClient, upload: Upload) -> None:
    answer = draw(client, wanted(upload, h=24))
    assert r"over the next 24\u00a0h" in json.dumps(answer["missed"])
    short = draw(client, wanted(upload))
    ends = [one["forecast"]["figure"]["layout"]["xaxis"]["range"] for one in (short, answer)]
    assert ends[1][1] == ends[0][1] + 12
    assert ends[1][0] < ends[0][0]


def test_the_progress_line_counts_the_forecasts_of_that_length(client: FlaskClient, engine: Engine) -> None:
    known = engine.upload(to_csv(wave(300)), horizon=24)
    until(lambda: engine.progress(known.dataset.handle, horizon=24).state == "done")
    for h, state in ((24, "done"), (None, "paused")):
        states = {"facts.data": {"handle": known.dataset.handle, "h": h}, "fill-seen.data": None}
        output = "..fill.children...tick.disabled...fill-seen.data.."
        told = call(client, output, {"tick.n_intervals": 1}, states).get_json()["response"]
        assert told["fill-seen"]["data"]["state"] == state


def test_the_forecasts_of_that_length_are_computed_anew(
    client: FlaskClient, engine: Engine, toy: ToyForecaster
) -> None:
    known = engine.upload(to_csv(wave(300)), horizon=24)
    until(lambda: engine.progress(known.dataset.handle, horizon=24).state == "done")
    before = toy.computed
    asked = {"handle": known.dataset.handle, "what": "file", "index": 0, "h": 24}
    told = call(client, "recalculated.data", {"recalculate.data": asked})
    assert told.get_json()["response"]["recalculated"]["data"]["accepted"]
    until(lambda: toy.computed == 2 * before)
    until(lambda: engine.progress(known.dataset.handle, horizon=24).state == "done")
    assert engine.progress(known.dataset.handle).done == 0


def test_the_first_words_of_a_link_are_those_of_its_length(engine: Engine, upload: Upload) -> None:
    engine.forecast(upload.dataset.handle, -30, horizon=24)
    told = first(engine, f"/explore/{upload.dataset.handle}", "?i=-30&h=24")
    assert "over the next 24\u00a0h" in told.sentence


def test_the_strip_offers_the_other_lengths_in_steps_and_time(settings: Settings, registry: dict[str, Loader]) -> None:
    with_own = dataclasses.replace(settings, horizon=10)
    engine = Engine(with_own, registry)
    try:
        client = hindcast.create_app(with_own, engine).server.test_client()
        known = engine.upload(to_csv(wave(300)))
        facts = {"facts.data": {"handle": known.dataset.handle, "h": 24}}
        mine = {"mine.data": {"upload": known.record.upload_id}}
        words = json.dumps(call(client, "..read-strip.children...series-name.children..", mine, facts).get_json())
    finally:
        engine.close()
    assert "24 steps = 24 h" in words
    for label, steps in (("10 = 10 h", ""), ("12 = 12 h", "12"), ("64 = 64 h", "64")):
        assert f'"children": "{label}", "className": "link", "data-length": "{steps}"' in words
    assert words.count("data-length") == 3


def test_the_way_to_a_newer_version_keeps_the_length(client: FlaskClient, engine: Engine) -> None:
    whole = wave(900)
    old = engine.upload(to_csv(dataclasses.replace(whole, values=whole.values[:800])))
    new = engine.upload(to_csv(whole))
    words = explore(client, old, "?i=-30&h=24")
    assert new.extends == old.dataset.handle
    assert f'"href": "/explore/{new.dataset.handle}?t=' in words
    assert "&h=24" in words


def test_lengths_whose_end_the_file_has_never_seen_are_not_offered(client: FlaskClient, engine: Engine) -> None:
    for rows, offered in ((100, ["24", "64"]), (60, ["24"]), (40, [])):
        known = engine.upload(to_csv(wave(rows)))
        facts = {"facts.data": {"handle": known.dataset.handle, "h": None}}
        mine = {"mine.data": {"upload": known.record.upload_id}}
        words = json.dumps(call(client, "..read-strip.children...series-name.children..", mine, facts).get_json())
        assert [steps for steps in ("24", "64") if f'"data-length": "{steps}"' in words] == offered
        assert "12 steps = 12 h" in words


def test_odd_lengths_of_a_request_are_the_usual_one(upload: Upload) -> None:
    for odd in (True, 0, 65, -1, "24", 24.0, None, [], {}):
        asked = _inputs.wanted(wanted(upload, h=odd))
        assert asked is not None
        assert asked.horizon is None
    assert _readback.LENGTHS == (12, 24, 64)
