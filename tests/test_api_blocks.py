"""Wire blocks over HTTP: what is kept by whom, and for how long."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine import Engine, Upload
from tests.conftest import ToyForecaster
from tests.wire_reader import read_block

FOREVER = "private, immutable, max-age=31536000"
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def address(upload: Upload) -> str:
    """Of a complete block: slots 1024 .. 1279 of 1000 .. 1299."""
    return f"/api/v1/datasets/{upload.dataset.handle}/blocks/4"


def cached(response: TestResponse) -> str:
    return response.headers["Cache-Control"]


def etag(response: TestResponse) -> str:
    value, is_weak = response.get_etag()
    assert is_weak
    assert value is not None
    return value


def test_a_block_comes_as_plain_bytes_or_gzipped(client: FlaskClient, address: str) -> None:
    plain, zipped = client.get(address), client.get(address, headers=GZIP)
    assert (plain.status_code, zipped.status_code) == (200, 200)
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert len(zipped.data) < 0.75 * len(plain.data)
    for response in (plain, zipped):
        assert response.content_type == "application/octet-stream"
        assert response.headers["Vary"] == "Accept-Encoding"
        assert int(response.headers["Content-Length"]) == len(response.data)
    assert etag(plain) == etag(zipped)
    block = read_block(plain.data)
    assert (block["first_slot"], block["rows"], block["complete"]) == (1024, 256, 1)


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "br", ""])
def test_nobody_gets_gzip_who_does_not_want_it(client: FlaskClient, address: str, accepted: str) -> None:
    assert client.get(address, headers={"Accept-Encoding": accepted}).data[:4] == b"HCWB"


def test_only_an_address_that_names_the_etag_is_never_asked_for_again(client: FlaskClient, address: str) -> None:
    first = client.get(address)
    assert cached(first) == "private, no-cache"
    assert cached(client.get(f"{address}?v={etag(first)}")) == FOREVER
    assert cached(client.get(f"{address}?v={'0' * 32}")) == "private, no-cache"


@pytest.mark.parametrize("query", ["", "?v={}"])
def test_who_has_a_block_is_not_sent_it_again(client: FlaskClient, address: str, query: str) -> None:
    first = client.get(address)
    asked = address + query.format(etag(first))
    again = client.get(asked, headers=GZIP | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert etag(again) == etag(first)
    assert cached(again) == cached(client.get(asked))
    assert client.get(asked, headers={"If-None-Match": 'W/"other"'}).status_code == 200


def test_an_incomplete_block_is_not_kept_by_browsers(
    client: FlaskClient, address: str, upload: Upload, engine: Engine, toy: ToyForecaster
) -> None:
    complete = client.get(address)
    toy.gate.clear()
    engine.recalculate(upload.dataset.handle)
    incomplete = client.get(f"{address}?v={etag(complete)}", headers={"If-None-Match": complete.headers["ETag"]})
    toy.gate.set()
    assert incomplete.status_code == 200
    assert cached(incomplete) == "no-store"
    assert read_block(incomplete.data)["complete"] == 0


def test_who_asks_for_a_block_is_told_where_it_is(client: FlaskClient, upload: Upload) -> None:
    path = f"/api/v1/datasets/{upload.dataset.handle}"
    assert client.get(path).get_json()["last_slot"] == upload.dataset.series.last_slot == 1299


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("blocks/2", 404, "UNKNOWN_BLOCK"),
        ("blocks/6", 404, "UNKNOWN_BLOCK"),
        ("blocks/-999999999999999", 404, "UNKNOWN_BLOCK"),
        ("blocks/first", 400, "BAD_REQUEST"),
        ("blocks/4.0", 400, "BAD_REQUEST"),
        ("blocks/4?horizon=65", 400, "BAD_REQUEST"),
        ("blocks/4?model=oracle", 400, "UNKNOWN_MODEL"),
        ("blocks/4?model=theta", 409, "MODEL_NOT_LOADED"),
        ("blocks", 404, "NOT_FOUND"),
    ],
)
def test_refusals_have_the_usual_shape(client: FlaskClient, upload: Upload, path: str, status: int, code: str) -> None:
    response = client.get(f"/api/v1/datasets/{upload.dataset.handle}/{path}")
    assert (response.status_code, response.get_json()["error"]["code"]) == (status, code)
    assert cached(response) == "no-store"


def test_a_series_that_is_not_here_has_no_blocks(client: FlaskClient) -> None:
    response = client.get(f"/api/v1/datasets/{'0' * 64}/blocks/4")
    assert (response.status_code, response.get_json()["error"]["code"]) == (404, "UNKNOWN_HANDLE")


BYTES = {"Accept": "application/octet-stream"}


def test_one_forecast_comes_as_a_block_of_one_row(client: FlaskClient, upload: Upload, address: str) -> None:
    row = client.get(f"/api/v1/datasets/{upload.dataset.handle}/forecasts/-40", headers=BYTES)
    assert (row.status_code, row.content_type, cached(row)) == (200, "application/octet-stream", "no-store")
    alone, block = read_block(row.data), read_block(client.get(address).data)
    at = 1299 - 40 - 1024
    assert (alone["first_slot"], alone["rows"], alone["row"][at]) == (1024, 1, 0)
    assert alone["state"].sum() == alone["state"][at] == 1
    for name in ("loc", "scale", "lo", "hi", "crps", "bands", "samples", "peak", "density", "baseline", "period"):
        assert (alone[name][0] == block[name][block["row"][at]]).all(), name


def test_one_forecast_is_computed_where_it_is_not_there(
    client: FlaskClient, upload: Upload, engine: Engine, toy: ToyForecaster
) -> None:
    toy.batches.clear()
    engine.recalculate(upload.dataset.handle)
    row = client.get(f"/api/v1/datasets/{upload.dataset.handle}/forecasts/-40?session=tab&seq=3", headers=BYTES)
    toy.batches.set()
    assert read_block(row.data)["rows"] == 1


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("forecasts/-290", 422, "ORIGIN_UNUSABLE"),
        ("forecasts/1", 422, "INDEX_OUT_OF_RANGE"),
        ("forecasts/-1?model=theta", 409, "MODEL_NOT_LOADED"),
        ("forecasts/x", 400, "BAD_REQUEST"),
    ],
)
def test_a_forecast_that_is_refused_is_refused_in_json(
    client: FlaskClient, upload: Upload, path: str, status: int, code: str
) -> None:
    response = client.get(f"/api/v1/datasets/{upload.dataset.handle}/{path}", headers=BYTES)
    assert (response.status_code, response.get_json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/*", "text/html,*/*;q=0.8", ""])
def test_who_does_not_ask_for_bytes_gets_json(client: FlaskClient, upload: Upload, accept: str) -> None:
    path = f"/api/v1/datasets/{upload.dataset.handle}/forecasts/-40"
    assert client.get(path, headers={"Accept": accept}).get_json()["index"] == -40
