"""Every sentence of the accuracy page, in every state of a file."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from engine import BASELINE, Backtest, Coverage, Range, Skill, Standing
from pages import _accuracy_words as words
from pages import _slices
from pages._notation import Step
from pages._words import plain
from tests.made_backtest import NAN, backtest, panels

HOUR = Step(3600, None)
MONTH = Step(None, "month")


def said(found: Backtest, step: Step = HOUR, unit: str = "kWh") -> list[str]:
    return [plain(sentence).replace("\u202f", " ") for sentence in words.sentences(found, step, 1, unit)]


def test_a_file_whose_forecasts_are_better_than_the_baseline() -> None:
    assert said(backtest()) == [
        "Over 35 080 moments the forecast missed by 2.4 kWh on average; same time yesterday missed by 3.5. "
        "That is 31 % better (27 to 35 %).",
        "The 8-of-10 band held what happened 79.6 % of the time; 79 to 81 % is what a right one would show: right.",
        "No hour, weekday or level stands out.",
        "Neighbouring moments share most of their future: these are worth about 11 700 independent ones.",
    ]


def test_no_clear_difference_from_the_baseline() -> None:
    first = said(backtest(skill=Skill(0.02, Range(-0.03, 0.08), "no difference")))[0]
    assert first.endswith("missed by 3.5: no clear difference from same time yesterday (\u22123 to +8 %).")


def test_a_baseline_that_wins_comes_first() -> None:
    found = backtest(season=12, skill=Skill(-0.12, Range(-0.16, -0.08), "worse"))
    assert said(found, MONTH)[0].startswith(
        "The forecast was 12 % worse than same month last year (8 to 16 %). On this file, prefer that. Over 35 080"
    )
    for part in ({"slice": "hour:6"}, {"stretch": (-90, -40)}):
        assert "(8 to 16 %). At these moments, prefer that." in said(replace(found, **part), MONTH)[0]


def test_a_file_of_which_most_shows_no_cycle_is_held_against_cycle_or_value() -> None:
    assert "; last cycle or value missed by 3.5." in said(backtest(season=1))[0]
    assert "; same time yesterday or last value missed by 3.5." in said(backtest(season_share=0.4))[0]


def test_the_baseline_alone_is_held_against_nothing() -> None:
    assert said(backtest(model=BASELINE))[0] == "Over 35 080 moments same time yesterday missed by 2.4 kWh on average."


def test_a_baseline_that_never_misses_leaves_nothing_to_tell() -> None:
    flat = backtest(skill=Skill(math.nan, NAN, "too few"))
    exact = flat.baseline._replace(crps=0.0)
    first = said(replace(flat, baseline=exact))[0]
    assert first.endswith("the forecast missed by 2.4 kWh on average; same time yesterday never did.")
    first = said(replace(flat, baseline=exact, measures=exact))[0]
    assert first.endswith("moments neither the forecast nor same time yesterday ever missed.")


def test_bands_without_any_width_are_not_called_too_wide() -> None:
    found = backtest(coverage80=Coverage(1.0, 0.8, Range(0.56, 0.96), "too wide"))
    assert said(found)[1].endswith("too wide, it could be bolder.")
    exact = replace(found, measures=found.measures._replace(crps=0.0, interval80=0.0))
    assert not any("too wide" in sentence for sentence in said(exact))


def test_a_unit_that_is_not_known_leaves_no_gap() -> None:
    assert "missed by 2.4 on average" in said(backtest(), unit="")[0]


@pytest.mark.parametrize(
    ("share", "expected", "verdict", "end"),
    [
        (0.71, (0.79, 0.81), "too narrow", "71.0 % of the time; 79 to 81 % is what a right one would show: "
         "too narrow, it promises more certainty than it has."),
        (0.809, (0.793, 0.807), "too wide", "79.3 to 80.7 % is what a right one would show: only a little too wide."),
        (0.93, (0.75, 0.85), "too wide", "75 to 85 % is what a right one would show: too wide, it could be bolder."),
        (0.787, (0.7884, 0.81), "too narrow", "78.7 % of the time; 79 to 81 % is what a right one would show: "
         "only a little too narrow."),
        (0.794, (0.7951, 0.805), "too narrow", "79.4 % of the time; 79.5 to 80.5 % is what a right one would show: "
         "only a little too narrow."),
        (0.796, (0.7955, 0.805), "right", "79.6 % of the time; 79.5 to 80.5 % is what a right one would show: right."),
    ],
)  # fmt: skip
def test_the_band_is_judged_by_what_a_right_one_would_show(
    share: float, expected: tuple[float, float], verdict: Any, end: str
) -> None:
    found = backtest(coverage80=Coverage(share, 0.8, Range(*expected), verdict))
    assert said(found)[1].endswith(end)


def test_too_few_moments_have_numbers_and_no_verdict() -> None:
    found = backtest(
        standing=Standing(24, 24, 24, 24, 24, True),
        n_eff=2.1,
        skill=Skill(0.1, NAN, "too few"),
        coverage80=Coverage(0.71, 0.8, NAN, "too few"),
        panels=panels(n_eff=1.0),
    )
    assert said(found) == [
        "Over 24 moments the forecast missed by 2.4 kWh on average; same time yesterday missed by 3.5: "
        "too few moments to tell which is better.",
        "The 8-of-10 band held what happened 71.0 % of the time.",
        "About 2 independent stretches: too few to judge the bands.",
    ]
    one = backtest(n_eff=0.6)
    assert "About 1 independent stretch: too few to judge the bands." in said(one)


@pytest.mark.parametrize(
    ("hard", "sentence"),
    [
        (("clock:0-6", "clock:0-7", "trend:rising-fast"), "Hardest: Mondays 06:00 to 08:00, and after fast rises."),
        (("weekday:6", "clock:6-3"), "Hardest: Sundays."),
        (("hour:23", "hour:22", "level:high"), "Hardest: 22:00 to 24:00, and when the level is high."),
        (("trend:falling", "level:low"), "Hardest: after falls, and when the level is low."),
        (("clock:1-2", "clock:3-4", "clock:5-6", "trend:steady"),
         "Hardest: Tuesdays 02:00 to 03:00, Thursdays 04:00 to 05:00, and while it is steady."),
    ],
)  # fmt: skip
def test_where_it_fails_is_said_in_words(hard: tuple[str, ...], sentence: str) -> None:
    assert said(backtest(panels=panels(hard)))[2] == sentence


def test_moments_that_are_independent_need_no_word_about_that() -> None:
    assert not any("independent" in sentence for sentence in said(backtest(n_eff=35_000.0)))
    assert any("alike: these are worth" in sentence for sentence in said(backtest(horizon=1)))


def test_a_file_that_is_being_computed_says_on_how_much_it_stands() -> None:
    found = backtest(standing=Standing(35_100, 12_480, 12_480, 12_470, 12_470, False))
    assert said(found)[-1] == "12 480 of 35 100 computed; numbers may still move."
    found = backtest(standing=Standing(35_100, 35_100, 2_048, 2_040, 2_040, False))
    assert said(found)[-1] == "2 048 of 35 100 read; numbers may still move."


def test_a_file_too_long_for_all_of_it_to_count_says_so() -> None:
    found = backtest(standing=Standing(900_000, 900_000, 450_000, 449_990, 449_990, True))
    assert said(found)[-1] == (
        "This file is long: the numbers stand on 450 000 of its 900 000 moments, spread evenly over it."
    )


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        (("clock", "hour", "weekday", "month"), "No hour, weekday or level stands out."),
        (("clock", "weekday", "month"), "No weekday, month or level stands out."),
        (("clock",), "No month or level stands out."),
    ],
)
def test_what_does_not_stand_out_is_what_the_file_has(kinds: tuple[str, ...], sentence: str) -> None:
    clock, *others = panels()
    rest = [panel for panel in others if panel.kind in ("level", "trend")]
    found = backtest(panels=(*(clock._replace(kind=kind) for kind in kinds), *rest))
    assert said(found)[2] == sentence


def test_what_stands_out_is_told_of_what_there_is_so_far() -> None:
    early = Standing(35_100, 800, 800, 790, 790, False)
    assert "No hour, weekday or level stands out so far." in said(backtest(standing=early))


@pytest.mark.parametrize(
    ("standing", "sentence"),
    [
        (Standing(35_100, 0, 0, 0, 0, False), "The first numbers come after 100 moments."),
        (Standing(35_100, 64, 64, 60, 60, False), "The first numbers come after 100 moments."),
        (Standing(24, 20, 20, 12, 12, False), "The first numbers come when all 24 moments are computed."),
        (Standing(1, 0, 0, 0, 0, False), "The first numbers come when its one moment is computed."),
        (Standing(5, 5, 5, 0, 0, True), "Nothing to compare with yet."),
    ],
)
def test_before_there_are_numbers_one_sentence_says_when_they_come(standing: Standing, sentence: str) -> None:
    found = backtest(standing=standing)
    assert said(found) == [sentence]
    assert not words.ready(found)


def test_a_slice_is_named_and_says_nothing_of_other_slices() -> None:
    found = backtest(slice="clock:0-6", standing=Standing(35_100, 35_100, 35_100, 35_080, 208, True), n_eff=70.0)
    told = said(found)
    assert told[0].startswith("Over 208 moments, Mondays 06:00 to 07:00, the forecast missed by 2.4 kWh")
    assert not any("stands out" in sentence or "Hardest" in sentence for sentence in told)
    empty = backtest(slice="hour:3", standing=Standing(35_100, 35_100, 35_100, 35_080, 0, True))
    assert said(empty) == ["None of these moments is scored."]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("hour:6", "06:00 to 07:00"),
        ("weekday:0", "Mondays"),
        ("month:3", "in March"),
        ("clock:6-23", "Sundays 23:00 to 24:00"),
        ("season:0-12", "Mondays in December"),
        ("level:middle", "when the level is middling"),
        ("trend:falling-fast", "after fast falls"),
        ("month:13", ""),
        ("weekday:7", ""),
        ("clock:1", ""),
        ("colour:red", ""),
        ("hour:x", ""),
        ("", ""),
    ],
)
def test_a_slice_has_a_name(key: str, expected: str) -> None:
    assert _slices.words(key) == expected


def test_numbers_that_are_not_known_are_not_said() -> None:
    found = backtest(coverage80=Coverage(math.nan, 0.8, NAN, "too few"), n_eff=math.nan)
    assert len(said(found)) == 2
