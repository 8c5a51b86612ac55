"""What a first visit costs, whom the pages ask, and that nothing shifts while a hand scrubs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains

from tests.browser.conftest import Page, started
from tests.browser.test_journeys import THUMB, opened
from tests.browser.test_status_journeys import computed
from tests.browser.visits import Visits

MOST_BYTES = 1_200_000  # gzipped, of everything until the first picture
MOST_REQUESTS = 45
ELSEWHERE = "data:", "blob:", "chrome"  # what asks nobody


class Loaded(NamedTuple):
    """A request that a page made: its address, the bytes of its answer on the wire, and when it began and ended."""

    url: str
    bytes: int
    began: float
    ended: float


@pytest.fixture
def watched(server: str, visits: Visits, tmp_path: Path) -> Iterator[Page]:
    """A cold browser whose every request is written down."""
    driver = started(tmp_path / "cold", performance="ALL")
    driver.execute_cdp_cmd("Network.enable", {})
    yield Page(driver, server, visits)
    driver.quit()


def loaded(driver: webdriver.Chrome) -> list[Loaded]:
    """Requests since the last call, in their order."""
    asked: dict[str, tuple[str, float]] = {}
    answered: dict[str, tuple[int, float]] = {}
    for entry in driver.get_log("performance"):
        message: dict[str, Any] = json.loads(entry["message"])["message"]
        values = message["params"]
        if message["method"] == "Network.requestWillBeSent":
            asked[values["requestId"]] = values["request"]["url"], values["timestamp"]
        elif message["method"] == "Network.loadingFinished":
            answered[values["requestId"]] = int(values["encodedDataLength"]), values["timestamp"]
    found = [
        Loaded(url, size, began, ended)
        for request, (url, began) in asked.items()
        for size, ended in [answered.get(request, (0, float("inf")))]
    ]
    return [one for one in found if not one.url.startswith(ELSEWHERE)]


def test_the_first_picture_of_a_link_is_light(page: Page, watched: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    path = page.js("location.pathname")
    loaded(watched.driver)
    watched.open(path)
    watched.drawn(-12)
    watched.until("hindcast.frames.at(-12)")
    found = loaded(watched.driver)
    blocks = [one for one in found if "/blocks/" in one.url]
    [plotly] = [one for one in found if "vendor/plotly-cartesian" in one.url]
    first = [one for one in found if one not in blocks]
    listed = "\n".join(f"{one.bytes:>8} {one.url}" for one in sorted(first, key=lambda one: -one.bytes))
    assert sum(one.bytes for one in first) <= MOST_BYTES, listed
    assert len(first) <= MOST_REQUESTS, listed
    assert not [one.url for one in first if "package_data/plotly" in one.url]
    assert min(one.began for one in blocks) > plotly.ended  # what scrubbing needs comes after the picture
    watched.open(f"{path}?i=-20")
    watched.drawn(-20)
    again = [one for one in loaded(watched.driver) if "/blocks/" not in one.url]
    assert sum(one.bytes for one in again) < MOST_BYTES / 10, again
    assert watched.complaints() == []


def test_no_page_asks_another_server(page: Page, watched: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    explore = page.js("location.pathname")
    for path, shown in (
        ("/", ".sample .js-plotly-plot"),
        (explore, "#forecast .js-plotly-plot"),
        ("/cache", "main"),
        ("/status", "main"),
        ("/nowhere", "main"),
    ):
        watched.open(path)
        watched.until(f"document.querySelector({shown!r})")
        found = loaded(watched.driver)
        assert found
        assert [one.url for one in found if not one.url.startswith(f"{watched.address}/")] == []
    assert watched.complaints() == []


SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => entry.sources.forEach((source) => {
  const node = source.node?.nodeType === 3 ? source.node.parentElement : source.node;
  const place = node?.id || node?.className || node?.tagName || "gone";
  if (!node?.closest?.("#scrub, .rail-tip")) shifts.push(`${entry.value.toFixed(4)} ${place}`);
}))).observe({type: "layout-shift"});
"""


def test_nothing_shifts_while_a_hand_scrubs(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    page.driver.execute_script(SHIFTS)
    chain = ActionChains(page.driver).click_and_hold(page.find(THUMB))
    for step in (-40, -160, -300, -120, 200, -240, -60):
        chain = chain.move_by_offset(step, 0).pause(0.1)
    chain.release().perform()
    page.drawn()
    page.until("document.querySelector('#missed').innerText")
    assert page.js("shifts") == []
