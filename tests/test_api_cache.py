"""The cache over the API: what is stored, exports and back, and deleting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine import Engine, Settings, Upload
from tests.conftest import ToyForecaster, filled, scored, to_csv, until, wave
from tests.dash_client import UNKNOWN

CACHE = "/api/v1/cache"
DATASETS = "/api/v1/datasets"


def code(response: Any) -> str:
    return str(response.get_json()["error"]["code"])


def stored(client: FlaskClient) -> list[Any]:
    return list(client.get(CACHE).get_json()["datasets"])


def test_the_cache_is_told_with_its_datasets(client: FlaskClient, engine: Engine, upload: Upload) -> None:
    until(lambda: engine.status().statistics.dirty_blocks == 0)
    response = client.get(CACHE)
    answer = response.get_json()
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    assert 0 < answer["disk"] < answer["disk_budget"]
    assert 0 < answer["memory"] < answer["memory_budget"]
    assert (answer["damaged"], answer["damaged_folders"]) == (0, 0)
    (dataset,) = answer["datasets"]
    assert dataset["handle"] == upload.dataset.handle
    assert (dataset["length"], dataset["step_seconds"], dataset["upload_kept"]) == (300, 3600, True)
    assert dataset["start"] == str(upload.dataset.start)
    (forecasts,) = dataset["forecasts"]
    assert (forecasts["model"], forecasts["done"], forecasts["state"]) == ("toy", 277, "done")


def test_the_cache_names_nobodys_columns(client: FlaskClient, upload: Upload) -> None:
    assert "zebra" not in client.get(CACHE).get_data(as_text=True)


def test_forecasts_are_saved_and_loaded_back(
    client: FlaskClient, engine: Engine, upload: Upload, toy: ToyForecaster
) -> None:
    handle = upload.dataset.handle
    saved = client.post(f"{CACHE}/save/{handle}")
    assert saved.status_code == 200
    assert saved.headers["Content-Disposition"] == f'attachment; filename="{handle[:12]}-toy.parquet"'
    assert saved.data == client.get(f"{DATASETS}/{handle}/export.parquet").data
    assert client.delete(CACHE).get_json() == {"datasets": 1}
    assert stored(client) == []
    toy.batches.clear()  # or some of them are computed here before they are loaded
    assert client.post(f"{CACHE}/load", data=saved.data).status_code == 201
    (forecasts,) = stored(client)[0]["forecasts"]
    toy.batches.set()
    assert (forecasts["done"], forecasts["imported"]) == (277, 277)
    assert filled(engine, handle)


@pytest.mark.parametrize(
    ("query", "status", "expected"),
    [
        ("?model=oracle", 400, "UNKNOWN_MODEL"),
        ("?model=theta", 409, "MODEL_NOT_LOADED"),
        ("?horizon=65", 400, "BAD_REQUEST"),
        ("?horizon=x", 400, "BAD_REQUEST"),
    ],
)
def test_what_cannot_be_saved_is_refused(
    client: FlaskClient, upload: Upload, query: str, status: int, expected: str
) -> None:
    refused = client.post(f"{CACHE}/save/{upload.dataset.handle}{query}")
    assert (refused.status_code, code(refused)) == (status, expected)
    assert client.post(f"{CACHE}/save/{UNKNOWN}").status_code == 404
    assert client.get(f"{CACHE}/save/{upload.dataset.handle}").status_code in {404, 405}


def test_all_forecasts_are_dropped_and_the_series_stays(client: FlaskClient, upload: Upload) -> None:
    path = f"{CACHE}/{upload.dataset.handle}"
    assert client.delete(f"{path}?model=seasonal-naive").get_json() == {"origins": 0}
    assert client.delete(f"{path}?horizon=3").get_json() == {"origins": 0}
    answer = client.delete(path)
    assert (answer.status_code, answer.get_json()) == (200, {"origins": 277})
    assert stored(client)[0]["forecasts"] == []
    assert client.get(f"{DATASETS}/{upload.dataset.handle}/forecasts/-20").status_code == 200


def test_the_forecasts_of_a_range_are_computed_anew(
    client: FlaskClient, engine: Engine, upload: Upload, toy: ToyForecaster
) -> None:
    before, path = toy.computed, f"{CACHE}/{upload.dataset.handle}"
    answer = client.delete(f"{path}?from=-40&to=-11&model=toy")
    assert (answer.status_code, answer.get_json()) == (202, {"origins": 30})
    assert client.delete(f"{path}?from=-9").get_json() == {"origins": 10}
    until(lambda: filled(engine, upload.dataset.handle))
    assert toy.computed == before + 40


@pytest.mark.parametrize(
    ("query", "status", "expected"),
    [
        ("?from=1", 422, "INDEX_OUT_OF_RANGE"),
        ("?from=-3&to=-9", 400, "BAD_REQUEST"),
        ("?from=2024-03-05", 400, "BAD_REQUEST"),
        ("?to=", 400, "BAD_REQUEST"),
        ("?horizon=", 400, "BAD_REQUEST"),
        ("?from=-9&model=theta", 409, "MODEL_NOT_LOADED"),
        ("?from=-9&model=oracle", 400, "UNKNOWN_MODEL"),
    ],
)
def test_what_cannot_be_dropped_is_refused_before_anything_goes(
    client: FlaskClient, engine: Engine, upload: Upload, query: str, status: int, expected: str
) -> None:
    refused = client.delete(f"{CACHE}/{upload.dataset.handle}{query}")
    assert (refused.status_code, code(refused)) == (status, expected)
    assert filled(engine, upload.dataset.handle)


@pytest.mark.parametrize("handle", [UNKNOWN, "x", "%00", "..", "a" * 3000])
def test_only_what_is_stored_can_be_dropped(client: FlaskClient, upload: Upload, handle: str) -> None:
    assert client.delete(f"{CACHE}/{handle}").status_code in {404, 405}
    assert len(stored(client)) == 1


def test_everything_is_deleted(client: FlaskClient, engine: Engine, upload: Upload) -> None:
    engine.upload(to_csv(wave(300, seed=1)))
    assert client.delete(CACHE).get_json() == {"datasets": 2}
    assert stored(client) == []
    assert client.get(f"{DATASETS}/{upload.dataset.handle}").status_code == 404
    assert client.delete(CACHE).get_json() == {"datasets": 0}
    scored(engine)


def test_damaged_caches_are_deleted(client: FlaskClient, settings: Settings) -> None:
    aside = Path(settings.cache_dir) / "cache-damaged-20240305T140000Z-77"
    aside.mkdir()
    (aside / "cache.db").write_bytes(b"x" * 700)
    assert client.get(CACHE).get_json()["damaged"] == 700
    assert client.delete(f"{CACHE}/damaged").get_json() == {"bytes": 700}
    assert not aside.exists()


@pytest.mark.parametrize("path", [CACHE, f"{CACHE}/damaged", f"{CACHE}/{UNKNOWN}"])
def test_nothing_is_deleted_in_another_sites_name(client: FlaskClient, upload: Upload, path: str) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert client.delete(path, headers=headers).status_code == 403
    assert client.post(f"{CACHE}/save/{UNKNOWN}", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert len(stored(client)) == 1


def test_a_stopping_server_says_so(client: FlaskClient, engine: Engine, upload: Upload) -> None:
    engine.close()
    for answer in (client.get(CACHE), client.delete(CACHE), client.delete(f"{CACHE}/{upload.dataset.handle}")):
        assert (answer.status_code, code(answer)) == (503, "CLOSED")
