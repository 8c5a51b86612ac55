"""What people do when they wonder: look at the status, and have forecasts computed anew."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import DESK, PHONE, Page
from tests.browser.test_journeys import opened

SAID = "document.querySelector('#recalculate-said').innerText"
FILL = "document.querySelector('#fill').innerText"


def computed(page: Page) -> None:
    """The whole file is computed."""
    page.until("document.querySelector('#fill').innerText === '' && document.querySelector('#standing').innerText", 120)


def rests(page: Page) -> bool:
    """Whether the server computes nothing on its own, of what other journeys uploaded."""

    def told(path: str) -> Any:
        with urllib.request.urlopen(f"{page.address}/api/v1/datasets{path}", timeout=120) as answer:
            return json.load(answer)

    return all(told(f"/{one['handle']}/progress")["state"] != "filling" for one in told("")["datasets"])


def choose(page: Page, what: str) -> None:
    page.find("#recalculate-menu summary").click()
    page.find(f"[data-recalculate={what}]").click()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_status_page_tells_how_things_are_and_keeps_telling(
    open_browser: Callable[..., Page], size: tuple[int, int]
) -> None:
    page = open_browser(size)
    page.open()
    page.driver.execute_async_script("fetch('/api/v1/cache', {method: 'DELETE'}).then(arguments[0])")
    page.wait(lambda: rests(page), "the same parts at every look", timeout=120)
    page.until("document.querySelector('.footer a[href=\"/status\"]')")
    page.find('.footer a[href="/status"]').click()
    page.until("location.pathname === '/status' && document.querySelector('#status-body h1')")
    assert page.text("#status-body h1").startswith("All is well: hindcast-small on ")
    assert "None since the start." in page.text("#status-body")
    page.until("document.title === 'Status \u00b7 Hindcast'")
    assert page.width_overflow() <= 0
    page.until("document.querySelector('#status-seen')?.innerText.startsWith('As of')")
    first = page.text("#status-seen")
    page.driver.execute_script(
        "window.kept = document.querySelector('.histogram'); window.top0 = kept.getBoundingClientRect().top"
    )
    page.wait(lambda: page.text("#status-seen") != first, "a newer look")
    assert page.js("kept.isConnected && kept.getBoundingClientRect().top === top0")
    page.find(".home-link").click()
    page.until("document.querySelector('#choose')")
    assert page.complaints() == []


def test_a_status_page_nobody_looks_at_asks_for_nothing(page: Page) -> None:
    page.open("/status")
    page.until("document.querySelector('#status-seen')?.innerText.startsWith('As of')")
    look = (
        "Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.driver.execute_script(look, True)
    page.driver.execute_script(
        "window.asked = 0; const f = window.fetch; window.fetch = (...a) => { asked += 1; return f(...a) };"
        "window.since = performance.now()"
    )
    page.until("performance.now() > since + 5000")
    assert page.js("asked") == 0
    page.driver.execute_script(look, False)
    page.until("asked > 0")
    assert page.complaints() == []


def test_a_status_page_says_that_its_numbers_are_old(page: Page) -> None:
    page.open("/status")
    page.until("document.querySelector('#status-seen')?.innerText.startsWith('As of')")
    offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    page.until("document.querySelector('#status-seen')?.innerText.startsWith('No answer since')")
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline | {"offline": False})
    page.until("document.querySelector('#status-seen')?.innerText.startsWith('As of')")


def test_one_moment_is_computed_anew_in_its_place(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    page.find("body").send_keys(Keys.ARROW_LEFT)
    page.drawn(-13)
    page.until("location.search === '?i=-13'")  # the address follows once the hand rests
    words, address = page.text("#missed"), page.js("location.href")
    choose(page, "moment")
    page.until(f"{SAID} === 'This moment was computed anew.'")
    assert page.drawn(-13) == -13
    assert not page.js("document.querySelector('#recalculate-menu').open")
    assert (page.text("#missed"), page.js("location.href")) == (words, address)
    assert page.complaints() == []


def test_the_moments_in_the_picture_and_the_whole_file_are_computed_anew(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    words = page.text("#missed")
    choose(page, "picture")
    page.until(f"{SAID} === 'Computing 49 moments anew.'")
    page.drawn(-12)
    computed(page)
    choose(page, "file")
    page.until(f"{SAID}.match(/^Computing 2.\\d{{3}} moments anew[.]$/)")
    page.until(f"{FILL}.includes('of 2')")
    page.drawn(-12)
    computed(page)
    page.until("!document.querySelector('#standing').innerText.includes('so far')")
    assert page.text("#missed") == words
    assert page.complaints() == []


def test_the_menu_closes_like_any_menu(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    is_open = "document.querySelector('#recalculate-menu').open"
    for close in (lambda: page.find("body").send_keys(Keys.ESCAPE), lambda: page.find("#heading").click()):
        page.find("#recalculate-menu summary").click()
        page.until(is_open)
        close()
        page.until(f"!{is_open}")
    page.find("#recalculate-menu summary").send_keys(Keys.SPACE)
    page.until(is_open)
    assert page.js("document.querySelector('#play').ariaPressed") == "false"
    assert page.complaints() == []


def test_a_file_that_was_forgotten_meanwhile_is_said_to_be_gone(page: Page, csv_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text(csv_file.read_text().replace("41.", "42.", 1))
    opened(page, other)
    computed(page)
    page.driver.execute_async_script(
        "fetch('/api/v1/datasets/' + location.pathname.split('/').pop(), {method: 'DELETE'}).then(arguments[0])"
    )
    choose(page, "file")
    page.until(f"{SAID}.includes('no longer stored here')")
    assert all("status of 404" in line for line in page.complaints())
