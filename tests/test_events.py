"""Did it warn me? Against the plainest reading of the definitions, and at the engine's door."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine import Engine, Events, PlotData, Question, Settings, errors
from engine.models.base import Loader
from engine.scoring.events import announced, share_range
from engine.scoring.warned import NOTHING_FOLLOWED
from tests import direct_scores as direct
from tests.conftest import ToyForecaster, filled, to_csv, until, wave

HIGH = Question(10.0, True, 3, 1, 1)
Values = NDArray[np.float64]


def told(marks: str, warned: dict[int, tuple[int, int]], asked: Question = HIGH, horizon: int = 4) -> Any:
    """Of a series drawn as x (beyond the line), - (not) and . (missing): {position: (step, samples beyond)}."""
    values = np.array([{"x": 11.0, "-": 5.0, ".": np.nan}[mark] for mark in marks])
    counts = np.zeros((horizon, len(marks)), np.uint8)
    for position, (step, samples) in warned.items():
        counts[step - 1, position] = samples
    return announced(values, counts, np.ones(len(marks), dtype=bool), np.zeros(len(marks), dtype=bool), asked)


def test_an_event_is_announced_by_a_moment_before_it_of_which_enough_samples_lie_beyond_the_line() -> None:
    runs, _ = told("-----xx-----", {2: (4, 3)})
    assert (runs.start.tolist(), runs.length.tolist(), runs.lead.tolist()) == ([5], [2], [3])
    runs, _ = told("-----xx-----", {2: (4, 2)})
    assert (runs.judged.tolist(), runs.lead.tolist()) == ([True], [0])


def test_the_lead_is_told_by_the_earliest_warning_within_the_horizon() -> None:
    runs, _ = told("--------x---", {3: (1, 9), 5: (1, 9), 7: (1, 9)})
    assert runs.lead.tolist() == [3]  # from 5; 3 is more than 4 steps before


def test_a_warning_that_comes_too_late_announces_nothing_but_is_not_false() -> None:
    runs, warnings = told("-----x------", {4: (3, 9)}, HIGH._replace(lead=2))
    assert (runs.judged.tolist(), runs.lead.tolist()) == ([True], [0])
    assert (warnings.event.tolist(), warnings.decided.tolist()) == ([5], [True])


def test_samples_of_steps_before_the_lead_warn_of_nothing() -> None:
    _, warnings = told("-----x------", {2: (1, 9)}, HIGH._replace(lead=2))
    assert not len(warnings.first)


def test_a_moment_that_is_beyond_the_line_already_warns_of_nothing() -> None:
    runs, warnings = told("--xx---x----", {3: (4, 9)})
    assert not len(warnings.first)
    assert runs.lead.tolist() == [0, 0]


def test_an_event_with_no_moment_before_it_that_could_have_warned_is_not_judged() -> None:
    runs, _ = told("x---xxx-x---", {})
    assert (runs.start.tolist(), runs.judged.tolist()) == ([0, 4, 8], [False, True, True])
    runs, _ = told("x---xxx-x---", {}, HIGH._replace(lead=2))
    assert runs.judged.tolist() == [False, True, False]


def test_short_runs_are_no_events_where_longer_ones_are_asked_for() -> None:
    runs, _ = told("--x--xx--xxx---", {}, HIGH._replace(run=3))
    assert (runs.start.tolist(), runs.length.tolist()) == ([9], [3])


def test_a_missing_reading_ends_no_run_and_a_long_outage_does() -> None:
    runs, _ = told("--x.x---x.....x--", {})
    assert (runs.start.tolist(), runs.length.tolist()) == ([2, 8, 14], [2, 1, 1])


def test_warnings_of_consecutive_moments_are_one() -> None:
    _, warnings = told("---------x-------", {3: (2, 9), 4: (2, 9), 6: (2, 9)})
    assert (warnings.first.tolist(), warnings.last.tolist()) == ([3, 6], [4, 6])
    assert warnings.event.tolist() == [-1, 9]  # 4 + 4 is 8
    assert warnings.decided.all()


def test_a_warning_whose_future_is_not_known_is_undecided() -> None:
    _, warnings = told("---------", {6: (2, 9)})
    assert warnings.decided.tolist() == [False]
    _, warnings = told("---------x", {6: (2, 9)})
    assert warnings.decided.tolist() == [True]
    _, warnings = told("--....----", {1: (2, 9)})
    assert warnings.decided.tolist() == [False]


@given(
    st.lists(st.sampled_from("xx----."), min_size=1, max_size=60).map(lambda marks: ["-", *marks]),
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 3)),
)
def test_the_answer_is_that_of_the_plain_reading(marks: list[str], seed: int, how: tuple[int, int, int]) -> None:
    random = np.random.default_rng(seed)
    values = np.array([{"x": 9.0, "-": 11.0, ".": np.nan}[mark] for mark in marks])
    counts = random.integers(0, 6, (4, len(marks))).astype(np.uint8)
    read = random.random(len(marks)) < 0.8
    unread = ~read & (random.random(len(marks)) < 0.3)
    asked = Question(10.0, False, *how)
    runs, warnings = announced(values, counts, read, unread, asked)
    expected_runs, expected_warnings = plainly(values, counts, read, unread, asked)
    assert list(zip(*(column.tolist() for column in runs), strict=True)) == expected_runs
    assert list(zip(*(column.tolist() for column in warnings), strict=True)) == expected_warnings


def plainly(
    values: Values, counts: NDArray[Any], read: NDArray[np.bool_], unread: NDArray[np.bool_], asked: Question
) -> tuple[list[Any], list[Any]]:
    """Events (start, length, judged, lead) and warnings (first, last, event, decided) by the definitions."""
    horizon, length = counts.shape
    readings = [t for t in range(length) if not np.isnan(values[t])]
    over = {t: values[t] > asked.line if asked.above else values[t] < asked.line for t in readings}
    found: list[list[int]] = []
    before = None
    for t in readings:
        if over[t]:
            if before is not None and over[before] and t - before <= horizon:
                found[-1].append(t)
            else:
                found.append([t])
        before = t
    events = [run for run in found if len(run) >= asked.run]

    def calm(t: int) -> bool:
        known = [u for u in readings if u <= t]
        return bool(read[t]) and bool(known) and not over[known[-1]]

    def warns(t: int) -> bool:
        return calm(t) and any(counts[step - 1, t] >= asked.k for step in range(asked.lead, horizon + 1))

    runs = []
    for run in events:
        before_it = range(max(0, run[0] - horizon), run[0] - asked.lead + 1)
        judged = any(map(calm, before_it)) and not any(unread[t] for t in before_it)
        leads = [run[0] - t for t in before_it if judged and warns(t)]
        runs.append((run[0], len(run), judged, max(leads, default=0)))
    warnings = []
    t = 0
    while t < length:
        if warns(t):
            last = t
            while last + 1 < length and warns(last + 1):
                last += 1
            after = [run[0] for run in events if t < run[0] <= last + horizon]
            future = range(last + 1, last + horizon + 1)
            half = 2 * sum(u in over for u in future) >= horizon
            warnings.append((t, last, after[0] if after else -1, bool(after) or (last + horizon < length and half)))
            t = last
        t += 1
    return runs, warnings


def test_the_range_of_a_share_is_jeffreys_interval() -> None:
    assert tuple(share_range(29, 41)) == pytest.approx((0.556, 0.829), abs=0.002)
    assert share_range(0, 8).low == 0
    assert share_range(8, 8).high == 1
    assert np.isnan(share_range(0, 0)).all()


GAPPY = wave(330, missing=0.06)


@pytest.fixture
def handle(engine: Engine) -> str:
    done = engine.upload(to_csv(GAPPY)).dataset.handle
    until(lambda: filled(engine, done))
    return done


def counted(plots: list[PlotData], length: int, asked: Question) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """How many samples of every picture's steps lie beyond the line, and where a picture is."""
    counts, read = np.zeros((12, length), np.uint8), np.zeros(length, dtype=bool)
    for plot in plots:
        beyond = plot.samples > asked.line if asked.above else plot.samples < asked.line
        counts[:, length - 1 + plot.index] = beyond.sum(axis=1)
        read[length - 1 + plot.index] = True
    return counts, read


