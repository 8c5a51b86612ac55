"""Downloads and loading over HTTP."""

from __future__ import annotations

import io

import polars as pl
import pytest
from flask.testing import FlaskClient

from engine import Engine, Upload
from pages import _export
from tests.conftest import filled, until

PARQUET = b"PAR1"


def address(upload: Upload, kind: str) -> str:
    return f"/api/v1/datasets/{upload.dataset.handle}/export.{kind}"


@pytest.mark.parametrize(
    ("kind", "mime", "size"),
    [("parquet", "application/vnd.apache.parquet", True), ("csv", "text/csv; charset=utf-8", False)],
)
def test_an_export_is_a_download_with_a_plain_name(
    client: FlaskClient, upload: Upload, kind: str, mime: str, size: bool
) -> None:
    answer = client.get(address(upload, kind))
    name = f"{upload.dataset.handle[:12]}-toy.{kind}"
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, mime)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("Content-Length" in answer.headers) == size
    assert b"zebra" not in answer.get_data()  # the column's name is its uploader's
    assert len(answer.get_data()) > 10_000
    answer.close()


def test_the_parquet_file_is_loaded_again(client: FlaskClient, upload: Upload, engine: Engine) -> None:
    handle = upload.dataset.handle
    raw = client.get(address(upload, "parquet")).get_data()
    picture = client.get(f"/api/v1/datasets/{handle}/forecasts/-20").get_data()
    again = client.post("/api/v1/cache/load", data=raw)
    assert (again.status_code, again.get_json()["imported"]) == (200, 0)
    engine.delete(handle)
    loaded = client.post("/api/v1/cache/load", data={"file": (io.BytesIO(raw), "export.parquet")})
    told = loaded.get_json()
    assert (loaded.status_code, told["handle"], told["length"]) == (201, handle, 300)
    assert (told["model"], told["horizon"], told["model_loaded"]) == ("toy", 12, True)
    until(lambda: filled(engine, handle))
    assert client.get(f"/api/v1/datasets/{handle}/forecasts/-20").get_data() == picture
    assert client.get(f"/api/v1/datasets/{handle}").get_json()["progress"]["imported"] == told["imported"] > 0


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/api/v1/datasets/{'0' * 64}/export.parquet", 404, "UNKNOWN_HANDLE"),
        ("/api/v1/datasets/HANDLE/export.csv?model=theta", 409, "MODEL_NOT_LOADED"),
        ("/api/v1/datasets/HANDLE/export.csv?model=no-such", 400, "UNKNOWN_MODEL"),
        ("/api/v1/datasets/HANDLE/export.csv?horizon=1000", 400, "BAD_REQUEST"),
        ("/api/v1/datasets/HANDLE/export.xlsx", 404, "NOT_FOUND"),
    ],
)
def test_what_cannot_be_exported_is_said_in_the_usual_shape(
    client: FlaskClient, upload: Upload, path: str, status: int, code: str
) -> None:
    answer = client.get(path.replace("HANDLE", upload.dataset.handle))
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [(b"", 422, "NOT_AN_EXPORT"), (b"time,load\n", 422, "NOT_AN_EXPORT"), (PARQUET * 9, 422, "DAMAGED_EXPORT")],
)
def test_what_is_no_export_is_refused(client: FlaskClient, body: bytes, status: int, code: str) -> None:
    answer = client.post("/api/v1/cache/load", data=body)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)
    assert client.get("/api/v1/datasets").get_json() == {"datasets": []}


def test_another_site_cannot_load_into_this_one(client: FlaskClient) -> None:
    answer = client.post("/api/v1/cache/load", data=b"x", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_a_longer_horizon_is_an_export_of_its_own(client: FlaskClient, upload: Upload) -> None:
    raw = client.get(address(upload, "parquet") + "?horizon=3&model=toy").get_data()
    assert pl.read_parquet_schema(io.BytesIO(raw))["samples"] == pl.Array(pl.Float64, (3, 10))


def test_the_menu_links_to_the_forecasts_that_are_shown(client: FlaskClient, upload: Upload) -> None:
    usual, other = (str(_export.menu(upload.dataset.handle, model)) for model in (None, "a&b"))
    assert f"'{address(upload, 'csv')}'" in usual
    assert f"'{address(upload, 'parquet')}?model=a%26b'" in other
