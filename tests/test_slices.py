"""Slices of a file's moments, by what was known at them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from engine import Backtest, Dataset, Engine, Panel
from engine.errors import BadRequest
from engine.scoring.slices import LEVELS, TREND_EDGES, TRENDS, Slices
from engine.series import Phase, Series, Step
from tests import direct_scores as direct
from tests.conftest import HOUR, filled, to_csv, until, wave

QUARTERS = wave(400, missing=0.05)
KEYS = ("hour:6", "weekday:0", "month:2", "clock:3-17", "season:4-2", "level:low", "level:high", "trend:falling-fast")


@pytest.fixture(scope="module")
def moments() -> Dataset:
    return Dataset(QUARTERS)


def frame(dataset: Dataset) -> pl.DataFrame:
    """What a moment knows, worked out by Polars."""
    series = dataset.series
    values = pl.Series("value", series.values).fill_nan(None).fill_null(strategy="forward")
    times = series.times(np.arange(series.first_slot, series.last_slot + 1)).astype("datetime64[ms]")
    return pl.DataFrame(
        {"index": np.arange(len(series)) - len(series) + 1, "time": times, "value": values}
    ).with_columns(
        weekday=pl.col("time").dt.weekday() - 1,
        hour=pl.col("time").dt.hour(),
        month=pl.col("time").dt.month(),
        change=(pl.col("value") - pl.col("value").shift(3)) / dataset.scale,
    )


def keys(dataset: Dataset) -> dict[str, pl.Expr]:
    """The key of each moment's slice, for every kind."""
    low, high = Slices(dataset).level_edges
    weekday, hour, month, value = (pl.col(name) for name in ("weekday", "hour", "month", "value"))
    level = (
        pl.when(value <= low).then(pl.lit("low")).when(value <= high).then(pl.lit("middle")).otherwise(pl.lit("high"))
    )
    trend = pl.lit(TRENDS[-1])
    for word, edge in reversed(list(zip(TRENDS, TREND_EDGES, strict=False))):
        trend = pl.when(pl.col("change") <= edge).then(pl.lit(word)).otherwise(trend)
    return {
        "hour": pl.format("hour:{}", hour),
        "weekday": pl.format("weekday:{}", weekday),
        "month": pl.format("month:{}", month),
        "clock": pl.format("clock:{}-{}", weekday, hour),
        "season": pl.format("season:{}-{}", weekday, month),
        "level": pl.format("level:{}", level),
        "trend": pl.format("trend:{}", trend),
    }


@pytest.mark.parametrize("key", KEYS)
def test_a_slice_has_the_moments_that_polars_finds(moments: Dataset, key: str) -> None:
    kind = key.split(":")[0]
    known = frame(moments).filter(pl.col("value").is_not_null() & pl.col("change").is_not_null())
    expected = known.filter(keys(moments)[kind] == key)["index"].to_list()
    mask = Slices(moments).mask(key)
    found = [int(at) - len(mask) + 1 for at in np.flatnonzero(mask)]
    assert [index for index in found if index >= known["index"].min()] == expected
    assert expected


def test_the_slices_of_a_kind_share_all_moments_among_them(moments: Dataset) -> None:
    slices = Slices(moments)
    for kind in ("hour", "weekday", "month", "clock", "season", "level", "trend"):
        masks = np.array([slices.mask(name) for name in slices.kind(kind).names])
        assert (masks.sum(axis=0) <= 1).all()
        assert masks.any(axis=0)[moments.usable_origins].all()


def test_levels_are_thirds_of_the_usable_moments(moments: Dataset) -> None:
    slices = Slices(moments)
    shares = [(slices.mask(f"level:{word}") & moments.usable_origins).sum() for word in LEVELS]
    assert max(shares) - min(shares) <= 2


def test_runs_are_all_moments_of_a_slice(moments: Dataset) -> None:
    slices = Slices(moments)
    for key in ("", "level:high", "clock:3-17"):
        expected = np.flatnonzero(slices.mask(key) & moments.usable_origins) - moments.length + 1
        runs = slices.runs(key)
        assert [index for first, last in runs for index in range(first, last + 1)] == expected.tolist()
        assert all(after[0] > before[1] + 1 for before, after in pairwise(runs))


def test_hours_are_those_of_the_series_own_clock() -> None:
    values = np.arange(100.0)
    late = Slices(Dataset(Series(values, HOUR, 0, phases=(Phase(0, 1800),))))
    assert np.flatnonzero(late.mask("hour:5"))[:2].tolist() == [5, 29]
    assert np.flatnonzero(late.mask("weekday:3"))[[0, -1]].tolist() == [0, 23]  # 1970 began on a Thursday


