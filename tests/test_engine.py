from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from engine import Engine, ReadOptions, Settings, room, workers
from engine.blocks import BLOCK
from engine.engine import BATCH_SIZE
from engine.errors import (
    BadRequest,
    DeadlineExceeded,
    EngineClosed,
    EngineError,
    Evicted,
    IndexOutOfRange,
    ModelNotLoaded,
    OriginUnusable,
    Overloaded,
    StartError,
    StorageFailed,
    Superseded,
    UnknownHandle,
    UploadError,
)
from engine.forecast_store import ForecastStore
from engine.jobs import Entry, Ticket
from engine.manifests import Manifests
from engine.models.base import Loader, built_in
from engine.plotdata import quantiles
from engine.series import Series
from engine.store import Store
from tests.conftest import HOUR, ToyForecaster, filled, to_csv, until, wave

SERIES = wave(800)
CSV = to_csv(SERIES)


def restarted(engine: Engine, settings: Settings, registry: dict[str, Loader]) -> Engine:
    engine.close()
    return Engine(settings, registry)


@contextmanager
def waiting_caller(engine: Engine, handle: str) -> Iterator[list[EngineError]]:
    """Somebody waits for a forecast within the block; how it ended is known after it."""
    outcome: list[EngineError] = []

    def ask() -> None:
        try:
            engine.forecast(handle, -3)
        except EngineError as error:
            outcome.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    until(lambda: engine.status().statistics.waiting == 1)
    yield outcome
    thread.join(20)


# --- uploads ---


def test_an_upload_is_answered_before_anything_is_forecast(engine: Engine, toy: ToyForecaster) -> None:
    toy.gate.clear()
    upload = engine.upload(CSV)
    assert (upload.known, upload.reused) == (False, 0)
    assert toy.computed == 0
    toy.gate.set()
    until(lambda: filled(engine, upload.dataset.handle))


def test_the_same_data_uploaded_again_keeps_its_handle_and_its_forecasts(engine: Engine, toy: ToyForecaster) -> None:
    first = engine.upload(CSV)
    until(lambda: filled(engine, first.dataset.handle))
    computed = toy.computed
    again = engine.upload(CSV.replace(b"\n", b"\r\n"))
    assert again.known
    assert again.dataset.handle == first.dataset.handle
    assert again.reused == engine.progress(first.dataset.handle).total
    assert toy.computed == computed


def test_tomorrows_longer_export_computes_only_what_is_new(engine: Engine, toy: ToyForecaster) -> None:
    shorter = Series(SERIES.values[:700], HOUR, SERIES.first_slot)
    first = engine.upload(to_csv(shorter)).dataset.handle
    until(lambda: filled(engine, first) and engine.status().statistics.dirty_blocks == 0)
    before = toy.computed
    longer = engine.upload(CSV)
    assert longer.reused > 400
    until(lambda: filled(engine, longer.dataset.handle))
    assert toy.computed - before == engine.progress(longer.dataset.handle).total - longer.reused


def test_a_file_that_cannot_be_read_changes_nothing(engine: Engine) -> None:
    with pytest.raises(UploadError):
        engine.upload(b"this is no table")
    assert engine.datasets() == []


def test_a_file_whose_readings_lie_too_far_apart_is_too_short(engine: Engine) -> None:
    bursts = np.full((10, 600), np.nan)
    bursts[:, -10:] = np.arange(100.0).reshape(10, 10)
    with pytest.raises(UploadError, match="Send a longer file") as refused:
        engine.upload(to_csv(Series(bursts.ravel(), HOUR, 1000)))
    assert refused.value.code == "TOO_SHORT"
    assert engine.datasets() == []


def test_what_was_read_is_shown_to_who_holds_the_upload(engine: Engine) -> None:
    upload = engine.upload(CSV)
    record = engine.record(upload.record.upload_id, upload.dataset.handle)
    assert record is not None
    assert record.readback == upload.record.readback
    assert record.name == "load"
    assert engine.record("0" * 32, upload.dataset.handle) is None
    assert engine.record("not an id", upload.dataset.handle) is None


