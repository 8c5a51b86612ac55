"""Behind a proxy that shares its host: everything that a reader touches stays behind the prefix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Page
from tests.serving import Server

PREFIX = "/tools/hindcast"
ASKED = "performance.getEntriesByType('resource').map(e => new URL(e.name).pathname)"


@pytest.fixture
def behind(tmp_path: Path, open_browser: Callable[..., Page]) -> Iterator[Page]:
    with Server(tmp_path / "cache", HINDCAST_PREFIX=PREFIX, HINDCAST_MODEL="seasonal-naive") as server:
        page = open_browser()
        page.address = server.url
        yield page


def asked_behind_the_prefix(page: Page) -> None:
    paths = page.js(ASKED)
    assert len(paths) > 3
    assert [path for path in paths if not path.startswith(f"{PREFIX}/")] == []


def test_a_file_is_read_scrubbed_scored_and_found_again_behind_a_prefix(behind: Page, csv_file: Path) -> None:
    page = behind
    page.open(f"{PREFIX}/")
    page.choose(csv_file)
    page.until(f"location.pathname.startsWith('{PREFIX}/explore/')")
    newest = page.drawn()
    page.find("body").send_keys(Keys.ARROW_LEFT)
    page.drawn(newest - 1)
    asked_behind_the_prefix(page)
    page.find("a[data-accuracy]").click()
    page.until(f"location.pathname.startsWith('{PREFIX}/accuracy/')")
    page.until("document.querySelector('#accuracy [data-slice]')")
    page.find("#explore-tab").click()
    page.until(f"location.pathname.startsWith('{PREFIX}/explore/')")
    page.drawn()
    page.find(".home-link").click()
    page.until(f"location.pathname === '{PREFIX}/' && document.querySelector('.recent-link')")
    for name, shown in (("Cache", "#cache-heading"), ("Status", "h1"), ("Guide", "h1")):
        page.driver.execute_script(f"[...document.querySelectorAll('footer a')].find(a => a.text === '{name}').click()")
        page.until(f"location.pathname === '{PREFIX}/{name.lower()}' && document.querySelector('{shown}')")
    asked_behind_the_prefix(page)
    page.find(".home-link").click()
    page.until("document.querySelector('.recent-link')").click()
    page.drawn()
    assert page.complaints() == []
