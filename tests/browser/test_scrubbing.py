"""The hand moves: what is painted is what will be drawn, it is painted at once, and what is late never lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import DESK, PHONE, Page
from tests.browser.pixels import differing, shot
from tests.browser.test_journeys import THUMB, opened
from tests.browser.test_status_journeys import computed
from tests.serving import Server

LOUD = 64  # of 255: pixels that differ by more are seen
MOST_LOUD = 60  # of a picture: edges of steep lines, which two programs smooth differently
DATA = "document.querySelector('#forecast').dataset"
# The picture under the hand, painted as it is while the hand moves.
PAINTED = (
    "(() => { const { gate, frames, painter } = hindcast, i = gate.hand; return painter.paint({ hand: i, index: i,"
    " forecast: frames.at(i), dashed: frames.state(i) === 'unusable' }) })()"
)
ALL_HERE = "[...Array(2000).keys()].every((k) => hindcast.frames.state(-k) !== 'unknown')"
# Holds back answers whose address matches `held`, until `release()`.
HOLD = """
window.held = null; window.waiting = []; window.real = window.fetch;
window.fetch = (...a) => window.held?.test(String(a[0]))
  ? new Promise((go) => waiting.push({ address: String(a[0]), go: () => go(window.real(...a)) })) : window.real(...a);
window.lone = () => waiting.filter(({ address }) => address.includes("/forecasts/"));
window.release = () => { window.held = null; waiting.splice(0).forEach(({ go }) => go()); };
"""


@pytest.fixture(scope="session")
def rough_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hourly readings with all that a picture can show: gaps, lone readings, points beyond the axis on both sides."""
    random = np.random.default_rng(3)
    values = 30 + 12 * np.sin(2 * np.pi * np.arange(1200) / 24) + random.normal(0, 1.5, 1200)
    values[700], values[760:763], values[800] = 400, (300, 320, 310), -300
    values[500:540] = np.nan
    values[900:960:2] = np.nan
    values[955:970] = np.nan
    values[956] = 25
    times = np.datetime64("2024-01-01T00:00", "m") + np.arange(1200) * np.timedelta64(60, "m")
    lines = [f"{t},{v:.1f}" for t, v in zip(times, values, strict=True) if not np.isnan(v)]
    path = tmp_path_factory.mktemp("rough") / "rough.csv"
    path.write_text("time,load\n" + "\n".join(lines) + "\n")
    return path


@pytest.fixture
def cold(open_browser: Callable[..., Page], csv_file: Path, tmp_path: Path) -> Iterator[Page]:
    """A file of which nothing is computed in the background."""
    with Server(tmp_path / "cache", HINDCAST_BACKGROUND="0") as quiet:
        page = open_browser()
        page.address = quiet.url
        opened(page, csv_file)
        page.until("hindcast.series.ready && hindcast.gate.facts.paused")
        yield page


@pytest.mark.parametrize(("size", "dark"), [(DESK, False), (DESK, True), (PHONE, False)], ids=["desk", "dark", "phone"])
def test_what_is_painted_is_what_is_drawn(
    open_browser: Callable[..., Page], rough_file: Path, size: tuple[int, int], dark: bool
) -> None:
    page = open_browser(size, dark=dark)
    opened(page, rough_file)
    computed(page)
    page.driver.execute_script("document.querySelector('#state-note').style.opacity = 0")
    plain, gap, lone, above, below, partly, last = -60, -690, -240, -497, -398, -5, 0
    for index in (plain, gap, lone, above, below, partly, last):
        page.driver.execute_script(f"hindcast.move({index})")
        page.drawn(index)
        page.until(f"!['unknown', 'missing'].includes(hindcast.frames.state({index}))")
        page.until("!document.querySelector('.chart').classList.contains('painting')")
        drawn = shot(page, ".chart")
        assert page.js(PAINTED)
        painted = shot(page, ".chart")
        page.driver.execute_script("hindcast.painter.hide()")
        off, ink = differing(page, drawn, painted, LOUD)
        assert ink > 1_000, index
        assert off <= MOST_LOUD, index


