"""The rail: what its strip shows, and where presses, drags and clicks on it lead."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from tests.browser.conftest import PHONE, Page

LENGTH = 2_200  # of the file
TRACK = "document.querySelector('#track')"


def opened(page: Page, csv_file: Path) -> dict[str, Any]:
    """A file has been read and computed to its end; its rail."""
    page.show(csv_file)
    page.until("hindcast.rail.data?.counts.done === hindcast.rail.data?.counts.total", timeout=120)
    found: dict[str, Any] = page.js("hindcast.rail.data")
    return found


def pixels(page: Page, x: float, canvas: str = "strip") -> list[list[int]]:
    """Colours of a column of a canvas, from its top, in css px from its left edge."""
    column: list[list[int]] = page.js(
        f"(() => {{ const c = document.getElementById({canvas!r}); const copy = new OffscreenCanvas(1, c.height);"
        " const brush = copy.getContext('2d', {willReadFrequently: true});"
        f" brush.drawImage(c, -Math.floor({x} * c.width / c.clientWidth), 0);"
        " const d = brush.getImageData(0, 0, 1, c.height).data;"
        " return Array.from({length: c.height}, (_, k) => [...d.slice(4 * k, 4 * k + 4)]) })()"
    )
    return column


def at(page: Page, x: float, y: int = 30) -> ActionChains:
    """The pointer at css px of the track."""
    box = page.js(f"(() => {{ const r = {TRACK}.getBoundingClientRect(); return [r.left, r.top] }})()")
    chain = ActionChains(page.driver, duration=50)
    chain.w3c_actions.pointer_action.move_to_location(round(box[0] + x), round(box[1] + y))
    return chain


def test_the_strip_shows_how_every_moment_did(page: Page, csv_file: Path) -> None:
    data = opened(page, csv_file)
    assert data["counts"]["points"] == LENGTH
    assert len(data["surprises"]) > 5
    edge = page.js("hindcast.rail.EDGE")
    plain = next(
        index
        for index in range(-1_000, -20)
        if page.js(f"hindcast.rail.column({index})")["miss"]
        and all(abs(index - peak["index"]) > 20 for peak in data["surprises"])
    )
    column = pixels(page, page.js(f"hindcast.rail.x({plain})") - edge)
    miss = page.js(f"hindcast.rail.column({plain}).miss")
    colour = page.js(f"hindcast.strip.colour({miss})")
    assert [f"#{r:02x}{g:02x}{b:02x}" for r, g, b, _ in column[4:]] == [colour] * 13
    assert column[0][3] == 0
    peak = data["surprises"][0]["index"]
    assert pixels(page, page.js(f"hindcast.rail.x({peak})") - edge)[0][3] == 255
    in_the_gap = pixels(page, page.js("hindcast.rail.x(-1180)") - edge)
    assert {alpha for *_, alpha in in_the_gap[4:]} != {255}
    assert page.js("hindcast.rail.column(-1180).unusable") == 100
    assert page.complaints() == []


def test_large_misses_stand_out_in_either_theme(open_browser: Callable[..., Page], csv_file: Path) -> None:
    page = open_browser(dark=True)
    opened(page, csv_file)
    assert page.js("[0, .15, .3, .5, .8, 1.2, 2].map(hindcast.strip.colour)") == page.js(
        "(() => { document.documentElement.dataset.mantineColorScheme = 'light';"
        " return [2, 1.2, .8, .5, .3, .15, 0].map(hindcast.strip.colour) })()"
    )


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_key_of_the_strip_has_its_colours(open_browser: Callable[..., Page], csv_file: Path, dark: bool) -> None:
    page = open_browser(dark=dark)
    opened(page, csv_file)
    cells = "[...document.querySelectorAll('.strip-key [data-miss]')]"
    shown = page.js(f"{cells}.map((e) => getComputedStyle(e).backgroundColor)")
    classes = [page.js(f"hindcast.strip.colour({miss})") for miss in (0.1, 0.2, 0.4, 0.6, 1, 1.5, 9)]
    assert shown == [f"rgb({', '.join(str(int(name[k : k + 2], 16)) for k in (1, 3, 5))})" for name in classes]
    assert len(set(shown)) == 7
    for words in ("missed by little", "by a lot", "no forecast", "not computed yet", "nothing to score yet"):
        assert words in page.text(".strip-key")


def test_a_press_jumps_and_drags_on_in_one_gesture(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    at(page, 300).click_and_hold().perform()
    page.until(f"hindcast.gate.hand === hindcast.rail.index(300) && {TRACK}.classList.contains('dragging')")
    there = page.js("hindcast.rail.index(300)")
    assert page.text("#rail-tip") == page.js(f"hindcast.clock(hindcast.gate.facts.clock, {there})")
    at(page, 640).perform()
    page.until("hindcast.gate.hand === hindcast.rail.index(640)")
    assert abs(page.js("document.querySelector('#scrub [role=slider]').getBoundingClientRect().left")
               - page.js(f"{TRACK}.getBoundingClientRect().left") - 632) <= 2  # fmt: skip
    at(page, 1_150, -90).release().perform()
    assert page.drawn(0) == 0
    assert page.js(f"{TRACK}.classList.contains('dragging')") is False
    assert page.js("document.querySelector('#rail-tip').hidden")
    assert page.complaints() == []


def test_a_click_goes_to_the_middle_of_its_pixel_or_to_a_surprise_beside_it(page: Page, csv_file: Path) -> None:
    data = opened(page, csv_file)
    ticks = [page.js(f"hindcast.rail.x({peak['index']})") for peak in data["surprises"]]
    far = next(x for x in range(30, 900) if min(abs(x - tick) for tick in ticks) > 12)
    at(page, far).click().perform()
    points = LENGTH / page.js("hindcast.rail.width()")
    middle = int((far - 8 + 0.5) * points) + 1 - LENGTH
    assert page.drawn() == middle
    peak, tick = next(
        (peak["index"], x)
        for peak, x in zip(data["surprises"], ticks, strict=True)
        if sum(abs(x - other) < 20 for other in ticks) == 1
    )
    at(page, tick + 4).click().perform()
    assert page.drawn(peak) == peak
    at(page, tick + 40).click_and_hold().perform()
    at(page, tick + 20).perform()
    at(page, tick + 4).release().perform()
    assert page.drawn() == page.js(f"hindcast.rail.index({round(tick + 4)})") != peak
    assert page.complaints() == []


def test_a_thumb_that_is_taken_beside_its_middle_does_not_jump(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    page.driver.execute_script("hindcast.move(-1500)")
    page.drawn(-1500)
    thumb = page.js("hindcast.rail.x(-1500)")
    at(page, thumb + 5).click_and_hold().release().perform()
    assert page.drawn() == -1500 or page.drawn() in {peak["index"] for peak in page.js("hindcast.rail.data.surprises")}
    page.driver.execute_script("hindcast.move(-1500)")
    page.drawn(-1500)
    at(page, thumb + 5).click_and_hold().perform()
    at(page, thumb + 105).release().perform()
    assert abs(page.drawn() - page.js(f"hindcast.rail.index({thumb + 100})")) <= 2 * LENGTH / 1000 + 1


def test_the_strip_says_what_is_under_the_pointer(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    page.driver.execute_script("hindcast.move(-700)")
    page.drawn(-700)
    strip = page.js("document.querySelector('#strip').offsetTop + 8")
    at(page, page.js("hindcast.rail.x(-300)"), strip).perform()
    page.until("!document.querySelector('#rail-tip').hidden")
    words = page.text("#rail-tip")
    assert ": missed by " in words
    assert " kW, " in words
    assert words.endswith("\u00d7 the usual difference to the same time yesterday")
    at(page, page.js("hindcast.rail.x(-1180)"), strip).perform()
    page.wait(lambda: page.text("#rail-tip").endswith("no forecast from here"), "the gap has a name")
    at(page, page.js("hindcast.rail.x(0)"), strip).perform()
    page.wait(lambda: "what happened is not known" in page.text("#rail-tip"), "the end has no score")
    for change, words in (("done", "not computed yet"), ("failed", "the model could not compute this")):
        sides = itertools.cycle((0, 1))

        def told(change: str = change, words: str = words, sides: Iterator[int] = sides) -> bool:
            page.driver.execute_script(  # once more: an answer of the server may have come in between
                "const { data } = hindcast.rail; const k = Math.floor(((-300 - data.first) * data.miss.length) / 2200);"
                f"data.miss.fill(null, k - 3, k + 3); data.done.fill(0, k - 3, k + 3);"
                f"data.failed.fill(Number({change!r} === 'failed'), k - 3, k + 3)"
            )
            at(page, page.js("hindcast.rail.x(-300)") + next(sides), strip).perform()
            return page.text("#rail-tip").endswith(words)

        page.wait(told, words)
    at(page, 300, -40).perform()
    page.until("document.querySelector('#rail-tip').hidden")
    assert page.complaints() == []


def test_the_strip_fits_whatever_width_there_is(open_browser: Callable[..., Page], csv_file: Path) -> None:
    page = open_browser(PHONE)
    data = opened(page, csv_file)
    assert len(data["miss"]) == page.js("hindcast.rail.width()") == page.js("document.querySelector('#strip').width")
    wide = {"width": 844, "height": 1100, "deviceScaleFactor": 2, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", wide)
    page.until("hindcast.rail.data.miss.length > 400")
    page.until("document.querySelector('#strip').width === 2 * hindcast.rail.width()")
    assert page.complaints() == []


def test_the_rail_is_asked_for_again_every_two_seconds_at_most_and_not_while_hidden(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    page.driver.execute_script(
        "window.asked = []; const send = window.fetch; window.fetch = (...what) => {"
        " if (String(what[0]).includes('/rail?')) asked.push(performance.now()); return send(...what) };"
        "window.computed = 0; window.told = setInterval(() => dash_clientside.rail.filled({done: computed++}), 20)"
    )
    page.until("asked.length === 3", timeout=10)
    gaps: list[float] = page.js("[asked[1] - asked[0], asked[2] - asked[1]]")
    assert all(gap > 1_900 for gap in gaps)
    page.driver.execute_script("Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})")
    page.until("window.rest = computed + 150")  # told so often: what was on its way has come
    page.until("computed > rest")
    before = page.js("asked.length")
    page.until("computed > rest + 150")
    assert page.js("asked.length") == before
    page.driver.execute_script("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    page.until(f"asked.length > {before}")
