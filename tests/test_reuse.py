"""Reuse by key equality: what two uploads share is computed once, and the results are what they would be without it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine import Engine, Settings
from engine.models.base import built_in
from engine.results import ResultFrame
from engine.series import Floats, Series
from tests.conftest import HOUR, ToyForecaster, in_memory, to_csv, until, wave

BLOCK, CONTEXT, OBSERVED, AGE = 256, 512, 24, 3  # as documented; worked out here without the engine's own code


class Bench(NamedTuple):
    """An engine and the toy that counts what it computes."""

    engine: Engine
    toy: ToyForecaster

    def fill(self, csv: bytes, horizon: int = 12) -> tuple[int, int, ResultFrame]:
        """Upload, wait until all is computed and written; (origins taken from the cache, origins computed, rows)."""
        before = self.toy.computed
        done = self.engine.upload(csv, horizon=horizon)
        handle = done.dataset.handle

        def over() -> bool:
            state = self.engine.progress(handle, horizon=horizon).state
            return state == "done" and self.engine.status().statistics.dirty_blocks == 0

        until(over)
        return done.reused, self.toy.computed - before, self.rows(handle, horizon)

    def rows(self, handle: str, horizon: int = 12) -> ResultFrame:
        """What is computed of a series, all of it in memory."""
        for entry in self.engine._scheduler.entries():
            if (entry.subject.series.handle, entry.subject.spec.horizon) == (handle, horizon):
                return in_memory(self.engine, entry)
        raise KeyError(handle)


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Bench]]:
    """Two engines, emptied before each example: one sees everything, the other only what is asked about."""
    made = []
    for name in ("reusing", "fresh"):
        toy = ToyForecaster()
        registry = built_in() | {"toy": partial(_given, toy)}
        made.append(Bench(Engine(Settings(cache_dir=tmp_path_factory.mktemp(name), model="toy"), registry), toy))
    yield made[0], made[1]
    for bench in made:
        bench.engine.close()


def _given(toy: ToyForecaster, _: Settings) -> ToyForecaster:
    return toy


def origins(values: Floats) -> list[int]:
    """Positions that can be origins, one by one."""
    found = []
    for at in range(len(values)):
        seen = ~np.isnan(values[max(0, at - CONTEXT + 1) : at + 1])
        if seen.sum() >= OBSERVED and seen[-AGE - 1 :].any():
            found.append(at)
    return found


def visible(series: Series, horizon: int) -> dict[object, int]:
    """What the origins of each block can see, and how many origins that are."""
    first, last = series.first_slot, series.last_slot
    found: dict[object, int] = {}
    usable = np.array(origins(series.values)) + first
    for number in range(first // BLOCK, last // BLOCK + 1):
        start, stop = max(first, number * BLOCK - CONTEXT + 1), min(last, number * BLOCK + BLOCK - 1)
        seen = tuple(None if v != v else float(v) for v in series.values[start - first : stop - first + 1])
        found[number, start, stop, seen, horizon] = int((usable // BLOCK == number).sum())
    return found


def in_another_dialect(csv: bytes) -> bytes:
    """Semicolons, other names, another end of line, a blank instead of the T; the same data."""
    lines = csv.decode().splitlines()[1:]
    return "\r\n".join(["stamp;kWh", *(line.replace(",", ";").replace("T", " ") for line in lines)]).encode()


def same(one: ResultFrame, other: ResultFrame) -> None:
    """Every bit: states, samples, location, scale, scores."""
    np.testing.assert_array_equal(one.done_bits(), other.done_bits())
    ours, theirs = one.frame(), other.frame()
    done = ours["state"].to_numpy() == 1
    for column in ("slot", "state", "loc", "scale", "samples"):
        np.testing.assert_array_equal(ours[column].to_numpy()[done], theirs[column].to_numpy()[done])
    for mine, yours in zip(one.scores(), other.scores(), strict=True):
        np.testing.assert_array_equal(mine, yours)


@st.composite
def series(draw: st.DrawFn) -> Series:
    """100 to 1,300 hours, with gaps of every length, stretches that stand still, repeated values."""
    length = draw(st.integers(100, 1300))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    values = random.normal(20, 4, length).round(draw(st.sampled_from([0, 1, 6])))
    for _ in range(draw(st.integers(0, 3))):
        start, span = draw(st.integers(0, length)), draw(st.sampled_from([1, 3, 5, 40, 300]))
        values[start : start + span] = draw(st.sampled_from([np.nan, 0.0, -0.0, 7.0]))
    values[:30] = random.normal(20, 4, 30)  # the first forecast: whatever else is missing, there is one
    values[[0, -1]] = 20.0
    return Series(values, HOUR, draw(st.integers(2_000, 3_000)))


def part(whole: Series, start: int, stop: int) -> Series:
    """A piece of a series; a file neither begins nor ends with a missing reading."""
    seen = np.flatnonzero(~np.isnan(whole.values[start:stop])) + start
    return Series(whole.values[seen[0] : seen[-1] + 1], whole.step, whole.first_slot + int(seen[0]))


def with_edit(whole: Series, at: int, value: float) -> Series:
    values = whole.values.copy()
    values[at] = value
    return dataclasses.replace(whole, values=values)


class Case(NamedTuple):
    """What is uploaded before, and what then; its horizon."""

    before: list[Series]
    then: Series
    horizon: int = 12


WAYS: dict[str, Callable[[Series, int, int], Case]] = {
    "the same data": lambda whole, some, cut: Case([whole], whole),
    "a subset": lambda whole, some, cut: Case([whole], part(whole, 0, len(whole) - cut)),
    "a later part": lambda whole, some, cut: Case([whole], part(whole, some, len(whole))),
    "a longer history": lambda whole, some, cut: Case([part(whole, some, len(whole))], whole),
    "an append": lambda whole, some, cut: Case([part(whole, 0, len(whole) - cut)], whole),
    "a rolling window": lambda whole, some, cut: Case([part(whole, 0, len(whole) - cut)], part(whole, cut, len(whole))),
    "two parts": lambda whole, some, cut: Case(
        [part(whole, 0, len(whole) - cut), part(whole, some, len(whole))], whole
    ),
    "an edited value": lambda whole, some, cut: Case([whole], with_edit(whole, some, 55.0)),
    "a new gap": lambda whole, some, cut: Case([whole], with_edit(whole, some, np.nan)),
    "another horizon": lambda whole, some, cut: Case([whole], whole, horizon=5),
    "a shifted grid": lambda whole, some, cut: Case(
        [whole], dataclasses.replace(whole, first_slot=whole.first_slot + 1, phases=())
    ),
    "nothing": lambda whole, some, cut: Case([], whole),
}
SHARES_NOTHING = {"another horizon", "a shifted grid", "nothing"}


def compare(benches: tuple[Bench, Bench], case: Case, dialect: bool = False) -> int:
    """Upload a case where something is stored and where nothing is; how many forecasts were taken over."""
    reusing, fresh = benches
    for bench in benches:
        bench.engine.flush()
    stored: dict[object, int] = {}
    for earlier in case.before:
        reusing.fill(to_csv(earlier))
        stored |= visible(earlier, 12)
    wanted = visible(case.then, case.horizon)
    total, shared = sum(wanted.values()), sum(count for seen, count in wanted.items() if seen in stored)
    csv = to_csv(case.then)
    reused, computed, rows = reusing.fill(in_another_dialect(csv) if dialect else csv, case.horizon)
    assert (reused, computed) == (shared, total - shared)
    unaided, everything, expected = fresh.fill(csv, case.horizon)
    assert (unaided, everything) == (0, total)
    same(rows, expected)
    return shared


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(whole=series(), where=st.tuples(st.floats(0, 1), st.floats(0, 1)), dialect=st.booleans())
def test_what_is_shared_is_computed_once_and_nothing_else_changes(
    benches: tuple[Bench, Bench], way: str, whole: Series, where: tuple[float, float], dialect: bool
) -> None:
    some, cut = 1 + int(where[0] * len(whole) / 2), 1 + int(where[1] * len(whole) / 3)
    case = WAYS[way](whole, some, cut)
    assume(all(origins(one.values) for one in (*case.before, case.then)))
    shared = compare(benches, case, dialect)
    assert shared == 0 or way not in SHARES_NOTHING


@pytest.mark.parametrize("way", ["a later part", "a longer history", "an append", "an edited value", "a new gap"])
@pytest.mark.parametrize("offset", [BLOCK - 1, 0, 1])
def test_the_first_and_the_last_value_that_a_block_can_see_count(
    benches: tuple[Bench, Bench], way: str, offset: int
) -> None:
    """A block sees from the second slot of the block two before it to its own last slot."""
    whole = wave(BLOCK * 5 + 40, first_slot=BLOCK * 8 - 20)
    at = 20 + BLOCK + offset
    case = WAYS[way](whole, at, len(whole) - (at + 2 * BLOCK))
    assert compare(benches, case) > 0


def test_a_newer_version_that_comes_while_the_older_one_is_computed_has_the_same_results(
    benches: tuple[Bench, Bench],
) -> None:
    """What is not on the disk yet is computed twice, at worst."""
    reusing, fresh = benches
    for bench in benches:
        bench.engine.flush()
    whole = wave(3000, missing=0.01)
    for stop in (1500, 2000, 2500):
        reusing.engine.upload(to_csv(part(whole, 0, stop)))
    _, _, rows = reusing.fill(to_csv(whole))
    same(rows, fresh.fill(to_csv(whole))[2])


def test_after_an_append_the_last_old_origins_are_scored_by_what_then_happened(benches: tuple[Bench, Bench]) -> None:
    reusing, fresh = benches
    for bench in benches:
        bench.engine.flush()
    whole = wave(256 * 6 + 5, first_slot=256 * 8)
    old = 256 * 5  # the older file ends with a block, so that all of its forecasts are taken over
    _, _, before = reusing.fill(to_csv(part(whole, 0, old)))
    assert before.scores().n_scored[old - 13 :].tolist() == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    reused, computed, after = reusing.fill(to_csv(whole))
    assert (reused, computed) == (before.done_count, len(whole) - old)
    _, _, expected = fresh.fill(to_csv(whole))
    for mine, earlier, theirs in zip(after.scores(), before.scores(), expected.scores(), strict=True):
        np.testing.assert_array_equal(mine[: old - 12], earlier[: old - 12])
        np.testing.assert_array_equal(mine, theirs)
    assert set(after.scores().n_scored[old - 13 : old].tolist()) == {12}
    assert not np.array_equal(after.scores().crps[old - 12 : old], before.scores().crps[old - 12 : old])
