"""Each page's words and callbacks: what a link shows, every state of a moment, the sample, the quick draw."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from flask.testing import FlaskClient

from engine import Engine, Settings, Upload, errors
from pages import _explore, _fill
from tests.conftest import ToyForecaster, to_csv, wave
from tests.dash_client import UNKNOWN, call, draw, page, wanted


def test_home(client: FlaskClient) -> None:
    words = page(client, "/")
    for part in ("See what would have been forecast at any moment", "Choose a file", "Up to 200 MB", "made-up data"):
        assert part in words


def test_an_unknown_page_says_so(client: FlaskClient) -> None:
    assert "There is no page at this address." in page(client, "/nowhere")
    assert "There is no page at this address." in page(client, "/explore/../../etc/passwd")


def test_an_unknown_series_says_what_to_do(client: FlaskClient) -> None:
    assert "no longer stored here. Drop it again" in page(client, f"/explore/{UNKNOWN}")


def test_explore_opens_at_the_last_moment_whose_future_is_known(client: FlaskClient, upload: Upload) -> None:
    layout = json.loads(page(client, f"/explore/{upload.dataset.handle}"))
    assert '"index": -12' in json.dumps(layout)


@pytest.mark.parametrize(
    ("search", "index", "words"),
    [
        ("?i=-37", -37, ""),
        ("?i=0", 0, ""),
        ("?i=7", 0, "This is the last one."),
        ("?i=-99999", -299, "This is the first one."),
        ("?t=1970-02-11T20:00", -295, ""),
        ("?i=%00", -12, ""),
        (["?i=3"], -12, ""),
    ],
)
def test_a_link_names_its_moment(client: FlaskClient, upload: Upload, search: Any, index: int, words: str) -> None:
    layout = page(client, f"/explore/{upload.dataset.handle}", search)
    assert f'"index":{index}' in layout.replace(" ", "")
    assert words in layout


def test_a_link_names_its_model(client: FlaskClient, upload: Upload) -> None:
    address = f"/explore/{upload.dataset.handle}"
    layout = page(client, address, "?i=-40&model=seasonal-naive")
    assert '"model":"seasonal-naive"' in layout.replace(" ", "")
    assert "not loaded" not in layout
    for search in ("?i=-40", "?i=-40&model=toy"):
        assert '"model":null' in page(client, address, search).replace(" ", "")


@pytest.mark.parametrize("name", ["theta", "nobody"])
def test_a_link_to_a_model_that_is_not_there_says_which_one_is_shown(
    client: FlaskClient, upload: Upload, name: str
) -> None:
    layout = page(client, f"/explore/{upload.dataset.handle}", f"?i=-40&model={name}")
    assert f"The model {name} is not loaded here. This is toy." in layout
    assert '"model":null' in layout.replace(" ", "")


def test_a_moment_is_drawn_by_the_model_that_is_asked_for(client: FlaskClient, upload: Upload) -> None:
    toy, baseline = (draw(client, wanted(upload, model=model)) for model in (None, "seasonal-naive"))
    assert "would have missed by" in json.dumps(toy["missed"])
    assert "Cycle of the baseline" in json.dumps(toy["details"])
    assert toy["answer"]["data"]["baseline"] == "same time yesterday"
    assert "would have missed by" not in json.dumps(baseline["missed"])
    assert "Cycle seen here" in json.dumps(baseline["details"])
    assert baseline["answer"]["data"]["baseline"] == ""


def test_the_first_html_speaks_of_the_links_model(client: FlaskClient, upload: Upload) -> None:
    address = f"/explore/{upload.dataset.handle}?i=-40"
    assert "Same time yesterday" in client.get(address).get_data(as_text=True)
    words = client.get(f"{address}&model=seasonal-naive").get_data(as_text=True)
    assert "It missed by" in words
    assert "Same time yesterday" not in words


def test_a_moment_is_drawn_with_its_sentences(client: FlaskClient, upload: Upload) -> None:
    answer = draw(client, wanted(upload, upload=upload.record.upload_id))
    meta = answer["forecast"]["figure"]["layout"]["meta"]
    assert (meta["index"], meta["seq"], meta["state"]) == (-40, 1, "ready")
    assert "kWh" in json.dumps(answer["missed"])
    assert "moments scored in this file" in json.dumps(answer["standing"]) or "worse" in json.dumps(answer["standing"])
    data = answer["answer"]["data"]
    assert data["title"].endswith("zebra [kWh] \u00b7 Hindcast")
    assert data["spoken"].endswith("40 steps before the end")


def test_an_outcome_that_is_hidden_is_told_nowhere(client: FlaskClient, upload: Upload) -> None:
    answer = draw(client, wanted(upload, look="hide=truth&show=ghosts"))
    assert [answer[part]["children"] for part in ("missed", "standing", "inside", "details")] == [[]] * 4
    assert "what happened" not in json.dumps(answer["forecast"]["figure"])
    assert len(answer["forecast"]["figure"]["data"]) > len(draw(client, wanted(upload))["forecast"]["figure"]["data"])


def test_names_are_shown_to_the_uploader_alone(client: FlaskClient, upload: Upload) -> None:
    for upload_id in (None, "f" * 32, "not an id"):
        assert "zebra" not in json.dumps(draw(client, wanted(upload, upload=upload_id)))
        assert "zebra" not in page(client, f"/explore/{upload.dataset.handle}")


def test_an_unusable_moment_says_why_and_where_the_first_forecast_is(client: FlaskClient, upload: Upload) -> None:
    answer = draw(client, wanted(upload, index=-299))
    assert answer["answer"]["data"]["state"] == "unusable"
    note = json.dumps(answer["state-note"])
    assert "No forecast from here: only 1 earlier reading (24 needed)." in note
    assert "First forecast: " in note
    assert '"data-go": "-276"' in note


def test_a_failing_model_offers_another_try(
    client: FlaskClient, engine: Engine, toy: ToyForecaster, settings: Settings
) -> None:
    toy.failure = RuntimeError("no")
    handle = engine.upload(to_csv(wave(280, seed=3))).dataset.handle
    answer = draw(client, {"handle": handle, "index": -40, "seq": 1, "session": "tab"})
    assert answer["answer"]["data"]["state"] == "failed"
    assert "The model could not compute this moment." in json.dumps(answer["state-note"])
    assert "MODEL_FAILED" in json.dumps(answer["state-note"])


def test_a_forgotten_file_is_gone(client: FlaskClient, engine: Engine, upload: Upload) -> None:
    draw(client, wanted(upload))
    engine.delete(upload.dataset.handle)
    answer = draw(client, wanted(upload, seq=2))
    assert answer["answer"]["data"]["state"] == "gone"
    assert "no longer stored here" in json.dumps(answer["state-note"])


def test_a_gap_is_named_and_both_of_its_sides_are_one_click_away(client: FlaskClient, engine: Engine) -> None:
    series = wave(400, seed=8)
    values = series.values.copy()
    values[200:260] = float("nan")
    known = engine.upload(to_csv(dataclasses.replace(series, values=values)))
    answer = draw(client, wanted(known, index=-170))
    assert answer["answer"]["data"]["state"] == "unusable"
    note = json.dumps(answer["state-note"])
    assert "No forecast from here: the last reading is 30 h old." in note
    assert "Before the gap" in note
    assert "After the gap" in note
    assert answer["forecast"]["figure"]["layout"]["meta"]["state"] == "unusable"


def test_a_late_answer_is_asked_for_again(client: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    known = engine.upload(to_csv(wave(280, seed=9)))
    for refusal, state in (
        (errors.Overloaded, "busy"),
        (errors.DeadlineExceeded, "busy"),
        (errors.EngineClosed, "busy"),
        (errors.Superseded, "superseded"),
        (errors.Cancelled, "superseded"),
        (errors.Evicted, "gone"),
        (errors.ModelNotLoaded, "failed"),
    ):
        monkeypatch.setattr(engine, "forecast", Mock(side_effect=refusal("no")))
        assert draw(client, wanted(known))["answer"]["data"]["state"] == state


def test_an_index_beyond_the_file_draws_nothing(client: FlaskClient, upload: Upload) -> None:
    for index in (1, -300, -(10**12)):
        answer = draw(client, wanted(upload, index=index))
        assert answer["answer"]["data"]["state"] == "outside"
        assert "forecast" not in answer


def test_the_fill_line_goes_away_when_everything_is_computed(client: FlaskClient, upload: Upload) -> None:
    facts = {"facts.data": {"handle": upload.dataset.handle}, "fill-seen.data": None}
    answer = call(client, "..fill.children...tick.disabled...fill-seen.data..", {"tick.n_intervals": 3}, facts)
    told = json.loads(answer.get_data())["response"]
    assert told["fill"]["children"] == ""
    assert told["tick"]["disabled"] is True


def test_the_fill_line_counts_while_the_file_is_computed(
    client: FlaskClient, engine: Engine, toy: ToyForecaster
) -> None:
    toy.gate.clear()
    try:
        handle = engine.upload(to_csv(wave(300, seed=4))).dataset.handle
        seen = {"first": {"done": 0, "total": 277, "at": 1}}
        facts = {"facts.data": {"handle": handle}, "fill-seen.data": seen}
        told = call(client, "..fill.children...tick.disabled...fill-seen.data..", {"tick.n_intervals": 3}, facts)
        answer = json.loads(told.get_data())["response"]
        assert answer["fill"]["children"] == "0 of 277 moments"
        assert answer["tick"]["disabled"] is False
        assert answer["fill-seen"]["data"]["first"] == seen["first"]
    finally:
        toy.gate.set()


@pytest.mark.parametrize(
    ("first", "seconds"),
    [
        ({"done": 100, "at": 1}, 40.0),
        ({"done": 300, "at": 1}, None),
        ({"done": 236, "at": 1}, None),
        ({"done": 1, "at": 5}, None),
        (7, None),
        ({}, None),
    ],
)
def test_the_time_left_comes_from_the_pace_seen(first: Any, seconds: float | None) -> None:
    assert _fill.seconds_left(first, {"done": 300, "total": 2300, "at": 5}) == seconds


def test_the_read_strip_tells_the_uploader_what_was_decided(client: FlaskClient, upload: Upload) -> None:
    strip = "..read-strip.children...series-name.children.."
    state = {"facts.data": {"handle": upload.dataset.handle}}
    told = call(client, strip, {"mine.data": {"upload": upload.record.upload_id}}, state).get_data(as_text=True)
    for words in ("zebra [kWh]", "Every hour", "Dot is the decimal sign", "No time zone in the file", "Check"):
        assert words in told
    told = call(client, strip, {"mine.data": {"upload": "f" * 32}}, state).get_data(as_text=True)
    assert "zebra" not in told


def test_labels_beside_those_at_the_ends_of_the_rail_are_known() -> None:
    kinds = _explore._kinds([0.01, 0.09, 0.5, 0.9, 0.99])
    assert kinds == ["tick first", "tick close", "tick", "tick close", "tick last"]


def test_a_quick_draw_is_drawn_in_place(client: FlaskClient) -> None:
    plot = client.post("/api/v1/quickdraw?index=0", data=to_csv(wave(300, seed=6)), content_type="text/csv")
    output = "..quick-picture.figure...quick-heading.children...quick-read.children.."
    told = call(client, output, {"quick-plot.data": plot.get_json()}, {"scheme.data": "light"})
    answer = json.loads(told.get_data())["response"]
    assert len(answer["quick-picture"]["figure"]["data"]) > 4
    assert "The forecast from " in json.dumps(answer["quick-heading"])


GERMAN = "Zeit;Verbrauch [kWh];Temperatur\n" + "".join(
    f"{1 + k // 24:02}.03.2024 {k % 24:02}:00;{k % 7},5;2,0\n" for k in range(24 * 25)
)


def quick(client: FlaskClient, change: Callable[[dict[str, Any]], None] = lambda plot: None) -> Any:
    """What is said under a quick draw of a German file, of which `change` alters what the browser hands back."""
    body = {"data": GERMAN.encode("latin-1"), "content_type": "text/csv"}
    plot = client.post("/api/v1/quickdraw?index=0", **body).get_json()
    change(plot)
    output = "..quick-picture.figure...quick-heading.children...quick-read.children.."
    told = call(client, output, {"quick-plot.data": plot}, {"scheme.data": "light"})
    assert told.status_code == 200
    return json.loads(told.get_data())["response"]["quick-read"]["children"]


def test_a_quick_draw_says_how_the_file_was_read(client: FlaskClient, engine: Engine) -> None:
    said = json.dumps(quick(client))
    for words in ("Read as ", "Verbrauch [kWh]", "every hour, 1 Mar 2024 00:00 to 25 Mar 2024 23:00, 600 values"):
        assert words in said
    for words in ("the first of 2 number columns", "Comma is the decimal sign", "semicolon between columns"):
        assert words in said
    assert "data-reread" not in said, "a button reads a file again that nobody kept"
    assert engine.datasets() == []


@pytest.mark.parametrize("value", [None, True, -1, 10**4200, [], {}, [[1]], {"type": "Iframe"}, "x" * 10_000], ids=repr)
def test_a_hostile_read_back_of_a_quick_draw_is_no_failure(client: FlaskClient, value: Any) -> None:
    names = ("value_column", "n_missing", "columns", "series", "notes", "decisions", "unit", "dayfirst", "encoding")
    for name in names:
        assert '"Iframe"' not in json.dumps(
            quick(client, lambda plot, name=name: plot["readback"].update({name: value}))
        )
    for name in ("readback", "start", "end"):
        assert quick(client, lambda plot, name=name: plot.update({name: value})) is None


def test_the_samples_open(client: FlaskClient, engine: Engine) -> None:
    picture = call(client, "sample-picture.figure", {"scheme.data": "dark"}, {"home-ready.data": True})
    assert len(json.loads(picture.get_data())["response"]["sample-picture"]["figure"]["data"]) > 4
    assert engine.datasets() == []  # to look at a sample stores nothing
    for name, length in (("real", 2_284), ("made-up", 4_800)):
        buttons = {"open-real.n_clicks": 1, "open-made-up.n_clicks": 1}
        opened = json.loads(call(client, "sample-opened.data", buttons, changed=f"open-{name}.n_clicks").get_data())
        handle = opened["response"]["sample-opened"]["data"]["handle"]
        assert engine.dataset(handle).length == length
