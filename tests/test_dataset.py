from __future__ import annotations

import numpy as np
import pytest

from engine import Dataset
from engine.errors import IndexOutOfRange, UploadError
from engine.series import Series, Step
from tests.conftest import HOUR, wave


def test_index_zero_is_the_last_point_and_indices_count_back_from_it() -> None:
    dataset = Dataset(wave(100))
    assert dataset.slot(0) == dataset.series.last_slot
    assert dataset.slot(-99) == dataset.series.first_slot
    assert dataset.end - dataset.start == np.timedelta64(99, "h")


@pytest.mark.parametrize("step", [HOUR, Step(1, "month"), Step(1, "weekday")])
def test_every_index_is_found_again_by_its_time(step: Step) -> None:
    dataset = Dataset(Series(np.arange(60.0), step, 24_000))
    assert [dataset.index_at(dataset.time(index)) for index in range(-59, 1)] == list(range(-59, 1))


def test_first_and_last_index_are_the_oldest_and_newest_usable_origins() -> None:
    values = wave(200).values.copy()
    values[90:120] = np.nan
    dataset = Dataset(Series(values, HOUR, 0))
    assert (dataset.first_index, dataset.last_index) == (23 - 199, 0)
    marks = [dataset.usable(index) for index in range(-199, 1)]
    assert marks == dataset.usable_origins.tolist()
    assert not any(marks[93:120])
    assert all(marks[90:93])


@pytest.mark.parametrize("index", [1, -100, 10**15])
def test_an_index_that_is_no_point_is_refused(index: int) -> None:
    with pytest.raises(IndexOutOfRange):
        Dataset(wave(100)).slot(index)


def test_a_series_without_any_usable_origin_is_too_short() -> None:
    with pytest.raises(UploadError) as refused:
        Dataset(Series(np.arange(23.0), HOUR, 0))
    assert refused.value.code == "TOO_SHORT"


def test_the_season_is_what_most_contexts_show_and_the_scale_its_usual_change() -> None:
    dataset = Dataset(wave(2000))
    assert dataset.season == 24
    values = dataset.series.values
    assert dataset.scale == pytest.approx(np.abs(values[24:] - values[:-24]).mean())


def test_a_season_counts_where_some_of_the_file_is_too_short_to_show_it() -> None:
    months = np.arange(48)
    values = 100 + 40 * np.sin(2 * np.pi * months / 12) + np.random.default_rng(3).normal(0, 2, 48)
    dataset = Dataset(Series(values, Step(1, "month"), 24_000))
    assert dataset.season == 12
    assert 0.25 <= dataset.season_share < 1


def test_a_walk_without_a_cycle_has_no_season() -> None:
    walks = [np.random.default_rng(seed).normal(size=3_000).cumsum() for seed in range(5)]
    seen = [Dataset(Series(walk, HOUR, 0)) for walk in walks]
    assert [dataset.season for dataset in seen] == [1] * 5
    assert all(dataset.season_share > 0.5 for dataset in seen)


def test_a_constant_series_has_a_scale_that_can_be_divided_by() -> None:
    assert Dataset(Series(np.full(60, 7.0), HOUR, 0)).scale == 7.0
    assert Dataset(Series(np.zeros(60), HOUR, 0)).scale == 1.0
