"""The rail: what the columns of a screen say of a whole file, and which moments are surprises."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from engine import Engine, Settings, Upload, errors
from engine.models.base import Loader
from engine.rail import MOST_SURPRISES, WORST, Rail, rail
from engine.row_states import DONE, FAILED, MISSING, STORED, UNUSABLE
from engine.rows import Scores
from tests.conftest import ToyForecaster, filled, to_csv, until, wave

HORIZON = 12


def scores(crps: Any, n_scored: int = HORIZON) -> Scores:
    misses = np.asarray(crps, dtype=float)
    counts = np.where(np.isnan(misses), 0, n_scored).astype(np.uint8)
    return Scores(misses, counts, counts, counts)


def of(crps: Any, width: int = 16, scale: float = 1.0, horizon: int = HORIZON, **how: Any) -> Rail:
    """The rail of a file all of whose moments are done."""
    states = np.full(len(crps), DONE, dtype=np.uint8)
    return rail(states, scores(crps), horizon, scale, width, **how)


def indices(found: Rail) -> list[int]:
    return [peak.index for peak in found.surprises]


@pytest.mark.parametrize("points", [1, 5, 16, 17, 33, 1000])
def test_every_point_is_in_one_column_and_no_column_is_empty(points: int) -> None:
    columns = len(of(np.ones(points)).miss)
    assert columns == min(points, 16)
    places = np.arange(points) * columns // points
    assert sorted(set(places.tolist())) == list(range(columns))
    for hole in {0, points // 3, points - 1}:
        states = np.full(points, DONE, dtype=np.uint8)
        states[hole] = UNUSABLE
        shares = rail(states, scores(np.ones(points)), HORIZON, 1.0, 16).unusable
        assert np.flatnonzero(shares).tolist() == [places[hole]]


def test_a_column_says_what_became_of_its_moments() -> None:
    states = np.full(160, DONE, dtype=np.uint8)
    states[10:20] = UNUSABLE
    states[20:25] = UNUSABLE
    states[25:28] = MISSING
    states[30:33] = FAILED
    states[40:50] = STORED
    found = rail(states, scores(np.ones(160)), HORIZON, 1.0, 16)
    assert found.unusable.tolist() == [0, 100, 50, *[0] * 13]
    assert found.done.tolist() == [100, 0, 40, 70, *[100] * 12]
    assert found.failed.tolist() == [0, 0, 0, 30, *[0] * 12]
    assert found.counts == (160, 145, 139, 3, 127)
    assert (found.first, found.last) == (-159, 0)


def test_hardly_any_is_not_none_and_nearly_all_is_not_all() -> None:
    states = np.full(16_000, DONE, dtype=np.uint8)
    states[0] = states[1000:1999] = MISSING
    states[2000] = UNUSABLE
    found = rail(states, scores(np.ones(16_000)), HORIZON, 1.0, 16)
    assert found.done[:3].tolist() == [99, 1, 100]
    assert found.unusable[:4].tolist() == [0, 0, 1, 0]


def test_a_column_misses_by_the_mean_of_what_is_scored_in_it() -> None:
    crps = np.repeat(np.arange(16.0), 10)
    crps[3] = np.nan
    crps[30:40] = np.nan
    found = of(crps, scale=2.0)
    assert found.miss[:3].tolist() == [0, 0.5, 1.0]
    assert np.isnan(found.miss[3])
    assert np.isclose(found.missed or 0, np.nanmean(crps[:-HORIZON]))


def test_moments_without_their_whole_future_are_not_scored() -> None:
    found = of(np.ones(40))
    assert found.counts.scored == 28
    assert np.isnan(found.miss[-4:]).all()
    nothing = of(np.ones(9))
    assert (nothing.counts.scored, nothing.missed, nothing.surprises) == (0, None, ())


def test_moments_of_whose_future_less_than_half_was_read_are_not_scored() -> None:
    states = np.full(40, DONE, dtype=np.uint8)
    assert rail(states, scores(np.ones(40), 5), HORIZON, 1.0, 16).counts.scored == 0
    assert rail(states, scores(np.ones(40), 6), HORIZON, 1.0, 16).counts.scored == 28


def test_scores_of_what_is_cleared_meanwhile_do_not_count() -> None:
    states = np.full(64, DONE, dtype=np.uint8)
    states[:8] = MISSING
    crps = np.ones(64)
    crps[8:12] = np.nan
    found = rail(states, scores(crps), HORIZON, 1.0, 16)
    assert found.counts.scored == 64 - 8 - 4 - HORIZON
    assert np.isnan(found.miss[:3]).all()


def test_a_stretch_has_columns_and_counts_of_its_own() -> None:
    crps = np.arange(1000.0)
    found = of(crps, stretch=slice(100, 132))
    assert (found.first, found.last, len(found.miss)) == (-899, -868, 16)
    assert found.counts == (32, 32, 32, 0, 32)
    assert found.missed == np.arange(100, 132).mean()
    assert found.miss.tolist() == (np.arange(100, 132, 2) + 0.5).tolist()


def test_surprises_are_the_peaks_among_the_worst() -> None:
    crps = np.random.default_rng(1).uniform(0.5, 1, 2000)
    crps[500:506] = (3, 5, 9, 6, 4, 3)
    crps[505 + HORIZON] = 7
    crps[1500] = 8
    found = of(crps)
    assert set(indices(found)) >= {502 - 1999, 505 + HORIZON - 1999, 1500 - 1999}
    assert indices(found) == sorted(indices(found))
    assert np.diff(indices(found)).min() >= HORIZON
    least = np.sort(crps[:-HORIZON])[-(-(len(crps) - HORIZON) // -WORST) :].min()
    assert all(peak.miss >= least for peak in found.surprises)
    assert {peak.index: peak.miss for peak in of(crps, scale=2.0).surprises}[502 - 1999] == 4.5


@pytest.mark.parametrize("seed", range(5))
def test_no_surprise_has_a_worse_moment_near_it(seed: int) -> None:
    crps = np.random.default_rng(seed).gamma(0.5, 1, 3000).round(2)
    found = of(crps, horizon=24)
    for peak in found.surprises:
        at = peak.index + 2999
        assert peak.miss == crps[max(0, at - 23) : min(at + 24, 3000 - 24)].max()
    assert len(found.surprises) > 5


def test_there_are_no_more_surprises_than_somebody_would_walk() -> None:
    crps = np.random.default_rng(1).gamma(1, 1, 20_000)
    found = of(crps)
    assert len(found.surprises) == MOST_SURPRISES
    assert max(crps[:-HORIZON]) in {peak.miss for peak in found.surprises}


@pytest.mark.parametrize("level", [0.0, 3.0])
def test_where_all_miss_alike_nothing_is_a_surprise(level: float) -> None:
    assert of(np.full(500, level)).surprises == ()


def test_of_equal_neighbours_the_first_is_the_surprise() -> None:
    crps = np.full(500, 0.1)
    crps[[200, 203, 206]] = 5
    assert indices(of(crps)) == [200 - 499]


def test_a_short_file_has_its_worst_moment() -> None:
    crps = np.linspace(1, 2, 30)
    assert indices(of(crps)) == [30 - HORIZON - 1 - 29]


def test_surprises_of_a_stretch_are_those_of_the_file() -> None:
    crps = np.random.default_rng(1).gamma(1, 1, 2000)
    everywhere = indices(of(crps))
    here = indices(of(crps, stretch=slice(500, 1000)))
    assert here == [index for index in everywhere if 500 <= index + 1999 < 1000]
    assert here


def test_misses_beyond_all_numbers_are_large(recwarn: pytest.WarningsRecorder) -> None:
    found = of(np.full(100, 1e300), scale=1e-300)
    assert np.isfinite(found.miss[:8]).all()
    assert not recwarn.list


# --- at the engine's door ---


def test_the_rail_of_a_computed_file_says_what_its_pictures_say(engine: Engine, upload: Upload) -> None:
    handle = upload.dataset.handle
    found = engine.rail(handle, 300)
    assert found.counts == (300, 277, 277, 0, 265)
    for index in (-40, -100, -250):
        assert np.isclose(found.miss[index + 299] * found.scale, engine.forecast(handle, index).crps)
    assert (found.unusable[:23] == 100).all()
    assert not found.unusable[23:].any()
    assert engine.rail(handle, 300, -50, -41).first == -50


def test_the_rail_asks_for_nothing_to_be_computed(
    settings: Settings, registry: dict[str, Loader], toy: ToyForecaster
) -> None:
    engine = Engine(replace(settings, background=False), registry)
    handle = engine.upload(to_csv(wave(300))).dataset.handle
    found = engine.rail(handle, 100)
    assert (found.counts.done, found.counts.total, found.surprises) == (0, 277, ())
    assert toy.entered == 0
    engine.close()


def test_a_rail_is_of_a_model_and_a_forecast_length(engine: Engine, upload: Upload) -> None:
    handle = upload.dataset.handle
    baseline = engine.rail(handle, 100, model="seasonal-naive")
    longer = engine.rail(handle, 100, horizon=24)
    assert (engine.rail(handle, 100).horizon, longer.horizon) == (12, 24)
    assert baseline.counts.done + longer.counts.done < 2 * 277
    until(lambda: filled(engine, handle, "seasonal-naive"))
    assert engine.rail(handle, 100, model="seasonal-naive").counts.done == 277


def test_stored_rails_are_there_after_a_restart(settings: Settings, registry: dict[str, Loader]) -> None:
    first = Engine(settings, registry)
    handle = first.upload(to_csv(wave(300))).dataset.handle
    until(lambda: filled(first, handle))
    before = first.rail(handle, 64)
    first.close()
    second = Engine(replace(settings, background=False), registry)
    after = second.rail(handle, 64)
    second.close()
    assert after.counts == before.counts
    assert after.surprises == before.surprises
    assert np.array_equal(after.miss, before.miss, equal_nan=True)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((15,), errors.BadRequest),
        ((4097,), errors.BadRequest),
        ((100, -300, 0), errors.IndexOutOfRange),
        ((100, 0, -5), errors.BadRequest),
    ],
)
def test_bad_rails_are_refused(
    engine: Engine, upload: Upload, arguments: tuple[int, ...], error: type[errors.EngineError]
) -> None:
    with pytest.raises(error):
        engine.rail(upload.dataset.handle, *arguments)


# --- over HTTP ---


@pytest.fixture
def address(upload: Upload) -> str:
    return f"/api/v1/datasets/{upload.dataset.handle}/rail"


def test_a_rail_comes_as_json_gzipped_or_not(client: FlaskClient, address: str) -> None:
    plain = client.get(f"{address}?width=32")
    zipped = client.get(f"{address}?width=32", headers={"Accept-Encoding": "gzip"})
    assert json.loads(gzip.decompress(zipped.data)) == plain.get_json()
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Cache-Control"] == "private, no-cache"
    found = plain.get_json()
    assert found["counts"] == {"points": 300, "total": 277, "done": 277, "failed": 0, "scored": 265}
    assert [len(found[name]) for name in ("unusable", "done", "failed", "miss")] == [32] * 4
    assert found["miss"][0] is None
    assert found["miss"][10] == round(found["miss"][10], 3) > 0
    assert all(set(peak) == {"index", "miss"} for peak in found["surprises"])
    assert (found["first"], found["last"], found["horizon"]) == (-299, 0, 12)


def test_a_rail_that_has_not_changed_is_not_sent_again(client: FlaskClient, address: str, engine: Engine) -> None:
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    engine.recalculate(address.split("/")[4])
    assert client.get(f"{address}?width=20", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_stretch_is_asked_for_by_its_ends(client: FlaskClient, address: str) -> None:
    found = client.get(f"{address}?from=-99&to=-50").get_json()
    assert (found["first"], found["last"], found["counts"]["points"]) == (-99, -50, 50)
    assert found["missed"] > 0


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("width=15", 400, "BAD_REQUEST"),
        ("width=4097", 400, "BAD_REQUEST"),
        ("width=wide", 400, "BAD_REQUEST"),
        ("from=-300", 422, "INDEX_OUT_OF_RANGE"),
        ("to=1", 422, "INDEX_OUT_OF_RANGE"),
        ("from=-1&to=-2", 400, "BAD_REQUEST"),
        ("horizon=65", 400, "BAD_REQUEST"),
        ("model=theta", 409, "MODEL_NOT_LOADED"),
    ],
)
def test_refusals_have_the_usual_shape(client: FlaskClient, address: str, query: str, status: int, code: str) -> None:
    response = client.get(f"{address}?{query}")
    assert (response.status_code, response.get_json()["error"]["code"]) == (status, code)


def test_a_series_that_is_not_here_has_no_rail(client: FlaskClient) -> None:
    response = client.get(f"/api/v1/datasets/{'0' * 64}/rail")
    assert (response.status_code, response.get_json()["error"]["code"]) == (404, "UNKNOWN_HANDLE")
