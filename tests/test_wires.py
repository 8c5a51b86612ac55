"""Wire blocks at the engine's door: they say what the pictures say, and never what they used to say."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import Engine, PlotData, Settings, WireBlock, errors
from engine.models.base import Loader
from engine.series import Series
from tests.conftest import ToyForecaster, filled, to_csv, until, wave
from tests.wire_reader import read_block

SERIES = wave(700, first_slot=1000, missing=0.05)  # blocks 3 (slots 1000 .. 1023) to 6 (.. 1699)
FIRST, LAST = 3, 6


class Moody(ToyForecaster):
    """A model whose forecasts a test may change, which its digest keeps to itself."""

    shift = 0.0

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        return super().predict(contexts, floor, horizon) + np.float32(self.shift)


@pytest.fixture
def toy() -> Moody:
    return Moody()


@pytest.fixture
def still(settings: Settings, registry: dict[str, Loader]) -> Iterator[Engine]:
    """An engine that computes what is asked for and nothing else."""
    engine = Engine(replace(settings, background=False), registry)
    yield engine
    engine.close()


def stored(engine: Engine, series: Series = SERIES) -> str:
    return engine.upload(to_csv(series)).dataset.handle


def whole(engine: Engine, series: Series = SERIES) -> str:
    handle = stored(engine, series)
    until(lambda: filled(engine, handle))
    return handle


def read(block: WireBlock) -> dict[str, Any]:
    return read_block(gzip.decompress(block.data))


def shows(block: dict[str, Any], slot: int, plot: PlotData) -> bool:
    """Whether a block has the very forecast of a picture."""
    row = block["row"][slot - int(block["first_slot"])]
    loc, scale = block["loc"][row], block["scale"][row]
    near = 1e-6 * (np.abs(plot.samples).max() + scale)
    bands = np.array([plot.quantiles[level] for level in block["levels"]])
    density = block["peak"][row][:, None] * (block["density"][row] / 255) ** 2
    scores = [block[name][row] for name in ("n_scored", "inside50", "inside80")]
    return bool(
        np.allclose(loc + scale * block["samples"][row].astype(float), plot.samples, atol=near, rtol=0)
        and np.allclose(loc + scale * block["bands"][row].astype(float), bands, atol=near, rtol=0)
        and (block["lo"][row], block["hi"][row]) == (plot.density_lo, plot.density_hi)
        and (np.abs(density - plot.density) <= plot.density.max(axis=1, keepdims=True) / 255).all()
        and np.isclose(block["crps"][row], plot.crps, equal_nan=True)
        and scores == [plot.n_scored, plot.inside50, plot.inside80]
        and shows_baseline(block, row, plot)
    )


def shows_baseline(block: dict[str, Any], row: int, plot: PlotData) -> bool:
    """Whether a row has the very baseline of a picture; there is none beside itself."""
    if plot.model == plot.baseline_model:
        return bool(np.isnan(block["baseline"][row]).all() and block["period"][row] == 0)
    median = block["loc"][row] + block["scale"][row] * block["baseline"][row].astype(float)
    near = 1e-6 * (np.abs(plot.samples).max() + block["scale"][row])
    same = np.allclose(median, plot.baseline_median, atol=near, rtol=0)
    return bool(same and block["period"][row] == plot.baseline_period)


def test_blocks_have_the_forecasts_of_the_pictures(engine: Engine) -> None:
    for seed in range(3):
        handle = whole(engine, wave(300 + 177 * seed, first_slot=-300 * seed, seed=seed, missing=0.1))
        dataset = engine.dataset(handle)
        series = dataset.series
        blocks = range(series.first_slot // 256, series.last_slot // 256 + 1)
        found = {number: read(engine.wire_block(handle, number)) for number in blocks}
        usable = set((np.flatnonzero(dataset.usable_origins) + series.first_slot).tolist())
        done = {int(slot) for n, b in found.items() for slot in 256 * n + np.flatnonzero(b["state"] == 1)}
        assert done == usable
        for index in range(0, dataset.first_index, -29):
            slot = series.last_slot + index
            if slot in usable:
                assert shows(found[slot // 256], slot, engine.forecast(handle, index))


def test_other_models_and_horizons_have_blocks_of_their_own(engine: Engine) -> None:
    handle = stored(engine)
    plot = engine.forecast(handle, -10, model="seasonal-naive", horizon=5)
    block = read(engine.wire_block(handle, LAST, model="seasonal-naive", horizon=5))
    assert block["horizon"] == 5
    assert shows(block, SERIES.last_slot - 10, plot)


def test_asking_computes_nothing(still: Engine, toy: Moody) -> None:
    handle = stored(still)
    blocks = [still.wire_block(handle, number) for number in range(FIRST, LAST + 1)]
    assert toy.computed == 0
    assert all(read(block)["rows"] == 0 for block in blocks)
    assert not blocks[1].complete
    assert still.progress(handle).done == 0


def test_what_cannot_be_forecast_and_what_failed_are_told_apart(still: Engine, toy: Moody) -> None:
    handle = stored(still)
    toy.failure = ValueError("no")
    with pytest.raises(errors.ModelFailed):
        still.forecast(handle, -5)
    toy.failure = None
    still.forecast(handle, -7)
    state = read(still.wire_block(handle, LAST))["state"]
    last = SERIES.last_slot - 256 * LAST
    assert (state[last - 5], state[last - 7], state[last - 9]) == (3, 1, 0)
    assert (state[last + 1 :] == 2).all()


def test_a_block_grows_with_what_is_done(still: Engine) -> None:
    handle = stored(still)
    seen = [still.wire_block(handle, LAST)]
    for index in (-3, -4):
        still.forecast(handle, index)
        seen.append(still.wire_block(handle, LAST))
    assert [read(block)["rows"] for block in seen] == [0, 1, 2]
    assert len({block.etag for block in seen}) == 3
    assert still.wire_block(handle, LAST) is seen[-1]  # nothing has changed since


def test_a_complete_block_says_so_and_is_made_once(engine: Engine) -> None:
    handle = whole(engine)
    blocks = [engine.wire_block(handle, number) for number in range(FIRST, LAST + 1)]
    assert all(block.complete and read(block)["complete"] for block in blocks)
    assert all(engine.wire_block(handle, FIRST + n) is block for n, block in enumerate(blocks))


@pytest.mark.parametrize("way", ["one origin", "a stretch", "the whole file"])
def test_a_forced_forecast_is_never_served_as_it_was(engine: Engine, toy: Moody, way: str) -> None:
    handle = whole(engine)
    before = engine.wire_block(handle, LAST)
    toy.shift = 3.0
    if way == "one origin":
        engine.forecast(handle, -20, force=True)
    elif way == "a stretch":
        engine.recalculate(handle, -30, -10)
    else:
        engine.recalculate(handle)
    until(lambda: filled(engine, handle))
    after = engine.wire_block(handle, LAST)
    slot = SERIES.last_slot - 20
    assert after.etag != before.etag
    assert shows(read(after), slot, engine.forecast(handle, -20))
    assert not shows(read(before), slot, engine.forecast(handle, -20))


def test_the_same_forecasts_computed_anew_have_the_same_etag(engine: Engine) -> None:
    handle = whole(engine)
    before = engine.wire_block(handle, LAST)
    engine.forecast(handle, -20, force=True)
    after = engine.wire_block(handle, LAST)
    assert after is not before
    assert after == before


def test_an_etag_outlives_the_process(settings: Settings, registry: dict[str, Loader]) -> None:
    found = []
    for _ in range(2):
        engine = Engine(settings, registry)
        found.append(engine.wire_block(whole(engine), LAST - 1))
        engine.close()
    assert found[0] == found[1]


def test_a_change_while_a_block_is_read_is_not_kept(
    engine: Engine, toy: Moody, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = whole(engine)
    read_rows: Callable[..., Any] = engine._wires._read

    def interrupted(*where: Any) -> Any:
        rows = read_rows(*where)
        monkeypatch.setattr(engine._wires, "_read", read_rows)
        toy.shift = 3.0
        engine.forecast(handle, -20, force=True)
        return rows

    monkeypatch.setattr(engine._wires, "_read", interrupted)
    torn = engine.wire_block(handle, LAST)
    assert not torn.complete  # a browser must not keep it
    fresh = engine.wire_block(handle, LAST)
    assert fresh.complete
    assert shows(read(fresh), SERIES.last_slot - 20, engine.forecast(handle, -20))


def test_a_block_made_while_its_dataset_is_forgotten_leaves_no_byte(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = whole(engine)
    read_rows: Callable[..., Any] = engine._wires._read

    def interrupted(*where: Any) -> Any:
        rows = read_rows(*where)
        engine.delete(handle)
        return rows

    monkeypatch.setattr(engine._wires, "_read", interrupted)
    engine.wire_block(handle, LAST)
    assert engine._wires.nbytes == 0


@pytest.mark.parametrize("how", ["delete", "flush"])
def test_what_is_forgotten_leaves_no_byte(engine: Engine, how: str) -> None:
    handle = whole(engine)
    engine.wire_block(handle, LAST)
    assert engine._wires.nbytes > 0
    engine.delete(handle) if how == "delete" else engine.flush()
    assert engine._wires.nbytes == 0
    with pytest.raises(errors.UnknownHandle):
        engine.wire_block(handle, LAST)


def test_without_a_budget_every_block_is_made_anew(settings: Settings, registry: dict[str, Loader]) -> None:
    engine = Engine(replace(settings, wire_budget=0), registry)
    handle = whole(engine)
    first, again = engine.wire_block(handle, LAST), engine.wire_block(handle, LAST)
    assert first == again
    assert first is not again
    engine.close()


@pytest.mark.parametrize("number", [FIRST - 1, LAST + 1, -(10**14)])
def test_a_block_beyond_the_series_is_refused(engine: Engine, number: int) -> None:
    handle = stored(engine)
    with pytest.raises(errors.UnknownBlock, match="3 to 6") as refusal:
        engine.wire_block(handle, number)
    assert refusal.value.detail == {"first": FIRST, "last": LAST}


def test_many_who_ask_at_once_get_one_block_and_too_many_are_told_to_come_back(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = whole(engine)
    answers: list[WireBlock] = []
    room_when_kept: list[int] = []
    put = engine._wires._tier.put

    def watched(*block: Any) -> None:
        room_when_kept.append(engine._wires._making._value)  # type: ignore[attr-defined]
        put(*block)

    monkeypatch.setattr(engine._wires._tier, "put", watched)
    with engine._wires._making:
        callers = [threading.Thread(target=lambda: answers.append(engine.wire_block(handle, LAST))) for _ in range(16)]
        for caller in callers:
            caller.start()
        until(lambda: engine._wires._callers._value == 0)  # type: ignore[attr-defined]
        with pytest.raises(errors.Overloaded):
            engine.wire_block(handle, LAST)
    for caller in callers:
        caller.join()
    assert len(answers) == 16
    assert all(answer is answers[0] for answer in answers)
    assert room_when_kept == [0]  # kept before the next may begin, who else makes it again


def test_a_stopping_engine_makes_no_more_blocks(engine: Engine) -> None:
    handle = whole(engine)
    engine.close()
    with pytest.raises(errors.EngineClosed):
        engine.wire_block(handle, LAST)


def test_blocks_are_whole_while_others_compute_and_force(engine: Engine, toy: Moody) -> None:
    """Every block that anybody gets is consistent in itself: its done states are its rows, its scores are theirs."""
    handle = stored(engine)
    problems: list[str] = []
    over = threading.Event()

    def look(number: int) -> None:
        while not over.is_set():
            answer = engine.wire_block(handle, number)
            block = read(answer)
            done = np.flatnonzero(block["state"] == 1)
            if block["row"][done].tolist() != list(range(block["rows"])):
                problems.append("rows")
            if answer.complete and np.isnan(block["crps"][block["n_scored"] > 0]).any():
                problems.append("scores")
            if answer.complete and (block["state"] == 0).any():
                problems.append("states")

    with ExitStack() as ended:
        threads = [threading.Thread(target=look, args=(number,)) for number in (LAST, LAST - 1)]
        for thread in threads:
            thread.start()
            ended.callback(thread.join)
        ended.callback(over.set)
        for n in range(40):
            engine.forecast(handle, -20 - n, force=True)
        until(lambda: filled(engine, handle))
    assert not problems