@pytest.mark.parametrize("direction", ["above", "below"])
@pytest.mark.parametrize(("k", "lead", "run"), [(3, 1, 1), (8, 4, 2)])
def test_the_engine_answers_with_what_its_pictures_show(
    engine: Engine, handle: str, direction: str, k: int, lead: int, run: int
) -> None:
    line = float(np.nanquantile(GAPPY.values, 0.8 if direction == "above" else 0.2))
    found = engine.events(handle, line, direction, k=k, lead=lead, run=run, timeout=20)
    asked = Question(line, direction == "above", k, lead, run)
    counts, read = counted(direct.pictures(engine, handle), len(GAPPY), asked)
    runs, warnings = plainly(GAPPY.values, counts, read, np.zeros(len(GAPPY), dtype=bool), asked)
    judged = [each for each in runs if each[2]]
    decided = [each for each in warnings if each[3]]
    assert found.question == asked
    assert len(judged) > 5
    assert (found.announced, found.missed) == (sum(e[3] > 0 for e in judged), sum(e[3] == 0 for e in judged))
    assert (found.unjudged, found.undecided) == (len(runs) - len(judged), len(warnings) - len(decided))
    assert (found.followed, found.false) == (sum(w[2] >= 0 for w in decided), sum(w[2] < 0 for w in decided))
    newest = len(GAPPY) - 1
    assert found.events.index.tolist() == [each[0] - newest for each in judged]
    assert (found.events.length.tolist(), found.events.lead.tolist()) == (
        [e[1] for e in judged],
        [e[3] for e in judged],
    )
    assert found.warnings.first.tolist() == [each[0] - newest for each in decided]
    followers = [each[2] - newest if each[2] >= 0 else NOTHING_FOLLOWED for each in decided]
    assert found.warnings.event.tolist() == followers
    dataset = engine.dataset(handle)
    assert found.events.time.tolist() == [dataset.time(int(index)).tolist() for index in found.events.index]
    assert (found.read, found.total) == (int(read.sum()), int(dataset.usable_origins.sum()))


