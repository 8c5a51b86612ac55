"""The API about the engine itself: status, readiness, and having forecasts computed anew."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from engine import Engine, Upload
from tests.conftest import ToyForecaster, filled, until
from tests.dash_client import UNKNOWN

DATASETS = "/api/v1/datasets"


def code(response: Any) -> str:
    return str(response.get_json()["error"]["code"])


def recalculated(client: FlaskClient, upload: Upload, query: str = "") -> Any:
    return client.post(f"{DATASETS}/{upload.dataset.handle}/recalculate{query}")


@pytest.mark.parametrize(
    ("query", "origins"),
    [("", 277), ("?from=-9", 10), ("?to=-270", 7), ("?from=-40&to=-11", 30), ("?from=-40&to=-40", 1), ("?to=-290", 0)],
)
def test_a_range_or_the_whole_file_is_computed_anew(
    client: FlaskClient, engine: Engine, upload: Upload, toy: ToyForecaster, query: str, origins: int
) -> None:
    before = toy.computed
    answer = recalculated(client, upload, query)
    assert (answer.status_code, answer.get_json()) == (202, {"origins": origins})
    until(lambda: filled(engine, upload.dataset.handle))
    assert toy.computed == before + origins


def test_another_models_forecasts_of_another_length_are_computed_anew(
    client: FlaskClient, engine: Engine, upload: Upload, toy: ToyForecaster
) -> None:
    before = toy.computed
    assert recalculated(client, upload, "?model=seasonal-naive&horizon=3").get_json() == {"origins": 277}
    progress = f"{DATASETS}/{upload.dataset.handle}/progress?model=seasonal-naive&horizon=3"
    until(lambda: client.get(progress).get_json()["state"] == "done")
    assert toy.computed == before


@pytest.mark.parametrize(
    ("query", "status", "expected"),
    [
        ("?from=1", 422, "INDEX_OUT_OF_RANGE"),
        ("?to=5", 422, "INDEX_OUT_OF_RANGE"),
        ("?from=-300", 422, "INDEX_OUT_OF_RANGE"),
        ("?from=-999999999999999", 422, "INDEX_OUT_OF_RANGE"),
        ("?from=-3&to=-9", 400, "BAD_REQUEST"),
        ("?from=", 400, "BAD_REQUEST"),
        ("?from=last", 400, "BAD_REQUEST"),
        ("?from=-1.5", 400, "BAD_REQUEST"),
        ("?to=%00", 400, "BAD_REQUEST"),
        ("?to=-" + "9" * 4200, 400, "BAD_REQUEST"),
        ("?from=%D9%A3", 400, "BAD_REQUEST"),
        ("?horizon=65", 400, "BAD_REQUEST"),
        ("?horizon=", 400, "BAD_REQUEST"),
        ("?model=oracle", 400, "UNKNOWN_MODEL"),
        ("?model=theta", 409, "MODEL_NOT_LOADED"),
    ],
)
def test_what_cannot_be_computed_anew_is_refused_before_anything_is_forgotten(
    client: FlaskClient, engine: Engine, upload: Upload, query: str, status: int, expected: str
) -> None:
    refused = recalculated(client, upload, query)
    assert (refused.status_code, code(refused)) == (status, expected)
    assert filled(engine, upload.dataset.handle)


def test_computing_anew_needs_a_series_a_post_and_the_same_site(client: FlaskClient, upload: Upload) -> None:
    assert client.post(f"{DATASETS}/{UNKNOWN}/recalculate").status_code == 404
    assert client.post(f"{DATASETS}/x/recalculate").status_code == 404
    path = f"{DATASETS}/{upload.dataset.handle}/recalculate"
    assert client.get(path).status_code in {404, 405}
    assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post(path, data=b"\x00" * 1000).status_code == 202


def test_the_status_says_everything_a_person_or_a_monitor_asks(client: FlaskClient, upload: Upload) -> None:
    client.get(f"{DATASETS}/{upload.dataset.handle}/forecasts/-30")
    response = client.get("/api/v1/status")
    status = response.get_json()
    assert response.headers["Cache-Control"] == "no-store"
    assert status["ready"] is True
    assert status["reasons"] == []
    assert status["models"] == ["toy", "seasonal-naive"]
    assert [model["name"] for model in status["loaded"]] == status["models"]
    assert status["device"].startswith("CPU, ")
    assert status["uptime"] > 0
    assert all(status["threads"].values())
    assert status["datasets"] == 1
    assert status["statistics"]["waiting"] == 0
    assert 0 < status["memory"] < status["memory_budget"]
    assert 0 < status["disk"] < status["disk_budget"]
    assert status["origins_per_second"] > 0
    assert status["errors"] == []
    infer = status["stages"]["infer"]
    assert 0 < infer["p50"] <= infer["p95"] <= infer["worst"]
    assert infer["count"] == sum(number for _, number in infer["buckets"])
    assert infer["buckets"][-1][0] is None
    assert status["stages"]["parse"]["count"] == 1


def test_the_status_names_nobodys_data(client: FlaskClient, upload: Upload, toy: ToyForecaster) -> None:
    toy.failure = ValueError("odd")
    client.post(f"{DATASETS}/{upload.dataset.handle}/forecasts/-30")
    toy.failure = None
    said = client.get("/api/v1/status").get_data(as_text=True)
    assert upload.dataset.handle[:9] not in said
    assert "zebra" not in said


def test_a_failure_is_among_the_last_errors(client: FlaskClient, upload: Upload, toy: ToyForecaster) -> None:
    toy.failure = ValueError("the weights\nare gone")
    answer = client.post(f"{DATASETS}/{upload.dataset.handle}/forecasts/-30")
    toy.failure = None
    assert (answer.status_code, code(answer)) == (503, "MODEL_FAILED")
    newest = client.get("/api/v1/status").get_json()["errors"][0]
    assert (newest["stage"], newest["text"]) == ("infer", "ValueError: the weights are gone")
    assert newest["when"] > 1_700_000_000


def test_readiness_says_why_it_is_not_ready(client: FlaskClient, engine: Engine) -> None:
    assert client.get("/readyz").get_json() == {"ready": True, "models": ["toy", "seasonal-naive"], "reasons": []}
    engine.close()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["ready"] is False
    assert response.get_json()["reasons"] == ["The server is stopping."]
    assert client.get("/healthz").status_code == 200
    assert client.get("/api/v1/status").get_json()["ready"] is False
