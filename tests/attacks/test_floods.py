"""Who asks too much is told when to come back, and everybody else is answered meanwhile."""

from __future__ import annotations

import dataclasses
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from flask.testing import FlaskClient

import app as hindcast
import limits
from engine import Engine, Settings, Upload
from tests.conftest import ToyForecaster, to_csv, until, wave
from tests.contract import contract_client
from tests.dash_client import CALLBACK

CSV = to_csv(wave(200))
DATASETS, QUICKDRAW = "/api/v1/datasets", "/api/v1/quickdraw"
TAKEN = {200, 201}  # whether another test has sent the same file before
ONE, OTHER = {"REMOTE_ADDR": "10.0.0.1"}, {"REMOTE_ADDR": "10.0.0.2"}


@pytest.fixture
def door(settings: Settings, engine: Engine) -> Callable[..., FlaskClient]:
    """An app with some bounds changed."""

    def make(**changed: int) -> FlaskClient:
        return contract_client(hindcast.create_app(dataclasses.replace(settings, **changed), engine).server)

    return make


class Body(io.RawIOBase):
    """A file of which the last byte comes when it is let."""

    def __init__(self) -> None:
        self.asked, self.come = threading.Event(), threading.Event()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self.asked.set()
        assert self.come.wait(30)
        return 0


@contextmanager
def sending(client: FlaskClient, path: str, who: dict[str, str]) -> Iterator[None]:
    """Somebody whose file is on its way."""
    body = Body()
    environ = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": "", **who}
    sender = threading.Thread(target=lambda: client.application.test_client().post(path, environ_overrides=environ))
    sender.start()
    try:
        assert body.asked.wait(30)
        yield
    finally:
        body.come.set()
        sender.join(30)


def test_more_files_in_a_minute_than_one_address_may_send_are_refused_with_the_time_to_wait(
    door: Callable[..., FlaskClient],
) -> None:
    client = door(uploads_per_minute=3)
    for path in (DATASETS, QUICKDRAW, DATASETS):
        assert client.post(path, data=CSV, environ_overrides=ONE).status_code in TAKEN
    for path in (DATASETS, QUICKDRAW, "/api/v1/cache/load", f"{DATASETS}?upload={'0' * 32}"):
        refused = client.post(path, data=CSV, environ_overrides=ONE)
        error = refused.get_json()["error"]
        assert (refused.status_code, error["code"]) == (429, "TOO_MANY")
        assert refused.headers["Retry-After"] == str(error["detail"]["retry_after"])
        assert 1 <= error["detail"]["retry_after"] <= 20
        assert "Try again in" in error["message"]
    assert client.post(DATASETS, data=CSV, environ_overrides=OTHER).status_code in TAKEN
    assert client.get(DATASETS, environ_overrides=ONE).status_code == 200, "who has sent too much may look"


