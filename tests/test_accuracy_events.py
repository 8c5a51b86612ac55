"""Did it warn me? The choices, every sentence, the lists, and what a question is answered with."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote

import numpy as np
import pytest
from flask.testing import FlaskClient

from engine import Engine, EventList, Events, Question, Range, Upload, WarningList, errors
from pages import _accuracy_events, _moment
from pages._accuracy_asked import chosen_line, warned
from pages._chart import Words
from pages._notation import Step
from pages._words import plain
from tests.conftest import to_csv, wave
from tests.dash_client import call
from tests.made_backtest import NAN
from tests.test_accuracy_parts import HANDLE, words_of

WORDS = Words(Step(300, None), 1, "mg/dL", "")
TIME = np.datetime64("2024-03-05T14:00:00")


def times(index: list[int]) -> np.ndarray:
    return TIME + np.array(index, dtype=np.int64) * np.timedelta64(300, "s")


def made(**changed: Any) -> Events:
    """41 lows, of which the two oldest listed and the newest are told."""
    index, first = [-500, -300, -40], [-510, -200, -52]
    fields: dict[str, Any] = {
        "handle": HANDLE,
        "model": "toy",
        "horizon": 12,
        "num_samples": 10,
        "question": Question(70.0, False, 3, 4, 3),
        "stretch": None,
        "total": 25_000,
        "read": 25_000,
        "complete": True,
        "announced": 29,
        "missed": 12,
        "unjudged": 0,
        "announced_range": Range(0.55, 0.83),
        "followed": 35,
        "false": 29,
        "undecided": 1,
        "followed_range": Range(0.42, 0.66),
        "events": EventList(np.array(index), times(index), np.array([3, 8, 5]), np.array([10, 0, 12])),
        "warnings": WarningList(np.array(first), np.array([-505, -198, -50]), times(first), np.array([-500, 1, -40])),
    }
    return Events(**(fields | changed))


def said(found: Events, words: Words = WORDS) -> list[str]:
    return [plain(sentence).replace("\u202f", " ") for sentence in _accuracy_events.sentences(found, words)]


def test_hits_and_false_warnings_are_said_side_by_side() -> None:
    assert said(made()) == [
        "Of 41 events (3 readings or more below 70 mg/dL), 29 were announced at least 20 min before (55 to 83 %); "
        "12 missed.",
        "Of 64 warnings, 35 were followed by one within 1 h (42 to 66 %); 29 false.",
    ]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"announced": 1, "missed": 0}, "Of 1 event (3 readings or more below 70 mg/dL), 1 was announced"),
        ({"question": Question(3.95, True, 3, 1, 1)}, "(readings above 3.95 mg/dL)"),
        ({"announced": 0, "missed": 0}, "No event: no 3 readings or more below 70 mg/dL that could be judged."),
        ({"followed": 0, "false": 0}, "There was no warning."),
        (
            {"followed": 1, "false": 0, "followed_range": NAN},
            "Of 1 warning, 1 was followed by one within 1 h; 0 false.",
        ),
        (
            {"unjudged": 1},
            "1 more event cannot be judged: forecasts before are missing, or all from beyond the line.",
        ),
        ({"unjudged": 5}, "5 more events cannot be judged"),
        ({"read": 12_480, "complete": False}, "12 480 of 25 000 read; numbers may still move."),
        ({"read": 12_480}, "This stands on 12 480 of 25 000 moments."),
    ],
)
def test_every_state_has_its_sentence(changed: dict[str, Any], sentence: str) -> None:
    assert any(sentence in line for line in said(made(**changed)))


def test_what_a_warning_is_stands_beside_the_numbers() -> None:
    assert _accuracy_events.meaning(made(), WORDS) == (
        "A warning: at least 3 of 10 samples below the line at any one step, at least 20 min ahead. Steps are separate "
        "forecasts. Moments already below the line do not count."
    )


def shown(found: Events, rows: int = 20) -> str:
    return words_of(_accuracy_events.answer(found, WORDS, rows, lambda index: f"/explore/x?i={index}", _moment.render))


def test_events_are_listed_newest_first_and_lead_to_their_warning() -> None:
    text = shown(made())
    assert text.index("i=-52") < text.index("i=-301") < text.index("i=-510")
    assert "1 h before" in text
    assert "missed" in text
    assert "1 false warning" in text
    assert "i=-200" in text


def test_long_lists_are_cut_and_short_ones_left_out() -> None:
    assert '"data-warned-rows":"22"' in shown(made(), rows=2)
    assert "data-warned-rows" not in shown(made())
    none = np.empty(0, dtype=np.int64)
    empty = made(
        events=EventList(none, times([]), none, none), warnings=WarningList(none, none, times([]), none), announced=0
    )
    assert "Table" not in shown(empty)
    assert "false warning" not in shown(empty)


def test_the_form_shows_what_is_chosen() -> None:
    text = words_of(_accuracy_events.form(12, 10, WORDS, {"line": "70", "side": "above", "k": "5", "lead": "4"}))
    assert '"value":"70"' in text
    assert text.count('"selected":true') == 4
    assert '{"children":"20 min before","selected":true,"value":"4"}' in text
    assert "1 h before" in text
    assert "5 of 10" in text
    assert words_of(_accuracy_events.form(64, 10, WORDS, {})).count(" before") == 33
    assert "20 of 20" in words_of(_accuracy_events.form(12, 20, WORDS, {}))


@pytest.mark.parametrize(("text", "line"), [("1e3", 1000), ("1E+3", 1000), (".5", 0.5), ("-2.", -2), ("e3", None)])
def test_a_line_may_be_written_in_every_way_a_number_field_takes(text: str, line: float | None) -> None:
    read = warned({"handle": HANDLE, "seq": 1, "line": text})
    assert read is not None
    assert read.line == line
    assert ("line" in chosen_line(f"?line={quote(text)}")) == (line is not None)


def test_a_question_is_read_whatever_a_browser_sends() -> None:
    good = {"handle": HANDLE, "seq": 1, "line": "-3.95", "side": "above", "k": 5, "lead": 4, "run": 2, "sel": "-9,-1"}
    read = warned(good)
    assert read is not None
    assert (read.line, read.side, read.k, read.lead, read.run, read.stretch) == (-3.95, "above", 5, 4, 2, (-9, -1))
    odd = warned(good | {"line": "1e999", "side": "<b>", "k": "5", "lead": 0, "run": -1, "rows": 10**9})
    assert odd is not None
    assert (odd.line, odd.side, odd.k, odd.lead, odd.run, odd.rows) == (None, "below", 3, 1, 1, 20)
    assert warned({"line": "3"}) is None
    assert chosen_line("?line=70&side=below&k=3&lead=4&run=1") == {
        "line": "70", "side": "below", "k": "3", "lead": "4", "run": "1",
    }  # fmt: skip
    assert chosen_line("?line=70,180&side=x&k=0&lead=x") == {}
    assert chosen_line(None) == {}


def ask(client: FlaskClient, known: Upload, **changed: Any) -> tuple[str, dict[str, Any]]:
    question = {"handle": known.dataset.handle, "seq": 1, "k": 3, "lead": 1, "run": 1, "side": "above"} | changed
    answer = call(client, "..accuracy-events.children...accuracy-heard.data..", {"accuracy-warned.data": question})
    assert answer.status_code == 200
    response = json.loads(answer.get_data())["response"]
    words = json.dumps(response.get("accuracy-events", {}), ensure_ascii=False)
    return words, response["accuracy-heard"]["data"]


def test_a_line_is_answered_with_what_became_of_it(client: FlaskClient, upload: Upload) -> None:
    for _ in range(100):
        words, heard = ask(client, upload, line="12.5", upload=upload.record.upload_id)
        if heard["complete"]:
            break
    assert heard == {"seq": 1, "line": 12.5, "complete": True}
    assert "readings above 12.5 kWh" in words
    assert f"/explore/{upload.dataset.handle}?i=-" in words
    assert "line=12.5" in words
    assert "kWh" not in ask(client, upload, line="12.5")[0]


def test_without_a_line_the_usual_one_of_the_unit_is_meant(client: FlaskClient, engine: Engine, upload: Upload) -> None:
    assert "Give a line" in ask(client, upload)[0]
    sugar = engine.upload(to_csv(wave(300, seed=4), column="Glucose [mg/dL]"))
    words, heard = ask(client, sugar, side="below", upload=sugar.record.upload_id)
    assert heard["line"] == 70
    assert "below 70 mg/dL" in words
    assert "Give a line" in ask(client, sugar)[0]


def test_refusals_are_said_and_a_busy_engine_is_asked_again(
    client: FlaskClient, engine: Engine, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, heard = ask(client, upload, line="12", lead=40)
    assert "lead is 40; 1 to 12 can be asked for." in words
    assert heard["complete"]
    monkeypatch.setattr(engine, "events", Mock(side_effect=errors.Overloaded("busy")))
    words, heard = ask(client, upload, line="12")
    assert words == "{}"
    assert not heard["complete"]
