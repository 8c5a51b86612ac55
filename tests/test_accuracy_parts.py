"""The accuracy page's charts, panels and tables: what they show of a backtest, and how they say it."""

from __future__ import annotations

import json
import math
from typing import Any
from xml.etree import ElementTree

import numpy as np
import plotly.io
import pytest

from engine import BASELINE, Dataset
from pages import _accuracy, _accuracy_figures, _accuracy_panels, _accuracy_past, _accuracy_tables, _fan
from pages._accuracy_asked import asked, chosen
from pages._address import of_file
from pages._chart import Words
from pages._notation import Step
from pages._traces import DARK, LIGHT
from tests.conftest import wave
from tests.made_backtest import H, backtest, by_step, cell, panels, ranks
from tests.test_words import plot_data

WORDS = Words(Step(3600, None), 1, "kWh", "same time yesterday")
HANDLE = "0" * 64


def traces(figure: dict[str, Any], **like: Any) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if all(trace.get(name) == value for name, value in like.items())]


def words_of(parts: Any) -> str:
    sent = json.loads(plotly.io.json.to_json_plotly(parts))
    return json.dumps(sent, ensure_ascii=False, separators=(",", ":"))


def test_the_error_by_length_starts_at_zero_and_has_the_baseline_beside_it() -> None:
    figure = _accuracy_figures.error(backtest(), WORDS, LIGHT, narrow=False)
    assert figure["layout"]["yaxis"]["range"][0] == 0
    (line,) = traces(figure, hoverinfo="text")
    assert line["x"] == list(range(1, H + 1))
    assert line["hovertext"][3].replace("\u202f", " ") == (
        "+4 h: missed by 1.8 kWh (1.7 to 1.9)<br>same time yesterday: 3.5"
    )
    assert [t["line"]["dash"] for t in figure["data"] if "dash" in t["line"]] == ["dash", "solid"]
    assert figure["layout"]["xaxis"]["ticktext"][-1] == "+12 h"
    alone = _accuracy_figures.error(backtest(model=BASELINE), WORDS, LIGHT, narrow=True)
    assert not any(t["line"].get("dash") == "dash" for t in alone["data"])


def test_labels_of_months_do_not_touch_each_other() -> None:
    monthly = WORDS._replace(step=Step(None, "month"))
    shown = _accuracy_figures.error(backtest(), monthly, LIGHT, narrow=False)["layout"]["xaxis"]["ticktext"]
    assert shown == ["+4 months", "+8 months", "+12 months"]


def test_dots_say_whether_a_right_forecast_would_be_there() -> None:
    share = np.full(H, 0.8)
    share[0], share[1], share[2] = 0.7, 0.9, 0.3
    low, high = np.full(H, 0.79), np.full(H, 0.81)
    low[2] = high[2] = np.nan
    columns = by_step(coverage80=share, expected80_low=low, expected80_high=high)
    figure = _accuracy_figures.held(backtest(by_step=columns), WORDS, DARK, narrow=False)
    dots = traces(figure, hoverinfo="text")[0]
    assert dots["marker"]["symbol"][:4] == ["diamond", "diamond", "circle", "circle"]
    assert dots["marker"]["color"][2:4] == [DARK.muted, DARK.band]
    ends = [told.split("<br>")[1] for told in dots["hovertext"][:4]]
    assert ends == [
        "79.0 to 81.0 % if right: too narrow",
        "79.0 to 81.0 % if right: too wide",
        "too few to judge",
        "79.0 to 81.0 % if right: right",
    ]
    assert figure["layout"]["yaxis"]["range"][0] <= 0.3


def test_a_forecast_of_one_step_is_a_dot_with_its_range() -> None:
    one = {name: value[:1] for name, value in by_step()._asdict().items()}
    found = backtest(horizon=1, by_step=by_step(**one))
    for figure in (
        _accuracy_figures.error(found, WORDS, LIGHT, narrow=False),
        _accuracy_figures.held(found, WORDS, LIGHT, narrow=False),
    ):
        assert traces(figure, hoverinfo="text")[0]["mode"] == "markers"
        assert traces(figure, fill="toself")[0]["x"] == [0.75, 1.25, 1.25, 0.75]


def test_a_unit_is_a_text_in_every_chart() -> None:
    question, dataset = asked({"handle": HANDLE, "seq": 1}), Dataset(wave(300))
    assert question is not None
    parts = _accuracy.parts(backtest(), dataset, question, WORDS._replace(unit="<b>$x$"), [None] * 20)
    figures = json.dumps([parts[f"accuracy-{name}"] for name in ("error", "held", "past")])
    assert "<b>" not in figures
    assert "&lt;b&gt;" in figures


