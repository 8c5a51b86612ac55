from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri

from training import evalset, evaluate, protocol, references
from training.evalset import Evalset, RealSeries
from training.protocol import LEVELS, MAX_HORIZON, Floats, Windows

FOLDER = evalset.location()
real_series = pytest.mark.skipif(evalset.missing(FOLDER) is not None, reason=str(evalset.missing(FOLDER)))


class Ends:
    """A model that draws the standard normal's mid-quantiles about the last value, in scaled units."""

    name, kind, context_length, num_samples = "ends", "quantiles", 512, 10
    digest, numerics, licence, size = "ends-1", "fp32", "MIT", "no weights"

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        mids = ndtri((np.arange(10) + 0.5) / 10).astype(np.float32)[::-1]
        return np.broadcast_to(contexts[:, -1, None, None] + mids, (len(contexts), horizon, 10))


def flat(quantiles: list[float], steps: int = 2, count: int = 1) -> Floats:
    """The same quantiles at every step."""
    return np.broadcast_to(np.array(quantiles, dtype=float), (count, steps, 9))


def table(*rows: tuple[str, str, float, float, float, float]) -> pl.DataFrame:
    """Rows (model, sid, MASE, SQL, WQL, cov80) of horizon 12."""
    found = pl.DataFrame(list(rows), schema=["model", "sid", *evaluate.COLUMNS], orient="row")
    return found.with_columns(pl.lit(12, dtype=pl.Int64).alias("horizon"))


@pytest.mark.parametrize(
    ("length", "first", "last"), [(1000, 500, 936), (2000, 512, 1936), (400, 200, 336), (160, 80, 136), (60, 36, 48)]
)
def test_eight_origins_lie_between_the_middle_and_the_last_whole_future(length: int, first: int, last: int) -> None:
    found = protocol.origins(np.ones(length))
    assert (found[0], found[-1], len(found)) == (first, last, 8)


def test_a_series_too_short_for_that_has_origins_near_its_end() -> None:
    assert protocol.origins(np.ones(40)).tolist() == [24, 25, 26, 27, 28]


def test_an_origin_in_a_gap_moves_back_to_the_last_observed_value() -> None:
    values = np.arange(160.0)
    values[86:91] = np.nan  # origins would be 80, 88, ...
    assert protocol.origins(values).tolist() == [80, 86, 96, 104, 112, 120, 128, 136]
    found = protocol.windows(values, 7)
    assert found.contexts[1][-1] == 85
    assert np.isnan(found.futures[1, :5]).all()
    assert found.futures[1, 5] == 91


@pytest.mark.parametrize("gap", [slice(80, 87), slice(0, 60)], ids=["future", "context"])
def test_a_window_with_too_few_values_is_left_out(gap: slice) -> None:
    values = np.arange(160.0)
    values[gap] = np.nan
    kept = [len(context) for context in protocol.windows(values, 7).contexts]
    assert kept == [88, 96, 104, 112, 120, 128, 136]


def test_a_context_has_at_most_512_values_and_its_future_begins_right_after_it() -> None:
    found = protocol.windows(np.arange(1000.0), 7)
    assert max(map(len, found.contexts)) == 512
    assert [context[-1] + 1 for context in found.contexts] == found.futures[:, 0].tolist()
    assert found.futures.shape == (8, 64)


def test_the_scale_is_the_mean_seasonal_change_or_else_the_mean_change() -> None:
    assert protocol.scale(np.arange(20.0), 3) == 3
    assert protocol.scale(np.arange(7.0), 3) == 1  # too short for a season
    assert protocol.scale(np.tile([0.0, 1.0], 10), 2) == 1  # exactly periodic
    assert protocol.scale(np.array([0, 2, np.nan, 9, 13.0] * 2), 1) == pytest.approx((2 + 4 + 13 + 2 + 4) / 5)


def test_a_constant_context_has_no_scale_and_is_left_out() -> None:
    assert protocol.windows(np.ones(100), 7).contexts == []


def test_a_point_forecast_has_its_absolute_error_as_every_loss() -> None:
    scored = Windows([np.zeros(30)], np.array([[1.0, np.nan, -3.0]]), np.array([2.0]))
    found = protocol.scores(flat([0.0] * 9, steps=64), scored, 12)
    assert found == pytest.approx((1.0, 1.0, 1.0, 0.0))  # mean |error| is 2, of scale 2; |y| sums to the errors


def test_the_quantile_loss_is_the_mean_of_twice_the_pinball_loss() -> None:
    scored = Windows([np.zeros(30)], np.array([[5.0, 5.0]]), np.array([4.0]))
    found = protocol.scores(flat([1.0, 2, 3, 4, 5, 6, 7, 8, 9]), scored, 2)
    loss = 2 * (2 * (4 * 0.1 + 3 * 0.2 + 2 * 0.3 + 1 * 0.4)) / 9
    assert found == pytest.approx((0, loss / 4, loss / 5, 1))
    above = Windows([np.zeros(30)], np.array([[9.5, 9.5]]), np.array([4.0]))
    assert protocol.scores(flat([1.0, 2, 3, 4, 5, 6, 7, 8, 9]), above, 2).coverage == 0


def test_every_observed_step_counts_alike_and_only_those_of_the_horizon() -> None:
    futures = np.array([[1.0, 1.0, 100.0], [4.0, np.nan, 100.0]])
    scored = Windows([np.zeros(30)] * 2, futures, np.array([1.0, 2.0]))
    assert protocol.scores(flat([0.0] * 9, 64, 2), scored, 2).mase == pytest.approx((1 + 1 + 4 / 2) / 3)


