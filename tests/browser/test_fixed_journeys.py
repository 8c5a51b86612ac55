"""What stays where it is while the data move: compared as pixels, far apart in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import DESK, PHONE, Page
from tests.browser.pixels import differing, shot
from tests.browser.test_first_load_journeys import SHIFTS
from tests.browser.test_journeys import opened
from tests.browser.test_status_journeys import computed

HERE, THERE = -500, -1000
ROUNDED = 2  # of 255: shadows, which the browser rounds differently from time to time
TABLET, WHOLE_PHONE = (900, 1300), (PHONE[0], 1500)
# All that may differ between two moments: data, the words about them, the hand on the rail.
DATA = (
    "#forecast .overplot, #forecast .annotation:not([data-index='0']), #ribbon, #scrub [role=slider],"
    " .heading time, #clock, #missed, #standing, #inside, #details, .moves-said"
)
# Where the words about them begin.
LINES = (
    "[...document.querySelectorAll('#missed, #standing, #inside, .numbers')].map((e) => e.getBoundingClientRect().top)"
)


def rested(page: Page, index: int) -> tuple[str, list[float]]:
    """The page at rest without its data, and the heights at which its sentences begin."""
    page.driver.execute_script(f"hindcast.move({index})")
    page.drawn(index)
    page.until("document.querySelector('#missed').textContent && document.querySelector('#inside').textContent")
    return shot(page, "body"), page.js(LINES)


@pytest.mark.parametrize("size", [DESK, TABLET, WHOLE_PHONE], ids=["desk", "tablet", "phone"])
def test_all_but_the_data_is_the_same_to_the_pixel(
    open_browser: Callable[..., Page], csv_file: Path, size: tuple[int, int]
) -> None:
    page = open_browser(size)
    opened(page, csv_file)
    computed(page)
    page.until("hindcast.rail.data?.counts.done === hindcast.rail.data?.counts.total")
    page.driver.execute_script(SHIFTS)
    page.driver.execute_script(
        "const style = document.createElement('style');"
        f"style.textContent = `:is({DATA}) {{ opacity: 0 !important }}`; document.head.append(style)"
    )
    here, lines = rested(page, HERE)
    there, lines_there = rested(page, THERE)
    off, ink = differing(page, here, there, ROUNDED)
    assert off == 0
    assert ink > 5_000
    assert lines_there == lines
    assert page.js("shifts") == []
