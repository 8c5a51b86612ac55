"""The picture: fixed axes, layers, one scale of shading, cut points, labels, and what user text can do to it."""

from __future__ import annotations

import base64
import json
import math

import numpy as np
import orjson
import pytest

from pages import _figure, _frame, _heat_pump, _labels, _quick, _rail, _traces
from pages._notation import Step
from tests.test_words import plot_data

QUARTER_HOUR = Step(900, None)
VALUES = 40 + 10 * np.sin(np.arange(2000) / 15)


def frame_for(values: np.ndarray = VALUES, scale: float = 4.0, season: int = 96) -> _frame.Frame:
    return _frame.frame(values, scale, 12, season, QUARTER_HOUR)


def test_the_figure_is_plain_json_and_small() -> None:
    sent = orjson.dumps(_figure.figure(plot_data(), frame_for()))
    assert len(sent) < 12_000


def test_nothing_but_the_data_differs_between_two_moments() -> None:
    frame = frame_for()
    one, other = plot_data(), plot_data(index=-900, actuals=np.full(12, 31.0), crps=9.0)
    layouts = [_figure.figure(plot, frame)["layout"] for plot in (one, other)]
    layouts.append(_figure.without_forecast(tape(), frame, index=-1500, state="failed")["layout"])
    for layout in layouts:
        layout.pop("meta")
        layout.pop("annotations")
    assert all(layout == layouts[0] for layout in layouts)


def test_the_place_of_the_first_picture_is_kept_in_colours_that_suit_either_theme() -> None:
    blank, drawn = (f["layout"] for f in (_figure.blank(frame_for()), _figure.figure(plot_data(), frame_for())))
    assert blank["margin"] == drawn["margin"]
    for axis, place in (("xaxis", "range"), ("xaxis", "tickvals"), ("yaxis", "range"), ("yaxis", "tickvals")):
        assert blank[axis][place] == drawn[axis][place]
    assert blank["xaxis"]["showticklabels"] is False
    words = json.dumps(blank)
    for paint in (_traces.LIGHT, _traces.DARK):
        assert not any(colour in words for colour in (paint.ink, paint.muted, paint.grid, paint.day))


def tape() -> _traces.Tape:
    plot = plot_data()
    return _traces.Tape(plot.context_times, plot.context_values, plot.times, plot.actuals)


def test_the_median_is_not_joined_to_the_last_reading() -> None:
    traces = _figure.figure(plot_data(), frame_for())["data"]
    forecast = [t for t in traces if t.get("line", {}).get("color") == _traces.LIGHT.band]
    assert len(forecast) == 3
    assert all(min(x for x in t["x"] if x is not None) == 1 for t in forecast)


def test_the_baseline_is_drawn_only_beside_another_model() -> None:
    def dashed(model: str) -> int:
        traces = _figure.figure(plot_data(model=model), frame_for())["data"]
        return sum(t.get("line", {}).get("dash") == "dash" for t in traces)

    assert dashed("toy") == 1
    assert dashed("seasonal-naive") == 0


def test_the_truth_starts_at_the_moment_and_breaks_where_it_is_unknown() -> None:
    actuals = np.full(12, 58.0)
    actuals[4] = np.nan
    traces = _figure.figure(plot_data(actuals=actuals), frame_for())["data"]
    truth = next(t for t in traces if t.get("mode") == "lines+markers")
    assert truth["x"][0] == 0
    assert truth["y"][0] == 45.0
    assert truth["y"][5] is None


def test_the_state_is_in_the_layout() -> None:
    frame = frame_for()
    ready = _figure.figure(plot_data(), frame, seq=7)["layout"]
    assert {k: ready["meta"][k] for k in ("index", "seq", "state")} == {"index": -40, "seq": 7, "state": "ready"}
    unusable = _figure.without_forecast(tape(), frame, index=-3, state="unusable", seq=8)["layout"]
    assert {k: unusable["meta"][k] for k in ("index", "seq", "state")} == {"index": -3, "seq": 8, "state": "unusable"}
    assert unusable["meta"]["fixed"] == ready["meta"]["fixed"]
    assert unusable["shapes"][0]["line"]["dash"] == "dash"


@pytest.mark.parametrize(("sigma", "expected"), [(0.25, 0.76), (1.0, 0.38), (3.0, 0.22)])
def test_the_shading_of_a_normal_forecast(sigma: float, expected: float) -> None:
    peak = np.array([1 / (sigma * 3.5 * math.sqrt(2 * math.pi))], dtype=np.float32)
    assert _traces.opacity(peak, 3.5)[0] == pytest.approx(expected, abs=0.005)


