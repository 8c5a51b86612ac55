"""The parser of browser values: nothing hostile gets through, and nothing raises."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pages import _inputs, _quick

HANDLE = "0123456789abcdef" * 4
GOOD = {"handle": HANDLE, "index": -37, "seq": 4, "session": "a1b2", "upload": "f" * 32, "dark": True, "narrow": False}
HOSTILE: list[Any] = [
    None,
    True,
    False,
    -1,
    10**4200,
    -(10**12),
    1.5,
    math.nan,
    math.inf,
    "",
    "x" * 100_000,
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "'; drop table series; --",
    "\x00",
    "\u202e\ud83d\ude00",
    HANDLE.upper(),
    HANDLE + "\n",
    HANDLE[:-1],
    HANDLE + "0",
    [],
    [HANDLE],
    {},
    {"handle": HANDLE},
    {"handle": {"handle": HANDLE}},
    [[[[[[]]]]]],
    b"bytes",
    object(),
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_values_are_refused_everywhere(value: Any) -> None:
    assert _inputs.handle(value) is None
    assert _inputs.wanted(value) is None
    assert _inputs.stretch(value) is None
    assert _inputs.path(value)[0] in {"home", "unknown"}
    assert _inputs.path(f"/explore/{value}" if isinstance(value, str) else value)[1] is None
    assert _quick.plot(value) is None
    assert _inputs.flag(value) is (value is True)


@pytest.mark.parametrize("field", ["handle", "index", "seq"])
@pytest.mark.parametrize("number", [n for n, v in enumerate(HOSTILE) if v not in (-1, -(10**12))])
def test_a_request_with_one_hostile_field_is_refused(field: str, number: int) -> None:
    assert _inputs.wanted(GOOD | {field: HOSTILE[number]}) is None


@pytest.mark.parametrize("session", [None, 7, "", "a b", "../x", "\u0661", "x" * 129, [], {}])
def test_a_request_without_a_proper_session_is_refused(session: Any) -> None:
    assert _inputs.wanted(GOOD | {"session": session}) is None


def test_a_good_request() -> None:
    wanted = _inputs.wanted(GOOD)
    assert wanted == _inputs.Wanted(HANDLE, -37, 4, "a1b2", "f" * 32, dark=True, narrow=False)


@pytest.mark.parametrize("value", [True, False, 3.0, "3", None, -(2**60), 2**60])
def test_only_whole_numbers_in_bounds_are_whole(value: Any) -> None:
    assert _inputs.whole(value, -(2**53), 2**53) is None


@pytest.mark.parametrize("upload", ["", "x" * 129, "a b", "../x", 7, None])
def test_an_odd_upload_id_is_simply_unknown(upload: Any) -> None:
    wanted = _inputs.wanted(GOOD | {"upload": upload})
    assert wanted is not None
    assert wanted.upload_id is None


@pytest.mark.parametrize(
    ("search", "index"),
    [
        ("?i=-37", -37),
        ("?i=0", 0),
        ("?i=5", 5),
        ("?i=-37&t=2024-01-01", -37),
        ("?i=-99999999999999999999", None),
        ("?i=1e3", None),
        ("?i=--1", None),
        ("?i=\u0661", None),
        ("?i=-07", None),
        ("?i=" + "9" * 5000, None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_the_index_of_an_address(search: Any, index: int | None) -> None:
    assert _inputs.where(search).index == index


@pytest.mark.parametrize(
    ("search", "model"),
    [
        ("?i=-37&model=theta", "theta"),
        ("?model=hindcast-small&t=2024-01-01", "hindcast-small"),
        ("?i=-37", None),
        ("?model=", None),
        ("?model=a%20b", None),
        ("?model=%3Cscript%3E", None),
        ("?model=" + "x" * 65, None),
    ],
)
def test_the_model_of_an_address(search: str, model: str | None) -> None:
    assert _inputs.where(search).model == model


@pytest.mark.parametrize("model", [None, "", 7, "a b", "../x", "x" * 65, [], {"model": "theta"}])
def test_an_odd_model_is_the_default_one(model: Any) -> None:
    wanted = _inputs.wanted(GOOD | {"model": model})
    assert wanted is not None
    assert wanted.model is None


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-03-05T14:00", "2024-03-05T14:00:00"),
        ("2024-03-05T14:00:00Z", "2024-03-05T14:00:00"),
        ("2024-03-05T14:00%2B02:00", "2024-03-05T12:00:00"),
        ("2024-03-05", "2024-03-05T00:00:00"),
        ("yesterday", None),
        ("9999-12-31T23:59-23:59", None),
        ("0000-00-00", None),
    ],
)
def test_the_time_of_an_address(text: str, time: str | None) -> None:
    expected = None if time is None else np.datetime64(time, "s")
    assert _inputs.where(f"?t={text}").time == expected


def test_addresses() -> None:
    assert _inputs.path("/") == ("home", None)
    assert _inputs.path(f"/explore/{HANDLE}") == ("explore", HANDLE)
    assert _inputs.path(f"/explore/{HANDLE}/") == ("explore", HANDLE)
    assert _inputs.path("/explore/") == ("unknown", None)
    assert _inputs.path("/%2e%2e/") == ("unknown", None)