def test_an_upload_can_be_read_again_with_other_choices(engine: Engine) -> None:
    two = b"\n".join(line + b"," + str(n % 7).encode() for n, line in enumerate(CSV.split(b"\n")))
    two = two.replace(b"time,load,0", b"time,load,other", 1)
    first = engine.upload(two)
    other = engine.reread(first.record.upload_id, ReadOptions(value="other"))
    assert other.record.readback.value_column == "other"
    assert other.dataset.handle != first.dataset.handle
    with pytest.raises(UnknownHandle):
        engine.reread("0" * 32, ReadOptions())


# --- forecasts ---


def test_index_zero_is_a_forecast_beyond_the_data(engine: Engine) -> None:
    handle = engine.upload(CSV).dataset.handle
    plot = engine.forecast(handle, 0)
    assert plot.origin == engine.dataset(handle).end
    assert plot.times[0] == plot.origin + np.timedelta64(1, "h")
    assert np.isnan(plot.actuals).all()
    assert plot.n_scored == 0
    np.testing.assert_allclose(quantiles(plot.samples, (0.5,), "quantiles")[:, 0], SERIES.values[-1], rtol=1e-5)


def test_a_past_origin_is_shown_beside_what_happened(engine: Engine) -> None:
    handle = engine.upload(CSV).dataset.handle
    plot = engine.forecast(handle, -100)
    np.testing.assert_array_equal(plot.actuals, SERIES.values[-100:-88])
    np.testing.assert_array_equal(plot.context_values, SERIES.values[-612:-100])
    assert plot.n_scored == 12
    assert plot.crps > 0
    assert plot.inside80 >= plot.inside50


def test_scores_of_the_last_origins_cover_the_steps_that_have_happened(engine: Engine) -> None:
    handle = engine.upload(CSV).dataset.handle
    assert engine.forecast(handle, -5).n_scored == 5


def test_the_percentile_counts_the_other_origins_that_missed_by_more(engine: Engine) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    plots = {index: engine.forecast(handle, index) for index in range(-60, -12)}
    best, worst = min(plots.values(), key=lambda p: p.crps), max(plots.values(), key=lambda p: p.crps)
    assert best.percentile is not None
    assert worst.percentile is not None
    assert best.percentile > 0.9 > 0.3 > worst.percentile
    scores = engine._scheduler.entries()[0].rows.scores()  # type: ignore[union-attr]
    others = scores.crps[scores.n_scored == 12]
    assert best.percentile == (others > best.crps * (1 + 1e-9)).sum() / (len(others) - 1)
    assert best.n_compared == engine.progress(handle).total - 12


def test_altering_everything_after_an_origin_changes_nothing_about_its_forecast(engine: Engine) -> None:
    one = engine.upload(CSV).dataset
    altered = SERIES.values.copy()
    altered[500:] = np.random.default_rng(9).normal(1000, 50, 300)
    other = engine.upload(to_csv(Series(altered, HOUR, SERIES.first_slot))).dataset
    index = 499 - 799
    before, after = engine.forecast(one.handle, index), engine.forecast(other.handle, index)
    assert before.samples.tobytes() == after.samples.tobytes()
    assert before.density.tobytes() == after.density.tobytes()
    assert before.baseline_median.tobytes() == after.baseline_median.tobytes()
    assert before.actuals.tobytes() != after.actuals.tobytes()


def test_an_origin_gives_the_same_bytes_alone_and_from_the_background(
    engine: Engine, settings: Settings, registry: dict[str, Loader], tmp_path: Path
) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    alone = Engine(dataclasses.replace(settings, cache_dir=tmp_path / "alone", background=False), registry)
    alone.upload(CSV)
    for index in (-300, -12, 0):
        assert alone.forecast(handle, index).samples.tobytes() == engine.forecast(handle, index).samples.tobytes()
    assert alone.progress(handle).state == "paused"
    assert alone.progress(handle).done == 3
    alone.close()


def test_an_index_out_of_range_is_refused_before_any_work(engine: Engine, toy: ToyForecaster) -> None:
    toy.gate.clear()
    handle = engine.upload(CSV).dataset.handle
    for index in (1, -800, 10**12, -(10**12)):
        with pytest.raises(IndexOutOfRange, match="800 points"):
            engine.forecast(handle, index)
    assert engine.status().statistics.requested == 0
    toy.gate.set()


