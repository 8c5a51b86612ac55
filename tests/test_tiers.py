"""What does not fit into memory lies on the disk, and nobody can tell the difference; what is stored, and how long."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from engine import Engine, PlotData, Settings, entries, workers, writing
from engine.blocks import BLOCK, Manifest, Rows
from engine.disk import Cache
from engine.errors import UnknownHandle
from engine.forecast_store import ForecastStore
from engine.models.base import Loader
from engine.results import ResultFrame
from engine.rows import Forecast, Scores
from engine.scorecards import Scorecard
from engine.spec import Spec
from engine.store import Store
from engine.windows import usable
from tests.conftest import ToyForecaster, filled, to_csv, until, wave

LONG = wave(3000)
CSV = to_csv(LONG)
BUDGET = 600_000  # bytes: a third of the samples of LONG
INDICES = range(-2500, 1, 97)


def written(engine: Engine, handle: str) -> bool:
    return filled(engine, handle) and engine.status().statistics.dirty_blocks == 0


def drawn(engine: Engine, handle: str, index: int) -> tuple[Any, ...]:
    picture: PlotData = engine.forecast(handle, index)
    scores = picture.crps, picture.baseline_crps, picture.n_scored, picture.percentile, picture.n_compared
    return picture.samples.tolist(), scores, picture.density.tolist()


@contextmanager
def running(settings: Settings, registry: dict[str, Loader], **changes: Any) -> Iterator[Engine]:
    with closing(Engine(dataclasses.replace(settings, **changes), registry)) as engine:
        yield engine


@contextmanager
def stored(settings: Settings) -> Iterator[Store]:
    """The cache between two lives of the engine."""
    store = Store(settings.cache_dir, 1.0)
    store.open()
    with closing(store):
        yield store


def damage(settings: Settings, number: int) -> int:
    """Spoil one of LONG's blocks on the disk. How many rows it has."""
    with stored(settings) as store:
        (manifest,) = store.forecasts.manifests()
        key = manifest.keys[number]
        rows = store.forecasts.block_rows(key)
        assert rows is not None
        spoilt = bytearray(store._cache.get(f"b/{key}") or b"")
        spoilt[-100] ^= 1
        store._cache.set(f"b/{key}", bytes(spoilt))
        return len(rows.offsets)


# --- one large dataset ---


def test_a_dataset_larger_than_the_memory_is_scrubbed_like_any_other(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster, tmp_path: Path
) -> None:
    with running(settings, registry, cache_dir=tmp_path / "large") as ample:
        handle = ample.upload(CSV).dataset.handle
        until(lambda: written(ample, handle))
        expected = [drawn(ample, handle, index) for index in INDICES]
        assert ample.status().memory > 2 * BUDGET
    with running(settings, registry, memory_budget=BUDGET) as tight:
        handle = tight.upload(CSV).dataset.handle
        until(lambda: written(tight, handle) and tight.status().memory <= BUDGET)
        computed = toy.computed
        assert [drawn(tight, handle, index) for index in INDICES] == expected
        assert toy.computed == computed
        assert tight.status().memory <= BUDGET


def test_what_is_put_away_is_exported_and_drawn_quickly_too(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster
) -> None:
    def exported(engine: Engine) -> bytes:
        with closing(engine.export(engine.upload(CSV).dataset.handle, "csv")) as export:
            return b"".join(export)

    with running(settings, registry) as ample:
        until(lambda: written(ample, ample.upload(CSV).dataset.handle))
        expected = exported(ample)
    computed = toy.computed
    with running(settings, registry, memory_budget=BUDGET) as tight:
        assert exported(tight) == expected
        assert tight.status().memory <= BUDGET
        handle = tight.upload(CSV).dataset.handle
        assert tight.quickdraw(CSV, index=-1500).plot.samples.tolist() == drawn(tight, handle, -1500)[0]
    assert toy.computed == computed


def test_a_forced_row_of_a_block_that_is_put_away_is_stored_beside_the_others(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster
) -> None:
    with running(settings, registry, memory_budget=BUDGET) as engine:
        handle = engine.upload(CSV).dataset.handle
        until(lambda: written(engine, handle))
        computed = toy.computed
        engine.forecast(handle, -2400, force=True)
        until(lambda: written(engine, handle))
        assert toy.computed == computed + 1
    with running(settings, registry) as again:
        total = again.progress(handle).total
        assert again.upload(CSV).reused == total
        assert [again.forecast(handle, index).handle for index in range(-2410, -2390)] == [handle] * 20
    assert toy.computed == computed + 1


# --- opening ---


