"""The backtest's measures beside those of libraries that others wrote: utilsforecast (Nixtla) and scipy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from scipy.stats import energy_distance

from engine import Backtest, Engine, PlotData
from engine.plotdata import quantiles
from tests import direct_scores as direct
from tests.conftest import filled, to_csv, until, wave

losses = pytest.importorskip("utilsforecast.losses")
LEVELS = np.arange(1, 10) / 10
NAMES = [f"q{level:.1f}" for level in LEVELS]
CLOSE = 1e-6


class Scored(NamedTuple):
    """A backtest, the pictures of all its moments, and the pairs of those as a frame utilsforecast reads."""

    found: Backtest
    pictures: list[PlotData]
    frame: pl.DataFrame
    history: pl.DataFrame


def pairs_of(pictures: list[PlotData]) -> pl.DataFrame:
    """A row for every step of every picture that has an actual."""
    samples = np.concatenate([plot.samples for plot in pictures])
    actuals = np.concatenate([plot.actuals for plot in pictures])
    known = ~np.isnan(actuals)
    told = quantiles(samples, tuple(LEVELS), pictures[0].kind)
    middle = quantiles(samples, (0.25, 0.75), pictures[0].kind)
    columns = dict(zip(NAMES, told.T, strict=True))
    bands = {"m-lo-80": told[:, 0], "m-hi-80": told[:, 8], "m-lo-50": middle[:, 0], "m-hi-50": middle[:, 1]}
    frame = pl.DataFrame({"y": actuals, "m": told[:, 4], **columns, **bands}).filter(pl.Series(known))
    return frame.with_columns(unique_id=pl.lit("file"), ds=pl.int_range(pl.len()))


@pytest.fixture
def scored(engine: Engine) -> Scored:
    series = wave(330)
    handle = engine.upload(to_csv(series)).dataset.handle
    until(lambda: filled(engine, handle))
    pictures = direct.pictures(engine, handle)
    history = pl.DataFrame({"y": series.values}).with_columns(unique_id=pl.lit("file"), ds=pl.int_range(pl.len()))
    return Scored(engine.backtest(handle, timeout=20.0), pictures, pairs_of(pictures), history)


def only(frame: pl.DataFrame) -> float:
    return float(frame["m"][0])


def test_measures_of_the_median_are_utilsforecasts(scored: Scored) -> None:
    ours, frame = scored.found.measures, scored.frame
    assert ours.mae == pytest.approx(only(losses.mae(frame, ["m"])), rel=CLOSE)
    assert ours.rmse == pytest.approx(only(losses.rmse(frame, ["m"])), rel=CLOSE)
    assert ours.bias == pytest.approx(only(losses.bias(frame, ["m"])), rel=CLOSE)
    mase = losses.mase(frame, ["m"], seasonality=scored.found.season, train_df=scored.history)
    assert ours.mase == pytest.approx(only(mase), rel=CLOSE)


def test_the_weighted_quantile_loss_is_utilsforecasts_scaled_crps(scored: Scored) -> None:
    ours, frame = scored.found.measures, scored.frame
    assert ours.wql == pytest.approx(only(losses.scaled_crps(frame, {"m": NAMES}, LEVELS)), rel=CLOSE)
    plain = only(losses.mqloss(frame, {"m": NAMES}, LEVELS))
    assert ours.wql == pytest.approx(2 * plain / frame["y"].abs().mean(), rel=CLOSE)
    single = [only(losses.quantile_loss(frame, {"m": name}, q)) for name, q in zip(NAMES, LEVELS, strict=True)]
    assert plain == pytest.approx(np.mean(single), rel=CLOSE)


def test_bands_hold_and_cost_what_utilsforecast_says(scored: Scored) -> None:
    ours, frame = scored.found.measures, scored.frame
    assert ours.coverage50 == pytest.approx(only(losses.coverage(frame, ["m"], 50)), rel=CLOSE)
    assert ours.coverage80 == pytest.approx(only(losses.coverage(frame, ["m"], 80)), rel=CLOSE)
    assert ours.interval80 == pytest.approx(only(losses.winkler_score(frame, ["m"], 80)), rel=CLOSE)


def test_every_step_ahead_is_utilsforecasts_too(scored: Scored) -> None:
    steps = scored.frame.with_columns(unique_id=pl.Series(step_numbers(scored.pictures)))
    for name, loss in (("mae", losses.mae), ("bias", losses.bias)):
        theirs = loss(steps, ["m"]).sort("unique_id")["m"].to_numpy()
        np.testing.assert_allclose(getattr(scored.found.by_step, name), theirs, rtol=CLOSE, atol=CLOSE)
    theirs = losses.coverage(steps, ["m"], 80).sort("unique_id")["m"].to_numpy()
    np.testing.assert_allclose(scored.found.by_step.coverage80, theirs, rtol=CLOSE)


def step_numbers(pictures: list[PlotData]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Of every row of `pairs_of`."""
    return np.concatenate([np.flatnonzero(~np.isnan(plot.actuals)) for plot in pictures])


def test_the_crps_of_quantiles_is_half_of_scipys_squared_energy_distance(scored: Scored) -> None:
    """The energy distance of a distribution to one point is twice the CRPS, ensemble form (Szekely & Rizzo 2013)."""
    assert scored.found.kind == "quantiles"
    theirs = [
        energy_distance(members, [happened]) ** 2 / 2
        for plot in scored.pictures
        for members, happened in zip(plot.samples, plot.actuals, strict=True)
        if not np.isnan(happened)
    ]
    assert scored.found.measures.crps == pytest.approx(np.mean(theirs), rel=CLOSE)
