"""Where there are users: what is mine is mine, and a link lets somebody else look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pages import _words
from tests.browser.conftest import Page
from tests.serving import Server

pytestmark = pytest.mark.timeout(180)

SETTINGS = {
    "HINDCAST_ACCESS": "users",
    "HINDCAST_PROXIES": "1",
    "HINDCAST_MODEL": "seasonal-naive",
    "HINDCAST_MAX_DATASETS": "10",
    "HINDCAST_USER_SHARE": "0.1",  # one each
}
CLIPBOARD = "navigator.clipboard.writeText = async (text) => { window.copied = text; }"
GONE = f"document.querySelector('h1')?.innerText === {_words.NOT_SHOWN!r}"


@pytest.fixture(scope="module")
def server_of_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Server(tmp_path_factory.mktemp("users") / "cache", **SETTINGS, HINDCAST_ADMINS="root") as server:
        yield server.url


@pytest.fixture
def page(server_of_users: str, open_browser: Callable[..., Page]) -> Iterator[Page]:
    page = open_browser()
    page.address = server_of_users
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
    sign_in(page, "root")
    page.open("/cache")
    page.until("document.querySelector('.cache-name')")
    assert page.js("!document.querySelector('.cache-name').hasAttribute('href')")
    owners = page.js("[...document.querySelectorAll('#cache-rows .column-start')].map((cell) => cell.innerText)")
    assert any(owner.endswith("ann\u2019s") for owner in owners)
    assert [line for line in page.complaints() if "404" not in line and "403" not in line] == []


REMOVED = """
const answers = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, "responseText");
Object.defineProperty(XMLHttpRequest.prototype, "responseText", {
  get() { return answers.get.call(this).replace('"removed":[]', '"removed":["0"]'); },
});"""


def test_who_has_no_room_left_is_told_so_and_what_made_room(page: Page, csv_file: Path, tmp_path: Path) -> None:
    sign_in(page, "eve")
    page.open()
    page.driver.execute_script(REMOVED)
    page.choose(csv_file)
    page.drawn()
    note = "To make room for this file, the file that was used least lately was deleted."
    assert page.text("#upload-sheet") == f"{note} Close"
    page.find("#upload-sheet button").click()
    page.until("document.querySelector('#upload-sheet').innerText === ''")

    another = tmp_path / "another.csv"
    another.write_bytes(csv_file.read_bytes().replace(b"2024-", b"2020-"))
    page.open()
    page.choose(another)
    page.until("document.querySelector('#upload-state.refusal')?.innerText.includes('the most that one user may have')")
