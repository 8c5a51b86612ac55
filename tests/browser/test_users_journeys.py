"""Where there are users: what is mine is mine, and a link lets somebody else look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pages import _words
from tests.browser.conftest import Page
from tests.serving import Server

pytestmark = pytest.mark.timeout(180)

SETTINGS = {"HINDCAST_ACCESS": "users", "HINDCAST_PROXIES": "1", "HINDCAST_MODEL": "seasonal-naive"}
CLIPBOARD = "navigator.clipboard.writeText = async (text) => { window.copied = text; }"
GONE = f"document.querySelector('h1')?.innerText === {_words.GONE!r}"


@pytest.fixture
def page(tmp_path: Path, open_browser: Callable[..., Page]) -> Iterator[Page]:
    with Server(tmp_path / "cache", **SETTINGS, HINDCAST_ADMINS="root") as server:
        page = open_browser()
        page.address = server.url
        yield page
        page.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {}})


def sign_in(page: Page, name: str) -> None:
    """As the proxy would have it."""
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"X-Remote-User": name}})


def test_a_link_lets_a_colleague_look_until_its_owner_ends_it(page: Page, csv_file: Path) -> None:
    sign_in(page, "ann")
    page.open()
    page.until("document.body.innerText.includes('yours alone')")
    page.drop(csv_file)
    page.driver.execute_script(CLIPBOARD)
    page.find("#copy-link").click()
    link = str(page.until("window.copied"))
    assert page.js("document.querySelector('#copy-link').dataset.said").startswith("Copied. Whoever has it sees")
    plain, _, token = link.rpartition("&share=")
    assert len(token) == 32

    sign_in(page, "bob")
    page.driver.get(plain)
    page.until(GONE)
    page.driver.get(link)
    page.drawn()
    assert page.js("!document.querySelector('#forget') && !document.querySelector('#recalculate-menu')")
    assert "Shown to you by its owner" in page.text(".forget")
    page.driver.get(plain)
    page.drawn()
    page.find("a[data-accuracy]").click()
    page.until("document.querySelector('#accuracy [data-slice]')")
    page.open("/cache")
    page.until("document.body.innerText.includes('managed by administrators')")

    sign_in(page, "ann")
    page.driver.get(plain)
    page.drawn()
    page.find("#end-links").click()
    page.until("document.querySelector('#recalculate-said').innerText === 'Its links show nothing any more.'")
    sign_in(page, "bob")
    page.driver.get(link)
    page.until(GONE)
    assert [line for line in page.complaints() if "404" not in line and "403" not in line] == []
