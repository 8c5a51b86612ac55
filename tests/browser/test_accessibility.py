"""What people with other senses and other hands need: axe-core finds no serious violation, and keys lead everywhere."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import DESK, PHONE, Page
from tests.browser.test_journeys import THUMB, opened

SERIOUS = {"serious", "critical"}
AXE = "const [exclude, done] = arguments; axe.run({exclude}).then((found) => done(found.violations));"
MORE_OF_THE_SAME = (  # the reference is long
    ".reference > section:nth-of-type(n+2):not(#models)",
    ".reference article:nth-of-type(n+4)",
    ".reference li:nth-of-type(n+4)",
)


def violations(page: Page, *but: str) -> list[tuple[Any, ...]]:
    """What axe-core calls serious on the page as it is, parts of these selectors aside: rule, words and places."""
    axe = pytest.importorskip("axe_core_python")
    page.driver.execute_script((files(axe) / "axe.min.js").read_text(encoding="utf-8"))
    found = page.driver.execute_async_script(AXE, [[selector] for selector in but])
    return [
        (rule["id"], rule["help"], [node["target"] for node in rule["nodes"]])
        for rule in found
        if rule["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_has_a_serious_violation(
    open_browser: Callable[..., Page], csv_file: Path, size: tuple[int, int], dark: bool
) -> None:
    page = open_browser(size, dark=dark)
    opened(page, csv_file)
    page.until(f"document.querySelector({THUMB!r})?.ariaLabel === 'Moment'")
    found = {"explore": violations(page)}
    pages = ("/cache", "/status", "/guide", "/api/v1/reference")
    for path, shown in (("/", ".recent"), *((path, "main h1") for path in pages)):
        page.open(path)
        page.until(f"document.querySelector({shown!r})")
        found[path] = violations(page, *MORE_OF_THE_SAME)
    assert {where: what for where, what in found.items() if what} == {}


def press(page: Page, *keys: str) -> None:
    ActionChains(page.driver).send_keys(*keys).perform()


def tab_to(page: Page, selector: str) -> None:
    """Tab, from wherever the focus is, until it is there."""
    for _ in range(60):
        if page.js(f"document.activeElement.matches({selector!r})"):
            return
        press(page, Keys.TAB)
    raise AssertionError(f"Tab does not lead to {selector}")


def test_keys_alone_lead_through_every_page(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    page.open()
    page.until("document.querySelector('.recent')")
    tab_to(page, "#choose")
    tab_to(page, "#quick-only input")
    press(page, Keys.SPACE)
    page.until("document.querySelector('#quick-only input').checked")
    press(page, Keys.SPACE)
    tab_to(page, ".recent-link")
    press(page, Keys.ENTER)
    page.drawn(-12)
    tab_to(page, THUMB)
    press(page, Keys.ARROW_LEFT)
    page.drawn(-13)
    tab_to(page, "[data-by='1']")
    press(page, Keys.ENTER)
    page.drawn(-12)
    page.driver.execute_script("document.body.focus()")
    tab_to(page, "#export-menu summary")
    press(page, Keys.ENTER)
    page.until("document.querySelector('#export-menu').open")
    press(page, Keys.TAB)
    assert page.js("document.activeElement.matches('[data-picture=png]')")
    press(page, Keys.ESCAPE)
    page.until("!document.querySelector('#export-menu').open")
    assert page.js("document.activeElement.matches('#export-menu summary')")
    tab_to(page, ".home-link")
    press(page, Keys.ENTER)
    page.until("document.querySelector('.recent') && location.pathname === '/'")
    assert page.complaints() == []
