"""Times, spans, numbers, names and every sentence of the score card."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from engine import PlotData
from pages import _notation, _words
from pages._notation import Step
from pages._words import plain

QUARTER_HOUR, HOUR, DAY = Step(900, None), Step(3600, None), Step(86400, None)
MONTH, WEEKDAY = Step(None, "month"), Step(None, "weekday")
THIN = "\u202f"


def plot_data(**changed: object) -> PlotData:
    """A forecast of twelve quarter hours from Tue 5 Mar 2024, 14:00, fully scored."""
    horizon = 12
    origin = np.datetime64("2024-03-05T14:00:00", "s")
    times = origin + np.arange(1, horizon + 1) * np.timedelta64(900, "s")
    base = PlotData(
        handle="0" * 64,
        index=-40,
        origin=origin,
        step_seconds=900,
        step_calendar=None,
        zone=None,
        horizon=horizon,
        model="toy",
        kind="quantiles",
        times=times,
        samples=np.sort(np.random.default_rng(1).normal(44, 5, (horizon, 10)), axis=1),
        quantiles={0.1: np.full(12, 36.0), 0.25: np.full(12, 41.0), 0.5: np.full(12, 44.0)}
        | {0.75: np.full(12, 47.0), 0.9: np.full(12, 55.0)},
        density_lo=20.0,
        density_hi=70.0,
        density=np.full((horizon, 128), 0.02, dtype=np.float32),
        context_times=origin - np.arange(199, -1, -1) * np.timedelta64(900, "s"),
        context_values=np.linspace(30.0, 45.0, 200),
        actuals=np.full(12, 58.0),
        baseline_model="seasonal-naive",
        baseline_period=96,
        baseline_median=np.full(12, 40.0),
        crps=2.21,
        baseline_crps=3.64,
        n_scored=12,
        inside50=4,
        inside80=11,
        percentile=0.82,
        n_compared=35_080,
    )
    return dataclasses.replace(base, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("time", "step", "words"),
    [
        ("2024-03-05T14:00", HOUR, "Tue 5 Mar 2024, 14:00"),
        ("2024-03-05T14:00:30", Step(30, None), "Tue 5 Mar 2024, 14:00:30"),
        ("2024-03-05T22:57:11", Step(300, None), "Tue 5 Mar 2024, 22:57"),
        ("2024-03-05T22:57:11", Step(86400, None), "Tue 5 Mar 2024, 22:57"),
        ("2024-03-05T00:00:11", Step(86400, None), "Tue 5 Mar 2024"),
        ("2024-03-05T00:00", DAY, "Tue 5 Mar 2024"),
        ("2024-03-05T06:00", DAY, "Tue 5 Mar 2024, 06:00"),
        ("2024-03-01T00:00", MONTH, "Mar 2024"),
        ("2024-01-01T00:00", Step(None, "year"), "2024"),
        ("2024-03-05T00:00", WEEKDAY, "Tue 5 Mar 2024"),
    ],
)
def test_a_moment_is_written_with_the_month_in_letters(time: str, step: Step, words: str) -> None:
    assert _notation.moment(np.datetime64(time, "s"), step) == words


@pytest.mark.parametrize(
    ("steps", "step", "words"),
    [
        (12, QUARTER_HOUR, "3 h"),
        (1, QUARTER_HOUR, "15 min"),
        (6, QUARTER_HOUR, "90 min"),
        (12, HOUR, "12 h"),
        (12, DAY, "12 days"),
        (1, DAY, "1 day"),
        (12, MONTH, "12 months"),
        (4, Step(None, "3 months"), "12 months"),
        (2, Step(None, "year"), "2 years"),
        (5, WEEKDAY, "5 working days"),
        (12, Step(7 * 86400, None), "12 weeks"),
        (12, Step(5, None), "1 min"),
        (7, Step(5, None), "35 s"),
        (64, Step(300, None), "5 h 20 min"),
        (10, QUARTER_HOUR, "2.5 h"),
        (64, Step(10, None), "10 min 40 s"),
        (200, HOUR, "8 days 8 h"),
        (64, Step(3, None), "3.2 min"),
    ],
)
def test_spans(steps: int, step: Step, words: str) -> None:
    assert _notation.span(steps, step) == words


@pytest.mark.parametrize(
    ("period", "step", "name"),
    [
        (1, HOUR, "last value"),
        (24, HOUR, "same time yesterday"),
        (96, QUARTER_HOUR, "same time yesterday"),
        (168, HOUR, "same time last week"),
        (7, DAY, "same day last week"),
        (365, DAY, "same day last year"),
        (52, Step(7 * 86400, None), "same week last year"),
        (12, MONTH, "same month last year"),
        (4, Step(None, "3 months"), "same quarter last year"),
        (5, WEEKDAY, "same day last week"),
        (7, QUARTER_HOUR, "one cycle ago (7 steps)"),
    ],
)
def test_the_baseline_is_named_after_its_season(period: int, step: Step, name: str) -> None:
    assert _notation.baseline_name(period, step) == name


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (12480.26, 1, f"12{THIN}480.3"),
        (-0.04, 1, "0.0"),
        (-2.26, 1, "\u22122.3"),
        (0.0, 2, "0.00"),
        (math.nan, 1, "unknown"),
        (1e9, 0, f"1{THIN}000{THIN}000{THIN}000"),
    ],
)
def test_numbers_have_thin_thousands_and_no_signed_zero(value: float, decimals: int, text: str) -> None:
    assert _notation.number(value, decimals) == text


def test_the_first_sentence_says_by_how_much_it_missed_and_names_the_opponent() -> None:
    words = plain(_words.missed(plot_data(), 1, "kWh"))
    assert words == (
        "It missed by 2.2 kWh on average over the next 3\u00a0h. Same time yesterday would have missed by 3.6."
    )


def test_two_misses_that_read_the_same_are_called_the_same() -> None:
    words = plain(_words.missed(plot_data(crps=0.21, baseline_crps=0.18), 1, ""))
    assert words.endswith("Same time yesterday would have missed by as much.")


@pytest.mark.parametrize(("ours", "said"), [(True, False), (False, True)])
def test_a_model_of_somebody_else_may_have_seen_such_data(ours: bool, said: bool) -> None:
    words = _words.no_peeking(512, ours=ours)
    assert "at most the 512 values before it" in words
    assert ("may have seen public data" in words) is said


def test_the_baseline_is_not_compared_with_itself() -> None:
    plot = plot_data(model="seasonal-naive")
    assert plain(_words.missed(plot, 1, "kWh")) == "It missed by 2.2 kWh on average over the next 3\u00a0h."


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"index": 0, "n_scored": 0},
            "This starts at the last reading in the file. What happens next is not known yet.",
        ),
        ({"index": -5, "n_scored": 0}, "No reading of the next 3\u00a0h is in the file yet."),
        ({"index": -40, "n_scored": 5}, "Fewer than half of the next 12 readings exist: not scored."),
    ],
)
def test_what_is_not_known_is_said(changed: dict[str, int], words: str) -> None:
    assert plain(_words.missed(plot_data(**changed), 1, "")) == words


def test_a_partly_known_future_says_how_much_has_happened() -> None:
    words = plain(_words.missed(plot_data(index=-5, n_scored=5), 1, "kWh"))
    assert words.startswith("5 of 12 steps have happened: so far it missed by 2.2 kWh on average.")


@pytest.mark.parametrize(
    ("percentile", "filling", "words"),
    [
        (0.829, False, f"Better than 82 % of the 35{THIN}080 moments scored in this file."),
        (1.0, False, f"Better than 99 % of the 35{THIN}080 moments scored in this file."),
        (0.82, True, f"Better than 82 % of the 35{THIN}080 computed so far."),
        (0.04, False, "Only 4 % of the moments were worse."),
        (0.2, False, "Only 20 % of the moments were worse."),
        (0.04, True, f"Only 4 % of the 35{THIN}080 computed so far were worse."),
        (0.0, False, f"Hardly any of the 35{THIN}080 moments scored in this file were worse."),
        (None, False, ""),
    ],
)
def test_the_second_sentence_places_the_moment(percentile: float | None, filling: bool, words: str) -> None:
    assert plain(_words.standing(plot_data(percentile=percentile), filling=filling)) == words


def test_the_heading_says_on_a_day_and_in_a_month() -> None:
    time = np.datetime64("2023-12-01T00:00", "s")
    assert plain(_words.title(time, HOUR)) == "What would have been forecast on Fri 1 Dec 2023, 00:00"
    assert plain(_words.title(time, MONTH)) == "What would have been forecast in Dec 2023"


def test_the_third_sentence_counts_steps() -> None:
    words = "What happened stayed inside the 8-of-10 band at 11 of 12 steps."
    assert plain(_words.stayed_inside(plot_data())) == words
    assert _words.stayed_inside(plot_data(n_scored=0)) == []


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (None, f"12{THIN}480 of 35{THIN}100 moments"),
        (4.0, f"12{THIN}480 of 35{THIN}100 moments"),
        (21.0, f"12{THIN}480 of 35{THIN}100 moments \u00b7 about 20 s left"),
        (130.0, f"12{THIN}480 of 35{THIN}100 moments \u00b7 about 3 min left"),
        (9_000.0, f"12{THIN}480 of 35{THIN}100 moments \u00b7 about 3 h left"),
    ],
)
def test_the_fill_line_names_a_time_only_where_it_is_worth_it(left: float | None, words: str) -> None:
    assert _words.fill(12_480, 35_100, left) == words


def test_the_read_line() -> None:
    first, last = np.datetime64("2024-01-01T00:15", "s"), np.datetime64("2025-01-01T00:00", "s")
    words = plain(_words.read_as("Verbrauch [kWh]", QUARTER_HOUR, first, last, 35_136, 22))
    assert words == (
        f"Read as Verbrauch [kWh], every 15 min, 1 Jan 2024 00:15 to 1 Jan 2025 00:00, 35{THIN}136 values, 22 missing."
    )
    assert plain(_words.read_as("", HOUR, first, last, 10, 0)).startswith("One series, every hour, ")


@pytest.mark.parametrize(
    ("step", "steps", "name"),
    [
        (QUARTER_HOUR, 96, "a day"),
        (DAY, 7, "a week"),
        (WEEKDAY, 5, "a week"),
        (Step(7 * 86400, None), 52, "a year"),
        (MONTH, 12, "a year"),
        (Step(None, "3 months"), 4, "a year"),
        (Step(None, "year"), 1, "a year"),
    ],
)
def test_a_page_is_a_day_a_week_or_a_year(step: Step, steps: int, name: str) -> None:
    assert (_notation.page_steps(step), _notation.page_name(step)) == (steps, name)


def test_a_few_moments_are_too_few_to_compare_with() -> None:
    words = plain(_words.standing(plot_data(percentile=0.99, n_compared=13), filling=False))
    assert words == "Only 13 moments are scored: too few to say how good that is."


def test_a_forecast_without_any_miss_is_not_ranked() -> None:
    assert (
        plain(_words.standing(plot_data(percentile=0.0, crps=0.0), filling=False)) == "It could not have been better."
    )