@pytest.mark.parametrize(
    ("step", "clock", "kinds"),
    [
        (Step(900, "second"), "clock:0-0", ["clock", "hour", "weekday", "month", "level", "trend"]),
        (Step(86_400, "second"), "season:0-1", ["clock", "weekday", "month", "level", "trend"]),
        (Step(1, "weekday"), "season:0-1", ["clock", "weekday", "month", "level", "trend"]),
        (Step(604_800, "second"), "month:1", ["clock", "level", "trend"]),
        (Step(1, "month"), "month:1", ["clock", "level", "trend"]),
    ],
)
def test_the_panels_suit_the_step(step: Step, clock: str, kinds: list[str]) -> None:
    slices = Slices(Dataset(Series(np.arange(60.0), step, 1000)))
    assert list(slices.kinds) == kinds
    assert slices.panel("clock").names[0] == clock
    for kind in kinds:
        assert slices.panel(kind).cells.shape == (60,)


@pytest.mark.parametrize("values", [np.zeros(60), np.repeat([0.0, 1.0], 30), np.full(60, 1e300), np.arange(60) * 1e306])
def test_flat_and_huge_series_have_slices_too(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    slices = Slices(Dataset(Series(values, HOUR, 0)))
    for kind in slices.kinds:
        assert (slices.panel(kind).cells[3:] >= 0).all()


@pytest.mark.parametrize(
    "key", ["hour", "hour:", "hour:24", "hour:06", "clock:7-0", "season:0-0", "month:0", "level", ":"]
)
def test_what_is_no_slice_is_refused(moments: Dataset, key: str) -> None:
    with pytest.raises(BadRequest, match="slice"):
        Slices(moments).mask(key)


# --- at the engine's door ---


@pytest.fixture
def handle(engine: Engine) -> str:
    done = engine.upload(to_csv(QUARTERS)).dataset.handle
    until(lambda: filled(engine, done))
    return done


def panel(found: Backtest, kind: str) -> Panel:
    return next(panel for panel in found.panels if panel.kind == kind)


def test_panels_and_sliced_numbers_are_those_of_a_group_by(engine: Engine, handle: str) -> None:
    dataset = engine.dataset(handle)
    pairs = pl.DataFrame(direct.pairs_of(direct.pictures(engine, handle)), orient="row")
    naive = pl.DataFrame(direct.pairs_of(direct.pictures(engine, handle, model="seasonal-naive")), orient="row")
    joined = pairs.join(naive.select("index", "step", baseline="crps"), on=["index", "step"])
    joined = joined.join(frame(dataset).with_columns(**keys(dataset)).drop("time"), on="index")
    whole = engine.backtest(handle, timeout=20.0)
    for kind in ("clock", "hour", "weekday", "month", "level", "trend"):
        means = joined.group_by(kind).agg(pl.col("crps", "baseline").mean())
        cells = {cell.key: cell for cell in panel(whole, kind).cells if cell.miss == cell.miss}
        assert set(cells) == set(means[kind])
        for key, crps, baseline in means.rows():
            np.testing.assert_allclose((cells[key].miss, cells[key].baseline_miss), (crps, baseline), rtol=1e-6)
    for key in ("hour:6", "level:high", "trend:rising-fast", "clock:3-17"):
        some = joined.filter(pl.col(key.split(":")[0]) == key)
        found = engine.backtest(handle, slice=key)
        crps = (found.measures.crps, found.baseline.crps, found.measures.coverage80)
        expected = (some["crps"].mean(), some["baseline"].mean(), some["inside80"].mean())
        np.testing.assert_allclose(crps, expected, rtol=1e-6)
        assert int(found.by_step.pairs.sum()) == len(some)
        assert found.standing.selected == next(c for p in whole.panels for c in p.cells if c.key == key).moments
        assert set(some["index"]) >= {peak.index for peak in found.worst} != set()
        np.testing.assert_array_equal([p.cells[0].miss for p in found.panels], [p.cells[0].miss for p in whole.panels])


def test_a_stretch_limits_everything(engine: Engine, handle: str) -> None:
    found = engine.backtest(handle, stretch=(-200, -101), timeout=20.0)
    plots = [engine.forecast(handle, i) for i in range(-200, -100) if engine.dataset(handle).usable(i)]
    np.testing.assert_allclose(found.measures, direct.measures(direct.pairs_of(plots), found.scale), rtol=1e-6)
    assert found.stretch == (-200, -101)
    assert {-200 <= peak.index <= -101 for peak in found.worst} == {True}
    assert sum(cell.moments for cell in panel(found, "hour").cells) == found.standing.selected <= 100
    assert engine.backtest(handle, stretch=(None, None)).measures == engine.backtest(handle).measures


def test_slice_runs_are_walked_in_the_files_order(engine: Engine, handle: str) -> None:
    runs = engine.slice_runs(handle, "level:low")
    assert runs == sorted(runs)
    with pytest.raises(BadRequest):
        engine.slice_runs(handle, "level:lowest")
