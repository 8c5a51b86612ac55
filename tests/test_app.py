"""The app: two in one process, what a link says before any script, hostile requests, a start that fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

import app as hindcast
from engine import Engine, Settings, Upload
from tests.dash_client import CALLBACK, DRAW, UNKNOWN, call, page, wanted

ROOT = Path(__file__).resolve().parents[1]


def test_two_apps_in_one_process_answer_for_their_own_engine(
    tmp_path: Path, settings: Settings, engine: Engine, upload: Upload
) -> None:
    other_settings = Settings(cache_dir=tmp_path / "other")
    other = Engine(other_settings)
    try:
        handle = upload.dataset.handle
        clients = [
            hindcast.create_app(s, e).server.test_client() for s, e in ((settings, engine), (other_settings, other))
        ]
        pages = [page(client, f"/explore/{handle}") for client in clients]
        assert "scrub" in pages[0]
        assert "no longer stored here" in pages[1]
    finally:
        other.close()


def test_a_link_tells_its_answer_before_any_script(client: FlaskClient, upload: Upload) -> None:
    first = client.get(f"/explore/{upload.dataset.handle}?i=-40").get_data(as_text=True)
    assert "What would have been forecast on" in first
    assert "It missed by" in first
    assert "zebra" not in first.split("</head>")[0]
    assert client.get(f"/explore/{UNKNOWN}").status_code == 200
    assert "<title>Hindcast</title>" in client.get("/explore/<script>").get_data(as_text=True)


HOSTILE = [None, True, -1, 10**300, 1.5, "", "x", "<script>", [], [[]], {}, {"handle": UNKNOWN}, {"handle": {}}]


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_hostile_callback_values_are_no_failure(client: FlaskClient, upload: Upload, value: Any) -> None:
    handle = upload.dataset.handle
    fill = "..fill.children...tick.disabled...fill-seen.data.."
    strip = "..read-strip.children...series-name.children.."
    answers = [
        call(client, "page.children", {"url.pathname": value, "url.search": value}),
        call(client, "page.children", {"url.pathname": f"/explore/{handle}", "url.search": value}),
        call(client, DRAW, {"wanted.data": value}),
        call(client, DRAW, {"wanted.data": wanted(upload, index=value, session="a")}),
        call(client, fill, {"tick.n_intervals": value}, {"facts.data": value, "fill-seen.data": value}),
        call(client, fill, {"tick.n_intervals": value}, {"facts.data": {"handle": handle}, "fill-seen.data": value}),
        call(client, strip, {"mine.data": value}, {"facts.data": value}),
        call(client, strip, {"mine.data": {"upload": value}}, {"facts.data": {"handle": handle}}),
        call(client, "sample-picture.figure", {"scheme.data": value}, {"home-ready.data": value}),
        call(
            client,
            "..quick-picture.figure...quick-heading.children...quick-read.children..",
            {"quick-plot.data": value},
            {"scheme.data": value},
        ),
    ]
    assert {answer.status_code for answer in answers} <= {200, 204}


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "[]",
        "{}",
        "7",
        '"x"',
        '{"output": "nothing.here", "outputs": [], "inputs": [], "changedPropIds": []}',
        '{"output": "page.children"}',
        '{"output": null, "outputs": null, "inputs": null, "changedPropIds": null}',
        '{"output": "page.children", "outputs": {"id": "page", "property": "children"}, "inputs": 7}',
        "not json",
        "",
    ],
)
def test_a_malformed_callback_request_is_the_senders_mistake(client: FlaskClient, body: str) -> None:
    answer = client.post(CALLBACK, data=body, content_type="application/json")
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "/_dash-component-suites/dash/../../../etc/passwd",
        "/_dash-component-suites/dash/nothing.js",
        "/_dash-component-suites/nothing/nothing.js",
        "/assets/../app.py",
        "/assets/%2e%2e/app.py",
        "/assets/nothing.js",
    ],
)
def test_files_that_are_not_served_are_not_found(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in {200, 404}
    assert b"create_app" not in answer.get_data()
    assert b"root:" not in answer.get_data()


def test_no_new_doors_are_open(client: FlaskClient) -> None:
    assert client.post("/_mcp").status_code in {404, 405}


def test_an_engine_that_cannot_start_says_so_in_one_line(tmp_path: Path) -> None:
    for setting in ({"HINDCAST_NOTHING": "1"}, {"HINDCAST_MODEL": "nothing"}):
        ran = subprocess.run(
            [sys.executable, "-c", "import app; app.server"],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "HINDCAST_CACHE_DIR": str(tmp_path / "c")} | setting,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert ran.returncode == 3
        assert len(ran.stderr.strip().splitlines()) == 1


def test_importing_the_module_does_nothing() -> None:
    assert "server" not in vars(hindcast)
