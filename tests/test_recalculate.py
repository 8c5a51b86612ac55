"""Computing anew from the explore page: this moment, the moments in the picture, the whole file; and failed moments."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

import app as hindcast
from engine import Engine, Settings, Upload, errors
from pages import _fill, _recalculate, _words
from tests.conftest import ToyForecaster, filled, to_csv, until, wave
from tests.dash_client import UNKNOWN, call, draw, page, wanted

FILL = "..fill.children...tick.disabled...fill-seen.data.."


def wish(client: FlaskClient, value: Any) -> dict[str, Any]:
    """What is answered to a wish; empty where it is none."""
    answer = call(client, "recalculated.data", {"recalculate.data": value})
    assert answer.status_code == 200
    told = json.loads(answer.get_data())["response"]
    return dict(told["recalculated"]["data"]) if told else {}


def test_the_page_offers_three_choices(client: FlaskClient, upload: Upload) -> None:
    words = page(client, f"/explore/{upload.dataset.handle}")
    for _, choice in _recalculate.CHOICES:
        assert choice in words


def test_this_moment_is_computed_anew_with_its_picture(
    client: FlaskClient, engine: Engine, upload: Upload, toy: ToyForecaster
) -> None:
    before = toy.computed
    usual = draw(client, wanted(upload))
    assert (toy.computed, usual["answer"]["data"]["anew"]) == (before, "")
    again = draw(client, wanted(upload, seq=2, force=True))
    assert again["answer"]["data"]["state"] == "ready"
    assert again["answer"]["data"]["anew"] == "This moment was computed anew."
    assert toy.computed == before + 1
    assert again["forecast"]["figure"]["data"] == usual["forecast"]["figure"]["data"]


@pytest.mark.parametrize("odd", [None, 1, "true", [True], {}])
def test_only_true_forces(client: FlaskClient, upload: Upload, toy: ToyForecaster, odd: Any) -> None:
    before = toy.computed
    draw(client, wanted(upload, force=odd))
    assert toy.computed == before


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"what": "file"}, 277),
        ({"what": "picture"}, 49),
        ({"what": "picture", "narrow": True}, 19),
        ({"what": "picture", "look": "past=-1"}, 25),
        ({"what": "picture", "index": 0}, 49),
        ({"what": "picture", "index": -270}, 7),
        ({"what": "file", "model": "toy"}, 277),
        ({"what": "file", "model": "seasonal-naive"}, 277),
    ],
)
def test_a_stretch_is_computed_anew_in_the_background(
    client: FlaskClient, engine: Engine, upload: Upload, toy: ToyForecaster, changed: dict[str, Any], number: int
) -> None:
    before = toy.computed
    told = wish(client, {"handle": upload.dataset.handle, "index": -40} | changed)
    assert told == {"said": f"Computing {number} moments anew.", "accepted": True}
    model = changed.get("model")
    until(lambda: filled(engine, upload.dataset.handle, model))
    assert toy.computed == before + (0 if model == "seasonal-naive" else number)


def test_a_stretch_without_any_forecast_says_so(client: FlaskClient, upload: Upload) -> None:
    told = wish(client, {"handle": upload.dataset.handle, "index": -299, "what": "picture"})
    assert told == {"said": "There is no forecast to compute in this stretch.", "accepted": False}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"handle": UNKNOWN}, "no longer stored here"),
        ({"model": "theta"}, "The model theta is not loaded."),
        ({"model": "oracle"}, "There is no model named 'oracle'."),
        ({"index": 7}, "7"),
        ({"index": -10_000}, "-10000"),
    ],
)
def test_the_engines_refusal_is_said(client: FlaskClient, upload: Upload, changed: dict[str, Any], said: str) -> None:
    told = wish(client, {"handle": upload.dataset.handle, "index": -40, "what": "picture"} | changed)
    assert told["accepted"] is False
    assert said in told["said"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "file",
        [],
        {},
        {"what": "file"},
        {"what": "disk", "index": 0},
        {"what": ["file"], "index": 0},
        {"what": {}, "index": 0},
        {"what": "file", "index": "0"},
        {"what": "file", "index": 10**30},
        {"what": "file", "index": True},
        {"what": "file", "index": None},
    ],
    ids=repr,
)
def test_a_hostile_wish_changes_nothing(client: FlaskClient, engine: Engine, upload: Upload, value: Any) -> None:
    handle = upload.dataset.handle
    assert wish(client, value) == {}
    assert wish(client, {"handle": handle} | value if isinstance(value, dict) else [value, handle]) == {}
    assert filled(engine, handle)


def test_where_the_background_is_off_nothing_is_promised(settings: Settings, engine: Engine, upload: Upload) -> None:
    engine.settings = dataclasses.replace(settings, background=False)
    client = hindcast.create_app(settings, engine).server.test_client()
    told = wish(client, {"handle": upload.dataset.handle, "index": -40, "what": "file"})
    assert told["said"] == "277 moments will be computed anew when somebody looks."


def test_failed_moments_are_counted_and_may_be_tried_again(
    client: FlaskClient, engine: Engine, toy: ToyForecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_three(contexts: np.ndarray, _: np.ndarray, horizon: int) -> np.ndarray:
        samples = np.zeros((len(contexts), horizon, 10), dtype=np.float32)
        samples[: 3 if len(samples) > 3 else 0] = np.nan
        return samples

    monkeypatch.setattr(toy, "predict", fail_three)
    handle = engine.upload(to_csv(wave(40, seed=3))).dataset.handle
    until(lambda: filled(engine, handle))
    assert engine.progress(handle).failed == 3
    facts = {"facts.data": {"handle": handle}, "fill-seen.data": None}
    told = json.loads(call(client, FILL, {"tick.n_intervals": 3}, facts).get_data())["response"]
    words = json.dumps(told["fill"]["children"])
    assert "3 moments failed." in words
    assert '"data-recalculate": "failed"' in words
    monkeypatch.undo()
    told = wish(client, {"handle": handle, "index": 0, "what": "failed"})
    assert told == {"said": "Computing 3 moments anew.", "accepted": True}
    until(lambda: filled(engine, handle))
    assert engine.progress(handle).failed == 0


def test_what_failed_is_counted_while_the_file_is_computed_and_offered_again_afterwards() -> None:
    assert _words.fill(12, 40, None, 3) == "12 of 40 moments \u00b7 3 failed"
    assert _words.fill(12, 40, 12.0, 1) == "12 of 40 moments \u00b7 about 12 s left \u00b7 1 failed"
    assert _fill.over(0) == ""
    assert _fill.over(1)[0] == "1 moment failed. "


def test_a_file_that_vanishes_meanwhile_is_gone(
    client: FlaskClient, engine: Engine, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(*_: Any, **__: Any) -> int:
        raise errors.Evicted("removed")

    monkeypatch.setattr(engine, "recalculate", vanish)
    told = wish(client, {"handle": upload.dataset.handle, "index": -40, "what": "file"})
    assert told["accepted"] is False
    assert "no longer stored here" in told["said"]