def test_a_dataset_is_opened_without_unpacking_its_blocks_and_a_picture_reads_one(
    settings: Settings, registry: dict[str, Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(settings, registry) as engine:
        handle = engine.upload(CSV).dataset.handle
        until(lambda: written(engine, handle))
        expected = drawn(engine, handle, -1000)
    read: list[str] = []
    block_rows = ForecastStore.block_rows
    monkeypatch.setattr(ForecastStore, "block_rows", lambda store, key: [read.append(key), block_rows(store, key)][1])
    with running(settings, registry) as again:
        assert drawn(again, handle, -1000) == expected
        assert len(read) == 1
        assert again.progress(handle).state == "done"


@pytest.mark.parametrize("verified", [2, 64], ids=["when it is open", "before it opens"])
@pytest.mark.parametrize("asked", [True, False], ids=["by who asks first", "by nobody"])
def test_a_damaged_block_is_noticed_and_computed_again(
    settings: Settings,
    registry: dict[str, Loader],
    toy: ToyForecaster,
    monkeypatch: pytest.MonkeyPatch,
    asked: bool,
    verified: int,
) -> None:
    monkeypatch.setattr(entries, "VERIFIED", verified)
    with running(settings, registry) as engine:
        handle = engine.upload(CSV).dataset.handle
        until(lambda: written(engine, handle))
        expected = drawn(engine, handle, -1500)
    gone, computed = damage(settings, (LONG.last_slot - 1500) // BLOCK - LONG.first_slot // BLOCK), toy.computed
    with running(settings, registry) as again:
        if asked:  # the percentile may not be the same yet: it is one among the rows that are there
            assert drawn(again, handle, -1500)[0] == expected[0]
        else:
            again.forecast(handle, 0)
        until(lambda: toy.computed >= computed + gone)
        until(lambda: written(again, handle))
        assert drawn(again, handle, -1500) == expected
    with running(settings, registry) as third:
        assert third.upload(CSV).reused == third.progress(handle).total
    assert toy.computed <= computed + gone + asked  # who asks and the background may both compute that one


def test_a_block_that_is_gone_is_computed_again_after_the_next_start_before_anybody_asks(
    settings: Settings, registry: dict[str, Loader]
) -> None:
    with running(settings, registry) as engine:
        handle = engine.upload(CSV).dataset.handle
        until(lambda: written(engine, handle))
    with stored(settings) as store:
        (manifest,) = store.forecasts.manifests()
        key = manifest.keys[3]
        store._cache.delete(f"b/{key}")
    with running(settings, registry) as again:
        forecasts = again._library._store.forecasts
        until(lambda: again._on_store_thread(lambda: forecasts.block_rows(key)) is not None)


def test_a_scorecard_that_is_damaged_is_made_anew_from_the_block(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster
) -> None:
    with running(settings, registry) as engine:
        handle = engine.upload(CSV).dataset.handle
        until(lambda: written(engine, handle))
        expected = drawn(engine, handle, -1000)
    computed = toy.computed
    with stored(settings) as store:
        names = store._cache.keys("c/")
        for name in names:
            store._cache.set(name, b"no scorecard")
    with running(settings, registry) as again:
        assert drawn(again, handle, -1000) == expected
    with stored(settings) as store:
        assert all(store.forecasts.scorecard(name[2:]) is not None for name in names)
    assert toy.computed == computed


# --- scorecards ---


def rows(offsets: list[int]) -> Rows:
    count = len(offsets)
    return Rows(np.array(offsets), np.ones((count, 2, 3), np.float32), np.ones(count), np.ones(count))


def card(offsets: list[int], crps: float = 0.5) -> Scorecard:
    counts = (np.full(len(offsets), count, np.uint8) for count in (2, 1, 0))
    return Scorecard(np.array(offsets, dtype=np.int64), Scores(np.full(len(offsets), crps), *counts))


def test_a_scorecard_goes_when_its_block_changes_and_knows_every_row_of_it(settings: Settings) -> None:
    with stored(settings) as store:
        store.forecasts.put_block("k", rows([1, 2]), False, ("k/one", card([1, 2])))
        assert store.forecasts.scorecard("k/one") is not None
        store.forecasts.put_block(
            "k", rows([3]), False, ("k/other", card([3]))
        )  # of a dataset that does not know of 1 and 2
        assert store.forecasts.scorecard("k/one") is None
        assert store.forecasts.scorecard("k/other") is None
        store.forecasts.put_block("k", rows([3]), False, ("k/other", card([1, 2, 3])))
        store.forecasts.drop_rows("k", np.array([2]))
        assert store.forecasts.scorecard("k/other") is None


@given(st.lists(st.tuples(st.integers(0, 255), st.floats(allow_infinity=False)), unique_by=lambda row: row[0]))
def test_a_scorecard_reads_back_bit_for_bit(told: list[tuple[int, float]]) -> None:
    told.sort()
    made = card([offset for offset, _ in told])
    made = made._replace(scores=made.scores._replace(crps=np.array([crps for _, crps in told], dtype=np.float64)))
    again = Scorecard.from_bytes(made.to_bytes())
    np.testing.assert_array_equal(again.offsets, made.offsets)
    for ours, theirs in zip(again.scores, made.scores, strict=True):
        assert ours.tobytes() == theirs.tobytes()


# --- a frame of which parts come and go ---


@examples(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["write", "away", "back", "clear"]), st.integers(0, 999)), max_size=40))
def test_rows_are_the_same_wherever_they_are(steps: list[tuple[str, int]]) -> None:
    series = wave(1000)
    frame = ResultFrame(series, Spec("toy", "1", "fp32", 2, 3, "quantiles", 512), usable(series.values))
    disk: dict[int, dict[int, float]] = {}  # block -> offset -> value
    memory: dict[int, float] = {}  # slot -> value
    for count, (what, at) in enumerate(steps):
        slot = series.first_slot + at
        number, offset = frame.block_of(slot), slot % BLOCK
        if what == "write":
            value = memory.get(slot, float(count)) if frame.done(slot) else float(count)
            frame.write(np.array([slot]), forecast(value))
            if frame.done(slot):
                memory[slot] = value
                disk.setdefault(number, {})[offset] = value
        elif what == "away":
            frame.put_away(number)
        elif what == "back":
            kept = disk.get(number, {})
            offsets = sorted(kept)
            values = np.array([kept[offset] for offset in offsets])
            samples = np.broadcast_to(values[:, None, None], (len(values), 2, 3)).astype(np.float32)
            frame.bring_back(number, Rows(np.array(offsets, dtype=int), samples, values, values))
        else:
            frame.clear(np.array([slot]))
            memory.pop(slot, None)
        assert frame.done_count == len(memory)
    for slot, value in memory.items():
        assert frame.done(slot)
        assert frame.scores().crps[slot - series.first_slot] == value
        if frame.resident(slot):
            assert frame.row(slot).loc == value


