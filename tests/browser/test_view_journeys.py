"""The View menu: layers, history and axis, in the address; what is hidden until asked for; a forecast as a table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import PHONE, Page
from tests.browser.pixels import cut, differing, shot
from tests.browser.test_journeys import opened
from tests.browser.test_moving_journeys import go, press, says
from tests.browser.test_scrubbing import LOUD, MOST_LOUD, PAINTED
from tests.browser.test_status_journeys import computed
from tests.serving import Server

FAINT, FEWEST = 2, 50  # of 255; pixels of a layer
RANGE = "document.querySelector('#forecast .js-plotly-plot').layout"
TRACES = "document.querySelector('#forecast .js-plotly-plot').data"


# A part of the plot: between two heights and two places across it, in px of the picture.
PART = """((left, right, top, bottom) => {
  const box = document.querySelector(".chart").getBoundingClientRect();
  const [x, y] = [Math.round(box.left + scrollX + left), Math.round(box.top + scrollY + top)];
  return { x, y, width: Math.round(right - left), height: Math.round(bottom - top), scale: 1 };
})"""
AXES = "hindcast.axes()"
# Before the forecast and its ghosts, and from its first step to the names at its end.
PAST = f"{PART}({AXES}.left, {AXES}.x(-3), {AXES}.top, {AXES}.y({AXES}.low))"
FUTURE = f"{PART}({AXES}.x(0) + 3, {AXES}.left + {AXES}.width + 140, {AXES}.top, {AXES}.y({AXES}.low))"


def past_and_future(page: Page) -> list[str]:
    """The pixels of both."""
    return [cut(page, page.js(part)) for part in (PAST, FUTURE)]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_layer_is_where_it_belongs_painted_and_drawn(
    open_browser: Callable[..., Page], csv_file: Path, dark: bool
) -> None:
    page = open_browser(dark=dark)
    opened(page, csv_file)
    computed(page)
    go(page, -60)
    page.until("[...Array(4).keys()].every((k) => hindcast.frames.at(-60 - k))")
    past, future = past_and_future(page)
    for layer in ("shading", "baseline", "paths", "ghosts", "truth"):
        page.driver.execute_script(f"hindcast.look.toggle('{layer}')")
        page.drawn(-60)
        drawn = shot(page, ".chart")
        past_now, future_now = past_and_future(page)
        assert differing(page, past, past_now, FAINT)[0] == 0, layer
        assert differing(page, future, future_now, LOUD)[0] > FEWEST, layer
        assert page.js(PAINTED)
        off, _ = differing(page, drawn, shot(page, ".chart"), LOUD)
        assert off <= MOST_LOUD, layer
        page.driver.execute_script(f"hindcast.painter.hide(); hindcast.look.toggle('{layer}')")
        page.drawn(-60)
    assert differing(page, future, past_and_future(page)[1], FAINT)[0] == 0


def test_a_line_is_at_its_height_painted_and_drawn(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    go(page, -60)
    page.until("hindcast.frames.at(-60)")
    across = f"{AXES}.left, {AXES}.left + {AXES}.width"
    away, near = (
        page.js(f"{PART}({across}, {rows})") for rows in (f"{AXES}.top, {AXES}.y(47)", f"{AXES}.y(46), {AXES}.y(44)")
    )
    before = [cut(page, away), cut(page, near)]
    page.driver.execute_script("hindcast.look.lines = [45]; hindcast.look.changed(); hindcast.thresholds.show()")
    for painted in (False, True):
        assert not painted or page.js(PAINTED)
        after = [cut(page, away), cut(page, near)]
        assert differing(page, before[0], after[0], LOUD)[0] <= MOST_LOUD
        assert differing(page, before[1], after[1], LOUD)[0] > 300


def test_what_is_shown_is_chosen_in_the_menu_or_by_keys_and_kept_in_the_address(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    go(page, -600)
    usual = page.js(f"{TRACES}.length")
    span = page.js(f"{RANGE}.xaxis.range[0]")
    assert page.js("document.querySelector('#view-menu').open") is False
    page.find("#view-menu summary").click()
    page.find("[data-look='shading']").click()
    page.find("[data-look='paths']").click()
    page.until("location.search === '?i=-600&hide=shading&show=paths'")
    assert page.js("document.querySelector(\"[data-look='shading']\").ariaPressed") == "false"
    assert page.js("document.querySelector(\"[data-look='paths']\").ariaPressed") == "true"
    press(page, Keys.ESCAPE)
    page.until("!document.querySelector('#view-menu').open")
    press(page, "b", "g", "y", "+")
    page.until("location.search === '?i=-600&hide=shading,baseline&show=paths,ghosts&y=window&past=1'")
    page.drawn(-600)
    page.wait(lambda: page.js(f"{RANGE}.xaxis.range[0]") == 2 * (span + 0.5) - 0.5, "twice the history")
    high = page.js(f"{RANGE}.yaxis.range[1]")
    page.driver.refresh()
    page.drawn(-600)
    assert page.js(f"{TRACES}.length") == usual - 2 + 1 + 3
    assert page.js(f"{RANGE}.yaxis.range[1]") == high
    assert page.js("document.querySelector(\"[data-look='ghosts']\").ariaPressed") == "true"
    press(page, "n")
    there = page.drawn()
    assert there != -600
    page.driver.back()
    page.drawn(-600)
    assert page.js("location.search").endswith("&hide=shading,baseline&show=paths,ghosts&y=window&past=1")
    press(page, "d", "b", "g", "y", "-")
    page.until("location.search === '?i=-600&show=paths'")
    page.drawn(-600)
    assert page.complaints() == []


def test_a_recent_file_opens_as_it_was_left(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    go(page, -600)
    press(page, "d", "y")
    page.driver.execute_script("hindcast.selection.set(-700, -400)")
    left = "?i=-600&sel=-700,-400&hide=shading&y=window"
    page.until(f"location.search === '{left}'")
    page.find(".home-link").click()
    page.until("document.querySelector('.recent-link')")
    assert page.js("document.querySelector('.recent-link').getAttribute('href')").endswith(left)
    page.find(".recent-link").click()
    page.drawn(-600)
    assert page.js("location.search") == left
    assert page.js("[hindcast.look.shading, hindcast.look.window, hindcast.selection.range]") == [
        False,
        True,
        [-700, -400],
    ]
    press(page, "d", "y", Keys.ESCAPE)
    page.until("location.search === '?i=-600'")
    page.find(".home-link").click()
    page.until("document.querySelector('.recent-link')?.getAttribute('href').endsWith('?i=-600')")
    assert page.complaints() == []


def test_what_happened_is_hidden_until_it_is_asked_for(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    go(page, -600)
    press(page, "h")
    page.until("location.search === '?i=-600&hide=truth'")
    page.drawn(-600)
    page.until("document.querySelector('#missed').textContent === '' && document.querySelector('#reveal').offsetParent")
    hidden = "['#strip', '#ribbon'].every((id) => getComputedStyle(document.querySelector(id)).visibility === 'hidden')"
    assert page.js(hidden)
    assert "what happened" not in page.js(f"JSON.stringify({RANGE}.annotations)")
    spoken = "document.querySelector('#spoken').innerText"
    page.until(f"{spoken}.length && !{spoken}.includes('missed')")
    page.find("#reveal").click()
    page.until("document.querySelector('#missed').innerText.startsWith('It missed by')")
    page.drawn(-600)
    assert "what happened" in page.js(f"JSON.stringify({RANGE}.annotations)")
    press(page, Keys.ARROW_LEFT)
    page.until("document.documentElement.classList.contains('blind')")
    page.drawn(-601)
    assert page.js("document.querySelector('#missed').textContent") == ""
    press(page, "r")
    page.until("document.querySelector('#missed').innerText.startsWith('It missed by')")
    press(page, "h")
    page.until("location.search === '?i=-601'")
    page.drawn(-601)
    assert page.js("document.querySelector('#reveal').offsetParent") is None
    assert page.complaints() == []


def test_an_absurd_look_is_the_usual_one(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    path = page.js("location.pathname")
    for absurd in ("hide=all&show=none&y=7&past=40", "past=-1e9&y=window,file&show=&hide=,,"):
        page.open(f"{path}?i=-40&{absurd}")
        page.drawn(-40)
        page.until("location.search === '?i=-40'")
    assert page.complaints() == []


def test_a_forecast_is_copied_as_a_table(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    go(page, -600)
    page.until("hindcast.stepCard.step(0)")
    page.driver.execute_script(
        "document.querySelector('.chart').focus();"
        "document.addEventListener('copy', (event) => window.copied = event.clipboardData.getData('text/plain'))"
    )
    ActionChains(page.driver).key_down(Keys.CONTROL).send_keys("c").key_up(Keys.CONTROL).perform()
    says(page, "Copied this forecast as a table")
    rows = [row.split("\t") for row in page.js("copied").split("\n")]
    assert rows[0][0] == "time"
    assert rows[0][3] == "50 %"
    assert len(rows) == 13
    assert all(float(low) <= float(median) <= float(high) for _, low, _, median, _, high, _ in rows[1:])
    assert rows[1][0].endswith(":00")
    assert page.complaints() == []


def test_a_phone_has_the_menu_too(open_browser: Callable[..., Page], csv_file: Path) -> None:
    page = open_browser(PHONE)
    opened(page, csv_file)
    page.find("#view-menu summary").click()
    page.find("[data-look='truth']").click()
    page.until("document.querySelector('#reveal').offsetParent && location.search.endsWith('&hide=truth')")
    page.find("#heading").click()
    page.until("!document.querySelector('#view-menu').open")
    assert page.width_overflow() <= 0
    page.find("#reveal").click()
    page.until("document.querySelector('#missed').innerText !== ''")
    assert page.complaints() == []


def test_another_loaded_model_is_chosen_at_the_same_moment(page: Page, csv_file: Path, tmp_path: Path) -> None:
    with Server(tmp_path / "cache", HINDCAST_MODELS="theta") as two:
        page.address = two.url
        opened(page, csv_file)
        go(page, -600)
        page.find("#view-menu summary").click()
        page.find("[data-model='theta']").click()
        page.until("location.search === '?i=-600&model=theta'")
        page.drawn(-600)
        page.until("document.querySelector('#details')?.textContent.includes('theta')")
        assert page.js("document.querySelector(\"[data-model='theta']\").ariaPressed") == "true"
        assert page.complaints() == []
