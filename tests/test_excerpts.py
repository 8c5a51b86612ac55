"""A batch that travels gives the bytes it gives at home."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.errors import ModelFailed, StartError
from engine.excerpts import excerpts, pack_answer, pack_request, unpack_answer
from engine.forecasting import Subject, infer
from engine.jobs import Batch, Entry, Lane, Part
from engine.models.base import BASELINE
from engine.models.seasonal_naive import SeasonalNaive
from engine.ray_actor import Actor
from engine.series import Series
from engine.settings import Settings
from engine.spec import Spec
from tests.conftest import wave

MODEL = SeasonalNaive()
SPEC = Spec.of(MODEL, 12)


def entry(series: Series) -> Entry:
    return Entry(1, "key", SPEC.key, Subject(series, SPEC, MODEL), None, 0)


ONE, OTHER = entry(wave(1400, missing=0.05)), entry(wave(300, seed=3, first_slot=90_000))
FIRST = ONE.subject.series.first_slot


@pytest.fixture(scope="module")
def actor() -> Actor:
    made = Actor()
    made.load(Settings(model=BASELINE), [SPEC])
    return made


@pytest.mark.parametrize(
    "parts",
    [
        [Part(ONE, FIRST + np.arange(1024, 1088))],
        [Part(ONE, FIRST + np.arange(40, 60))],  # contexts that begin before the series
        [Part(ONE, FIRST + np.array([700, 703, 760]))],
        [Part(ONE, [FIRST + 1399]), Part(OTHER, [OTHER.subject.series.last_slot - 1])],
    ],
    ids=["a stretch", "the beginning", "with holes", "several series"],
)
def test_an_actor_answers_byte_for_byte_what_the_engines_own_threads_would(actor: Actor, parts: list[Part]) -> None:
    batch = Batch(Lane.BACKGROUND, parts)
    answer = unpack_answer(actor.run(pack_request(batch)), batch.size, SPEC)
    for got, expected in zip(answer, infer(batch), strict=True):
        assert got.tobytes() == expected.tobytes()
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape)


def test_values_that_several_origins_see_travel_once() -> None:
    (excerpt,) = excerpts(Batch(Lane.BACKGROUND, [Part(ONE, FIRST + np.arange(1024, 1088))]))
    assert len(excerpt.values) == 64 + SPEC.context_length - 1


def test_an_answer_of_another_length_is_refused() -> None:
    batch = Batch(Lane.BACKGROUND, [Part(ONE, FIRST + np.arange(700, 708))])
    whole = pack_answer(infer(batch))
    for bad in (b"", whole[:-1], whole + b"\0"):
        with pytest.raises(ModelFailed, match=f"{len(bad)} bytes came back for 8 origins"):
            unpack_answer(bad, 8, SPEC)


def test_an_actor_with_another_version_of_a_model_refuses_to_mix_its_numbers(actor: Actor) -> None:
    newer = dataclasses.replace(SPEC, digest="another")
    with pytest.raises(StartError, match=r"seasonal-naive is another one on the node .* the server has digest another"):
        Actor().load(Settings(model=BASELINE), [SPEC, newer])
    other = Entry(2, "key", newer.key, Subject(ONE.subject.series, newer, MODEL), None, 0)
    batch = Batch(Lane.BACKGROUND, [Part(other, [FIRST + 700])])
    with pytest.raises(StartError, match="digest another"):
        actor.run(pack_request(batch))


def test_an_actor_says_which_model_it_cannot_load() -> None:
    with pytest.raises(StartError, match="no model named 'nowhere'"):
        Actor().load(Settings(model="nowhere"), [SPEC])
