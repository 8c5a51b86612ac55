"""The hand on the chart: dragging, the wheel, swipes, and the step that is pointed at or pinned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

from tests.browser.conftest import PHONE, Page
from tests.browser.test_journeys import opened

pytestmark = pytest.mark.timeout(180)
CARD = "document.querySelector('#step-card')"


def go(page: Page, index: int) -> None:
    page.driver.execute_script(f"hindcast.move({index})")
    page.drawn(index)


def place(page: Page, step: float) -> tuple[int, int]:
    """Where on the screen the middle of the chart's height is, at a step from the moment."""
    x, y = page.js(
        f"(() => {{ const box = document.querySelector('#forecast').getBoundingClientRect(), a = hindcast.axes();"
        f" return [box.left + a.x({step}), box.top + a.top + a.height / 2] }})()"
    )
    return round(x), round(y)


def mouse(page: Page, x: float, y: float) -> ActionChains:
    """The pointer at a place on the screen."""
    chain = ActionChains(page.driver, duration=50)
    chain.w3c_actions.pointer_action.move_to_location(round(x), round(y))
    return chain


def swipe(page: Page, start: tuple[int, int], *moves: tuple[int, int]) -> None:
    """A finger goes down at a place, along some moves, and up."""
    touch = PointerInput("touch", "finger")
    hand = ActionBuilder(page.driver, mouse=touch)
    x, y = start
    touch.create_pointer_move(x=x, y=y, duration=0)
    touch.create_pointer_down(button=0)
    for across, down in moves:
        x, y = x + across, y + down
        touch.create_pointer_move(x=x, y=y, duration=30)
    touch.create_pointer_up(button=0)
    hand.perform()


def test_dragging_the_chart_moves_the_data_like_paper(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    go(page, -600)
    width = page.js("hindcast.axes().x(1) - hindcast.axes().x(0)")
    start = place(page, -20)
    mouse(page, *start).click_and_hold().perform()
    for steps in (1, 7, 30, -4):
        mouse(page, start[0] + round(steps * width), start[1]).perform()
        page.until(f"hindcast.gate.hand === {-600 - steps}")
        assert page.js("document.querySelector('.chart').classList.contains('dragging')")
    mouse(page, start[0] + round(3 * width), start[1] + 400).release().perform()
    assert page.drawn() == -603
    assert not page.js("document.querySelector('.chart').classList.contains('dragging')")
    go(page, -3)
    mouse(page, *start).click_and_hold().perform()
    mouse(page, start[0] - round(30 * width), start[1]).release().perform()
    assert page.drawn(0) == 0
    assert page.text("#step-card").startswith("Point at a step")
    assert page.complaints() == []


def test_nothing_is_pointed_at_while_the_chart_is_dragged(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    go(page, -600)
    x, y = place(page, 5)
    mouse(page, x, y).perform()
    page.until(f"{CARD}.innerText.includes('5 steps ahead')")
    assert page.js("document.querySelector('#pointed').hidden") is False
    mouse(page, x, y).click_and_hold().perform()
    mouse(page, x + 30, y).perform()
    page.until(f"{CARD}.innerText.startsWith('Point at') && document.querySelector('#pointed').hidden")
    mouse(page, x + 60, y).release().perform()
    page.drawn()
    mouse(page, x, y + 5).perform()
    page.until(f"{CARD}.innerText.includes('5 steps ahead')")
    mouse(page, x, 30).perform()
    page.until(f"{CARD}.innerText.startsWith('Point at') && document.querySelector('#pointed').hidden")


def test_a_notch_of_the_wheel_is_one_step(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    go(page, -600)
    chart = page.find("#forecast")
    wheel = "document.querySelector('#forecast').dispatchEvent(new WheelEvent('wheel', {{bubbles: true, {}}}))"

    def roll(delta: str) -> None:
        page.driver.execute_script(wheel.format(delta))

    for delta, index in (("deltaY: 100", -599), ("deltaY: -120", -600), ("deltaY: 3, deltaMode: 1", -599)):
        roll(delta)
        assert page.js("hindcast.gate.hand") == index, delta
    for _ in range(20):
        roll("deltaX: -10, deltaY: 2")
    assert page.js("hindcast.gate.hand") == -601
    before = page.drawn()
    ActionChains(page.driver).scroll_from_origin(ScrollOrigin.from_element(chart), 0, 100).perform()
    page.drawn(before + 1)
    assert page.js("window.scrollY") == 0
    assert page.complaints() == []


def test_a_swipe_across_scrubs_one_down_scrolls_and_a_tap_pins(
    open_browser: Callable[..., Page], csv_file: Path
) -> None:
    page = open_browser(PHONE)
    page.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    opened(page, csv_file)
    go(page, -600)
    width = page.js("hindcast.axes().x(1) - hindcast.axes().x(0)")
    start = place(page, -10)
    swipe(page, start, (10, 0), *[(round(width), 0)] * 5)
    assert page.drawn() in (-605, -606)
    before = page.drawn()
    swipe(page, start, (2, -20), (3, -40), (40, -60))
    page.until("window.scrollY > 0")
    assert page.drawn() == before
    page.driver.execute_script("window.scrollTo(0, 0)")
    page.until("window.scrollY === 0")
    swipe(page, place(page, 4))
    page.until(f"{CARD}.classList.contains('pinned') && {CARD}.innerText.includes('4 steps ahead')")
    assert page.drawn() == before
    assert page.complaints() == []
