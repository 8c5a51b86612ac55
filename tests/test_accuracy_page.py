"""The accuracy page over a real engine: what an address shows, what a question is answered with, in every state."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import Mock

import pytest
from flask.testing import FlaskClient

from engine import Engine, Series, Step, Upload, errors
from tests.attacks.test_callback_values import HOSTILE
from tests.conftest import ToyForecaster, to_csv, wave
from tests.dash_client import UNKNOWN, call, page


def ask(client: FlaskClient, known: Upload, **changed: Any) -> dict[str, Any]:
    question = {"handle": known.dataset.handle, "seq": 1, "worst": 20} | changed
    answer = call(client, "accuracy-answer.data", {"accuracy-asked.data": question})
    if answer.status_code == 204:
        return {}
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.get_data())["response"]["accuracy-answer"]["data"]
    return found


def complete(client: FlaskClient, known: Upload, **changed: Any) -> dict[str, Any]:
    """The answer once everything is read, which may take several questions on a busy machine."""
    for seq in range(1, 100):
        answer = ask(client, known, seq=seq, **changed)
        if answer["complete"]:
            return answer
    raise AssertionError("the numbers never were complete")


def said(answer: dict[str, Any], part: str = "accuracy-sentences") -> str:
    return json.dumps(answer["parts"][part], ensure_ascii=False)


def test_an_address_shows_the_page_of_its_file(client: FlaskClient, upload: Upload) -> None:
    address = f"/accuracy/{upload.dataset.handle}"
    shown = json.dumps(json.loads(page(client, address, "?i=-40&slice=hour:6&model=seasonal-naive")))
    for part in ("How right were the forecasts?", "12 steps ahead, 12 h", "When does it fail?", '"slice": "hour:6"'):
        assert part in shown
    assert f"/explore/{upload.dataset.handle}?model=seasonal-naive&i=-40&slice=hour:6" in shown
    assert "no longer stored here" in page(client, f"/accuracy/{UNKNOWN}")
    assert "no page at this address" in page(client, "/accuracy/")
    assert "is not loaded here" in page(client, address, "?model=nobody")
    first = client.get(address).get_data(as_text=True)
    assert "<h1>How right were the forecasts?</h1>" in first


def test_a_question_is_answered_with_every_part_of_the_page(client: FlaskClient, upload: Upload) -> None:
    answer = complete(client, upload, upload=upload.record.upload_id)
    assert answer["state"] == "ready"
    assert "the forecast missed by" in said(answer)
    assert "kWh" in said(answer)
    assert "zebra" in said(answer, "series-name")
    assert "zebra" in answer["title"]
    for part in ("error", "held", "past"):
        assert answer["parts"][f"accuracy-{part}"]["figure"]["data"]
    assert said(answer, "accuracy-panels").count("clock:") == 168
    assert said(answer, "accuracy-worst").count("data:image/svg+xml") > 5
    assert "Weighted quantile loss" in said(answer, "accuracy-measures")
    assert answer["parts"]["scores-link"]["href"] == f"/api/v1/datasets/{upload.dataset.handle}/scores"


def test_strangers_learn_no_name(client: FlaskClient, upload: Upload) -> None:
    answer = complete(client, upload)
    assert "zebra" not in json.dumps(answer)
    assert "kWh" not in json.dumps(answer)


def test_what_is_shown_already_is_not_sent_again(client: FlaskClient, upload: Upload) -> None:
    answer = complete(client, upload)
    again = ask(client, upload, seen=answer["seen"])
    assert again["parts"] == {}
    assert ask(client, upload)["parts"]


def test_a_slice_has_numbers_of_its_own_and_a_chip(client: FlaskClient, upload: Upload) -> None:
    whole, one = complete(client, upload), complete(client, upload, slice="hour:6", sel="-200,-40")
    assert said(whole) != said(one)
    assert "06:00 to 07:00" in said(one, "accuracy-chip")
    assert f"/explore/{upload.dataset.handle}?i=-" in said(one, "accuracy-chip")
    assert one["parts"]["scores-link"]["href"].endswith("/scores?slice=hour:6&from=-200&to=-40")
    assert '"aria-pressed": "true"' in said(one, "accuracy-panels")


def test_what_is_no_slice_of_this_file_is_refused_in_words(client: FlaskClient, upload: Upload) -> None:
    answer = ask(client, upload, slice="hour:77")
    assert answer["state"] == "refused"
    assert "There is no slice 'hour:77'" in said(answer)
    outside = ask(client, upload, sel="-9999,-1")
    assert outside["state"] == "refused"


def test_more_of_the_worst_are_shown_when_asked_for(client: FlaskClient, engine: Engine) -> None:
    known = engine.upload(to_csv(wave(900)))
    few, more = complete(client, known), complete(client, known, worst=40)
    assert "Show 20 more" in said(few, "accuracy-worst")
    assert said(few, "accuracy-worst").count("/explore/") == 20
    assert said(more, "accuracy-worst").count("/explore/") > 20


def test_before_the_first_numbers_one_sentence_says_when_they_come(
    client: FlaskClient, engine: Engine, toy: ToyForecaster
) -> None:
    toy.gate.clear()
    known = engine.upload(to_csv(wave(300, seed=9)))
    answer = ask(client, known)
    assert not answer["complete"]
    assert "The first numbers come after 100 moments." in said(answer)
    assert "accuracy-error" not in answer["parts"]
    toy.gate.set()
    assert "the forecast missed by" in said(complete(client, known))


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (errors.UnknownHandle("gone"), "gone"),
        (errors.Overloaded("busy"), "busy"),
        (errors.EngineClosed("closed"), "busy"),
    ],
)
def test_every_way_the_engine_says_no_is_a_state(
    client: FlaskClient, engine: Engine, upload: Upload, monkeypatch: pytest.MonkeyPatch, error: Exception, state: str
) -> None:
    monkeypatch.setattr(engine, "backtest", Mock(side_effect=error))
    answer = ask(client, upload)
    assert answer["state"] == state
    assert answer["complete"] == (state == "gone")


def test_a_forecast_that_is_not_to_be_had_leaves_its_cell_empty(
    client: FlaskClient, engine: Engine, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "forecast", Mock(side_effect=errors.Overloaded("busy")))
    assert "data:image" not in said(complete(client, upload), "accuracy-worst")


WARN = "..accuracy-events.children...accuracy-heard.data.."


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_hostile_questions_are_no_failure(client: FlaskClient, upload: Upload, value: Any) -> None:
    handle = upload.dataset.handle
    fields = (
        "model",
        "h",
        "slice",
        "sel",
        "worst",
        "upload",
        "seen",
        "dark",
        "line",
        "side",
        "k",
        "lead",
        "run",
        "rows",
    )
    questions = [value, {"handle": handle, "seq": value}, {"handle": handle, "seq": 1, **dict.fromkeys(fields, value)}]
    answers = [
        call(client, output, {source: question})
        for output, source in (("accuracy-answer.data", "accuracy-asked.data"), (WARN, "accuracy-warned.data"))
        for question in questions
    ]
    answers.append(call(client, "page.children", {"url.pathname": f"/accuracy/{handle}", "url.search": value}))
    assert {answer.status_code for answer in answers} <= {200, 204}


@pytest.mark.parametrize(
    ("step", "squares", "first"),
    [
        (Step(86_400, "second"), "season:", "weekday:"),
        (Step(1, "weekday"), "season:", "weekday:"),
        (Step(1, "month"), "month:", "month:"),
    ],
)
def test_data_of_any_step_has_a_clock(
    client: FlaskClient, engine: Engine, step: Step, squares: str, first: str
) -> None:
    known = engine.upload(to_csv(Series(wave(400, season=7).values, step, 300)))
    answer = complete(client, known)
    panels = said(answer, "accuracy-panels")
    assert f'"data-slice": "{squares}' in panels
    assert f'"data-slice": "{first}' in panels
    assert "hour:" not in panels
    assert "on average; " in said(answer)
