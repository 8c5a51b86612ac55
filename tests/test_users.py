"""Whom a proxy names: what is theirs, what is not, and what was shared with them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from flask.testing import FlaskClient

import app as hindcast
from engine import ANYBODY, Engine, Settings, visitor
from engine.errors import SettingsError
from pages import _words, cache
from tests.conftest import to_csv, until, wave
from tests.contract import contract_client
from tests.dash_client import UNKNOWN, draw, page, wanted

DATA = to_csv(wave(300))


@pytest.fixture
def shared_settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, access="users", proxies=1, admins=("root",))


@pytest.fixture
def engine(shared_settings: Settings, registry: Any) -> Any:
    engine = Engine(shared_settings, registry)
    yield engine
    engine.close()


@pytest.fixture
def client(shared_settings: Settings, engine: Engine) -> FlaskClient:
    """Whoever the header says, somebody else where there is none; it keeps cookies, as a browser does."""
    client = contract_client(hindcast.create_app(shared_settings, engine).server)
    client.environ_base["HTTP_X_REMOTE_USER"] = "somebody"
    return client


def said(name: str) -> dict[str, str]:
    return {"X-Remote-User": name}


def uploaded(client: FlaskClient, name: str, data: bytes = DATA) -> str:
    answer = client.post("/api/v1/datasets", data=data, headers=said(name))
    assert answer.status_code in (200, 201)
    return str(answer.get_json()["handle"])


def test_the_same_file_of_two_users_is_two_series(client: FlaskClient) -> None:
    in_utf8, in_latin1 = "Zoë".encode().decode("latin-1"), "Zoë"
    handles = {uploaded(client, name) for name in ("ann", "bob", in_utf8, in_latin1)}
    assert len(handles) == 3
    for name in ("ann", "bob"):
        listed = client.get("/api/v1/datasets", headers=said(name)).get_json()["datasets"]
        assert [one["handle"] for one in listed] == [uploaded(client, name)]


def calls(handle: str) -> list[tuple[str, str]]:
    own = f"/api/v1/datasets/{handle}"
    reads = (
        "",
        "/progress",
        "/series",
        "/forecasts/-30",
        "/forecasts/-30?timeout=0",
        "/blocks/0",
        "/rail",
        "/scores",
        "/compare",
        "/export.csv",
    )
    reads = (*reads, "/slice?slice=hour:6", "/events?line=1&side=above", "/export.parquet", "/shares")
    writes = [("DELETE", own), ("POST", f"{own}/recalculate"), ("POST", f"{own}/forecasts/-30")]
    writes += [("POST", f"{own}/shares"), ("DELETE", f"{own}/shares"), ("DELETE", f"/api/v1/cache/{handle}")]
    return [*(("GET", f"{own}{path}") for path in reads), *writes]


@pytest.mark.parametrize("number", range(len(calls(UNKNOWN))))
def test_anothers_handle_answers_exactly_like_an_unknown_one(client: FlaskClient, number: int) -> None:
    handle = uploaded(client, "ann")
    answers = [
        client.open(path, method=method, headers=said("bob"))
        for method, path in (calls(handle)[number], calls(UNKNOWN)[number])
    ]
    theirs, unknown = ((answer.status_code, answer.data.replace(handle.encode(), b"")) for answer in answers)
    assert theirs == (unknown[0], unknown[1].replace(UNKNOWN.encode(), b""))
    assert client.get(f"/api/v1/datasets/{handle}", headers=said("ann")).status_code == 200


def test_pages_of_anothers_series_are_those_of_an_unknown_one(client: FlaskClient, engine: Engine) -> None:
    handle = uploaded(client, "ann")
    client.environ_base["HTTP_X_REMOTE_USER"] = "bob"
    for kind in ("explore", "accuracy"):
        assert page(client, f"/{kind}/{handle}") == page(client, f"/{kind}/{UNKNOWN}")
        document, other = (client.get(f"/{kind}/{name}").get_data(as_text=True) for name in (handle, UNKNOWN))
        assert heading(document) == heading(other)
    known = engine_upload(client)
    drawn = draw(client, wanted(known) | {"handle": handle})
    assert drawn["state-note"] == draw(client, wanted(known) | {"handle": UNKNOWN})["state-note"]


def heading(document: str) -> str:
    """What a document says before its scripts do."""
    return document[: document.index("_dash-config")]


def engine_upload(client: FlaskClient) -> Any:
    """What `wanted` needs of an upload."""

    class Known:
        class dataset:
            handle = uploaded(client, "bob")

    return Known


def test_an_upload_can_be_read_again_by_its_sender_alone(client: FlaskClient) -> None:
    sent = client.post("/api/v1/datasets", data=to_csv(wave(2000)), headers=said("ann")).get_json()
    again = f"/api/v1/datasets?upload={sent['upload_id']}&step=1d&agg=mean"
    assert client.post(again, headers=said("bob")).status_code == 404
    again_read = client.post(again, headers=said("ann"))
    assert again_read.status_code == 201, again_read.get_json()


def test_a_link_shows_a_series_to_others_until_it_is_revoked(client: FlaskClient) -> None:
    handle = uploaded(client, "ann")
    own = f"/api/v1/datasets/{handle}"
    token = client.post(f"{own}/shares", headers=said("ann")).get_json()["token"]
    assert client.get(own, headers=said("bob")).status_code == 404
    opened = client.get(f"/explore/{handle}?i=-30&share={token}", headers=said("bob"))
    cookie = opened.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    for path in ("", "/forecasts/-30", "/rail", "/scores"):
        assert client.get(own + path, headers=said("bob")).status_code == 200, "the browser keeps the link"
    for method, path in (("DELETE", own), ("POST", f"{own}/recalculate"), ("GET", f"{own}/shares")):
        refused = client.open(path, method=method, headers=said("bob"))
        assert (refused.status_code, refused.get_json()["error"]["code"]) == (403, "NOT_ALLOWED")
    (listed,) = client.get(f"{own}/shares", headers=said("ann")).get_json()["shares"]
    assert token not in str(listed)
    assert client.delete(f"{own}/shares/{listed['id']}", headers=said("ann")).status_code == 204
    assert client.get(own, headers=said("bob")).status_code == 404


def test_links_survive_a_restart_and_end_with_their_series(
    client: FlaskClient, shared_settings: Settings, engine: Engine, registry: Any
) -> None:
    handle = uploaded(client, "ann")
    token = client.post(f"/api/v1/datasets/{handle}/shares", headers=said("ann")).get_json()["token"]
    engine.close()
    anew = Engine(shared_settings, registry)
    try:
        assert anew.shown([token, "another"]) == {handle}
        again = hindcast.create_app(shared_settings, anew).server.test_client()
        told = said("bob") | {"X-Hindcast-Share": token}
        assert again.get(f"/api/v1/datasets/{handle}", headers=told).status_code == 200
        assert again.delete(f"/api/v1/datasets/{handle}", headers=said("ann")).status_code == 204
        assert anew.shown([token]) == set()
    finally:
        anew.close()


def test_a_page_that_is_not_shown_any_more_says_what_its_reader_can_do(client: FlaskClient) -> None:
    handle = uploaded(client, "ann")
    for path in (f"/explore/{handle}", f"/explore/{UNKNOWN}"):
        assert _words.NOT_SHOWN in page(client, path), "somebody else's, or none: it cannot be told"


def test_the_cache_page_offers_only_what_its_reader_may_do(client: FlaskClient) -> None:
    of_a_user = page(client, "/cache")
    assert cache.MANAGED in of_a_user
    assert "Load an export" in of_a_user
    assert "cache-check" not in of_a_user
    client.environ_base["HTTP_X_REMOTE_USER"] = "root"
    of_an_administrator = page(client, "/cache")
    assert cache.MANAGED not in of_an_administrator
    assert "cache-check" in of_an_administrator


def test_the_cache_is_managed_by_those_who_are_named(client: FlaskClient) -> None:
    handle = uploaded(client, "ann")
    for method, path in (("GET", ""), ("POST", "/check"), ("DELETE", ""), ("DELETE", "/damaged")):
        refused = client.open(f"/api/v1/cache{path}", method=method, headers=said("ann"))
        assert (refused.status_code, refused.get_json()["error"]["code"]) == (403, "NOT_ALLOWED")
    kept = client.get("/api/v1/cache", headers=said("root")).get_json()
    assert [(one["handle"], one["user"]) for one in kept["datasets"]] == [(handle, "ann")]
    assert client.get(f"/api/v1/datasets/{handle}", headers=said("root")).status_code == 404, "managed, not read"
    assert client.delete(f"/api/v1/cache/{handle}", headers=said("ann")).status_code == 200, "of their own"
    assert client.delete(f"/api/v1/datasets/{handle}", headers=said("root")).status_code == 204


@pytest.mark.parametrize("name", ["", " ", "a\tb", "x" * 129, " ann", "\x7f"])
def test_who_has_no_name_is_not_let_in(client: FlaskClient, name: str) -> None:
    answer = client.get("/api/v1/datasets", headers=said(name))
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "NO_USER")
    assert client.get("/", headers=said(name)).status_code == 401
    assert client.get("/healthz").status_code == 200


def test_only_the_proxy_is_believed(client: FlaskClient) -> None:
    for claimed in ({}, {"X-Forwarded-For": "127.0.0.1"}):
        answer = client.get("/api/v1/datasets", headers=said("ann") | claimed, environ_base={"REMOTE_ADDR": "10.0.0.9"})
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "NOT_THE_PROXY")
    through = client.get("/api/v1/datasets", headers=said("ann") | {"X-Forwarded-For": "10.0.0.9"})
    assert through.status_code == 200


def test_a_sample_is_everybodys_to_look_at_and_nobodys_to_change(client: FlaskClient, engine: Engine) -> None:
    samples = hindcast.create_app(engine.settings, engine).server.extensions["samples"]
    handle = samples.upload("made-up").dataset.handle
    assert client.get(f"/api/v1/datasets/{handle}", headers=said("ann")).status_code == 404, "of another app"
    own = client.application.extensions["samples"].upload("made-up").dataset.handle
    assert own == handle
    assert client.get(f"/api/v1/datasets/{handle}", headers=said("ann")).status_code == 200
    assert client.delete(f"/api/v1/datasets/{handle}", headers=said("ann")).status_code == 403


def test_an_export_says_not_whose_it_is_and_is_ones_own_once_loaded(client: FlaskClient, engine: Engine) -> None:
    handle = uploaded(client, "ann")
    progress = f"/api/v1/datasets/{handle}/progress"
    until(lambda: client.get(progress, headers=said("ann")).get_json()["state"] == "done")
    file = client.get(f"/api/v1/datasets/{handle}/export.parquet", headers=said("ann")).data
    assert b"ann" not in file
    loaded = client.post("/api/v1/cache/load", data=file, headers=said("bob"))
    assert loaded.status_code == 201
    theirs = loaded.get_json()["handle"]
    assert theirs == uploaded(client, "bob") != handle


def test_a_thread_that_has_answered_asks_in_nobodys_name(client: FlaskClient) -> None:
    uploaded(client, "ann")
    assert visitor() == ANYBODY
    client.get("/api/v1/datasets", headers=said(""))
    assert visitor() == ANYBODY


def test_users_without_a_proxy_are_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="HINDCAST_PROXIES"):
        Settings.from_env({"HINDCAST_ACCESS": "users"})
    with pytest.raises(SettingsError, match="no name of a header"):
        Settings.from_env({"HINDCAST_ACCESS": "users", "HINDCAST_PROXIES": "1", "HINDCAST_USER_HEADER": "a b"})