def test_averages_are_geometric_means_of_ratios_to_seasonal_naive() -> None:
    published = table(
        ("seasonal_naive", "a", 1, 1, 1, 0.8),
        ("seasonal_naive", "b", 4, 4, 4, 0.8),
        ("AutoTheta", "a", 1, 2, 1, 0.8),
        ("AutoTheta", "b", 1, 2, 1, 0.8),
    )
    ours = table(("ours", "a", 2, 1, 8, 0.6), ("ours", "b", 2, 16, 2, 1.0))
    (average,) = protocol.averages(protocol.relative(ours, published)).iter_rows(named=True)
    assert average["MASE"] == pytest.approx(1)
    assert average["SQL"] == pytest.approx(2)
    assert average["WQL"] == pytest.approx(2)
    assert average["cov80"] == pytest.approx(0.8)
    assert (average["better"], average["series"]) == (0.5, 2)


def test_seasonal_naive_repeats_the_cycle_with_a_spread_that_grows_by_cycles() -> None:
    context = np.array([np.nan, 1.0, 5.0, 2.0, 6.0, 3.0, 7.0])  # differences two steps apart are all 1
    found = references.seasonal_naive(2)([context])[0]
    assert found.shape == (MAX_HORIZON, 9)
    np.testing.assert_allclose(found[:4, 4], [3, 7, 3, 7])
    np.testing.assert_allclose(found[:4, 8] - found[:4, 4], ndtri(0.9) * np.sqrt([1, 1, 2, 2]))


def test_seasonal_naive_repeats_the_last_value_of_a_context_shorter_than_a_season() -> None:
    found = references.seasonal_naive(6)([np.array([1.0, 2.0, np.nan, 4.0])])[0]
    np.testing.assert_allclose(found[:, 4], 4)
    np.testing.assert_allclose(found[:, 8] - 4, ndtri(0.9) * np.sqrt(np.arange(1, 65)))


def test_a_model_is_asked_in_scaled_units_and_answers_in_the_data_s_own() -> None:
    contexts = [np.array([0.0, 20.0] * 15), np.array([np.nan, *([100.0, 104.0] * 300)])[-512:]]
    found = evaluate.of_model(Ends())(contexts)
    assert found.shape == (2, MAX_HORIZON, 9)
    np.testing.assert_allclose(found[0, 5], 20 + 10 * ndtri(LEVELS), atol=1e-5)
    np.testing.assert_allclose(found[1, 5], 104 + 2 * ndtri(LEVELS), atol=1e-5)


def test_a_series_is_scored_at_every_horizon_asked_for() -> None:
    values = np.random.default_rng(0).normal(size=700).cumsum()
    series = RealSeries("walk", "hourly", 24, values)
    naive = references.seasonal_naive(1)
    assert set(evaluate.score(naive, series)) == {12, 64}
    assert evaluate.score(naive, series, 12)[12] == evaluate.score(naive, series)[12]


def test_the_command_prints_our_models_beside_the_published_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    values = np.random.default_rng(0).normal(size=200).cumsum()
    slots = np.arange(7, 207)
    pl.DataFrame({"series_id": "walk", "t": slots, "y": values}).write_parquet(tmp_path / "evalset.parquet")
    pl.DataFrame({"series_id": ["walk"], "group": ["hourly"], "season": [24]}).write_csv(tmp_path / "meta.csv")
    published = [table((model, "walk", 1.0, 1.0, 1.0, 0.8)) for model in ("seasonal_naive", "AutoTheta")]
    both = pl.concat([part.with_columns(horizon=pl.lit(h)) for part in published for h in (12, 64)])
    both.write_csv(tmp_path / "baselines.csv")
    monkeypatch.setenv("EVALSET_FOLDER", str(tmp_path))

    evaluate.main(["--model", "seasonal-naive", "--out", str(tmp_path / "rows.csv")])

    lines = capsys.readouterr().out.splitlines()
    written = pl.read_csv(tmp_path / "rows.csv")
    assert written.columns == both.columns
    assert written["horizon"].to_list() == [12, 64]
    (first, _) = (line.split() for line in lines if line.startswith("seasonal-naive  "))
    assert first[1] == f"{written['MASE'][0]:.3f}"
    assert sum(line.startswith("AutoTheta [csv]") for line in lines) == 2


def test_without_the_evalset_the_command_says_what_is_missing_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVALSET_FOLDER", str(tmp_path / "none"))
    with pytest.raises(SystemExit, match="1"):
        evaluate.main([])
    complaint = capsys.readouterr().err
    assert "no evalset" in complaint
    assert "EVALSET_FOLDER" in complaint


def as_published(again: pl.DataFrame, of: Evalset, tolerance: float) -> None:
    """Scores agree with the published rows, which have five decimals."""
    both = again.join(of.published, on=["model", "sid", "horizon"], suffix="_0")
    assert len(both) == len(again)
    for name in evaluate.COLUMNS:
        np.testing.assert_allclose(both[name], both[f"{name}_0"], rtol=tolerance, atol=5.1e-6, err_msg=name)


@real_series
def test_seasonal_naive_reproduces_its_published_scores_on_every_series() -> None:
    real = evalset.read(FOLDER)
    made = ((series, references.seasonal_naive(series.season)) for series in real.series)
    as_published(evaluate.table("seasonal_naive", made), real, 1e-3)


@real_series
@pytest.mark.parametrize("name", ["jb_airline-passengers", "jb_monthly-car-sales"])
def test_auto_theta_reproduces_its_published_scores(name: str) -> None:
    pytest.importorskip("statsforecast")
    real = evalset.read(FOLDER)
    (series,) = (one for one in real.series if one.name == name)
    as_published(evaluate.table("AutoTheta", [(series, references.auto_theta(series.season))]), real, 0.02)
