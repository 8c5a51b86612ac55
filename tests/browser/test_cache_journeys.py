"""What people do with what is stored: look at it, take it away, bring it back, and delete it once they were asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import DESK, PHONE, Page
from tests.browser.test_journeys import opened
from tests.browser.test_status_journeys import computed

NAME = "Load [kW]"
IS_OPEN = "document.querySelector('#cache-dialog').open"
SAID = "document.querySelector('#cache-said').innerText"


def stored(page: Page, csv_file: Path, folder: Path, variation: str) -> str:
    """A file of its own, read and computed; its handle."""
    mine = folder / "mine.csv"
    mine.write_text(csv_file.read_text().replace("2024-01-01T00:00,", f"2024-01-01T00:00,{variation}", 1))
    opened(page, mine)
    computed(page)
    return str(page.js("location.pathname.split('/').pop()"))


def looked(page: Page, handle: str | None = None) -> str:
    """The cache page, by the footer; a selector of the row."""
    page.find(".home-link").click()
    page.until("document.querySelector('.footer a[href=\"/cache\"]')")
    page.find('.footer a[href="/cache"]').click()
    page.until("document.title === 'Cache \u00b7 Hindcast' && document.querySelector('#cache-heading').innerText")
    row = f'tr[data-handle="{handle}"]'
    if handle:
        page.until(f"document.querySelector('{row}')")
    return row


def ask(page: Page, row: str, what: str) -> None:
    """The dialog of a row, with that choice."""
    page.find(f"{row} [data-delete]").click()
    page.until(IS_OPEN)
    page.find(f"#cache-dialog input[value={what}]").click()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_what_is_stored_is_listed_under_the_names_this_browser_knows(
    open_browser: Callable[..., Page], csv_file: Path, size: tuple[int, int]
) -> None:
    page = open_browser(size)
    opened(page, csv_file)
    page.until("location.search === '?i=-12'")
    handle = page.js("location.pathname.split('/').pop()")
    row = looked(page, handle)
    assert page.text(f"{row} .cache-name") == NAME
    assert "1 Jan 2024 00:00 to 1 Apr 2024 15:00, every hour" in page.text(row)
    page.until(f"document.querySelector('{row} .stored-counts').innerText.startsWith('2\u202f')", 120)  # it counts on
    assert page.width_overflow() <= 0
    page.find(f"{row} .cache-name").click()
    assert page.drawn(-12) == -12
    stranger = open_browser(size)
    stranger.open("/cache")
    stranger.until(f"document.querySelector('{row}')")
    assert stranger.text(f"{row} .cache-name") == "1 Jan 2024 00:00 to 1 Apr 2024 15:00"
    assert page.complaints() == stranger.complaints() == []


def test_forecasts_are_saved_deleted_and_loaded_back(page: Page, csv_file: Path, tmp_path: Path) -> None:
    handle = stored(page, csv_file, tmp_path, "1")
    row = looked(page, handle)
    page.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    page.find(f"{row} .stored a").click()
    saved = page.wait(lambda: list(tmp_path.glob("*.parquet")), "the export")[0]
    ask(page, row, "dataset")
    words = page.text("#cache-words")
    assert words.startswith(f"Everything kept of {NAME}: 2\u202f200 points, the uploaded file and 2\u202f")
    page.find("#cache-confirm").click()
    page.until(f"!{IS_OPEN} && {SAID} === '{NAME} deleted.' && !document.querySelector('{row}')")
    assert page.js("document.activeElement.matches('#cache-heading, [data-delete]')")
    page.find("#file-input").send_keys(str(saved))
    page.until(f"{SAID}.startsWith('Loaded: ')")
    page.until(f"document.querySelector('{row}')?.innerText.includes('imported')")
    assert page.complaints() == []


def test_what_is_stored_is_checked(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    looked(page)
    page.find("#cache-check").click()
    page.until("document.querySelector('#cache-checked').innerText.startsWith('Looked at ')")
    page.until("!document.querySelector('#cache-check').disabled")
    assert page.complaints() == []


def test_what_is_no_export_is_refused_beside_the_button(page: Page, tmp_path: Path) -> None:
    page.open()
    page.until("document.querySelector('.home-link')")
    looked(page)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1" + b"\x00" * 400 + b"PAR1")
    page.find("#file-input").send_keys(str(broken))
    page.until("document.querySelector('.load .upload-state.refusal')?.innerText.length > 10")
    assert page.js("location.pathname") == "/cache"


def test_a_stretch_is_deleted_and_computed_anew(page: Page, csv_file: Path, tmp_path: Path) -> None:
    handle = stored(page, csv_file, tmp_path, "2")
    row = looked(page, handle)
    counts = page.text(f"{row} .stored-counts")
    ask(page, row, "stretch")
    page.until("!document.querySelector('#cache-confirm').disabled")
    assert page.js("document.querySelector('#cache-from').value") == "2024-01-01 00:00"
    for field, text in (("from", "2024-03-05 14:00"), ("to", "2024-03-05 23:00")):
        page.find(f"#cache-{field}").send_keys(Keys.CONTROL, "a")
        page.find(f"#cache-{field}").send_keys(text)
    page.until("document.querySelector('#cache-words').innerText.includes('forecasts of 10 moments from Tue 5 Mar')")
    page.find("#cache-to").send_keys("x")
    page.until("document.querySelector('#cache-words').innerText.startsWith('Write times like')")
    assert page.js("document.querySelector('#cache-confirm').disabled")
    page.find("#cache-to").send_keys(Keys.BACKSPACE)
    page.until("!document.querySelector('#cache-confirm').disabled")
    page.find("#cache-to").send_keys(Keys.ENTER)
    page.until(f"!{IS_OPEN} && {SAID} === '10 forecasts of {NAME} deleted, to be computed anew.'")
    page.until(f"document.querySelector('{row} .stored-counts').innerText === '{counts}'")
    assert page.complaints() == []


def test_all_forecasts_are_deleted_and_computed_again_for_who_opens_the_file(
    page: Page, csv_file: Path, tmp_path: Path
) -> None:
    handle = stored(page, csv_file, tmp_path, "3")
    row = looked(page, handle)
    ask(page, row, "forecasts")
    assert page.text("#cache-words").startswith("2\u202f")
    assert "the uploaded file stays" in page.text("#cache-words")
    page.find("#cache-confirm").click()
    page.until(f"!{IS_OPEN} && {SAID}.endsWith('forecasts of {NAME} deleted.')")
    page.until(f"document.querySelector('{row} .column-forecasts').innerText === 'none'")
    page.find(f"{row} .cache-name").click()
    page.drawn()
    computed(page)
    assert page.complaints() == []


def test_nothing_goes_when_the_question_is_answered_with_no(page: Page, csv_file: Path, tmp_path: Path) -> None:
    handle = stored(page, csv_file, tmp_path, "4")
    row = looked(page, handle)
    for leave in ("cancel", "escape"):
        for selector in (f"{row} [data-delete]", "#cache-flush"):
            page.find(selector).click()
            page.until(IS_OPEN)
            assert page.js("document.activeElement.id") == "cache-cancel"
            if leave == "cancel":
                page.find("#cache-cancel").click()
            else:
                page.find("#cache-dialog").send_keys(Keys.ESCAPE)
            page.until(f"!{IS_OPEN}")
            assert page.js(f"document.activeElement === document.querySelector('{selector}')")
    assert page.js(f"document.querySelector('{row}') !== null")
    assert page.complaints() == []


def test_an_open_question_and_the_order_outlive_every_refresh(page: Page, csv_file: Path, tmp_path: Path) -> None:
    handle = stored(page, csv_file, tmp_path, "5")
    row = looked(page, handle)
    page.driver.execute_script(
        "const f = window.dash_clientside.cache.seen; window.looks = 0;"
        "window.dash_clientside.cache.seen = (look) => { window.looks += 1; return f(look) };"
        f"window.kept = document.querySelector('{row}')"
    )
    ask(page, row, "stretch")
    page.find("#cache-from").send_keys(Keys.CONTROL, "a")
    page.find("#cache-from").send_keys("2024-02")
    page.until("document.querySelector('#cache-words').innerText.includes('1 Feb 2024')")
    page.until("looks >= 2")
    assert page.js("document.activeElement.id === 'cache-from' && document.activeElement.value === '2024-02'")
    assert page.js(f"{IS_OPEN} && kept.isConnected")
    assert page.complaints() == []


def test_everything_is_deleted_once_that_is_what_was_meant(page: Page, csv_file: Path, tmp_path: Path) -> None:
    stored(page, csv_file, tmp_path, "6")
    looked(page)
    page.find("#cache-flush").click()
    page.until(IS_OPEN)
    assert "of everybody who uses this server" in page.text("#cache-words")
    page.find("#cache-confirm").click()
    page.until(f"!{IS_OPEN} && {SAID}.startsWith('Everything deleted: ')")
    page.until("document.querySelector('#cache-heading').innerText === 'Nothing is stored.'")
    assert "Start with a file" in page.text("#cache-empty")
    page.find("#cache-empty a").click()
    page.until("document.querySelector('#choose')")
    assert page.text("#recents") == ""
    assert page.complaints() == []
