"""Content that names a file, a pattern or an address: nothing is opened but the bytes that came."""

from __future__ import annotations

import builtins
import glob
import io
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import to_csv, wave

CSV = to_csv(wave(200))
PATHS = [
    "/etc/passwd",
    "/etc/host*",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "https://example.org/data.csv",
    "s3://bucket/key.csv",
    "~/.ssh/id_rsa",
    "\\\\server\\share\\data.csv",
    "/proc/self/environ",
    "NUL",
]
WATCHED: list[tuple[Any, str]] = [
    (builtins, "open"), (io, "open"), (os, "open"), (os, "scandir"), (glob, "glob"), (socket, "getaddrinfo"),
    (socket.socket, "connect"),
]  # fmt: skip


@pytest.fixture
def touched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is opened or connected to meanwhile."""
    seen: list[str] = []
    for place, name in WATCHED:
        monkeypatch.setattr(place, name, _noting(getattr(place, name), seen))
    return seen


def _noting(real: Callable[..., Any], seen: list[str]) -> Callable[..., Any]:
    def noted(*arguments: Any, **options: Any) -> Any:
        seen.append(str(arguments))
        return real(*arguments, **options)

    return noted


def test_what_is_opened_is_seen(touched: list[str]) -> None:
    Path("/etc/passwd").read_bytes()
    with open("/etc/hosts"):
        pass
    assert [sum(name in one for one in touched) for name in ("passwd", "hosts")] == [1, 1]


@pytest.mark.parametrize("content", PATHS)
def test_a_path_is_content_like_any_other(client: FlaskClient, content: str, touched: list[str]) -> None:
    for body in (content, f"time,value\n{content},1\n{content},2\n", f"{content}\n" * 40):
        answer = client.post("/api/v1/quickdraw", data=body.encode())
        assert answer.status_code == 422
        assert "root:" not in answer.get_data(as_text=True)
    assert not [
        one for one in touched if "passwd" in one or "example.org" in one or "id_rsa" in one or "environ" in one
    ]


@pytest.mark.parametrize("option", ["time", "value", "series", "decimal", "step", "agg", "model"])
@pytest.mark.parametrize("path", PATHS[:3])
def test_an_option_that_is_a_path_names_nothing(
    client: FlaskClient, option: str, path: str, touched: list[str]
) -> None:
    answer = client.post("/api/v1/quickdraw", data=CSV, query_string={option: path})
    assert 400 <= answer.status_code < 500
    assert not [one for one in touched if "/etc/" in one]


def test_a_forms_file_name_is_never_a_path(client: FlaskClient, touched: list[str]) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="../../etc/passwd.csv"\r\n\r\n'
    form = head + CSV + b"\r\n--b--\r\n"
    answer = client.post("/api/v1/datasets", data=form, content_type="multipart/form-data; boundary=b")
    assert answer.status_code in {200, 201}
    assert "passwd" not in answer.get_data(as_text=True)
    assert not [one for one in touched if "passwd" in one]