def test_nothing_known_draws_axes_and_no_more() -> None:
    empty = np.full(H, np.nan)
    found = backtest(by_step=by_step(**dict.fromkeys(by_step()._asdict(), empty)))
    for draw in (_accuracy_figures.error, _accuracy_figures.held):
        figure = draw(found, WORDS, LIGHT, narrow=False)
        assert all(y is None for t in figure["data"] for y in t["y"])
        json.dumps(figure, allow_nan=False)


@pytest.mark.parametrize("length", [300, 4_000])
def test_over_time_has_the_series_above_the_rolling_miss_on_one_axis(length: int) -> None:
    series = wave(length, missing=0.2)
    figure = _accuracy_past.over_time(backtest(stretch=(-90, -40)), Dataset(series), WORDS, LIGHT, narrow=False)
    above = traces(figure, hoverinfo="none")[0]
    known = [y for y in above["y"] if y is not None]
    assert (min(known), max(known)) == pytest.approx((np.nanmin(series.values), np.nanmax(series.values)), rel=1e-6)
    assert len(above["x"]) == min(length, 1_200)
    below = traces(figure, hoverinfo="text")[0]
    assert below["yaxis"] == "y2"
    assert below["hovertext"][0].startswith("around ")
    assert figure["layout"]["xaxis"]["range"] == [0.5 - length, 0.5]
    assert [figure["layout"]["shapes"][0][end] for end in ("x0", "x1")] == [-90, -40]
    json.dumps(figure, allow_nan=False)


def test_the_clock_is_a_square_for_each_hour_of_the_week() -> None:
    found = backtest(panels=panels(("clock:0-6", "weekday:0")), slice="clock:0-6")
    clock, level, trend = _accuracy_panels.panels(found, WORDS)
    said = words_of(clock)
    assert said.count('"data-slice":"clock:') == 168
    assert said.count('"data-slice":"hour:') == 24
    assert said.count('"aria-pressed":"true"') == 1
    assert said.count("stands-out") == 2
    assert "Mondays 06:00 to 07:00: missed by 4.0 kWh on average (3.6 to 4.4), 208 moments, worth about 70" in said
    assert "under 0.7 kWh" in said
    assert "high, over 52.0" in words_of(level)
    assert "rising fast" in words_of(trend)


def test_a_square_has_the_class_of_its_miss_in_units_of_the_scale() -> None:
    edges = [0, 0.15, 0.3, 0.5, 0.8, 1.2, 2, 50]
    cells = tuple(cell(f"clock:0-{hour}", 10.0 * edge) for hour, edge in enumerate(edges))
    found = backtest(scale=10.0, panels=(panels()[0]._replace(cells=cells),))
    said = words_of(_accuracy_panels.panels(found, WORDS))
    assert [said.count(f'"square miss-{k}"') for k in range(7)] == [2, 2, 2, 2, 2, 2, 3]
    assert said.count('"none"') == 7 * 24 - len(cells)


def test_months_and_weekdays_have_panels_of_their_own() -> None:
    season = [cell(f"season:{day}-{month}", 2.0) for day in range(5) for month in range(1, 13)]
    said = words_of(_accuracy_panels.panels(backtest(panels=(panels()[0]._replace(cells=tuple(season)),)), WORDS))
    assert "Mondays in March" in said
    assert said.count('"data-slice":"season:') == 60
    months = [cell(f"month:{month}", 2.0, n_eff=3.0) for month in range(1, 13)]
    months[5] = months[5]._replace(moments=0, miss=math.nan)
    said = words_of(_accuracy_panels.panels(backtest(panels=(panels()[0]._replace(cells=tuple(months)),)), WORDS))
    assert said.count('"data-slice":"month:') == 11
    assert "too few to tell" in said
    assert "reach" not in said
    assert "No scored moments." in words_of(
        _accuracy_panels.panels(backtest(panels=(panels()[0]._replace(cells=()),)), WORDS)
    )


def test_the_worst_stretches_lead_to_their_moments() -> None:
    found = backtest()
    said = words_of(
        _accuracy_tables.worst(found, WORDS, lambda index: f"/explore/x?i={index}", ["data:,a", *[None] * 19])
    )
    assert "they say nothing about the average" in said
    assert "/explore/x?i=-100" in said
    assert "Same time yesterday" in said
    assert said.count('"Img"') == 1
    assert _accuracy_tables.worst(backtest(worst=()), WORDS, str, []) == []
    alone = _accuracy_tables.worst(backtest(model=BASELINE), WORDS, str, [None] * 20)
    assert "Same time yesterday" not in words_of(alone)


