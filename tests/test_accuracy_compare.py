"""Models side by side on the accuracy page: who is best, the table, the lines, and computing another one."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from plotly.utils import PlotlyJSONEncoder

import app as hindcast
from engine import BASELINE, Compared, Contender, Engine, Measures, Range, Settings, Skill
from engine.models.base import built_in
from pages import _accuracy_compare, accuracy
from pages._accuracy_asked import asked
from pages._accuracy_compare import LAST_VALUE, Fill
from pages._traces import DARK, LIGHT
from pages._words import plain
from tests.conftest import ToyForecaster, to_csv, until, wave
from tests.made_backtest import NAN, H, backtest
from tests.test_accuracy_page import ask, complete, said
from tests.test_accuracy_parts import HANDLE, WORDS, words_of

IDLE = Fill(frozenset(), {})
BETTER = Skill(0.31, Range(0.27, 0.35), "better")


def contender(model: str, crps: float, **changed: Any) -> Contender:
    own = Measures(crps, 1.3 * crps, 2 * crps, 0.7, 0.0, 0.07, 14.0, 0.5, 0.796)
    made = Contender(
        model, 2_140, True, own, crps - 3.5, Range(crps - 3.6, crps - 3.4), BETTER, BETTER, np.full(H, crps)
    )
    return made._replace(**changed)


def absent(model: str, done: int) -> Contender:
    return contender(model, math.nan, done=done, takes_part=False, by_step=np.full(H, np.nan))


def compared(*others: Contender, best: str | None = "toy") -> Compared:
    contenders = (contender(BASELINE, 3.5), contender(LAST_VALUE, 4.5), contender("toy", 2.4), *others)
    return Compared(HANDLE, H, "", None, 2_140, 2_113, 130.0, best, contenders)


def sentence(found: Compared) -> str:
    return plain(_accuracy_compare.best(found, "toy"))


def table(found: Compared, fill: Fill = IDLE) -> str:
    question = asked({"handle": HANDLE, "seq": 1})
    assert question is not None
    return words_of(_accuracy_compare.table(found, WORDS, question, "toy", fill)).replace("\u202f", " ")


def test_the_best_is_named() -> None:
    assert sentence(compared()) == ""
    assert sentence(compared(contender("theta", 2.6))) == "It is the best of the 2 models compared here."
    behind = compared(contender("theta", 2.16), best="theta")
    own = behind.contenders[2]._replace(against_best=Skill(1 - 2.4 / 2.16, Range(-0.2, -0.05), "worse"))
    behind = compared(contender("theta", 2.16), best="theta")
    behind = Compared(**{**vars(behind), "contenders": (*behind.contenders[:2], own, *behind.contenders[3:])})
    assert sentence(behind) == "theta did better on the same moments: it missed by 10 % less."
    unclear = own._replace(against_best=Skill(-0.01, Range(-0.1, 0.08), "no difference"))
    for name, words in (("theta", "theta"), (LAST_VALUE, "last value")):
        found = Compared(**{**vars(behind), "best": name, "contenders": (*behind.contenders[:2], unclear)})
        assert sentence(found) == f"No clear difference from the best of those compared here, {words}."


def test_the_best_of_few_moments_or_by_a_hair_is_not_called_so() -> None:
    tie = Skill(-0.01, Range(-0.03, 0.01), "no difference")
    own = contender("toy", 2.4, against_best=Skill(0.0, Range(0.0, 0.0), "no difference"))
    rivals = (contender(BASELINE, 3.5), contender(LAST_VALUE, 4.5))
    found = replace(compared(), contenders=(*rivals, own, contender("theta", 2.41, against_best=tie)))
    assert sentence(found) == "Of the 2 models compared here it missed by least, but by no clear difference."
    far = contender("theta", 2.9, against_best=Skill(-0.2, Range(-0.3, -0.1), "worse"))
    found = replace(found, contenders=(*rivals, own, far))
    assert sentence(found) == "It is the best of the 2 models compared here."
    assert sentence(replace(found, n_eff=9.0)) == ""
    assert sentence(replace(found, n_eff=9.0, best="theta")) == ""


def test_where_the_baseline_is_best_the_first_sentence_has_said_so() -> None:
    assert sentence(compared(best=BASELINE)) == ""
    assert sentence(compared(best=None)) == ""
    assert plain(_accuracy_compare.best(compared(), "nobody")) == ""


@pytest.mark.parametrize(
    ("skill", "words"),
    [
        (BETTER, "31 % better (27 to 35 %)"),
        (Skill(-0.12, Range(-0.16, -0.08), "worse"), "12 % worse (8 to 16 %)"),
        (Skill(0.02, Range(-0.03, 0.08), "no difference"), "no clear difference (\u22123 to +8 %)"),
        (Skill(0.1, NAN, "too few"), "too few moments to tell"),
    ],
)
def test_each_is_held_against_the_baseline_in_words(skill: Skill, words: str) -> None:
    assert _accuracy_compare.against(skill) == words


def test_the_table_has_the_baseline_first_and_pairs_of_differences() -> None:
    said = table(compared(contender("theta", 2.6)))
    order = [said.index(name) for name in ("Same time yesterday", "Last value", "toy", "theta")]
    assert order == sorted(order)
    assert "the baseline" in said
    assert "\u22121.1 kWh" in said
    assert "(\u22121.2 to \u22121.0)" in said
    assert "+1.0 kWh" in said
    assert f"/accuracy/{HANDLE}?model=theta" in said
    assert "HAC variance" in said


def test_a_model_that_is_not_computed_can_be() -> None:
    assert '"data-compute":"theta"' in table(compared(absent("theta", 0)))
    assert "Compute 2 140 moments" in table(compared(absent("theta", 0)))
    stopped = table(compared(absent("theta", 140)))
    assert "140 of 2 140 computed" in stopped
    assert "Compute 2 000 moments" in stopped
    going = table(compared(absent("theta", 140)), Fill(frozenset({"theta"}), {"theta": 50.0}))
    assert "140 of 2 140 computed, about 40 s left" in going
    assert "data-compute" not in going


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "about 1 s"), (17.0, "about 17 s"), (43.0, "about 40 s"), (99.0, "about 100 s"), (170.0, "about 3 min")],
)
def test_how_long_it_takes_is_said_roughly(seconds: float, words: str) -> None:
    assert _accuracy_compare.duration(seconds) == words


def test_a_link_to_another_models_page_keeps_the_slice_and_the_stretch() -> None:
    question = asked({"handle": HANDLE, "seq": 1, "slice": "hour:6", "sel": "-120,-37", "h": 12})
    assert question is not None
    shown = _accuracy_compare.table(compared(contender("theta", 2.6)), WORDS, question, "toy", IDLE)
    assert f"/accuracy/{HANDLE}?model=theta&h=12&sel=-120,-37&slice=hour:6" in json.dumps(shown, cls=PlotlyJSONEncoder)


def test_what_is_computed_already_is_not_offered_to_be_computed() -> None:
    assert "Compute" not in table(compared(absent("theta", 2_140)))
    assert "Compute 1 moment" in table(compared(absent("theta", 2_139)))


def test_a_model_that_takes_part_from_now_on_is_news() -> None:
    found = backtest()
    late = contender("theta", 2.6, takes_part=False)
    assert accuracy.mark(found, compared(late)) != accuracy.mark(found, compared(late._replace(takes_part=True)))


@pytest.mark.parametrize("paint", [LIGHT, DARK], ids=["light", "dark"])
def test_no_line_is_told_from_another_by_its_colour_alone(paint: Any) -> None:
    found = compared(contender("theta", 2.6), contender("other", 2.8), absent("late", 3))
    figure = _accuracy_compare.figure(found, WORDS, "toy", paint, narrow=False)
    looks = {(t["line"]["dash"], t["mode"], t["marker"]["symbol"]) for t in figure["data"]}
    assert len(figure["data"]) == len(looks) == 5
    key = words_of(_accuracy_compare.key(found, WORDS, "toy", paint))
    assert "\u25a0" in key
    assert "late" not in key
    assert "Same time yesterday" in key
    assert figure["layout"]["yaxis"]["range"][1] == pytest.approx(1.08 * 3.5)
    nobody = Compared(**{**vars(found), "contenders": (absent("toy", 3),)})
    assert _accuracy_compare.figure(nobody, WORDS, "toy", paint, narrow=False)["data"] == []


@pytest.fixture
def two(tmp_path: Path, toy: ToyForecaster) -> Iterator[Engine]:
    """An engine with two models, of which one is computed when a file comes."""
    settings = Settings(cache_dir=tmp_path / "cache", model="toy", models=("toy", "theta"), graceful_timeout=2.0)
    running = Engine(settings, built_in() | {"toy": lambda settings: toy})
    yield running
    running.close()


def test_another_model_is_computed_when_somebody_asks_for_it(two: Engine) -> None:
    client: FlaskClient = hindcast.create_app(two.settings, two).server.test_client()
    known = two.upload(to_csv(wave(300)))
    answer = complete(client, known)
    assert '"data-compute": "theta"' in said(answer, "accuracy-compare")
    scores = client.get(f"/api/v1/datasets/{known.dataset.handle}/scores?model=theta&worst=0")
    assert scores.status_code == 200
    until(lambda: two.progress(known.dataset.handle, model="theta").state == "done")
    answer = complete(client, known)
    assert "data-compute" not in said(answer, "accuracy-compare")
    assert len(answer["parts"]["accuracy-models"]["figure"]["data"]) == 4
    assert ask(client, known, seen=answer["seen"])["parts"] == {}