def test_an_unusable_origin_is_refused_with_the_reason_before_any_work(engine: Engine) -> None:
    values = SERIES.values.copy()
    values[400:420] = np.nan
    handle = engine.upload(to_csv(Series(values, HOUR, SERIES.first_slot))).dataset.handle
    with pytest.raises(OriginUnusable, match="only 10 earlier readings, 24 are needed") as early:
        engine.forecast(handle, -790)
    assert early.value.detail["first_index"] == -776
    with pytest.raises(OriginUnusable, match="11 steps old") as gap:
        engine.forecast(handle, 410 - 799)
    assert (gap.value.detail["before"], gap.value.detail["after"]) == (402 - 799, 420 - 799)
    assert engine.status().statistics.requested == 0


@pytest.mark.parametrize("handle", ["0" * 64, "nonsense", "../../etc/passwd", ""])
def test_an_unknown_handle_is_told_so(engine: Engine, handle: str) -> None:
    for call in (engine.dataset, engine.progress, engine.delete, lambda h: engine.forecast(h, 0)):
        with pytest.raises(UnknownHandle):
            call(handle)


def test_a_forced_forecast_is_computed_anew_with_the_same_result(engine: Engine, toy: ToyForecaster) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    computed, plain = toy.computed, engine.forecast(handle, -7)
    assert toy.computed == computed
    forced = engine.forecast(handle, -7, force=True)
    assert toy.computed in (computed + 1, computed + 2)  # the background may have been looking for work just then
    assert forced.samples.tobytes() == plain.samples.tobytes()


def test_horizons_are_specs_of_their_own_and_the_shorter_is_the_longers_beginning(engine: Engine) -> None:
    handle = engine.upload(CSV).dataset.handle
    long, short = engine.forecast(handle, -70, horizon=64), engine.forecast(handle, -70, horizon=3)
    np.testing.assert_array_equal(long.samples[:3], short.samples)
    for horizon in (0, 65):
        with pytest.raises(BadRequest):
            engine.forecast(handle, -70, horizon=horizon)


def test_a_viewers_older_request_is_superseded_by_its_newer_one(engine: Engine, toy: ToyForecaster) -> None:
    toy.gate.clear()
    handle = engine.upload(CSV).dataset.handle
    outcomes: dict[int, object] = {}

    def ask(index: int, seq: int) -> None:
        try:
            outcomes[index] = engine.forecast(handle, index, session="tab", seq=seq)
        except Superseded as error:
            outcomes[index] = error

    threads = []
    for seq, index in enumerate((-20, -21, -22, -23), 1):
        threads.append(threading.Thread(target=ask, args=(index, seq)))
        threads[-1].start()
        until(lambda seq=seq: engine.status().statistics.requested == seq)
        until(lambda: engine.status().statistics.in_flight == 1)  # the first one runs, the others queue behind it
    toy.gate.set()
    for thread in threads:
        thread.join(20)
    assert isinstance(outcomes[-22], Superseded)
    assert not isinstance(outcomes[-23], Superseded)


def test_a_late_answer_is_a_deadline_and_nobody_waits_any_more(engine: Engine, toy: ToyForecaster) -> None:
    toy.gate.clear()
    handle = engine.upload(CSV).dataset.handle
    with pytest.raises(DeadlineExceeded, match="No answer in time"):
        engine.forecast(handle, -3, timeout=0.05)
    assert engine.status().statistics.waiting == 0
    toy.gate.set()


def test_models_are_chosen_by_name(engine: Engine) -> None:
    handle = engine.upload(CSV).dataset.handle
    plot = engine.forecast(handle, -30, model="seasonal-naive")
    assert plot.model == "seasonal-naive"
    assert plot.crps == pytest.approx(plot.baseline_crps)
    assert plot.baseline_period == 24
    with pytest.raises(BadRequest, match="no model named"):
        engine.forecast(handle, -30, model="oracle")


# --- quick draws ---


def stored(engine: Engine) -> set[str]:
    """Every key of the cache."""
    library = engine._library
    return set(engine._on_store_thread(lambda: list(library._store._cache.iterkeys())))


