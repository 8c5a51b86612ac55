"""Scores over HTTP: the numbers of the backtest, and refusals of the usual shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from engine import Engine, Upload


@pytest.fixture
def address(upload: Upload) -> str:
    return f"/api/v1/datasets/{upload.dataset.handle}"


def test_scores_are_the_numbers_of_the_backtest(client: FlaskClient, address: str, engine: Engine) -> None:
    answer = client.get(f"{address}/scores?timeout=20&worst=3&slice=level:high&from=-200&to=-20").get_json()
    handle = address.split("/")[-1]
    found = engine.backtest(handle, slice="level:high", stretch=(-200, -20), worst=3)
    assert answer["standing"] == found.standing._asdict()
    assert answer["standing"]["complete"]
    assert answer["measures"] == found.measures._asdict()
    assert answer["baseline"] == found.baseline._asdict()
    assert answer["skill"]["value"] == found.skill.value
    assert (answer["slice"], answer["stretch"], answer["horizon"]) == ("level:high", [-200, -20], 12)
    np.testing.assert_array_equal(answer["by_step"]["crps"], found.by_step.crps)
    assert [len(answer["over_time"][name]) for name in ("index", "time", "crps")] == [300] * 3
    assert [panel["kind"] for panel in answer["panels"]] == [panel.kind for panel in found.panels]
    assert answer["panels"][0]["cells"][30]["key"] == "clock:1-6"
    assert [(peak["index"], peak["miss"]) for peak in answer["worst"]] == [(p.index, p.miss) for p in found.worst]
    assert answer["worst"][0]["time"] == str(found.worst[0].time)


def test_what_is_unknown_is_null(client: FlaskClient, address: str) -> None:
    answer = client.get(f"{address}/scores?timeout=20&from=-5").get_json()
    assert answer["standing"]["selected"] == 0
    assert answer["by_step"]["crps"][11] is None
    assert answer["worst"] == []


def test_the_runs_of_a_slice_are_moments_of_the_file(client: FlaskClient, address: str, upload: Upload) -> None:
    runs = client.get(f"{address}/slice?slice=hour:6").get_json()["runs"]
    times = [upload.dataset.time(first) for first, last in runs]
    assert all(first == last for first, last in runs)
    assert {int(time.astype("datetime64[h]").astype(int)) % 24 for time in times} == {6}
    assert client.get(f"{address}/slice").get_json()["runs"] == [[upload.dataset.first_index, 0]]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("scores?slice=hour:24", 400, "BAD_REQUEST"),
        ("scores?slice=luck:1", 400, "BAD_REQUEST"),
        ("scores?worst=-1", 400, "BAD_REQUEST"),
        ("scores?worst=many", 400, "BAD_REQUEST"),
        ("scores?timeout=long", 400, "BAD_REQUEST"),
        ("scores?horizon=65", 400, "BAD_REQUEST"),
        ("scores?from=-1&to=-2", 400, "BAD_REQUEST"),
        ("scores?from=-300", 422, "INDEX_OUT_OF_RANGE"),
        ("scores?model=theta", 409, "MODEL_NOT_LOADED"),
        ("slice?slice=weekday:7", 400, "BAD_REQUEST"),
    ],
)
def test_refusals_have_the_usual_shape(client: FlaskClient, address: str, query: str, status: int, code: str) -> None:
    response = client.get(f"{address}/{query}")
    body: dict[str, Any] = response.get_json()
    assert (response.status_code, body["error"]["code"]) == (status, code)


@pytest.mark.parametrize("call", ["scores", "slice?slice=hour:1"])
def test_a_series_that_is_not_here_has_no_scores(client: FlaskClient, call: str) -> None:
    response = client.get(f"/api/v1/datasets/{'0' * 64}/{call}")
    assert (response.status_code, response.get_json()["error"]["code"]) == (404, "UNKNOWN_HANDLE")