def line_of(found: Events) -> tuple[int, ...]:
    return found.announced, found.missed, found.followed, found.false


def test_a_stretch_holds_what_begins_in_it_and_the_list_the_newest(engine: Engine, handle: str) -> None:
    whole = engine.events(handle, 12.0, "above", timeout=20)
    part = engine.events(handle, 12.0, "above", stretch=(-200, -50), timeout=20)
    inside = (whole.events.index >= -200) & (whole.events.index <= -50)
    assert part.events.index.tolist() == whole.events.index[inside].tolist()
    assert part.stretch == (-200, -50)
    few = engine.events(handle, 12.0, "above", most=2, timeout=20)
    assert few.events.index.tolist() == whole.events.index[-2:].tolist()
    assert line_of(few) == line_of(whole)
    none = engine.events(handle, 12.0, "above", most=0, timeout=20)
    assert len(none.events.index) == len(none.warnings.first) == 0


def test_what_is_computed_anew_is_counted_anew(engine: Engine, handle: str, toy: ToyForecaster) -> None:
    before = engine.events(handle, 12.0, "above", timeout=20)
    assert before.read == before.total
    toy.batches.clear()
    try:
        engine.recalculate(handle, first=-60, last=0)
        during = engine.events(handle, 12.0, "above", timeout=20)
        assert (during.read < before.read, during.complete, before.complete) == (True, False, True)
    finally:
        toy.batches.set()
    until(lambda: filled(engine, handle))
    assert line_of(engine.events(handle, 12.0, "above", timeout=20)) == line_of(before)