def test_a_quick_draw_leaves_no_trace_in_either_cache(engine: Engine) -> None:
    before = stored(engine)
    plot = engine.quickdraw(CSV, index=-40).plot
    assert stored(engine) == before
    assert engine.datasets() == []
    assert len(engine._library._shelf) == 0
    assert engine.status().statistics.entries == 0
    assert engine._scheduler._register._current == {}
    with pytest.raises(UnknownHandle):
        engine.dataset(plot.handle)


def test_a_quick_draw_is_the_forecast_that_an_upload_would_have_shown(engine: Engine) -> None:
    quick = engine.quickdraw(CSV, index=-40).plot
    handle = engine.upload(CSV).dataset.handle
    assert handle == quick.handle
    assert engine.forecast(handle, -40).samples.tobytes() == quick.samples.tobytes()


def test_a_quick_draw_may_answer_from_the_cache_unless_forced(engine: Engine, toy: ToyForecaster) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    computed = toy.computed
    assert engine.quickdraw(CSV, index=-40).plot.percentile is not None
    assert toy.computed == computed
    engine.quickdraw(CSV, index=-40, force=True)
    assert toy.computed == computed + 1


def test_a_quick_draw_refuses_what_cannot_be_drawn_before_any_work(engine: Engine, toy: ToyForecaster) -> None:
    with pytest.raises(IndexOutOfRange):
        engine.quickdraw(CSV, index=-800)
    with pytest.raises(OriginUnusable):
        engine.quickdraw(CSV, index=-799)
    with pytest.raises(UploadError):
        engine.quickdraw(b"nothing")
    assert toy.computed == 0


# --- restarts, forgetting, room ---


def test_forecasts_survive_a_restart_and_are_not_computed_again(
    engine: Engine, toy: ToyForecaster, settings: Settings, registry: dict[str, Loader]
) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    before, computed = engine.forecast(handle, -50), toy.computed
    again = restarted(engine, settings, registry)
    assert again.progress(handle).state == "done"
    after = again.forecast(handle, -50)
    assert after.samples.tobytes() == before.samples.tobytes()
    assert (after.percentile, after.crps) == (before.percentile, before.crps)
    assert toy.computed == computed
    again.close()


def test_an_interrupted_fill_goes_on_after_a_restart_where_it_stopped(
    engine: Engine, toy: ToyForecaster, settings: Settings, registry: dict[str, Loader]
) -> None:
    series = wave(4000)
    handle = engine.upload(to_csv(series)).dataset.handle
    workers = sum(name.startswith("infer-background") for name in engine.status().threads)
    in_flight = BATCH_SIZE * (4 + 1 + workers)  # a full calculation queue, and batches on either side of it
    until(lambda: engine.progress(handle).done > in_flight)
    again = restarted(engine, settings, registry)
    until(lambda: filled(again, handle))
    assert toy.computed <= again.progress(handle).total + in_flight
    again.close()


def test_stored_forecasts_of_a_model_that_is_no_longer_loaded_are_served(
    engine: Engine, settings: Settings, registry: dict[str, Loader]
) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: engine.progress(handle).done > 0)
    engine.forecast(handle, -50)
    until(lambda: filled(engine, handle))
    again = restarted(engine, dataclasses.replace(settings, model="seasonal-naive"), registry)
    assert again.forecast(handle, -50, model="toy").model == "toy"
    with pytest.raises(ModelNotLoaded):
        again.forecast(handle, -50, model="toy", force=True)
    with pytest.raises(ModelNotLoaded):
        again.forecast(handle, -50, model="toy", horizon=5)
    again.close()


def test_a_forgotten_dataset_is_gone_for_good(engine: Engine, settings: Settings, registry: dict[str, Loader]) -> None:
    upload = engine.upload(CSV)
    handle = upload.dataset.handle
    engine.delete(handle)
    for call in (engine.dataset, engine.delete):
        with pytest.raises(UnknownHandle):
            call(handle)
    assert engine.record(upload.record.upload_id, handle) is None
    again = restarted(engine, settings, registry)
    with pytest.raises(UnknownHandle):
        again.dataset(handle)
    again.close()


def test_forgetting_a_dataset_answers_who_waits_for_it(engine: Engine, toy: ToyForecaster) -> None:
    toy.gate.clear()
    handle = engine.upload(CSV).dataset.handle
    with waiting_caller(engine, handle) as outcome:
        engine.delete(handle)
    assert [type(error) for error in outcome] == [Evicted]
    toy.gate.set()