def test_the_shading_is_never_opaque_and_travels_as_bytes() -> None:
    plot = plot_data(density=np.full((12, 128), 1e9, dtype=np.float32))
    heat = _figure.figure(plot, frame_for())["data"]
    shading = next(t for t in heat if t["type"] == "heatmap")
    assert np.frombuffer(base64.b64decode(shading["z"]["bdata"]), np.uint8).tolist() == [255] * 128 * 12
    assert shading["colorscale"][-1][1].endswith(f"{_traces.MOST_OPAQUE})")


def test_the_axis_spans_the_whole_file() -> None:
    low, high, cut_low, cut_high = _frame.value_range(np.array([100.0, 120.0, 140.0]))
    assert low < 100 < 140 < high
    assert not cut_low
    assert not cut_high


def test_zero_is_included_when_the_values_are_near_it() -> None:
    assert _frame.value_range(np.array([1.0, 20.0]))[0] == 0
    assert _frame.value_range(np.array([-1.0, 20.0]))[0] < -1
    assert _frame.value_range(np.array([6.0, 20.0]))[0] > 0


def test_one_spike_does_not_flatten_the_year_and_is_marked() -> None:
    values = VALUES.copy()
    values[1000] = 5_000.0
    values[1001] = -5_000.0
    frame = frame_for(values)
    assert frame.cut_high
    assert frame.cut_low
    assert frame.high < 200
    actuals = np.full(12, 58.0)
    actuals[2], actuals[3] = 5_000.0, -5_000.0
    marks = [t for t in _figure.figure(plot_data(actuals=actuals), frame)["data"] if t.get("mode") == "markers+text"]
    assert [(t["marker"]["symbol"], t["x"], t["y"]) for t in marks] == [
        ("triangle-up", [3], [frame.high]),
        ("triangle-down", [4], [frame.low]),
    ]
    assert marks[0]["text"][0].removeprefix("<br>").replace("\u202f", "").startswith("5000")


def test_of_neighbours_beyond_the_axis_the_farthest_tells_its_value() -> None:
    values = VALUES.copy()
    values[1000] = 5_000.0
    frame = frame_for(values)
    actuals = np.full(12, 58.0)
    actuals[[1, 2, 3, 10]] = 4_000.0, 5_000.0, 4_500.0, 4_000.0

    for width, told in ((500, [3]), (1_038, [3, 11]), (30_000, [2, 3, 4, 11])):
        marks = [
            trace
            for trace in _figure.figure(plot_data(actuals=actuals), frame, width=width)["data"]
            if trace.get("cliponaxis") is False
        ]
        assert sorted(step for trace in marks for step in trace["x"]) == [2, 3, 4, 11]
        assert [trace["x"] for trace in marks if "text" in trace] == [told]


@pytest.mark.parametrize("values", [np.array([5.0, 5.0]), np.array([]), np.array([0.0]), np.array([np.nan, 1.0])])
def test_a_flat_or_empty_file_still_has_an_axis(values: np.ndarray) -> None:
    frame = _frame.frame(values, math.nan, 12, 1, QUARTER_HOUR)
    assert frame.low < frame.high
    assert frame.scale > 0


@pytest.mark.parametrize(
    ("values", "scale", "decimals"),
    [
        (np.array([1.0, 2.0, 3.0]), 1.0, 1),
        (np.array([1.5, 2.0]), 1.0, 2),
        (np.array([0.84, 1.26]), 0.5, 3),
        (np.array([1 / 3, 2 / 3]), 0.3, 4),
        (np.array([1e6 / 3, 2e6 / 3]), 500.0, 1),
        (np.array([1e6 / 3, 2e6 / 3]), 1e5, 0),
        (np.array([5e7, 6e7]), 1e7, 0),
    ],
)
def test_sentences_show_one_digit_more_than_the_data(values: np.ndarray, scale: float, decimals: int) -> None:
    assert _frame.decimals(values, scale) == decimals


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.0, 653.0, ["0", "200", "400", "600"]),
        (2_850.0, 6_467.0, ["3\u202f000", "4\u202f000", "5\u202f000", "6\u202f000"]),
        (-1.0, 1.0, ["\u22121.0", "\u22120.5", "0.0", "0.5", "1.0"]),
        (0.0, 5.7e8, ["0", *(f"{n}00\u202fM" for n in range(1, 6))]),
        (-5e9, 5e9, ["\u22124\u202fbn", "\u22122\u202fbn", "0", "2\u202fbn", "4\u202fbn"]),
        (0.0, 1.4e-5, ["0", "5.0e-06", "1.0e-05"]),
    ],
)
def test_value_ticks_are_round_and_short(low: float, high: float, labels: list[str]) -> None:
    assert [label for _, label in _frame.value_ticks(low, high)] == labels


