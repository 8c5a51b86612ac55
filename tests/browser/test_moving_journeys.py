"""Ways to move: steps, surprises, play, keys, and what stays inside a selected stretch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import PHONE, Page
from tests.browser.test_rail_journeys import LENGTH, at, opened

BEFORE_THE_GAP, AFTER_THE_GAP = -1197, -1159  # moments with a forecast on either side of the file's gap


def press(page: Page, *keys: str) -> None:
    page.find("body").send_keys(*keys)


def go(page: Page, index: int) -> None:
    page.driver.execute_script(f"hindcast.move({index})")
    page.drawn(index)


def surprises(page: Page) -> list[int]:
    return [peak["index"] for peak in page.js("hindcast.rail.data.surprises")]


def says(page: Page, words: str) -> None:
    page.wait(lambda: words in page.text("#moves-said"), f"the page says {words!r}")


def select(page: Page, first: int, last: int) -> list[int]:
    """Shift and a drag over the rail; what is selected then."""
    ends = [page.js(f"hindcast.rail.x({index})") for index in (first, last)]
    ActionChains(page.driver).key_down(Keys.SHIFT).perform()
    at(page, ends[0]).click_and_hold().perform()
    at(page, ends[1]).release().perform()
    ActionChains(page.driver).key_up(Keys.SHIFT).perform()
    page.until("document.querySelector('#selection-said').innerText.includes('on average')")
    found: list[int] = page.js("hindcast.selection.range")
    return found


def test_n_and_p_walk_from_surprise_to_surprise(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    known = surprises(page)
    press(page, "n")  # the page opens near the end, where none is later: on from the start
    assert page.drawn(known[0]) == known[0]
    says(page, f"Surprise 1 of {len(known)}, missed by")
    page.until(f"location.search === '?i={known[0]}'")
    press(page, "n")
    page.drawn(known[1])
    press(page, "p", "p")
    page.drawn(known[-1])
    page.find("[data-surprise='-1']").click()
    page.drawn(known[-2])
    page.find("[data-surprise='1']").click()
    page.drawn(known[-1])
    says(page, f"Surprise {len(known)} of {len(known)}")
    assert page.complaints() == []


def test_back_returns_to_the_moment_before_a_jump(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    page.driver.execute_script("document.querySelector('#forecast').same = true")
    go(page, -600)
    at(page, 200).click().perform()
    clicked = page.drawn()
    press(page, "n")
    surprise = page.drawn()
    press(page, Keys.ARROW_LEFT)
    page.drawn(surprise - 1)
    page.until(f"location.search === '?i={surprise - 1}'")
    for index in (clicked, -600):
        page.driver.back()
        page.drawn(index)
    page.driver.forward()
    page.drawn(clicked)
    assert page.js("document.querySelector('#forecast').same")
    page.find(".home-link").click()
    page.until("document.querySelector('.recent')")
    page.driver.back()
    page.drawn(clicked)
    assert page.complaints() == []


def test_one_press_crosses_a_stretch_without_forecasts(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    go(page, BEFORE_THE_GAP)
    press(page, Keys.ARROW_RIGHT)
    page.drawn(AFTER_THE_GAP)
    says(page, "37 moments without a forecast")
    page.find("[data-by='-1']").click()
    page.drawn(BEFORE_THE_GAP)
    press(page, Keys.SHIFT + Keys.ARROW_RIGHT)
    page.drawn(AFTER_THE_GAP)
    go(page, -1180)
    press(page, Keys.ARROW_LEFT)
    page.drawn(BEFORE_THE_GAP)
    assert page.complaints() == []


def test_the_ends_are_hard_stops_that_say_so(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    press(page, Keys.END)
    page.drawn(0)
    press(page, Keys.ARROW_RIGHT)
    says(page, "Last moment of the file")
    assert page.drawn() == 0
    press(page, Keys.HOME, Keys.PAGE_DOWN)
    says(page, "First moment of the file")
    assert page.drawn() == 1 - LENGTH
    assert page.complaints() == []


def test_digits_go_to_tenths_of_the_file_unless_single_keys_are_off(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    press(page, "3")
    page.drawn(round(0.3 * (LENGTH - 1)) + 1 - LENGTH)
    press(page, "0")
    page.drawn(0)
    press(page, "?")
    page.until("document.querySelector('#keys').open")
    assert "a day later, earlier" in page.text("#keys")
    page.find("#keys-switch").click()
    assert page.text("#keys-switch") == "Single-key shortcuts: off"
    ActionChains(page.driver).send_keys(Keys.ESCAPE).perform()
    page.until("!document.querySelector('#keys').open")
    press(page, "3", "n", "?")
    press(page, Keys.ARROW_LEFT)
    page.drawn(-1)
    page.until("location.search === '?i=-1'")
    page.driver.refresh()
    page.drawn(-1)
    press(page, "3", Keys.ARROW_LEFT)
    page.drawn(-2)
    page.find("#keys-open").click()
    page.find("#keys-switch").click()
    assert page.text("#keys-switch") == "Single-key shortcuts: on"
    page.find("#keys-close").click()
    press(page, "0")
    page.drawn(0)
    assert page.complaints() == []


def test_play_keeps_its_pace_and_skips_nothing(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    go(page, BEFORE_THE_GAP - 30)
    page.driver.execute_script(
        "window.seen = [];"
        "new MutationObserver(() => { const i = Number(document.querySelector('#forecast').dataset.index);"
        " if (i !== seen.at(-1)) seen.push(i) }).observe(document.querySelector('#forecast'), {attributes: true});"
    )
    press(page, ".")
    says(page, "30 moments per second")
    assert page.js("document.querySelector('#pace').value") == "30"
    press(page, Keys.SPACE)
    page.until(f"seen.at(-1) >= {AFTER_THE_GAP + 5}")
    assert page.js("document.querySelector('#play').title") == "Pause (space)"
    ActionChains(page.driver).move_to_element(page.find("#heading")).click().perform()
    page.until("document.querySelector('#play').ariaPressed === 'false'")
    walked = page.js("seen")
    there = [*range(BEFORE_THE_GAP - 29, BEFORE_THE_GAP + 1), *range(AFTER_THE_GAP, walked[-1] + 1)]
    assert walked[-len(there) :] == there
    press(page, ",", ",", ",")
    says(page, "4 moments per second")
    go(page, -2)
    press(page, Keys.SPACE)
    page.drawn(0)
    page.until("document.querySelector('#play').title === 'Play again (space)'")
    page.find("#play").click()
    page.until("hindcast.gate.hand < -190 && document.querySelector('#play').ariaPressed === 'true'")
    press(page, Keys.ARROW_LEFT)
    page.until("document.querySelector('#play').ariaPressed === 'false'")
    assert page.complaints() == []


def test_play_waits_for_a_forecast_but_not_for_ever(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    go(page, -100)
    page.driver.execute_script(
        "Object.defineProperty(hindcast.gate, 'drawn', {configurable: true, get: () => -100, set: () => {}})"
    )
    press(page, Keys.SPACE)
    says(page, "Waiting for forecasts")
    assert page.js("hindcast.gate.hand") == -99
    assert page.js("document.querySelector('#play').ariaPressed") == "false"
    assert page.complaints() == []


def test_who_wants_no_motion_gets_a_moment_per_second(page: Page, csv_file: Path) -> None:
    calm = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": calm})
    opened(page, csv_file)
    go(page, -100)
    page.driver.execute_script(
        "window.steps = []; hindcast.gate.onmove(() => { if (hindcast.gate.hand !== steps.at(-1)?.[0])"
        " steps.push([hindcast.gate.hand, performance.now()]) })"
    )
    press(page, Keys.SPACE)
    page.until("hindcast.gate.hand >= -97")
    press(page, Keys.SPACE)
    steps: list[Any] = page.js("steps")
    assert steps[-1][1] - steps[-3][1] > 1_500


def test_a_selected_stretch_keeps_surprises_and_play_inside(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    first, last = select(page, -1100, -400)
    assert abs(first + 1100) < 5
    assert abs(last + 400) < 5
    says_it = page.text("#selection-said")
    assert says_it.startswith(f"{last - first + 1} moments, missed by ")
    assert says_it.endswith(" kW on average")
    page.until(f"location.search.endsWith('&sel={first},{last}')")
    inside = [index for index in surprises(page) if first <= index <= last]
    assert 0 < len(inside) < len(surprises(page))
    for key, index in (("n", inside[0]), ("n", inside[1]), ("p", inside[0]), ("p", inside[-1])):
        press(page, key)
        page.drawn(index)
    go(page, last - 3)
    press(page, Keys.SPACE)
    page.drawn(last)
    page.until("document.querySelector('#play').title === 'Play again (space)'")
    page.until(f"location.search === '?i={last}&sel={first},{last}'")
    page.driver.refresh()
    page.drawn(last)
    assert page.js("hindcast.selection.range") == [first, last]
    page.until("!document.querySelector('#bracket').hidden")
    page.until("document.querySelector('[data-length=\"24\"]')")
    page.driver.execute_script("document.querySelector('[data-length=\"24\"]').click()")
    page.until(f"location.search === '?i={last}&h=24&sel={first},{last}'")
    page.drawn(last)
    press(page, Keys.ESCAPE)
    page.until("document.querySelector('#bracket').hidden && !location.search.includes('sel')")
    assert page.complaints() == []


def test_a_finger_that_rests_on_the_rail_selects_a_stretch(open_browser: Callable[..., Page], csv_file: Path) -> None:
    page = open_browser(PHONE)
    opened(page, csv_file)
    page.driver.execute_script("document.querySelector('#track').scrollIntoView({ block: 'center' })")
    left, top, middle = page.js(
        "(() => { const { left, top, height } = document.querySelector('#track').getBoundingClientRect();"
        " return [Math.round(left), Math.round(top), Math.round(height / 2)] })()"
    )
    touch = PointerInput("touch", "finger")
    finger = ActionBuilder(page.driver, mouse=touch)
    touch.create_pointer_move(x=left + 100, y=top + middle, duration=0)
    touch.create_pointer_down(button=0)
    touch.create_pause(0.8)
    for x in (120, 150, 200):
        touch.create_pointer_move(x=left + x, y=top + middle, duration=30)
    touch.create_pointer_up(button=0)
    finger.perform()
    first, last = page.until("hindcast.selection.range")
    assert [first, last] == page.js("[100, 200].map(hindcast.rail.index)")
    page.until(f"location.search.endsWith('&sel={first},{last}')")
    page.find("#selection-clear").click()
    page.until("document.querySelector('#bracket').hidden")
    assert page.complaints() == []


def test_a_link_to_no_stretch_selects_none(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    path = page.js("location.pathname")
    for wrong in ("-5,-900", "-9000,-5", "5,9", "a,b", "-5", "-5.5,-1"):
        page.open(f"{path}?i=-40&sel={wrong}")
        page.drawn(-40)
        assert page.js("hindcast.selection.range") is None, wrong
    assert page.complaints() == []


def test_a_cell_of_the_ribbon_is_the_moment_under_it(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    go(page, -500)
    page.until("hindcast.frames.state(-520) === 'done'")
    press(page, Keys.ARROW_LEFT, Keys.ARROW_RIGHT)
    page.drawn(-500)
    where = page.js("hindcast.axes().x(-20)")
    ribbon = page.find("#ribbon")
    offset = round(where - ribbon.size["width"] / 2)
    ActionChains(page.driver).move_to_element_with_offset(ribbon, offset, 0).click().perform()
    assert page.drawn(-520) == -520
    assert page.complaints() == []


def test_a_phone_has_one_button_for_the_next_surprise(open_browser: Callable[..., Page], csv_file: Path) -> None:
    page = open_browser(PHONE)
    opened(page, csv_file)
    known = surprises(page)
    page.find(".surprises").click()
    page.drawn(known[0])
    says(page, f"Surprise 1 of {len(known)}")
    assert page.width_overflow() <= 0
    assert page.complaints() == []