def test_the_least_recently_used_dataset_makes_room_and_those_being_looked_at_stay(
    engine: Engine, settings: Settings, registry: dict[str, Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = engine.upload(to_csv(wave(300, seed=1))).dataset.handle
    newer = engine.upload(to_csv(wave(300, seed=2))).dataset.handle
    until(lambda: filled(engine, oldest) and filled(engine, newer))
    again = restarted(engine, dataclasses.replace(settings, max_datasets=2), registry)
    third = again.upload(to_csv(wave(300, seed=3))).dataset.handle
    assert {summary.handle for summary in again.datasets()} == {newer, third}
    again.forecast(newer, 0)
    with pytest.raises(Overloaded, match="no room"):  # both were looked at just now
        again.upload(to_csv(wave(300, seed=4)))
    monkeypatch.setattr(room, "LOOKED_AT", 0.0)
    until(lambda: filled(again, third))
    fourth = again.upload(to_csv(wave(300, seed=4))).dataset.handle
    assert {summary.handle for summary in again.datasets()} == {third, fourth}
    again.close()


def test_uploads_of_a_known_series_make_room_too(
    settings: Settings, registry: dict[str, Loader], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LOOKED_AT", 0.0)
    engine = Engine(dataclasses.replace(settings, disk_budget=2_000_000), registry)
    blank = (b" " * 999 + b"\n") * 200
    uploads = [engine.upload(CSV + blank + b"\n" * padding) for padding in range(12)]
    assert engine.reread(uploads[0].record.upload_id, ReadOptions()).known
    with pytest.raises(UnknownHandle, match="no longer kept"):
        engine.reread(uploads[-1].record.upload_id, ReadOptions())
    assert sum(path.stat().st_size for path in (tmp_path / "cache").rglob("*") if path.is_file()) < 3_000_000
    engine.close()


def test_datasets_beyond_the_memory_budget_are_read_from_the_disk_again(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster
) -> None:
    engine = Engine(dataclasses.replace(settings, memory_budget=1), registry)
    handles = []
    for seed in range(4):
        handles.append(engine.upload(to_csv(wave(300, seed=seed))).dataset.handle)
        until(lambda: filled(engine, handles[-1]) and engine.status().statistics.dirty_blocks == 0)
    assert engine.status().statistics.entries < 4
    computed = toy.computed
    for handle in handles:
        assert engine.forecast(handle, -20).handle == handle
    assert toy.computed == computed
    engine.close()


# --- when things break ---


def test_an_extreme_reading_never_becomes_a_forecast_of_nothing(engine: Engine) -> None:
    values = SERIES.values.copy()
    values[300], values[500] = 1e99, -1e99
    handle = engine.upload(to_csv(Series(values, HOUR, SERIES.first_slot))).dataset.handle
    until(lambda: filled(engine, handle))
    for index in (299 - 799, 300 - 799, 400 - 799, 520 - 799):
        assert np.isfinite(engine.forecast(handle, index).samples).all()
    assert engine.status().ready


@pytest.mark.parametrize("scale", [1e-30, 1e-150])
def test_tiny_readings_keep_their_spread(engine: Engine, scale: float) -> None:
    handle = engine.upload(to_csv(Series(SERIES.values * scale, HOUR, SERIES.first_slot))).dataset.handle
    tiny = engine.forecast(handle, -30).samples / scale
    plain = engine.forecast(engine.upload(CSV).dataset.handle, -30).samples
    np.testing.assert_allclose(tiny, plain, rtol=1e-3)


def test_a_series_damaged_on_the_disk_can_be_uploaded_again(
    engine: Engine, settings: Settings, registry: dict[str, Loader]
) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle))
    on_store(engine, lambda store: store._cache.set(f"s/{handle}", b"HCS2" + b"damaged" * 9))
    again = restarted(engine, settings, registry)
    with pytest.raises(UnknownHandle):
        again.dataset(handle)
    assert not again.upload(CSV).known
    assert again.forecast(handle, -5).index == -5
    again.close()


def on_store(engine: Engine, work: Callable[[Store], object]) -> object:
    """The result of a function of the store, run on its thread."""
    return engine._on_store_thread(lambda: work(engine._library._store))


class FullDisk(OSError):
    strerror = "No space left on device"


def test_a_full_disk_refuses_uploads_with_the_reason_and_loses_nothing_that_was_computed(
    engine: Engine,
    settings: Settings,
    registry: dict[str, Loader],
    toy: ToyForecaster,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise FullDisk

    monkeypatch.setattr(workers, "PARTIAL_EVERY", 0.05)
    handle = engine.upload(CSV).dataset.handle
    with monkeypatch.context() as full:
        full.setattr(ForecastStore, "put_block", refuse)
        full.setattr(Store, "put_series", refuse)
        engine.forecast(handle, -3)
        until(lambda: filled(engine, handle))
        with pytest.raises(StorageFailed, match="No space left"):
            engine.upload(to_csv(wave(400, seed=8)))
    until(lambda: engine.status().statistics.dirty_blocks == 0 and bool(block_keys_of(engine)))
    computed = toy.computed
    again = restarted(engine, settings, registry)
    until(lambda: filled(again, handle))
    again.forecast(handle, -3)
    assert toy.computed == computed
    again.close()


def block_keys_of(engine: Engine) -> list[object]:
    return [key for key in stored(engine) if str(key).startswith("b/")]


def test_the_store_thread_survives_a_panic(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        pass

    def panic(*_: object) -> None:
        raise Panic

    with monkeypatch.context() as broken:
        broken.setattr(ForecastStore, "put_block", panic)
        handle = engine.upload(CSV).dataset.handle
        until(lambda: filled(engine, handle))
    assert engine.upload(to_csv(wave(400, seed=8))).dataset.length == 400
    assert engine.status().ready


def test_a_manifest_never_says_done_of_rows_that_are_only_in_memory(
    engine: Engine, settings: Settings, registry: dict[str, Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    put, refused = ForecastStore.put_block, list[str]()

    def refuse(store: ForecastStore, key: str, *given: object) -> None:
        if not refused or key == refused[0]:
            refused.append(key)
            raise FullDisk
        put(store, key, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(ForecastStore, "put_block", refuse)
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle) and engine.status().statistics.dirty_blocks == 1)
    again = restarted(engine, settings, registry)
    (manifest,) = on_store(again, lambda store: store.forecasts.manifests(handle))  # type: ignore[misc]
    done = dict(zip(manifest.keys, manifest.done.reshape(-1, BLOCK).any(axis=1), strict=True))
    assert [key for key, any_done in done.items() if not any_done] == [refused[0]]
    again.close()


def test_a_forgotten_datasets_manifest_does_not_come_back(
    engine: Engine, settings: Settings, registry: dict[str, Loader]
) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle) and engine.status().statistics.dirty_blocks == 0)
    entry = engine._scheduler.entries()[0]
    engine._on_store_thread(lambda: engine._library._manifests.due(entry))
    assert engine._scheduler.retire(entry.key)
    engine.delete(handle)
    again = restarted(engine, settings, registry)
    assert stored(again) == set()
    again.close()


def test_a_manifest_of_forecasts_that_were_dropped_does_not_come_back(engine: Engine) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle) and engine.status().statistics.dirty_blocks == 0)
    entry = engine._scheduler.entries()[0]
    engine._on_store_thread(lambda: engine._library._manifests.due(entry))
    assert engine._scheduler.retire(entry.key)
    engine.drop(handle)
    engine._on_store_thread(engine._library._manifests.put_due)
    assert engine.progress(handle).done == 0


