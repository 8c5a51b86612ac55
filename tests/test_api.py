from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from flask.testing import FlaskClient

import api
import security
from engine import Engine, Settings
from tests.conftest import ToyForecaster, filled, to_csv, until, wave
from tests.contract import contract_client

CSV = to_csv(wave(500))
DATASETS = "/api/v1/datasets"


@pytest.fixture
def client(engine: Engine, settings: Settings) -> Iterator[FlaskClient]:
    server = Flask(__name__)
    security.protect(server, settings)
    server.register_blueprint(api.create_blueprint(engine))
    with contract_client(server) as client:
        yield client


@pytest.fixture
def handle(client: FlaskClient) -> str:
    return str(client.post(DATASETS, data=CSV).get_json()["handle"])


def code(response: object) -> str:
    return str(response.get_json()["error"]["code"])  # type: ignore[attr-defined]


def test_an_upload_answers_with_what_was_read(client: FlaskClient) -> None:
    response = client.post(f"{DATASETS}?filename=secret-name.csv", data=CSV)
    answer = response.get_json()
    assert response.status_code == 201
    assert (answer["length"], answer["first_index"], answer["last_index"]) == (500, -476, 0)
    assert answer["step_seconds"] == 3600
    assert answer["readback"]["value_column"] == "load"
    assert answer["warnings"] == answer["readback"]["warnings"]
    assert answer["reused"] == {"count": 0, "of": 477}
    assert "secret-name" not in response.get_data(as_text=True)


def test_the_same_data_again_is_200_with_the_same_handle(client: FlaskClient, handle: str) -> None:
    response = client.post(DATASETS, data={"file": (io.BytesIO(CSV), "x.csv")})
    assert (response.status_code, response.get_json()["handle"]) == (200, handle)


def test_an_upload_is_read_again_without_a_body(client: FlaskClient) -> None:
    first = client.post(DATASETS, data=CSV).get_json()
    again = client.post(f"{DATASETS}?upload={first['upload_id']}&value=load")
    assert again.get_json()["handle"] == first["handle"]
    assert client.post(f"{DATASETS}?upload={'0' * 32}").status_code == 404


def test_datasets_are_listed_described_and_forgotten(client: FlaskClient, handle: str, engine: Engine) -> None:
    assert [d["handle"] for d in client.get(DATASETS).get_json()["datasets"]] == [handle]
    until(lambda: filled(engine, handle))
    described = client.get(f"{DATASETS}/{handle}").get_json()
    counts = {"done": 477, "failed": 0, "total": 477, "unusable": 23, "state": "done", "imported": 0}
    assert described["progress"] == counts
    assert described["season"] == 24
    assert client.get(f"{DATASETS}/{handle}/progress").get_json() == described["progress"]
    assert client.delete(f"{DATASETS}/{handle}").status_code == 204
    gone = client.get(f"{DATASETS}/{handle}")
    assert (gone.status_code, code(gone)) == (404, "UNKNOWN_HANDLE")
    assert client.delete(f"{DATASETS}/{handle}").status_code == 404


def test_a_forecast_has_the_documented_shape(client: FlaskClient, handle: str) -> None:
    plot = client.get(f"{DATASETS}/{handle}/forecasts/-20").get_json()
    assert (plot["handle"], plot["index"], plot["horizon"], plot["model"], plot["kind"]) == (
        handle,
        -20,
        12,
        "toy",
        "quantiles",
    )
    assert (len(plot["times"]), len(plot["samples"]), len(plot["samples"][0])) == (12, 12, 10)
    assert {level: len(values) for level, values in plot["quantiles"].items()} == {
        "0.1": 12,
        "0.25": 12,
        "0.5": 12,
        "0.75": 12,
        "0.9": 12,
    }
    density = plot["density"]
    assert density["lo"] < density["hi"]
    assert (len(density["values"]), len(density["values"][0])) == (12, 128)
    assert len(plot["context"]["times"]) == len(plot["context"]["values"]) == 480
    assert plot["origin"] == plot["context"]["times"][-1]
    assert {"crps", "baseline_crps", "n_scored", "percentile", "inside50", "inside80"} <= set(plot["scores"])
    assert plot["scores"]["n_scored"] == 12


def test_what_is_not_known_is_null(client: FlaskClient, handle: str) -> None:
    plot = client.get(f"{DATASETS}/{handle}/forecasts/0").get_json()
    assert plot["actuals"] == [None] * 12
    assert plot["scores"]["crps"] is None


