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
    lines = downloaded(page, tmp_path, "[data-decimal='.']", f"{name}.csv").splitlines()
    assert len(lines) == 12 * table.height + 1
    assert b"Load" not in lines[0]
    other = downloaded(page, tmp_path / "other", "[data-decimal=',']", f"{name}.csv").splitlines()
    assert (len(other), other[0]) == (len(lines), lines[0].replace(b",", b";"))
    assert b"." not in other[-1]
    page.drawn(-12)
    assert page.complaints() == []


def test_the_picture_is_a_click_away(page: Page, csv_file: Path, tmp_path: Path) -> None:
    opened(page, csv_file)
    assert downloaded(page, tmp_path, "[data-picture=png]", ".png").startswith(b"\x89PNG")
    drawing = downloaded(page, tmp_path, "[data-picture=svg]", "_-12.svg").decode()
    assert "<svg" in drawing[:200]
    assert page.text("#heading") in drawing
    assert page.text("#missed") in drawing
    assert page.complaints() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_view_becomes_a_file_that_needs_no_network(
    open_browser: Callable[..., Page], csv_file: Path, tmp_path: Path, dark: bool
) -> None:
    page = open_browser(dark=dark)
    opened(page, csv_file)
    heading, missed = page.text("#heading"), page.text("#missed")
    ground = page.js("getComputedStyle(document.querySelector('.chart')).backgroundColor")
    handle = page.js("location.pathname.split('/').pop()")
    downloaded(page, tmp_path, "[data-picture=html]", f"{handle[:12]}_-12.html")
    assert page.complaints() == []
    [file] = tmp_path.glob("*.html")
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["http*"]})
    try:
        page.driver.get(file.as_uri())
        page.until("document.querySelector('#picture .plot-container')")
        assert (page.js("document.title"), page.text("h1")) == (heading, heading)
        assert missed in page.text("body")
        assert "Ward 7" not in file.read_text()
        assert page.js("document.querySelectorAll('#picture .trace').length") > 2
        assert page.js("performance.getEntriesByType('resource').length") == 0
        assert page.js("getComputedStyle(document.body).backgroundColor") == ground
        assert page.complaints() == []
    finally:
        page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})


def copied(page: Page) -> list[list[str]]:
    """The rows that the menu's entry puts into the clipboard."""
    page.driver.execute_script(
        "window.copied = null;"
        "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }"
    )
    page.find("#export-menu summary").click()
    page.find("#copy-table").click()
    return [line.split("\t") for line in page.until("window.copied").split("\n")]


def test_this_forecast_is_copied_as_rows(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    head, *rows = copied(page)
    assert head == ["time", "10 %", "25 %", "50 %", "75 %", "90 %", "what happened"]
    assert len(rows) == 12
    assert rows[0][0] == "2024-04-01 04:00"
    for row in rows:
        bands = [float(cell) for cell in row[1:6]]
        assert bands == sorted(bands)
        assert 20 < float(row[6]) < 60
    page.until("document.querySelector('#export-menu summary').dataset.said === 'Copied: 12 rows.'")
    assert page.complaints() == []


def test_whoever_uploads_decimal_commas_gets_them_back(page: Page, csv_file: Path, tmp_path: Path) -> None:
    german = tmp_path / "german.csv"
    german.write_text(csv_file.read_text().replace(",", ";").replace(".", ","))
    opened(page, german)
    page.until("document.querySelector('#export-csv a').dataset.decimal === ','")
    _, first, *_ = copied(page)
    assert all("." not in cell for cell in first)
    assert "," in first[1]
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