def test_the_last_manifests_are_written_before_the_store_is_closed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    for owner, name in ((Manifests, "put"), (Store, "close")):  # what was looked at is noted, too
        real = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *given, real=real, name=name: (calls.append(name), real(*given))[1])
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle) and engine.status().statistics.dirty_blocks == 0)
    entry = engine._scheduler.entries()[0]
    engine._on_store_thread(lambda: engine._library._manifests.due(entry))
    calls.clear()
    engine.close()
    assert calls == ["put", "close"]


def test_unfinished_blocks_are_written_every_few_seconds(
    settings: Settings, registry: dict[str, Loader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PARTIAL_EVERY", 0.05)
    engine = Engine(dataclasses.replace(settings, background=False), registry)
    engine.forecast(engine.upload(CSV).dataset.handle, -3)
    until(lambda: bool(block_keys_of(engine)))
    engine.close()


def test_an_entry_closed_for_want_of_memory_is_opened_again_for_who_asks_for_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = engine.upload(CSV).dataset.handle
    until(lambda: filled(engine, handle) and engine.status().statistics.dirty_blocks == 0)
    real = engine._scheduler.request

    def just_retired(entry: Entry, *args: object, **kwargs: object) -> Ticket:
        engine._scheduler.retire(entry.key)
        monkeypatch.setattr(engine._scheduler, "request", real)
        return real(entry, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(engine._scheduler, "request", just_retired)
    assert engine.forecast(handle, -3).index == -3


def test_asking_for_progress_starts_no_computation(
    engine: Engine, toy: ToyForecaster, settings: Settings, registry: dict[str, Loader]
) -> None:
    handle = engine.upload(CSV).dataset.handle
    for horizon in range(1, 10):
        progress = engine.progress(handle, horizon=horizon)
        assert (progress.done, progress.state) == (0, "paused")
    assert engine.status().statistics.entries == 1
    until(lambda: filled(engine, handle))
    again = restarted(engine, settings, registry)
    assert again.progress(handle).state == "done"
    assert again.status().statistics.entries == 0
    again.close()


def test_the_score_beside_a_forecast_is_the_baselines_own(engine: Engine) -> None:
    handle = engine.upload(CSV).dataset.handle
    plot = engine.forecast(handle, -40)
    baseline = engine.forecast(handle, -40, model="seasonal-naive")
    assert plot.baseline_crps == pytest.approx(baseline.crps)
    assert plot.crps != pytest.approx(plot.baseline_crps)
    np.testing.assert_allclose(plot.baseline_median, baseline.quantiles[0.5])


# --- life ---


def test_after_close_everything_is_refused_and_closing_again_does_nothing(engine: Engine) -> None:
    handle = engine.upload(CSV).dataset.handle
    engine.close()
    engine.close()
    assert not engine.status().ready
    for call in (lambda: engine.upload(CSV), lambda: engine.forecast(handle, 0), lambda: engine.quickdraw(CSV)):
        with pytest.raises(EngineClosed):
            call()


def test_closing_answers_who_waits(engine: Engine, toy: ToyForecaster) -> None:
    toy.gate.clear()
    handle = engine.upload(CSV).dataset.handle
    with waiting_caller(engine, handle) as outcome:
        engine.close_on_signal()()
    assert [type(error) for error in outcome] == [EngineClosed]
    toy.gate.set()


def test_closing_answers_who_waits_before_it_waits_for_the_model_itself(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster
) -> None:
    engine = Engine(dataclasses.replace(settings, graceful_timeout=50.0), registry)
    toy.gate.clear()
    handle = engine.upload(CSV).dataset.handle
    with waiting_caller(engine, handle) as outcome:
        closing = threading.Thread(target=engine.close)
        closing.start()
    assert [type(error) for error in outcome] == [EngineClosed]
    assert closing.is_alive()
    toy.gate.set()
    closing.join(20)
    assert not closing.is_alive()


def test_a_model_that_cannot_be_loaded_is_one_clear_line(settings: Settings) -> None:
    def broken(settings: Settings) -> ToyForecaster:
        raise OSError("weights.safetensors:\nno such file")

    with pytest.raises(StartError) as refused:
        Engine(settings, built_in() | {"toy": broken})
    assert refused.value.message == "The model 'toy' cannot be loaded: weights.safetensors: no such file"
    with pytest.raises(StartError, match="no model named 'toy'"):
        Engine(settings, built_in())


def test_a_second_engine_on_the_same_folder_is_refused_and_leaves_no_thread(
    engine: Engine, settings: Settings, registry: dict[str, Loader]
) -> None:
    threads = threading.active_count()
    with pytest.raises(StartError, match="Another engine"):
        Engine(dataclasses.replace(settings, graceful_timeout=0.0), registry)
    assert threading.active_count() == threads
    engine.upload(CSV)