@pytest.mark.parametrize("low", [-1e100, -1e12, -3.7, 0.0, 1e-100, 4.9, 1e6, 9.99e11])
@pytest.mark.parametrize("width", [1e-8, 1e-3, 0.7, 1.0, 6.0])
def test_value_ticks_lie_on_the_axis_and_differ(low: float, width: float) -> None:
    high = low + width * (abs(low) or 1.0)
    values, labels = zip(*_frame.value_ticks(low, high), strict=True)
    slack = 1e-5 * (high - low)
    assert low - slack <= min(values) <= max(values) <= high + slack
    assert 2 <= len(values) == len(set(labels)) <= 8


@pytest.mark.parametrize("narrow", [False, True])
def test_large_values_find_room_beside_the_axis(narrow: bool) -> None:
    def left(values: np.ndarray) -> int:
        return int(_figure.figure(plot_data(), frame_for(values), narrow=narrow)["layout"]["margin"]["l"])

    assert left(1e6 + VALUES) > left(VALUES) == _figure.MARGINS["phone" if narrow else "desk"][0]


def test_the_future_keeps_its_share_of_the_width() -> None:
    frame = frame_for(season=2000)
    assert 12 / (frame.history(narrow=False) + 12) >= 1 / 9
    assert 12 / (frame.history(narrow=True) + 12) >= 2 / 5
    assert frame_for(season=96).history(narrow=False) == 96
    assert frame_for(season=1).history(narrow=False) == 48


@pytest.mark.parametrize(
    ("history", "step", "labels"),
    [
        (96, QUARTER_HOUR, ["-24 h", "-21 h", "now", "+3 h"]),
        (48, Step(3600, None), ["-48 h", "now", "+12 h"]),
        (48, Step(None, "month"), ["-48 months", "now", "+12 months"]),
        (48, Step(300, None), ["-4 h", "now", "+1 h"]),
        (48, Step(86400, None), ["now", "+7 days"]),
        (52, Step(7 * 86400, None), ["-48 weeks", "now", "+8 weeks"]),
        (48, Step(None, "year"), ["now", "+12 years"]),
        (48, Step(7, None), ["now"]),
    ],
)
def test_time_ticks_are_round_and_few(history: int, step: Step, labels: list[str]) -> None:
    ticks = _frame.ticks(history, step, 12, letters=120)
    assert len(ticks) <= _frame.MOST_TICKS + 2
    assert set(labels) <= {label for _, label in ticks}


@pytest.mark.parametrize(
    "step", [QUARTER_HOUR, Step(3600, None), Step(86400, None), Step(7 * 86400, None), Step(None, "month")], ids=str
)
@pytest.mark.parametrize("history", [9, 18, 36, 400])
def test_time_ticks_stand_clear_of_one_another_on_any_width(history: int, step: Step) -> None:
    for letters in (45, 55, 120):
        ticks = _frame.ticks(history, step, 12, letters)
        assert (0, "now") in ticks
        assert len(ticks) * (1 + max(len(label) for _, label in ticks)) <= letters
        assert set(ticks) <= set(_frame.ticks(history, step, 12, letters=1_000))


def test_direct_labels_never_cover_each_other() -> None:
    level = np.full(12, 44.0)
    plot = plot_data(quantiles=dict.fromkeys((0.1, 0.25, 0.5, 0.75, 0.9), level), baseline_median=level, actuals=level)
    frame = frame_for()
    marks = [a for a in _figure.figure(plot, frame)["layout"]["annotations"] if a["x"] == 1]
    heights = sorted(a["y"] for a in marks)
    assert len(heights) == 5
    assert min(np.diff(heights)) >= 0.99 * _labels.LABEL_GAP * (frame.high - frame.low)


def test_direct_labels_that_make_room_for_each_other_stay_around_their_lines() -> None:
    quantiles = {0.1: 36.0, 0.25: 38.0, 0.5: 40.0, 0.75: 40.0, 0.9: 48.0}
    level = np.full(12, 40.0)
    plot = plot_data(quantiles={q: np.full(12, y) for q, y in quantiles.items()}, baseline_median=level, actuals=level)
    frame = frame_for()
    marks = {a["text"]: a["y"] for a in _figure.figure(plot, frame)["layout"]["annotations"] if a["x"] == 1}
    assert marks.pop("8 of 10") == pytest.approx(48.0)
    assert np.mean(list(marks.values())) == pytest.approx(40.0)


def test_labels_at_the_top_are_pushed_down() -> None:
    level = np.full(12, 1e6)
    plot = plot_data(quantiles=dict.fromkeys((0.1, 0.25, 0.5, 0.75, 0.9), level), actuals=level)
    frame = frame_for()
    marks = [a for a in _figure.figure(plot, frame)["layout"]["annotations"] if a["x"] == 1]
    assert all(frame.low <= a["y"] <= frame.high * 1.0001 for a in marks)


