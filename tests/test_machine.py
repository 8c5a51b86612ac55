"""The engine as its callers see it, against a dictionary: random lives of the facade, shrunk where they fail."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as effort
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine import Engine, Settings, Upload
from engine.errors import (
    BadRequest,
    EngineClosed,
    IndexOutOfRange,
    ModelFailed,
    ModelNotLoaded,
    OriginUnusable,
    UnknownHandle,
    UploadError,
)
from engine.models.base import built_in
from engine.plotdata import PlotData
from engine.series import Series
from tests.conftest import HOUR, ToyForecaster, to_csv, until, wave
from tests.truth import samples, usable

HORIZON = 3


def shortened(series: Series, length: int) -> Series:
    return Series(series.values[:length], HOUR, series.first_slot)


def with_a_hole(series: Series) -> Series:
    values = series.values.copy()
    values[40:50] = np.nan
    return Series(values, HOUR, series.first_slot)


GROWN = wave(700, seed=1)
SERIES = {
    "short": shortened(GROWN, 60),
    "longer": shortened(GROWN, 300),  # the same history, some blocks further
    "longest": GROWN,
    "holed": with_a_hole(wave(90, seed=2)),
    "other": wave(80, seed=3),
}
FILES = {name: to_csv(series) for name, series in SERIES.items()}
names = st.sampled_from(sorted(SERIES))
positions = st.integers(-4, 104)  # where in the series, in percent: a little beyond it at both ends


USABLE = {name: usable(series) for name, series in SERIES.items()}


@lru_cache
def miss(name: str) -> float:
    """The mean CRPS of all that the toy must answer."""
    series, found = SERIES[name], []
    for at in np.flatnonzero(USABLE[name]).tolist():
        forecast = samples(series, at, HORIZON)
        for step, actual in enumerate(series.values[at + 1 : at + 1 + HORIZON]):
            x = forecast[step]
            found.append(np.abs(x - actual).mean() - np.abs(x[:, None] - x).mean() / 2)
    return float(np.nanmean(found))


class Facade(RuleBasedStateMachine):
    """stored: what was uploaded and not deleted. sure: origins whose forecast was seen, so it must be kept."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("engine.health.LONGEST_REST", 0.05)
        self.toy = ToyForecaster()
        self.registry = built_in() | {"toy": lambda settings: self.toy}
        self.stored: dict[str, str] = {}
        self.uploads: dict[str, Upload] = {}
        self.sure: set[tuple[str, int]] = set()

    @initialize(memory=st.sampled_from([1, 1 << 30]))
    def start(self, memory: int) -> None:
        """With no memory to spare every finished dataset is closed as soon as another is opened."""
        self.settings = Settings(
            cache_dir=Path(self.folder.name), model="toy", horizon=HORIZON, memory_budget=memory, graceful_timeout=2.0
        )
        self.engine = Engine(self.settings, self.registry)

    def teardown(self) -> None:
        try:
            if hasattr(self, "engine"):
                self.engine.close()
                with pytest.raises(EngineClosed):
                    self.engine.datasets()
                with pytest.raises(EngineClosed):
                    self.engine.quickdraw(FILES["short"])
        finally:
            self.patch.undo()
            self.folder.cleanup()

    # --- files -----------------------------------------------------------------------------------------------------

    @rule(name=names)
    def upload(self, name: str) -> None:
        done = self.engine.upload(FILES[name])
        assert done.dataset.handle == done.record.handle == SERIES[name].handle
        assert done.known == (name in self.stored.values())
        assert len({at for stored, at in self.sure if stored == name}) <= done.reused <= done.dataset.length
        self.stored[done.dataset.handle] = name
        self.uploads[name] = done

    @rule()
    def upload_what_is_no_series(self) -> None:
        with pytest.raises(UploadError):
            self.engine.upload(b"time,load\n2020-01-01,1\n2020-01-02,2\n")

    @rule(name=names)
    def delete(self, name: str) -> None:
        handle = SERIES[name].handle
        if handle not in self.stored:
            with pytest.raises(UnknownHandle):
                self.engine.delete(handle)
            return
        self.engine.delete(handle)
        self.forget(name)

    @rule()
    def flush(self) -> None:
        assert self.engine.flush() == len(self.stored)
        for name in list(self.stored.values()):
            self.forget(name)

    def forget(self, name: str) -> None:
        del self.stored[SERIES[name].handle]
        self.sure = {(other, at) for other, at in self.sure if other != name}

    # --- forecasts -------------------------------------------------------------------------------------------------

    @rule(name=names, where=positions, force=st.booleans(), session=st.sampled_from([None, "tab"]))
    def forecast(self, name: str, where: int, force: bool, session: str | None) -> None:
        series, at = SERIES[name], self.position(name, where)
        try:
            plot = self.engine.forecast(series.handle, at - len(series) + 1, force=force, session=session)
        except UnknownHandle:
            assert series.handle not in self.stored
        except IndexOutOfRange:
            assert not 0 <= at < len(series)
        except OriginUnusable:
            assert not USABLE[name][at]
        except ModelFailed:
            assert self.toy.failure is not None
            assert force or (name, at) not in self.sure, "a stored forecast was not found"
            self.sure.discard((name, at))
        else:
            assert series.handle in self.stored
            assert self.toy.failure is None or not force
            self.check(plot, name, at)
            self.sure.add((name, at))

    @rule(name=names, where=positions, force=st.booleans())
    def quickdraw(self, name: str, where: int, force: bool) -> None:
        series, at = SERIES[name], self.position(name, where)
        before = [summary.handle for summary in self.engine.datasets()]
        try:
            self.check(self.engine.quickdraw(FILES[name], index=at - len(series) + 1, force=force).plot, name, at)
        except IndexOutOfRange:
            assert not 0 <= at < len(series)
        except OriginUnusable:
            assert not USABLE[name][at]
        except ModelFailed:
            assert self.toy.failure is not None
        assert [summary.handle for summary in self.engine.datasets()] == before, "a quick draw left a trace"

    @rule(name=names, ends=st.none() | st.tuples(positions, positions), failed=st.booleans())
    def recalculate(self, name: str, ends: tuple[int, int] | None, failed: bool) -> None:
        series = SERIES[name]
        first, last = (0, len(series) - 1) if ends is None else (self.position(name, where) for where in ends)
        asked = (None, None) if ends is None else (first - len(series) + 1, last - len(series) + 1)
        try:
            count = self.engine.recalculate(series.handle, *asked, failed=failed)
        except UnknownHandle:
            assert series.handle not in self.stored
        except IndexOutOfRange:
            assert not (0 <= first < len(series) and 0 <= last < len(series))
        except BadRequest:
            assert first > last
        else:
            anew = {(name, at) for at in range(first, last + 1) if USABLE[name][at]}
            if failed:
                assert count <= len(anew - self.sure)
            else:
                assert count == len(anew)
                self.sure -= anew

    @rule(name=names)
    def backtest(self, name: str) -> None:
        """Reads whatever was seen; and where that is all, it is the truth."""
        series, total = SERIES[name], sum(USABLE[name])
        try:
            found = self.engine.backtest(series.handle, timeout=5.0)
        except UnknownHandle:
            assert series.handle not in self.stored
            return
        assert series.handle in self.stored
        assert sum(stored == name for stored, _ in self.sure) <= found.standing.read <= found.standing.total == total
        assert not found.standing.complete or found.standing.done <= found.standing.read
        if found.standing.read == total:
            assert found.measures.crps == pytest.approx(miss(name), rel=1e-4)

    @rule(name=names)
    def ask_a_model_that_is_not_loaded(self, name: str) -> None:
        with pytest.raises((ModelNotLoaded, UnknownHandle)):
            self.engine.forecast(SERIES[name].handle, 0, model="theta")

    def position(self, name: str, where: int) -> int:
        return round(where * (len(SERIES[name]) - 1) / 100)

    def check(self, plot: PlotData, name: str, at: int) -> None:
        series = SERIES[name]
        assert (plot.handle, plot.index, plot.model) == (series.handle, at - len(series) + 1, "toy")
        assert USABLE[name][at]
        np.testing.assert_allclose(plot.samples, samples(series, at, HORIZON), rtol=1e-5, atol=1e-5)
        happened = [series.values[i] if i < len(series) else np.nan for i in range(at + 1, at + 1 + HORIZON)]
        np.testing.assert_array_equal(plot.actuals, happened)

    # --- the model, the process ------------------------------------------------------------------------------------

    @rule()
    def the_model_breaks(self) -> None:
        self.toy.failure = ValueError("broken")

    @precondition(lambda self: self.toy.failure is not None)
    @rule()
    def the_model_works_again(self) -> None:
        self.toy.failure = None

    @rule()
    def restart(self) -> None:
        self.engine.close()
        with pytest.raises(EngineClosed):
            self.engine.upload(FILES["short"])
        self.engine = Engine(self.settings, self.registry)

    @precondition(lambda self: self.toy.failure is None)
    @rule()
    def wait_for_the_fill(self) -> None:
        """What is filling ends; then nothing that is stored is computed again, not even to be counted."""
        for handle in self.stored:
            until(lambda handle=handle: self.engine.progress(handle).state != "filling")
        computed = self.toy.computed
        for handle, name in self.stored.items():
            progress = self.engine.progress(handle)
            if progress.state == "done" and not progress.failed:
                first = USABLE[name].index(True)
                self.check(self.engine.forecast(handle, first - len(SERIES[name]) + 1), name, first)
                self.sure.add((name, first))
                assert self.toy.computed == computed, "a stored forecast was computed again"

    # --- what must always hold -------------------------------------------------------------------------------------

    @invariant()
    def progress_tells_the_truth(self) -> None:
        for name, series in SERIES.items():
            if series.handle not in self.stored:
                with pytest.raises(UnknownHandle):
                    self.engine.progress(series.handle)
                continue
            progress = self.engine.progress(series.handle)
            assert progress.total == sum(USABLE[name])
            assert progress.unusable == len(series) - progress.total
            assert sum(stored == name for stored, _ in self.sure) <= progress.done
            assert progress.done + progress.failed <= progress.total

    @invariant()
    def what_is_listed_is_what_was_uploaded(self) -> None:
        assert {summary.handle for summary in self.engine.datasets()} == set(self.stored)
        for name, done in self.uploads.items():
            record = self.engine.record(done.record.upload_id, done.dataset.handle)
            assert (record == done.record) if name in self.stored.values() else record is None

    @invariant()
    def the_counts_balance(self) -> None:
        counts = self.engine.status().statistics
        ended = counts.answered + counts.failed + counts.superseded + counts.cancelled + counts.evicted + counts.closed
        assert counts.requested == ended
        assert counts.waiting == counts.queued == counts.in_flight == 0


class TestFacade(Facade.TestCase):
    settings = effort(
        max_examples=60,
        stateful_step_count=40,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    # Other tests cover all of this, one call at a time, and this one is half as fast while it is written down.
    pytestmark: ClassVar = [pytest.mark.usefixtures("untraced")]
