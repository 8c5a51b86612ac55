"""What people do to take something away: files and pictures from the export menu."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import DESK, PHONE, Page
from tests.browser.test_journeys import opened
from tests.browser.test_status_journeys import computed

pytestmark = pytest.mark.timeout(180)
OPEN = "document.querySelector('#export-menu').open"


def downloaded(page: Page, folder: Path, selector: str, ending: str) -> bytes:
    """What a click in the menu brings."""
    page.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
    page.find("#export-menu summary").click()
    page.until(OPEN)
    page.find(f"#export-menu {selector}").click()
    page.until(f"!{OPEN}")
    found = page.wait(lambda: list(folder.glob(f"*{ending}")), "the file")
    return Path(found[0]).read_bytes()


def test_the_files_are_a_click_away(page: Page, csv_file: Path, tmp_path: Path) -> None:
    opened(page, csv_file)
    computed(page)
    handle = page.js("location.pathname.split('/').pop()")
    name = f"{handle[:12]}-hindcast-small"
    table = pl.read_parquet(io.BytesIO(downloaded(page, tmp_path, "a[href$=parquet]", f"{name}.parquet")))
    assert (table.height > 2_000, table["index"][-1]) == (True, 0)
    lines = downloaded(page, tmp_path, "a[href$=csv]", f"{name}.csv").splitlines()
    assert len(lines) == 12 * table.height + 1
    assert b"Load" not in lines[0]
    page.drawn(-12)
    assert page.complaints() == []


def test_the_picture_is_a_click_away(page: Page, csv_file: Path, tmp_path: Path) -> None:
    opened(page, csv_file)
    assert downloaded(page, tmp_path, "[data-picture=png]", ".png").startswith(b"\x89PNG")
    assert b"<svg" in downloaded(page, tmp_path, "[data-picture=svg]", "_-12.svg")[:200]
    assert page.complaints() == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_menu_fits_and_closes_like_any_menu(
    open_browser: Callable[..., Page], csv_file: Path, size: tuple[int, int]
) -> None:
    page = open_browser(size)
    opened(page, csv_file)
    for close in (lambda: page.find("body").send_keys(Keys.ESCAPE), lambda: page.js("document.body.click()")):
        page.find("#export-menu summary").click()
        page.until(OPEN)
        box = page.js("(b => [b.left, b.right])(document.querySelector('#export-menu .menu').getBoundingClientRect())")
        assert 0 <= box[0] < box[1] <= size[0]
        assert page.width_overflow() <= 0
        close()
        page.until(f"!{OPEN}")
    assert page.complaints() == []
