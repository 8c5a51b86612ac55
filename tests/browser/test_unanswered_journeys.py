"""When the server does not answer, or computes nothing on its own: what the explore page says, and what it asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Page
from tests.browser.test_journeys import opened
from tests.browser.test_status_journeys import SAID, choose, computed
from tests.serving import Server

# Counts what the page asks of the callbacks, by what they change; those named in `lost` fail as without a network.
WATCH = """
window.asked = {}; window.lost = ''; const f = window.fetch;
window.fetch = (...a) => {
  const output = String(a[0]).includes('_dash-update') ? JSON.parse(a[1].body).output : '';
  window.asked[output] = (window.asked[output] || 0) + 1;
  return window.lost && output.includes(window.lost) ? Promise.reject(new TypeError('lost')) : f(...a);
};
"""
TICKS = "(asked['..fill.children...tick.disabled...fill-seen.data..'] || 0)"


def test_a_recalculation_that_gets_no_answer_says_so_and_is_tried_again(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    page.driver.execute_script(WATCH + "window.lost = 'recalculated'")
    choose(page, "picture")
    page.until(f"{SAID} === 'The server did not answer. Try again'")
    page.driver.execute_script("window.lost = ''")
    page.find("#recalculate-said button").click()
    page.until(f"{SAID} === 'Computing 49 moments anew.'")
    computed(page)


def test_a_picture_that_cannot_be_had_is_said_and_tried_again(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    page.driver.execute_script(
        WATCH + "window.fetch = (real => (...a) => String(a[1]?.body).includes('forecast.figure') && window.lost"
        " ? Promise.resolve(new Response('', {status: 500})) : real(...a))(window.fetch); window.lost = 'nothing else'"
    )
    page.find("body").send_keys(Keys.ARROW_LEFT)
    page.until(
        "document.querySelector('#pending-note').innerText === 'The server could not draw this moment. Try again'"
    )
    page.driver.execute_script("window.lost = ''")
    page.find("#pending-note button").click()
    page.until("document.querySelector('#forecast').dataset.state === 'ready'")
    assert page.drawn(-13) == -13
    page.until("document.querySelector('#pending-note').hidden")


def test_a_picture_whose_request_was_lost_is_asked_for_again(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    page.driver.execute_script(WATCH + "window.lost = 'forecast.figure'")
    page.find("body").send_keys(Keys.ARROW_LEFT)
    page.until("Object.keys(asked).some((output) => output.includes('forecast.figure'))")
    page.driver.execute_script(
        "window.lost = ''; const n = performance.now.bind(performance); performance.now = () => n() + 30000"
    )
    page.drawn(-13)


def test_a_file_that_cannot_be_forgotten_is_still_shown(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    page.driver.execute_script(
        "const f = window.fetch; window.fetch = (...a) =>"
        " a[1]?.method === 'DELETE' ? Promise.reject(new TypeError('lost')) : f(...a)"
    )
    page.find("#forget").click()
    page.find("#forget-yes").click()
    page.until(f"{SAID} === 'This file could not be forgotten right now.'")
    page.find("body").send_keys(Keys.ARROW_LEFT)
    page.drawn(-13)


def test_the_progress_line_asks_only_while_there_is_something_to_tell(
    open_browser: Callable[..., Page], csv_file: Path, tmp_path: Path
) -> None:
    with Server(tmp_path / "cache", HINDCAST_BACKGROUND="0", HINDCAST_MODEL="seasonal-naive") as quiet:
        page = open_browser()
        page.address = quiet.url
        opened(page, csv_file)
        page.until("window.hindcast.gate.facts.paused")
        page.driver.execute_script(WATCH + "window.since = performance.now()")
        page.until("performance.now() > since + 4000")
        assert page.js(TICKS) == 0
        page.find("body").send_keys(Keys.ARROW_LEFT)
        page.drawn(-13)
        page.until(f"{TICKS} === 1 && window.hindcast.gate.facts.paused")
        choose(page, "file")
        page.until(f"{SAID}.includes('when somebody looks')")
        page.until(f"{TICKS} >= 2 && window.hindcast.gate.facts.paused")