def test_posting_a_forecast_forces_it(client: FlaskClient, handle: str, engine: Engine, toy: ToyForecaster) -> None:
    until(lambda: filled(engine, handle))
    computed = toy.computed
    assert client.post(f"{DATASETS}/{handle}/forecasts/-3").status_code == 200
    assert toy.computed == computed + 1


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("forecasts/1", 422, "INDEX_OUT_OF_RANGE"),
        ("forecasts/-500", 422, "INDEX_OUT_OF_RANGE"),
        ("forecasts/-499", 422, "ORIGIN_UNUSABLE"),
        ("forecasts/last", 400, "BAD_REQUEST"),
        ("forecasts/1e3", 400, "BAD_REQUEST"),
        ("forecasts/-" + "9" * 4200, 400, "BAD_REQUEST"),
        ("forecasts/-3?horizon=65", 400, "BAD_REQUEST"),
        ("forecasts/-3?horizon=x", 400, "BAD_REQUEST"),
        ("forecasts/-3?seq=true", 400, "BAD_REQUEST"),
        ("forecasts/-3?horizn=24", 400, "BAD_REQUEST"),
        ("rail?from_=-3", 400, "BAD_REQUEST"),
        ("events?direction=above", 400, "BAD_REQUEST"),
        ("forecasts/-3?timeout=-1", 400, "BAD_REQUEST"),
        ("forecasts/-3?model=oracle", 400, "UNKNOWN_MODEL"),
        ("progress?model=oracle", 400, "UNKNOWN_MODEL"),
        ("nothing", 404, "NOT_FOUND"),
    ],
)
def test_every_refusal_has_one_shape(client: FlaskClient, handle: str, path: str, status: int, expected: str) -> None:
    response = client.get(f"{DATASETS}/{handle}/{path}")
    error = response.get_json()["error"]
    assert (response.status_code, error["code"]) == (status, expected)
    assert set(error) == {"code", "message", "detail"}
    assert error["message"]


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"", 422, "EMPTY"),
        (b"\x1f\x8b\x08\x00rest", 422, "COMPRESSED"),
        (b'{"a": 1}', 422, "NOT_CSV"),
        (b"a,b\n1,2\n" * 40, 422, "NO_TIME_COLUMN"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_code(
    client: FlaskClient, body: bytes, status: int, expected: str
) -> None:
    for path in (DATASETS, "/api/v1/quickdraw"):
        response = client.post(path, data=body)
        assert (response.status_code, code(response)) == (status, expected)


def test_a_form_without_a_file_and_odd_options_are_refused(client: FlaskClient) -> None:
    assert client.post(DATASETS, data={"other": (io.BytesIO(CSV), "x.csv")}).status_code == 400
    assert client.post(f"{DATASETS}?dayfirst=perhaps", data=CSV).status_code == 400
    assert client.post(f"{DATASETS}?turned=perhaps", data=CSV).status_code == 400
    assert code(client.post(f"{DATASETS}?value=nope", data=CSV)) == "BAD_OPTION"


def test_a_quick_draw_answers_and_keeps_nothing(client: FlaskClient) -> None:
    plot = client.post("/api/v1/quickdraw?index=-30", data=CSV).get_json()
    assert plot["index"] == -30
    assert plot["readback"]["n_rows_valid"] == plot["length"] > 0
    assert plot["warnings"] == plot["readback"]["warnings"]
    assert client.get(DATASETS).get_json() == {"datasets": []}
    assert client.get(f"{DATASETS}/{plot['handle']}").status_code == 404


def test_a_stopping_server_says_when_to_come_back(client: FlaskClient, handle: str, engine: Engine) -> None:
    engine.close()
    response = client.get(f"{DATASETS}/{handle}/forecasts/-3")
    assert (response.status_code, code(response)) == (503, "CLOSED")
    assert int(response.headers["Retry-After"]) > 0


def test_a_superseded_request_has_no_content(
    client: FlaskClient, handle: str, engine: Engine, toy: ToyForecaster
) -> None:
    until(lambda: filled(engine, handle))
    toy.gate.clear()
    entry = engine._scheduler.entries()[0]
    engine._scheduler.request(entry, entry.focus, "tab", 9, force=True)
    late = client.post(f"{DATASETS}/{handle}/forecasts/-30?session=tab&seq=3")
    toy.gate.set()
    assert (late.status_code, late.data, late.headers["X-Hindcast-Code"]) == (204, b"", "SUPERSEDED")


def test_a_deadline_is_504_and_no_failure_of_the_server(
    client: FlaskClient, handle: str, engine: Engine, toy: ToyForecaster, caplog: pytest.LogCaptureFixture
) -> None:
    until(lambda: filled(engine, handle))
    toy.gate.clear()
    response = client.post(f"{DATASETS}/{handle}/forecasts/-3?timeout=0.05")
    toy.gate.set()
    assert (response.status_code, code(response)) == (504, "DEADLINE")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", DATASETS, 405),
        ("POST", "/api/v1/nothing", 404),
        ("GET", "/api/v1", 404),
        ("GET", "/api/v1/", 404),
        ("GET", "/api/v1/datasets/x/y/z", 404),
    ],
)
def test_calls_that_do_not_exist_are_refused_in_the_same_shape(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    response = client.open(path, method=method)
    assert response.status_code == status
    assert set(response.get_json()["error"]) == {"code", "message", "detail"}


class BrokenBody(io.RawIOBase):
    """A body whose chunks are no chunks, as gunicorn reports it."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise RuntimeError("invalid chunk size")


def test_a_body_that_breaks_off_is_the_senders_mistake(client: FlaskClient) -> None:
    environ = {"wsgi.input": BrokenBody(), "CONTENT_LENGTH": "100"}
    response = client.post(DATASETS, environ_overrides=environ)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


def test_too_many_uploads_at_once_are_told_to_come_back(client: FlaskClient, engine: Engine) -> None:
    with ExitStack() as received:
        for _ in range(8):
            received.enter_context(engine.receiving(lambda: None))
        response = client.post(DATASETS, data=CSV)
    assert (response.status_code, code(response)) == (503, "OVERLOADED")
    assert client.post(DATASETS, data=CSV).status_code == 201
