"""The hand on the chart: dragging, the wheel, swipes, the step that is pointed at or pinned, and lines across it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import PHONE, Page
from tests.browser.test_journeys import opened
from tests.browser.test_status_journeys import computed

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
    page.until("(window.scrollTo(0, 0), window.scrollY === 0)")  # a fling may still be under way
    swipe(page, place(page, 4))
    page.until(f"{CARD}.classList.contains('pinned') && {CARD}.innerText.includes('4 steps ahead')")
    assert page.drawn() == before
    assert page.complaints() == []


def pin(page: Page, step: int) -> None:
    mouse(page, *place(page, step)).click().perform()
    page.until(f"hindcast.stepCard.pinned === {step - 1}")


def test_a_pinned_step_is_a_live_read_out_with_ten_dots(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    go(page, -600)
    page.until("[...Array(30).keys()].every((k) => hindcast.frames.state(-600 - k) === 'done')")
    pin(page, 4)
    page.until(f"/^\\d\\d:00, 4 steps ahead. Median [\\d.]+ kW. 5 of 10 between .* Happened: /.test({CARD}.innerText)")
    assert page.js("document.querySelectorAll('#dots .dot').length") == 10
    assert page.js("document.querySelectorAll('#dots .dots-truth').length") == 1
    shown = page.js(
        "new Promise((go) => { const seen = []; const look = () => {"
        f" seen.push([hindcast.gate.hand, {CARD}.innerText.slice(0, 5)]);"
        " if (seen.length === 20) return go(seen); hindcast.move(hindcast.gate.hand - 1);"
        " requestAnimationFrame(() => requestAnimationFrame(look)) }; look() })"
    )
    hours = [int(clock[:2]) for _, clock in shown]
    assert all((before - after) % 24 == 1 for before, after in pairwise(hours))
    page.drawn(-619)
    assert page.js("hindcast.stepCard.pinned") == 3
    go(page, 0)
    page.until(f"!{CARD}.innerText.includes('Happened') && {CARD}.innerText.includes('4 steps ahead')")
    mouse(page, 5, 5).perform()
    page.find("body").send_keys(Keys.ESCAPE)
    page.until(f"{CARD}.innerText.startsWith('Point at') && !document.querySelector('.dot')")
    assert page.complaints() == []


def test_a_line_counts_the_samples_beyond_it_and_is_kept(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    go(page, -600)
    page.find("#line-add").click()
    handle = page.find("[data-line]")
    box = handle.rect
    drag = mouse(page, box["x"] + 10, box["y"] + 10).click_and_hold()
    drag.w3c_actions.pointer_action.move_to_location(round(box["x"] + 10), round(box["y"] + 60))
    drag.release().perform()
    line = page.js("hindcast.thresholds.lines[0]")
    pin(page, 6)
    step = page.js("hindcast.stepCard.step(5)")
    beyond = sum(sample > line for sample in step["samples"])
    counted = f"{beyond} of 10 above {line:.1f}"
    page.until(f"document.querySelector('#line-counts').innerText.startsWith('{counted} at ')")
    page.until(f"{CARD}.innerText.endsWith('{counted} (your line).')")
    assert page.drawn() == -600, "the chart is not dragged by a line's handle"
    page.find("body").send_keys("t", Keys.ARROW_DOWN)
    page.until(f"hindcast.thresholds.lines[0] < {line}")
    lower = page.js("hindcast.thresholds.lines[0]")
    page.until(f"location.search === '?i=-600&line={lower:g}'")
    page.driver.refresh()
    page.drawn(-600)
    page.until(f"document.querySelector('[data-line]').innerText === '{lower:.1f}'")
    page.open(f"{page.js('location.pathname')}?i=-40")
    page.drawn(-40)
    assert page.js("hindcast.thresholds.lines") == [lower], "remembered for this file in this browser"
    page.find("#line-add").click()
    page.until("hindcast.thresholds.lines.length === 2 && document.querySelector('#line-add').hidden")
    assert " below " in page.text("#line-counts > :first-child")
    for _ in range(2):
        page.find("[data-line-away]").click()
    page.until("location.search === '?i=-40' && !document.querySelector('[data-line]')")
    page.driver.refresh()
    page.drawn(-40)
    assert page.js("hindcast.thresholds.lines") == []
    assert page.complaints() == []


def test_a_link_to_no_line_has_none(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    path = page.js("location.pathname")
    for wrong in ("line=", "line=a,b", "line=1e999", "line=1,2,3", "line=NaN"):
        page.open(f"{path}?i=-40&{wrong}")
        page.drawn(-40)
        assert page.js("hindcast.thresholds.lines") == [], wrong
    assert page.complaints() == []


def test_glucose_has_its_lines_at_once(page: Page, tmp_path: Path) -> None:
    rows = [f"2024-01-{1 + k // 24:02}T{k % 24:02}:00,{110 + 60 * (k % 24 > 12)}" for k in range(300)]
    file = tmp_path / "sensor.csv"
    file.write_text("time,Glucose (mg/dL)\n" + "\n".join(rows) + "\n")
    opened(page, file)
    page.until("location.search.endsWith('&line=70,180')")
    assert page.js("[...document.querySelectorAll('[data-line]')].map((node) => node.innerText)") == ["70", "180"]
    page.until("/ below 70 at .* above 180 at /s.test(document.querySelector('#line-counts').innerText)")
    assert page.complaints() == []