def test_every_measure_says_how_it_is_made() -> None:
    said = words_of(_accuracy_tables.measures(backtest(), WORDS))
    for part in (
        "1/S\u00b2 form for quantiles",
        "2 x pinball, mean over 0.1 \u2026 0.9, divided by sum |y|",
        "divided by the mean seasonal difference of the file, m = 24",
        "Median minus what happened: + is too high",
        "lower \u2264 y \u2264 upper, two-sided",
        "As high as the lines = right, higher at both ends = too narrow",
        "CRPS of the other, on the same moments",
        "79.6 %",
        "14.2 kWh",
    ):
        assert part in said
    draws = words_of(_accuracy_tables.measures(backtest(kind="draws", season=1, model=BASELINE), WORDS))
    assert "fair form for draws" in draws
    assert "no season found" in draws
    assert "Same time yesterday" not in draws


def test_the_rank_histogram_shows_each_bar_before_what_a_right_one_would_be() -> None:
    assert _accuracy_tables.ranks(ranks(np.full(11, np.nan))) == []
    assert "expected" not in words_of(_accuracy_tables.ranks(ranks(np.full(11, 1 / 11), np.nan)))
    said = words_of(_accuracy_tables.ranks(ranks(np.full(11, 1 / 11))))
    assert "0 of 10 samples below: 9.1 %, 4.0 to 6.0 % if right" in said
    assert "3 of 10 samples below: 9.1 %, 9.0 to 11.0 % if right" in said


@pytest.mark.parametrize("unknown", [False, True])
def test_a_picture_of_a_forecast_fits_into_a_cell(unknown: bool) -> None:
    plot = plot_data(actuals=np.full(12, np.nan)) if unknown else plot_data()
    picture = ElementTree.fromstring(_fan.fan(plot, LIGHT))
    assert (picture.get("width"), picture.get("height")) == ("160", "32")
    assert len(picture) == (4 if unknown else 5) or unknown
    assert "NaN" not in _fan.fan(plot, LIGHT)
    assert _fan.image("<svg/>") == "data:image/svg+xml,%3Csvg/%3E"


def test_a_question_is_read_whatever_a_browser_sends() -> None:
    good = {"handle": HANDLE, "seq": 3, "slice": "clock:0-6", "sel": "-90,-40", "worst": 40, "dark": True, "h": 24}
    read = asked(good)
    assert read is not None
    assert (read.slice, read.stretch, read.worst, read.dark, read.horizon) == ("clock:0-6", (-90, -40), 40, True, 24)
    for bad in ("x", None, {}, good | {"handle": "x"}, good | {"seq": -1}):
        assert asked(bad) is None
    odd = asked(good | {"slice": "<b>", "sel": "-40,-90", "worst": 10**9, "model": 3, "seen": 5, "upload": []})
    assert odd is not None
    assert (odd.slice, odd.stretch, odd.worst, odd.model, odd.seen, odd.upload_id) == ("", None, 20, None, None, None)


def test_an_address_names_what_is_selected() -> None:
    assert chosen("?i=-37&slice=hour:6&sel=-90,-40&model=x") == {"i": "-37", "slice": "hour:6", "sel": "-90,-40"}
    assert chosen("?i=x&slice=HOUR&sel=5") == {}
    assert chosen(3) == {}
    assert of_file("explore", "h", i=0, slice="clock:0-6", sel="-9,-1", model=None) == (
        "/explore/h?i=0&slice=clock:0-6&sel=-9,-1"
    )
    assert of_file("accuracy", "h") == "/accuracy/h"


def test_a_chip_says_what_is_selected_and_where_it_is_to_be_seen() -> None:
    dataset = Dataset(wave(300))
    question = asked({"handle": HANDLE, "seq": 1, "slice": "hour:6", "sel": "-90,-40", "model": "theta"})
    assert question is not None
    said = words_of(_accuracy.chip(backtest(slice="hour:6", stretch=(-90, -40)), dataset, question, WORDS))
    assert "06:00 to 07:00, Fri 20 Feb 1970, 09:00 to Sun 22 Feb 1970, 11:00" in said
    assert f"/explore/{HANDLE}?i=-100&model=theta&sel=-90,-40&slice=hour:6" in said
    assert _accuracy.chip(backtest(), dataset, question, WORDS) == []
