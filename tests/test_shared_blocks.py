"""Blocks that two datasets share: what becomes of one's rows when the other's fail, or are computed anew."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import Engine, Settings
from engine.blocks import BLOCK, Manifest, block_keys
from engine.errors import ModelFailed
from engine.forecast_store import ForecastStore
from engine.models.base import built_in
from engine.series import Series
from engine.spec import Spec
from engine.store import Store
from tests.conftest import HOUR, ToyForecaster, filled, to_csv, until, wave

SHORT = wave(1100, first_slot=4 * BLOCK)
LONG = Series(np.concatenate((SHORT.values, np.full(30, 11.0))), HOUR, SHORT.first_slot)
SHARED = 4  # whole blocks of both
SPEC = Spec.of(ToyForecaster(), 12)
KEYS = block_keys(SHORT, SPEC)[:SHARED]
WITHOUT = 23  # origins at the start that cannot be forecast


class Numbered(ToyForecaster):
    """The toy, whose samples are 1,000 higher once `higher` is set."""

    higher = False

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        return super().predict(contexts, floor, horizon) + np.float32(1000 if self.higher else 0)


@pytest.fixture
def toy() -> Numbered:
    return Numbered()


def on_store(engine: Engine, work: Callable[[Store], object]) -> object:
    return engine._on_store_thread(lambda: work(engine._library._store))


def all_written(engine: Engine) -> bool:
    return engine.status().statistics.dirty_blocks == 0


def both(engine: Engine) -> tuple[str, str]:
    """The shorter and the longer series, stored, computed and written."""
    handles = []
    for series in (SHORT, LONG):
        handles.append(engine.upload(to_csv(series)).dataset.handle)
        until(lambda: filled(engine, handles[-1]))
    until(lambda: all_written(engine))
    return handles[0], handles[1]


def manifest_of(engine: Engine, handle: str) -> Manifest:
    found = on_store(engine, lambda store: store.forecasts.manifest(handle, SPEC))
    assert isinstance(found, Manifest)
    return found


def boasts(engine: Engine) -> int:
    """Rows that manifests name and that are not stored."""

    def count(store: Store) -> int:
        missing = 0
        for manifest in store.forecasts.manifests():
            for key, done in zip(manifest.keys, manifest.done.reshape(-1, BLOCK), strict=True):
                rows = store.forecasts.block_rows(key)
                offsets = set() if rows is None else set(rows.offsets.tolist())
                missing += len(set(np.flatnonzero(done).tolist()) - offsets)
        return missing

    found = on_store(engine, count)
    assert isinstance(found, int)
    return found


@pytest.fixture
def reopened(settings: Settings) -> Iterator[Callable[..., Engine]]:
    """Opens the folder again."""
    opened: list[Engine] = []

    def reopen(background: bool = False) -> Engine:
        plain = built_in() | {"toy": lambda settings: ToyForecaster()}
        opened.append(Engine(replace(settings, background=background), plain))
        return opened[-1]

    yield reopen
    for engine in opened:
        engine.close()


def test_a_row_that_fails_in_one_dataset_does_not_take_the_others_from_the_disk(engine: Engine, toy: Numbered) -> None:
    _, long = both(engine)
    toy.failure = ValueError("not now")
    with pytest.raises(ModelFailed):
        engine.forecast(long, 400 - len(LONG) + 1, force=True)
    toy.failure = None
    engine.forecast(long, 399 - len(LONG) + 1, force=True)  # its block has nothing missing, and is written
    until(lambda: all_written(engine))
    stored = on_store(engine, lambda store: store.forecasts.block_rows(KEYS[400 // BLOCK]))
    assert len(stored.offsets) == BLOCK  # type: ignore[attr-defined]
    assert boasts(engine) == 0


def test_a_row_that_is_cleared_after_its_block_was_copied_does_not_make_the_copy_less_than_whole(
    engine: Engine, toy: Numbered, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, bool]] = []
    real = ForecastStore.put_block
    taken, go_on = threading.Event(), threading.Event()

    def put(store: ForecastStore, key: str, rows: object, full: bool, card: object) -> None:
        told.append((len(rows.offsets), full))  # type: ignore[attr-defined]
        real(store, key, rows, full, card)  # type: ignore[arg-type]

    write = engine._workers._write_block

    def write_later(block: object) -> None:
        taken.set()
        assert go_on.wait(20)
        write(block)  # type: ignore[arg-type]

    short, _ = both(engine)
    monkeypatch.setattr(ForecastStore, "put_block", put)
    engine._workers._write_block = write_later
    index = 400 - len(SHORT) + 1
    engine.forecast(short, index, force=True)  # a whole block again
    assert taken.wait(20)
    toy.gate.clear()
    thread = threading.Thread(target=lambda: engine.forecast(short, index, force=True))
    thread.start()
    until(lambda: engine.progress(short).state != "done")  # and missing a row, while its copy is written
    go_on.set()
    until(lambda: bool(told))
    assert told[0] == (BLOCK, True)
    toy.gate.set()
    thread.join(20)
    until(lambda: all_written(engine))


@pytest.mark.parametrize(("first", "last", "lost"), [(None, None, SHARED * BLOCK - WITHOUT), (-800, -700, 101)])
def test_what_is_computed_anew_of_one_dataset_is_stored_of_no_other_before(
    engine: Engine, toy: Numbered, reopened: Callable[..., Engine], first: int | None, last: int | None, lost: int
) -> None:
    short, long = both(engine)
    engine.close()
    engine = reopened()  # nothing of the shorter series is in memory
    before = manifest_of(engine, short)
    assert before.complete
    engine.recalculate(long, first, last)
    after = manifest_of(engine, short)
    assert int((before.done & ~after.done).sum()) == lost
    assert not (after.done & ~before.done).any()
    assert boasts(engine) == 0
    assert engine.progress(short).done == len(SHORT) - WITHOUT - lost
    engine.delete(long)
    engine.close()
    engine = reopened(background=True)
    until(lambda: engine.status().statistics.entries == 1)  # it is among the unfinished
    until(lambda: filled(engine, short))
    until(lambda: all_written(engine))
    assert boasts(engine) == 0


def test_a_dataset_in_memory_that_shares_what_is_computed_anew_is_computed_anew_there(
    engine: Engine, toy: Numbered, reopened: Callable[..., Engine]
) -> None:
    short, long = both(engine)
    toy.higher = True
    toy.gate.clear()
    engine.recalculate(long, -800, -700)
    assert engine.progress(short).done == len(SHORT) - WITHOUT - 101
    assert boasts(engine) == 0
    toy.gate.set()
    until(lambda: filled(engine, short) and filled(engine, long))
    until(lambda: all_written(engine))

    def is_new(running: Engine, handle: str, index: int) -> bool:
        return bool(running.forecast(handle, index).samples.min() > 100)

    anew = [(long, -800), (long, -700), (short, -770), (short, -670)]  # the same two moments
    kept = [(long, -801), (long, -699), (short, -771), (short, -669)]
    assert [is_new(engine, *one) for one in anew + kept] == [True] * 4 + [False] * 4
    engine.close()
    again = reopened()
    assert boasts(again) == 0
    assert [is_new(again, *one) for one in anew + kept] == [True] * 4 + [False] * 4


def test_a_manifest_that_is_due_of_an_entry_that_was_closed_does_not_bring_rows_back(
    engine: Engine, toy: Numbered
) -> None:
    handle = engine.upload(to_csv(SHORT)).dataset.handle
    until(lambda: filled(engine, handle) and all_written(engine))
    (old,) = engine._scheduler.entries()
    assert engine._scheduler.retire(old.key)
    engine._on_store_thread(lambda: engine._library._manifests.due(old))
    toy.gate.clear()
    engine.recalculate(handle, -800, -700)
    engine._on_store_thread(engine._library._manifests.put_due)
    assert boasts(engine) == 0
    toy.gate.set()


def test_nothing_is_given_up_if_the_manifests_cannot_be_written(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, long = both(engine)

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(ForecastStore, "put_manifest", full_disk)
        with pytest.raises(Exception, match="No space left"):
            engine.recalculate(long, -800, -700)
    until(lambda: filled(engine, long) and all_written(engine))
    assert manifest_of(engine, short).complete
    assert boasts(engine) == 0
