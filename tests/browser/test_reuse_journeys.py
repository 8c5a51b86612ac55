"""Tomorrow's longer export: what was there already is said, and the old link leads to the new series."""

from __future__ import annotations

import urllib.request
from pathlib import Path

from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Page

TOMORROW = "\n".join(f"2024-04-01T{hour:02}:00,{40 + hour % 5}.5" for hour in range(16, 24))


def forget(page: Page, path: str) -> None:
    request = urllib.request.Request(page.address + path.replace("/explore/", "/api/v1/datasets/"), method="DELETE")
    with urllib.request.urlopen(request, timeout=120) as answer:
        assert answer.status == 204


def filled(page: Page) -> None:
    page.until("document.querySelector('#fill').innerText === ''", timeout=120)


def nobody_elses(csv_file: Path, path: Path) -> Path:
    """The same file with other numbers: what other journeys upload to this server is no earlier version of it."""
    head, *rows = csv_file.read_text().splitlines()
    path.write_text("\n".join([head, *(row + "7" for row in rows)]))
    return path


def test_a_longer_export_reuses_the_old_one_which_leads_to_it(page: Page, csv_file: Path, tmp_path: Path) -> None:
    file = nobody_elses(csv_file, tmp_path / "own.csv")
    page.open()
    page.choose(file)
    page.until("location.pathname.startsWith('/explore/')")
    page.drawn()
    filled(page)
    old = page.js("location.pathname")
    assert page.js("document.querySelector('#newer-note')") is None
    assert "earlier upload" not in page.text(".read-line")

    longer = tmp_path / "longer.csv"
    longer.write_text(file.read_text() + "\n" + TOMORROW + "\n")
    page.open()
    page.choose(longer)
    page.until(f"location.pathname.startsWith('/explore/') && location.pathname !== {old!r}")
    page.drawn()
    new = page.js("location.pathname")
    page.until("document.querySelector('.read-line').innerText.includes('taken from an earlier upload.')")
    said = page.text(".read-line").replace("\u202f", "")
    assert " moments taken from an earlier upload." in said
    assert page.js("document.querySelector('#newer-note')") is None
    filled(page)

    page.open(f"{old}?i=-300")
    page.drawn(-300)
    assert page.text("#newer-note") == (
        "A newer version of this series ends Mon 1 Apr 2024, 23:00. Open the same moment there."
    )
    page.find("#scrub [role=slider]").send_keys(Keys.SHIFT, Keys.ARROW_LEFT)
    page.drawn(-312)
    moment = page.text("#heading")
    page.until("document.querySelector('#newer-link').search.includes('t=')")
    page.find("#newer-link").click()
    page.until(f"location.pathname === {new!r} && '/explore/' + hindcast.gate.facts?.handle === {new!r}")
    page.drawn(-312 - len(TOMORROW.splitlines()))
    assert page.text("#heading") == moment
    page.driver.back()
    page.until(f"location.pathname === {old!r} && '/explore/' + hindcast.gate.facts?.handle === {old!r}")
    page.drawn(-312)

    forget(page, new)
    page.open(f"{old}?i=-300")
    page.drawn(-300)
    assert page.js("document.querySelector('#newer-note')") is None
    assert page.complaints() == []
    forget(page, old)


def test_what_was_reused_is_not_said_of_another_length(page: Page, csv_file: Path, tmp_path: Path) -> None:
    file = nobody_elses(csv_file, tmp_path / "twice.csv")
    for _ in range(2):
        page.open()
        page.choose(file)
        page.until("location.pathname.startsWith('/explore/')")
        page.drawn()
        filled(page)
    page.until("document.querySelector('.read-line').innerText.includes('taken from an earlier upload.')")
    page.driver.execute_script("document.querySelector('#read-strip [data-length=\"24\"]').click()")
    page.until("document.querySelector('#read-strip [data-length=\"\"]')")
    page.drawn()
    assert "earlier upload" not in page.text(".read-line")
    forget(page, page.js("location.pathname"))