def test_an_event_is_not_missed_where_a_forecast_before_it_is_not_read() -> None:
    values = np.array([5.0, 5, 5, 5, 5, 11, 5])
    counts, read = np.zeros((4, 7), np.uint8), np.array([1, 1, 1, 0, 1, 1, 1], dtype=bool)
    for unread, judged in ((~read, False), (np.zeros(7, dtype=bool), True)):
        runs, _ = announced(values, counts, read, unread, HIGH)
        assert runs.judged.tolist() == [judged]
    counts[1, 4] = 9
    runs, _ = announced(values, counts, read, ~read, HIGH)
    assert (runs.judged.tolist(), runs.lead.tolist()) == ([False], [0])


def test_of_a_long_file_what_is_left_out_is_neither_missed_nor_still_to_come(
    settings: Settings, registry: dict[str, Loader]
) -> None:
    engine = Engine(replace(settings, scores_budget=1_000_000, horizon=64), registry)
    series = wave(1000)
    done = engine.upload(to_csv(series)).dataset.handle
    until(lambda: filled(engine, done))
    found = engine.events(done, 12.0, "above", timeout=20)
    assert (found.complete, found.read < found.total) == (True, True)
    read = (np.arange(1000) + 1000) // 256 % 2 == 1000 // 256 % 2
    for index in found.events.index:
        assert read[max(0, 999 + index - 64) : 999 + index].all()
    assert found.unjudged > found.announced + found.missed > 0
    engine.close()


def test_nothing_computed_is_nothing_judged(engine: Engine, toy: ToyForecaster) -> None:
    toy.batches.clear()
    try:
        handle = engine.upload(to_csv(GAPPY)).dataset.handle
        found = engine.events(handle, 12.0, "above")
        assert (found.read, found.announced, found.missed, found.followed, found.false) == (0, 0, 0, 0, 0)
        assert np.isnan([*found.announced_range, *found.followed_range]).all()
        assert found.unjudged > 0
    finally:
        toy.batches.set()


@pytest.mark.parametrize(
    "arguments",
    [{"k": 0}, {"k": 11}, {"lead": 0}, {"lead": 13}, {"run": 0}, {"most": -1}, {"most": 1001}, {"stretch": (-3, -5)}],
)
def test_questions_that_mean_nothing_are_refused(engine: Engine, upload: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(errors.BadRequest):
        engine.events(upload.dataset.handle, 12.0, "above", **arguments)


@pytest.mark.parametrize(("line", "direction"), [(float("nan"), "above"), (float("inf"), "below"), (1.0, "beside")])
def test_a_line_nobody_can_cross_is_refused(engine: Engine, upload: Any, line: float, direction: str) -> None:
    with pytest.raises(errors.BadRequest):
        engine.events(upload.dataset.handle, line, direction)


def test_the_api_answers_with_the_same(client: FlaskClient, engine: Engine, handle: str) -> None:
    found = engine.events(handle, 12.5, "above", k=4, lead=2, timeout=20)
    address = f"/api/v1/datasets/{handle}/events"
    answer = client.get(f"{address}?line=12.5&direction=above&k=4&lead=2").get_json()
    assert answer["question"] == {"line": 12.5, "above": True, "k": 4, "lead": 2, "run": 1}
    assert (answer["announced"], answer["missed"], answer["false"]) == (found.announced, found.missed, found.false)
    assert answer["events"]["index"] == found.events.index.tolist()
    assert answer["warnings"]["event"] == found.warnings.event.tolist()
    for query in (
        "direction=above",
        "line=x&direction=above",
        "line=nan&direction=above",
        "line=1",
        "line=1&direction=up",
    ):
        assert client.get(f"{address}?{query}").status_code == 400