def test_what_is_refused_from_another_site_takes_nothing_of_its_readers_allowance(
    door: Callable[..., FlaskClient],
) -> None:
    client = door(uploads_per_minute=1)
    for _ in range(3):
        assert client.post(DATASETS, data=CSV, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post(DATASETS, data=CSV).status_code in TAKEN


def test_one_address_has_so_many_files_on_their_way_and_leaves_places_to_others(
    door: Callable[..., FlaskClient],
) -> None:
    client = door(max_uploads_per_address=2)
    with ExitStack() as held:
        for path in (DATASETS, QUICKDRAW):
            held.enter_context(sending(client, path, ONE))
        refused = client.post(DATASETS, data=CSV, environ_overrides=ONE)
        assert (refused.status_code, refused.get_json()["error"]["code"]) == (429, "TOO_MANY")
        assert client.post(DATASETS, data=CSV, environ_overrides=OTHER).status_code in TAKEN
    assert client.post(DATASETS, data=CSV, environ_overrides=ONE).status_code in TAKEN, "the places are free again"


def test_one_address_has_so_many_waiting_requests_and_leaves_threads_to_others(
    door: Callable[..., FlaskClient], upload: Upload, toy: ToyForecaster, engine: Engine
) -> None:
    client = door(max_requests_per_address=3)
    forecast = f"{DATASETS}/{upload.dataset.handle}/forecasts"

    def ask(index: int) -> None:
        client.application.test_client().post(f"{forecast}/{index}", environ_overrides=ONE)

    waiting = [threading.Thread(target=ask, args=(-index,)) for index in (50, 51, 52)]
    before = engine.status().statistics.requested
    toy.gate.clear()
    try:
        for asker in waiting:
            asker.start()
        until(lambda: engine.status().statistics.requested == before + 3)
        refused = client.get(f"{forecast}/-40", environ_overrides=ONE)
        assert (refused.status_code, refused.get_json()["error"]["code"]) == (429, "TOO_MANY")
        assert refused.headers["Retry-After"]
        assert client.post(CALLBACK, json={}, environ_overrides=ONE).status_code == 429
        for who in (OTHER, {"REMOTE_ADDR": "127.0.0.1"}, {"REMOTE_ADDR": ""}):
            assert client.get(f"{forecast}/-40", environ_overrides=who).status_code == 200
        for path in ("/healthz", "/readyz", "/metrics", "/assets/all.js"):
            assert client.get(path, environ_overrides=ONE).status_code == 200
    finally:
        toy.gate.set()
        for asker in waiting:
            asker.join(30)
    assert client.get(f"{forecast}/-40", environ_overrides=ONE).status_code == 200


@pytest.fixture
def users(settings: Settings, engine: Engine) -> Callable[..., FlaskClient]:
    """The same where a proxy names users."""

    def make(**changed: int) -> FlaskClient:
        behind = dataclasses.replace(settings, access="users", proxies=1, **changed)  # type: ignore[arg-type]
        return hindcast.create_app(behind, engine).server.test_client()

    return make


def named(user: str, address: str = "10.0.0.1") -> dict[str, str]:
    return {"HTTP_X_REMOTE_USER": user, "HTTP_X_FORWARDED_FOR": address}


def test_behind_a_proxy_that_names_users_each_of_them_has_an_allowance_wherever_they_sit(
    users: Callable[..., FlaskClient],
) -> None:
    client = users(uploads_per_minute=3, max_uploads_per_address=1)

    def status(user: str, address: str) -> int:
        return client.post(DATASETS, data=CSV, environ_overrides=named(user, address)).status_code

    with sending(client, DATASETS, named("ann")):
        assert status("ann", "10.0.0.2") == 429
        assert status("bob", "10.0.0.1") in TAKEN
    answers = [status("ann", f"10.0.0.{number}") for number in range(3)]
    assert answers[0] in TAKEN
    assert answers[1:] == [200, 429]
    assert status("bob", "10.0.0.1") == 200


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1"])
def test_one_users_waiting_requests_leave_threads_to_others_behind_the_same_proxy(
    users: Callable[..., FlaskClient], toy: ToyForecaster, engine: Engine, address: str
) -> None:
    client = users(max_requests_per_address=1)
    ann, bob = named("ann", address), named("bob", address)
    handle = client.post(DATASETS, data=CSV, environ_overrides=ann).get_json()["handle"]

    def ask() -> None:
        client.application.test_client().post(f"{DATASETS}/{handle}/forecasts/-50", environ_overrides=ann)

    waiting, before = threading.Thread(target=ask), engine.status().statistics.requested
    toy.gate.clear()
    try:
        waiting.start()
        until(lambda: engine.status().statistics.requested == before + 1)
        assert client.get(DATASETS, environ_overrides=ann).status_code == 429
        assert client.get(DATASETS, environ_overrides=bob).status_code == 200
    finally:
        toy.gate.set()
        waiting.join(30)
    assert client.get(DATASETS, environ_overrides=ann).status_code == 200


def test_who_scrubs_is_never_refused(client: FlaskClient, upload: Upload) -> None:
    path = f"{DATASETS}/{upload.dataset.handle}/forecasts"
    assert {client.get(f"{path}/{-index % 200 - 250}", environ_overrides=ONE).status_code for index in range(400)} == {
        200
    }


def test_an_allowance_comes_back_with_time_and_never_exceeds_a_minutes_worth() -> None:
    now = [0.0]
    allowance = limits.Allowance(6, clock=lambda: now[0])
    assert [allowance.take("a") for _ in range(6)] == [0] * 6
    assert allowance.take("a") == pytest.approx(10)
    assert allowance.take("b") == 0
    now[0] = 9.0
    assert allowance.take("a") == pytest.approx(1)
    now[0] = 10.0
    assert allowance.take("a") == 0
    now[0] = 10_000.0
    assert [allowance.take("a") > 0 for _ in range(7)] == [False] * 6 + [True]


def test_addresses_without_end_take_no_memory_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ADDRESSES", 100)
    allowance, places = limits.Allowance(6), limits.Places(1)
    for number in range(1000):
        allowance.take(str(number))
        assert places.take(str(number))
        assert not places.take(str(number))
        places.give(str(number))
    assert len(allowance._left) == 100
    assert not places._taken


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("::1", "::1"),
        ("", ""),
        ("unknown", "unknown"),
        ("x" * 1000, "x" * 64),
    ],
)
def test_an_address_of_version_six_counts_as_its_customers_network(address: str, network: str) -> None:
    assert limits.network(address) == network