def forecast(value: float) -> Forecast:
    counts = (np.ones(1, np.uint8) for _ in range(3))
    samples = np.full((1, 2, 3), value, np.float32)
    return Forecast(samples, np.array([value]), np.array([value]), Scores(np.array([value]), *counts), np.ones(1, bool))


# --- how much is written, and for how long it is kept ---


def test_twice_the_forecasts_are_at_most_a_little_more_than_twice_the_bytes(
    settings: Settings, registry: dict[str, Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    total, put = [0], Cache.set

    def count(cache: Cache, key: str, value: bytes) -> None:
        total[0] += len(value)
        put(cache, key, value)

    monkeypatch.setattr(Cache, "set", count)
    for module in (workers, writing):  # on a slow machine more blocks are written before they are full
        monkeypatch.setattr(module, "PARTIAL_EVERY", 1e6)
    spent = []
    with running(settings, registry) as engine:
        for seed, length in enumerate((4000, 8000)):
            before = total[0]
            handle = engine.upload(to_csv(wave(length, seed=seed))).dataset.handle
            until(lambda handle=handle: written(engine, handle))
            engine._on_store_thread(lambda: None)  # the last block is no longer in line, but it may still be written
            spent.append(total[0] - before)
    assert spent[1] <= 2.1 * spent[0]


def used(settings: Settings, handle: str, days_ago: float) -> None:
    """Let a dataset be last used some days ago."""
    with stored(settings) as store:
        for manifest in store.forecasts.manifests(handle):
            past: Manifest = dataclasses.replace(manifest, last_used=time.time() - 86_400 * days_ago)
            store.forecasts.put_manifest(past)


def test_a_dataset_is_forgotten_when_nobody_used_it_for_as_long_as_the_settings_say(
    settings: Settings, registry: dict[str, Loader]
) -> None:
    with running(settings, registry) as engine:
        old, recent = (engine.upload(to_csv(wave(300, seed=seed))).dataset.handle for seed in (1, 2))
    used(settings, old, 31)
    used(settings, recent, 29)
    with running(settings, registry, keep_days=0) as engine:
        assert {one.handle for one in engine.datasets()} == {old, recent}
    used(settings, old, 31)
    used(settings, recent, 29)
    with running(settings, registry, keep_days=30) as engine:
        assert [one.handle for one in engine.datasets()] == [recent]
        with pytest.raises(UnknownHandle):
            engine.forecast(old, 0)


def test_what_was_looked_at_counts_as_used_after_the_next_start(
    settings: Settings, registry: dict[str, Loader]
) -> None:
    with running(settings, registry) as engine:
        handle = engine.upload(to_csv(wave(300))).dataset.handle
        until(lambda: written(engine, handle))
        before = time.time()
        engine.forecast(handle, 0)
    with stored(settings) as store:
        assert all(manifest.last_used >= before for manifest in store.forecasts.manifests())
