"""The guide says what is true of this server."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from engine import Settings
from pages import guide


def texts(part: Any) -> list[str]:
    """All words of a page's part, in order."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, list | tuple):
        return [word for one in part for word in texts(one)]
    return texts(getattr(part, "children", None) or [])


def told(settings: Settings) -> str:
    return " ".join(texts(guide.layout(settings, "1"))).replace("\u202f", " ")


def test_the_limits_are_those_of_the_settings() -> None:
    usual = told(Settings())
    assert "Up to 200 MB, 2 000 000 rows, 2 000 columns, and 2 000 000 steps" in usual
    assert "12 steps long unless you choose otherwise in “Check”, up to 64." in usual
    assert "stays until somebody deletes it" in usual
    other = told(Settings(max_upload_bytes=7_000_000, max_rows=1_234, horizon=1, keep_days=2.5))
    assert "Up to 7 MB, 1 234 rows" in other
    assert "1 step long" in other
    assert "forgotten after 2.5 days" in other


@pytest.mark.parametrize(
    ("access", "words"), [("local", "Everybody who can open"), ("token", "Who knows the access token")]
)
def test_it_says_who_sees_what(access: str, words: str) -> None:
    settings = dataclasses.replace(Settings(), access=access, access_token="x" * 16 if access == "token" else "")
    assert words in told(settings)


def test_it_names_the_way_to_delete_that_its_reader_has() -> None:
    assert "“Cache” at the foot of the page shows what is stored and deletes it without" in told(Settings())
    of_users = told(Settings(access="users", proxies=1))
    assert "“Forget this file” beside the picture deletes it without a trace" in of_users
    assert "“Cache”" not in of_users


@pytest.mark.parametrize(
    ("model", "seen", "learns"),
    [
        ("hindcast-small", "at most the 512 values", "from made-up series"),
        ("theta", "at most the 512 values", "It is a rule"),
        ("somebody-elses", "only values before it", "It may have seen public data"),
    ],
)
def test_what_it_says_of_the_model_is_true_of_the_one_in_use(model: str, seen: str, learns: str) -> None:
    words = told(Settings(model=model))
    assert seen in words
    assert learns in words
    assert ("made-up" in words) == (model == "hindcast-small")


def test_it_says_no_where_the_answer_is_no() -> None:
    assert re.search(r"Does it know holidays, the weather, promotions\?\s+No\.", told(Settings()))


def test_every_section_is_linked_from_its_top() -> None:
    page = str(guide.layout(Settings(), "1"))
    anchors = re.findall(r"href='#([a-z]+)'", page)
    assert len(anchors) == 6
    assert all(f"id='{name}'" in page for name in anchors)