@pytest.mark.parametrize(("origin", "shown"), [("2024-03-05T14:00", True), ("2024-03-05T01:00", False)])
def test_a_days_name_is_left_out_where_the_now_line_would_strike_it_through(origin: str, shown: bool) -> None:
    back, ahead = np.arange(-199, 1), np.arange(1, 13)
    quarter = np.timedelta64(900, "s")
    now = np.datetime64(origin, "s")
    plot = plot_data(origin=now, context_times=now + back * quarter, times=now + ahead * quarter)
    texts = [t["text"] for t in _figure.figure(plot, frame_for())["data"] if t.get("mode") == "text"]
    assert any(" Tue 5 Mar" in text for text in texts) is shown


def test_the_phone_has_no_direct_labels() -> None:
    annotations = _figure.figure(plot_data(), frame_for(), unit="kWh", narrow=True)["layout"]["annotations"]
    assert [a["text"] for a in annotations] == ["kWh"]


def test_both_themes_share_everything_but_colours() -> None:
    light, dark = (_figure.figure(plot_data(), frame_for(), dark=dark) for dark in (False, True))
    assert [t["x"] for t in light["data"]] == [t["x"] for t in dark["data"]]
    assert light != dark


def test_lonely_readings_are_visible() -> None:
    history = np.full(200, np.nan)
    history[::2] = 40.0
    traces = _figure.figure(plot_data(context_values=history), frame_for())["data"]
    points = next(t for t in traces if t.get("mode") == "markers")
    assert len(points["x"]) > 40


def test_one_step_ahead_is_visible() -> None:
    plot = plot_data()
    one = {level: values[:1] for level, values in plot.quantiles.items()}
    short = plot_data(
        horizon=1, quantiles=one, times=plot.times[:1], actuals=plot.actuals[:1], density=plot.density[:1]
    )
    frame = _frame.frame(VALUES, 4.0, 1, 96, QUARTER_HOUR)
    drawn = _figure.figure(short, frame)["data"]
    assert all("markers" in t["mode"] for t in drawn if t.get("line", {}).get("color") == _traces.LIGHT.band)


def test_a_quick_draw_survives_the_way_through_the_browser() -> None:
    plot = plot_data()
    sent = json.loads(orjson.dumps(plot.to_json(), option=orjson.OPT_SERIALIZE_NUMPY))
    back = _quick.plot(sent)
    assert back is not None
    assert back.times.tolist() == plot.times.tolist()
    assert np.array_equal(back.actuals, plot.actuals)
    drawn = _figure.figure(back, _quick.frame_of(back))
    assert len(drawn["data"]) == len(_figure.figure(plot, frame_for())["data"])


@pytest.mark.parametrize("field", ["horizon", "times", "density", "context", "quantiles", "actuals", "origin", "model"])
@pytest.mark.parametrize("value", [None, True, -1, 10**4200, "x", [], {}, [None] * 12, [[1]]], ids=str)
def test_a_quick_draw_with_a_hostile_field_is_refused(field: str, value: object) -> None:
    sent = json.loads(orjson.dumps(plot_data().to_json(), option=orjson.OPT_SERIALIZE_NUMPY))
    plot = _quick.plot(sent | {field: value})
    assert plot is None or (field, value) in [("actuals", [None] * 12), ("model", "x")]


def test_the_rail_has_at_most_twelve_ticks_at_calendar_bounds() -> None:
    start = np.datetime64("2023-11-20T07:15", "s")
    for days in (1, 3, 20, 90, 400, 4000, 40_000):
        end = start + np.timedelta64(days, "D")
        ticks = _rail.ticks(start, end, lambda time, end=end: float((time - start) / (end - start)))
        assert 1 <= len(ticks) <= _rail.MOST_TICKS
        assert all(0 <= tick.position <= 1 for tick in ticks)
    year = _rail.ticks(np.datetime64("2024-01-01", "s"), np.datetime64("2025-01-01", "s"), lambda time: 0.5)
    assert [tick.label for tick in year] == ["Jan 2024", "Mar", "May", "Jul", "Sep", "Nov", "Jan 2025"]


def test_the_outline_leaves_gaps_empty() -> None:
    values = np.array([1.0, 2.0, np.nan, 1.0])
    outline = _rail.outline(values, 0.0, 2.0)
    assert outline.count("M") == 2
    assert outline.startswith('url("data:image/svg+xml,')


def test_the_made_up_sample_is_the_same_every_time_and_looks_like_data() -> None:
    raw = _heat_pump.csv()
    assert raw == _heat_pump.csv()
    lines = raw.decode().splitlines()
    assert 3_000 <= len(lines) <= 6_000
    assert lines[0] == "time,Heat pump load [kWh]"
    values = [float(line.split(",")[1]) for line in lines[1:]]
    assert min(values) > 0
    assert max(values) < 15
