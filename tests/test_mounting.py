"""Behind a prefix that a proxy shares with other apps, whether it leaves the prefix in the path or not."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

import app as hindcast
from engine import Engine, Settings, Upload
from engine.errors import SettingsError
from tests.dash_client import page

PREFIX = "/tools/hindcast"


@pytest.fixture
def mounted(settings: Settings, engine: Engine) -> FlaskClient:
    behind = dataclasses.replace(settings, prefix=PREFIX)
    return hindcast.create_app(behind, engine).server.test_client()


def links(node: Any) -> set[str]:
    """Every address in a tree of components."""
    if isinstance(node, dict):
        own = {value for name, value in node.items() if name == "href" and isinstance(value, str)}
        return own.union(*(links(value) for value in node.values()))
    return set().union(*(links(value) for value in node)) if isinstance(node, list) else set()


@pytest.mark.parametrize("before", ["", PREFIX])
def test_the_document_asks_for_its_files_behind_the_prefix(mounted: FlaskClient, before: str) -> None:
    document = mounted.get(f"{before}/guide").get_data(as_text=True)
    addresses = re.findall(r'(?:src|href|content)="(/[^"]*)"', document)
    assert len(addresses) > 10
    for address in addresses:
        assert address.startswith(f"{PREFIX}/")
        assert mounted.get(address).status_code == 200
        assert mounted.get(address.removeprefix(PREFIX)).status_code == 200
    config = re.search(r'id="_dash-config" type="application/json">(.*?)</script>', document)
    assert config is not None
    assert json.loads(config[1])["requests_pathname_prefix"] == f"{PREFIX}/"


@pytest.mark.parametrize("path", ["/", "/explore/{handle}", "/accuracy/{handle}", "/cache", "/status", "/guide", "/x"])
def test_every_link_of_a_page_is_behind_the_prefix(mounted: FlaskClient, upload: Upload, path: str) -> None:
    path = path.format(handle=upload.dataset.handle)
    shown = json.loads(page(mounted, PREFIX + path))
    found = {address for address in links(shown) if address.startswith("/")}
    assert f"{PREFIX}/" in found, "the link to the first page"
    assert all(address.startswith(f"{PREFIX}/") for address in found)


def test_calls_and_probes_answer_with_and_without_the_prefix(mounted: FlaskClient, upload: Upload) -> None:
    for path in ("/healthz", "/readyz", f"/api/v1/datasets/{upload.dataset.handle}"):
        assert mounted.get(path).status_code == mounted.get(PREFIX + path).status_code == 200
    assert mounted.get("/tools/hindcastle/api/v1/health").status_code != 500
    assert mounted.get(f"{PREFIX}/api/v1/nothing").get_json()["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("wrong", ["hindcast", "/hindcast/", "/", "//x", "/a b", "/a?b", "/ä"])
def test_a_prefix_that_is_no_path_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(SettingsError, match="such as /hindcast"):
        Settings.from_env({"HINDCAST_PREFIX": wrong})