def test_the_hand_is_never_ahead_of_the_truth(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    page.until(ALL_HERE)
    seen = page.driver.execute_async_script(
        "const done = arguments[0], { painter, gate } = hindcast, paint = painter.paint, seen = []; let at = null;"
        "painter.paint = (what) => { at = what.hand; return paint(what) };"
        "let k = 0; const step = () => { if (k) seen.push([gate.hand, at, gate.drawn]);"
        " if (k++ === 40) { painter.paint = paint; return done(seen) }"
        " hindcast.move(-600 - k * 7); requestAnimationFrame(() => requestAnimationFrame(step)) }; step();"
    )
    assert seen == [[-600 - 7 * k] * 3 for k in range(1, 41)]


def test_while_the_hand_moves_nothing_is_asked_but_what_is_needed(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    page.until(ALL_HERE)
    page.driver.execute_script("performance.clearResourceTimings()")
    chain = ActionChains(page.driver, duration=40).click_and_hold(page.find(THUMB))
    for _ in range(12):
        chain = chain.move_by_offset(-20, 0)
    chain.perform()
    index = page.drawn()
    asked = page.js("performance.getEntriesByType('resource').map((e) => e.name).filter((n) => n.includes('/api/'))")
    assert [name for name in asked if "/rail" not in name and "/progress" not in name] == []
    ActionChains(page.driver).release().perform()
    assert page.drawn() == index
    assert page.complaints() == []


def test_a_reload_takes_blocks_and_series_from_the_browser(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    page.driver.refresh()
    page.drawn(-12)
    page.until("hindcast.frames.state(-13) === 'done'")
    page.driver.refresh()
    page.drawn(-12)
    page.until("hindcast.frames.state(-13) === 'done'")
    kept = page.js(
        "performance.getEntriesByType('resource').filter((e) => /\\/(blocks|series)/.test(e.name))"
        ".map((e) => [e.name.split('/').at(-2), e.transferSize, e.decodedBodySize])"
    )
    assert len(kept) >= 2
    assert all(sent < 1_000 < size for _, sent, size in kept), kept


def test_a_hand_that_flies_over_a_file_too_long_to_hold_asks_for_moments_and_at_rest_for_blocks(
    open_browser: Callable[..., Page], tmp_path: Path
) -> None:
    path, rows = tmp_path / "long.csv", 40_000
    times = np.datetime64("2021-01-01T00:00", "m") + np.arange(rows) * np.timedelta64(60, "m")
    values = 30 + 12 * np.sin(2 * np.pi * np.arange(rows) / 24)
    path.write_text("time,load\n" + "\n".join(f"{t},{v:.1f}" for t, v in zip(times, values, strict=True)) + "\n")
    with Server(tmp_path / "cache", HINDCAST_MODEL="last-value", HINDCAST_SAMPLES="0") as running:
        page = open_browser()
        page.address = running.url
        opened(page, path)
        computed(page)
        page.until("hindcast.series.ready && hindcast.gate.facts.complete")
        asked = "performance.getEntriesByType('resource').map((e) => e.name).filter((name) => /{}/.test(name)).length"
        flown = page.driver.execute_async_script(
            "const done = arguments[0], { gate } = hindcast, seen = new Set(); let k = 0, quiet = 0;"
            "const step = () => { seen.add(gate.drawn); if (k === 3) performance.clearResourceTimings();"
            f" if (k === 60) quiet = {asked.format('blocks')};"
            " if (k++ === 60) return done([seen.size, quiet]);"
            " hindcast.move(-300 * k); setTimeout(step, 30) }; step();"
        )
        assert flown[0] > 15, "the picture followed"
        assert flown[1] <= 6, "blocks are asked for that are left before they come"  # at a hand that stuttered
        index = page.drawn()
        page.until(f"hindcast.frames.state({index} - 256) === 'done'")
        assert 1 <= page.js(asked.format("blocks")) <= 15
        assert page.complaints() == []


def test_a_moment_without_a_forecast_says_so_at_once(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    page.until("hindcast.series.ready")
    page.driver.execute_script(HOLD + "held = /_dash-update/; hindcast.move(-1179)")
    page.until(f"{DATA}.state === 'unusable' && {DATA}.index === '-1179'")
    assert page.js(f"{DATA}.settled") == "false"
    page.driver.execute_script("release()")
    page.drawn(-1179)
    assert "No forecast from here" in page.text("#state-note")


def test_the_newest_finished_forecast_stays_at_its_own_time(cold: Page) -> None:
    page = cold
    page.driver.execute_script(HOLD + "held = /forecasts|_dash-update/; hindcast.move(-100)")
    page.until("lone().length >= 1")
    page.driver.execute_script("window.walk = setInterval(() => hindcast.move(hindcast.gate.hand - 1), 60)")
    page.until("hindcast.gate.hand < -105")
    assert page.js(f"[{DATA}.state, {DATA}.index]") == ["pending", "-12"]
    assert page.js("lone().length") <= 2
    page.driver.execute_script("held = null; lone()[0].go()")
    page.until(f"Number({DATA}.index) <= -100 && {DATA}.state === 'pending'")
    shown = page.js(
        "(() => { const seen = []; return new Promise((go) => { const look = () => {"
        f" seen.push([Number({DATA}.index), Number({DATA}.hand)]);"
        " seen.length < 60 ? requestAnimationFrame(look) : go(seen) }; look() }) })()"
    )
    drawn = [index for index, _ in shown]
    assert drawn == sorted(drawn, reverse=True), "a frame went back"
    assert all(hand <= index for index, hand in shown)
    page.driver.execute_script("clearInterval(walk); release()")
    assert page.drawn() == page.js("hindcast.gate.hand")
    assert page.complaints() == []


def test_a_moment_that_is_waited_for_has_words_and_an_empty_future(cold: Page) -> None:
    page = cold
    page.driver.execute_script(HOLD + "held = /forecasts|_dash-update/; hindcast.move(-100)")
    page.until("document.querySelector('#pending-note').innerText === 'Computing this moment'")
    assert page.js(f"[{DATA}.state, {DATA}.settled, {DATA}.hand]") == ["pending", "false", "-100"]
    page.until("document.querySelector('#pending-note').innerText === 'Busy; still in line'")
    page.driver.execute_script("release()")
    page.drawn(-100)
    page.until("document.querySelector('#pending-note').hidden")


def test_the_look_may_change_and_the_page_be_left_while_the_hand_moves(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    computed(page)
    page.driver.execute_script("window.walk = setInterval(() => hindcast.move(hindcast.gate.hand - 1), 40)")
    page.until("document.querySelector('.chart').classList.contains('painting')")
    page.find("[aria-label='Light or dark']").click()
    page.until("hindcast.gate.hand < -60")
    page.driver.execute_script("clearInterval(walk)")
    index = page.drawn()
    page.until("document.querySelector('#forecast .js-plotly-plot').layout.meta.fixed.paint.ink === '#eef1f4'")
    page.driver.execute_script("window.walk = setInterval(() => hindcast.move(hindcast.gate.hand - 1), 40)")
    page.until(f"hindcast.gate.hand < {index} - 10")
    page.find(".home-link").click()
    page.until("document.querySelector('.recent')")
    page.driver.execute_script("clearInterval(walk)")
    page.driver.back()
    page.drawn()
    page.find("body").send_keys(Keys.ARROW_LEFT)
    page.drawn()
    assert page.complaints() == []
