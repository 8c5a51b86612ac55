"""What people do: drop a file, scrub, come back, get refused, open the sample, look on a phone, forget a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import DESK, PHONE, Page

THUMB = "#scrub [role=slider]"


def opened(page: Page, csv_file: Path) -> None:
    """A file has been read and its first picture drawn."""
    page.show(csv_file)


def test_a_file_is_dropped_scrubbed_and_found_again(page: Page, csv_file: Path) -> None:
    page.drop(csv_file)
    assert page.drawn() == -12
    assert page.js("location.search") == "?i=-12"
    page.until("document.querySelector('#fill').innerText === ''", timeout=120)
    page.until("document.querySelector('#standing').innerText.includes('scored in this file')"
               " || document.querySelector('#standing').innerText.includes('worse')")  # fmt: skip
    assert "Load [kW]" in page.text("#series-name")
    title = page.text("#heading")

    thumb = page.find(THUMB)
    thumb.send_keys(Keys.ARROW_LEFT)
    assert page.drawn(-13) == -13
    page.wait(lambda: page.text("#heading") != title, "the title follows")
    thumb.send_keys(Keys.SHIFT, Keys.ARROW_LEFT)
    page.drawn(-25)
    page.find("body").send_keys(Keys.PAGE_DOWN)
    page.drawn(-49)
    page.find("body").send_keys(Keys.END)
    page.drawn(0)
    assert "not known yet" in page.text("#missed")
    page.find("body").send_keys(Keys.HOME)
    page.drawn(-2199)
    page.until("document.querySelector('#forecast').dataset.state === 'unusable'")
    assert "No forecast from here" in page.text("#state-note")
    page.find("#state-note [data-go]").click()
    page.drawn(-2176)
    assert page.text("#state-note") == ""

    before = page.drawn()
    ActionChains(page.driver).click_and_hold(thumb).move_by_offset(200, 0).move_by_offset(50, 0).release().perform()
    slider = "Number(document.querySelector('#scrub [role=slider]').ariaValueNow)"
    page.wait(lambda: page.drawn() == page.js(slider) > before + 100, "the picture follows the slider")
    index = page.drawn()
    page.until(f"location.search === '?i={index}'")
    assert "steps before the end" in (thumb.get_attribute("aria-valuetext") or "")

    page.find(".home-link").click()
    page.until("document.querySelector('.recent')")
    assert page.js("document.title") == "Hindcast"
    assert "Load [kW]" in page.text(".recent-name")
    page.find(".recent-link").click()
    page.drawn(index)
    page.driver.back()
    page.until("document.querySelector('.recent')")
    assert page.complaints() == []


def test_a_link_opens_its_moment_and_a_reload_keeps_it(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    path = page.js("location.pathname")
    page.open(f"{path}?i=-700")
    page.drawn(-700)
    page.find("[data-by='1']").click()
    page.drawn(-699)
    page.until("location.search === '?i=-699'")
    page.driver.refresh()
    page.drawn(-699)
    page.open(f"{path}?t=2024-02-01T10:00")
    page.drawn()
    assert "Thu 1 Feb 2024, 10:00" in page.text("#heading")
    page.open(f"{path}?i=5000")
    page.drawn(0)
    assert page.text("#link-note") == "That moment is not in this file. This is the last one."
    assert page.complaints() == []


def test_a_drag_is_never_starved(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    page.driver.execute_script(
        "window.seen = new Set(); new MutationObserver(() =>"
        " seen.add(document.querySelector('#forecast').dataset.index))"
        ".observe(document.querySelector('#forecast'), {attributes: true});"
    )
    chain = ActionChains(page.driver).click_and_hold(page.find(THUMB))
    for _ in range(12):
        chain = chain.move_by_offset(-20, 0)
    chain.release().perform()
    page.drawn()
    assert page.js("seen.size") >= 4
    assert page.complaints() == []


def test_play_walks_moment_by_moment_until_a_hand_stops_it(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    page.driver.execute_script("hindcast.move(-300)")
    page.drawn(-300)
    page.driver.execute_script(
        "window.seen = [-300];"
        "new MutationObserver(() => { const i = Number(document.querySelector('#forecast').dataset.index);"
        " if (i !== seen.at(-1)) seen.push(i) }).observe(document.querySelector('#forecast'), {attributes: true});"
    )
    page.find("body").send_keys(Keys.SPACE)
    page.until("document.querySelector('#play').ariaPressed === 'true' && seen.at(-1) > -295")
    page.find("body").send_keys(Keys.ARROW_LEFT)
    assert page.find("#play").get_attribute("aria-pressed") == "false"
    page.drawn()
    walked = page.js("seen")[:-1]
    assert walked == list(range(-300, -300 + len(walked)))
    page.driver.execute_script("hindcast.move(-2)")
    page.drawn(-2)
    page.find("#play").click()
    page.drawn(0)
    page.until("document.querySelector('#play').ariaPressed === 'false'")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_but_the_data_moves(open_browser: Callable[..., Page], csv_file: Path, size: tuple[int, int]) -> None:
    page = open_browser(size)
    opened(page, csv_file)
    parts = ".heading, .chart, .moves, .rail, .side > *, #forecast .xtick text, #forecast .ytick text"
    boxes = (
        f"JSON.stringify([...document.querySelectorAll('{parts}')].map(e => {{ const r = e.getBoundingClientRect();"
        " return [e.textContent.length < 9 ? e.textContent : '', r.left, r.top, r.width, r.height] }))"
    )
    page.find("body").send_keys(Keys.SHIFT, Keys.ARROW_LEFT)
    page.drawn(-24)
    before = page.js(boxes)
    partly_known, last, in_the_gap = -5, 0, -1179
    for index in (-524, partly_known, last, in_the_gap):
        page.driver.execute_script(f"hindcast.move({index})")
        page.drawn(index)
        assert page.js(boxes) == before
    assert page.js("document.querySelector('#forecast').dataset.state") == "unusable"


def test_a_link_may_name_another_model_and_every_address_keeps_it(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    assert "would have missed by" in page.text("#missed")
    assert page.text("#key-baseline-name") == "same time yesterday"
    path = page.js("location.pathname")
    page.open(f"{path}?i=-40&model=seasonal-naive")
    page.drawn(-40)
    assert "It missed by" in page.text("#missed")
    assert "would have missed by" not in page.text("#missed")
    assert page.js("document.querySelector('#key-baseline').hidden")
    page.find("body").send_keys(Keys.ARROW_LEFT)
    page.drawn(-41)
    page.until("location.search === '?i=-41&model=seasonal-naive'")
    page.find(".home-link").click()
    page.until("document.querySelector('.recent')")
    page.find(".recent-link").click()
    page.drawn(-41)
    assert page.js("location.search") == "?i=-41&model=seasonal-naive"
    assert "would have missed by" not in page.text("#missed")
    page.open(f"{path}?i=-40&model=nobody")
    page.drawn(-40)
    assert page.text("#link-note") == "The model nobody is not loaded here. This is hindcast-small."
    page.until("location.search === '?i=-40'")
    assert page.complaints() == []


def test_a_refusal_is_said_in_the_drop_zone_which_stays_usable(page: Page, csv_file: Path, tmp_path: Path) -> None:
    bad = tmp_path / "secret name.csv"
    bad.write_text("name,colour\nanna,red\nbert,blue\n" * 50)
    page.open()
    page.choose(bad)
    page.until("document.querySelector('#dropzone .refusal')")
    assert "No column reads as time" in page.text("#upload-state")
    assert "secret" not in page.text("#page")
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    page.choose(empty)
    page.until("document.querySelector('#upload-state').innerText.includes('empty')")
    page.choose(csv_file)
    page.drawn(-12)
    assert page.complaints() == []


def test_a_file_that_is_too_large_is_not_even_sent(page: Page, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(201_000_000)
    page.open()
    page.choose(large)
    page.until("document.querySelector('#upload-state').innerText.includes('reads up to 200 MB')")
    assert page.complaints() == []


def test_rows_are_pasted(page: Page, csv_file: Path) -> None:
    page.open()
    page.until("document.querySelector('#choose')")
    page.driver.execute_script(
        "const data = new DataTransfer(); data.setData('text/plain', arguments[0]);"
        "document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}))",
        csv_file.read_text(),
    )
    page.drawn(-12)
    assert page.complaints() == []


def test_a_file_is_dropped_on_any_page(page: Page, csv_file: Path) -> None:
    page.open("/nowhere")
    page.until("document.querySelector('.plain h1')")
    page.driver.execute_script(
        "const data = new DataTransfer(); data.items.add(new File([arguments[0]], 'a.csv'));"
        "const send = (kind) => window.dispatchEvent(new DragEvent(kind, {dataTransfer: data, cancelable: true}));"
        "send('dragover'); window.overlay = getComputedStyle(document.querySelector('#drop-overlay')).display;"
        "send('drop');",
        csv_file.read_text(),
    )
    assert page.js("overlay") == "grid"
    page.drawn(-12)
    assert page.complaints() == []


@pytest.mark.parametrize(("name", "what", "unit"), [("real", "CO", "ppm"), ("made-up", "Heat pump load", "kWh")])
def test_a_sample_is_one_click_away(page: Page, name: str, what: str, unit: str) -> None:
    page.open()
    page.until("document.querySelector('#sample-picture .js-plotly-plot')?.data?.length > 4")
    assert ("made-up data" in page.text(f".caption:has(#open-{name})")) == (name == "made-up")
    page.find(f"#open-{name}").click()
    page.drawn()
    assert what in page.text("#series-name")
    assert unit in page.text("#missed")
    assert page.complaints() == []


def test_a_quick_draw_keeps_nothing(page: Page, csv_file: Path) -> None:
    page.open()
    page.until("document.querySelector('#quick-only input')")
    page.find("#quick-only input").click()
    page.choose(csv_file)
    page.until("document.querySelector('#quick-picture .js-plotly-plot')?.data?.length > 4")
    assert "The forecast from" in page.text("#quick-heading")
    assert "Read as Load [kW], every hour" in page.text("#quick-read")
    assert page.js("location.pathname") == "/"
    assert page.js("localStorage.getItem('hindcast.files')") is None
    assert page.complaints() == []


def test_the_step_under_the_pointer_is_told_and_pinned(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    plot = page.find("#forecast")
    ActionChains(page.driver).move_to_element(plot).move_by_offset(
        round(page.js("hindcast.axes().x(5)") - plot.size["width"] / 2), 0
    ).perform()
    page.until("document.querySelector('#step-card').innerText.includes('steps ahead')")
    ActionChains(page.driver).click().perform()
    page.until("document.querySelector('#step-card.pinned')")
    page.until("!document.querySelector('#pinned').hidden")
    words = page.text("#step-card")
    page.find("body").send_keys(Keys.ARROW_LEFT)
    page.drawn(-13)
    page.wait(lambda: page.text("#step-card") not in ("", words), "a pinned step is a live read-out")
    page.find("body").send_keys(Keys.ESCAPE)
    page.until("!document.querySelector('#step-card.pinned')")
    page.until("document.querySelector('#pinned').hidden")
    assert page.complaints() == []


def test_a_forgotten_file_leaves_no_trace(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    path = page.js("location.pathname")
    page.find("#forget").click()
    page.until("!document.querySelector('#forget-ask').hidden")
    page.find("#forget-yes").click()
    page.until("location.pathname === '/' && document.querySelector('#choose')")
    assert page.js("localStorage.getItem('hindcast.files')") == "{}"
    page.open(path)
    page.until("document.querySelector('.plain h1')")
    assert "no longer stored here" in page.text(".plain h1")
    page.open(path + "?i=-90")
    page.choose(csv_file)
    page.drawn(-90)


@pytest.mark.parametrize("dark", [False, True])
def test_the_theme_is_the_systems_until_somebody_switches(
    open_browser: Callable[..., Page], csv_file: Path, dark: bool
) -> None:
    page = open_browser(dark=dark)
    opened(page, csv_file)
    ink = "document.querySelector('#forecast .js-plotly-plot').layout.font.color"
    first = page.js(ink)
    assert page.js("document.documentElement.dataset.mantineColorScheme") == ("dark" if dark else "light")
    page.find(".header-tools button:last-child").click()
    page.until(f"{ink} !== '{first}'")
    page.driver.refresh()
    page.drawn()
    assert page.js("document.documentElement.dataset.mantineColorScheme") == ("light" if dark else "dark")
    assert page.complaints() == []


def test_a_phone_never_scrolls_sideways_and_reads_in_order(open_browser: Callable[..., Page], csv_file: Path) -> None:
    page = open_browser(PHONE)
    page.open()
    page.until("document.querySelector('#sample-picture .js-plotly-plot')?.data?.length > 4")
    assert page.width_overflow() <= 0
    page.choose(csv_file)
    page.drawn(-12)
    assert page.width_overflow() <= 0
    order = ["#heading", "#missed", "#forecast", ".moves", "#scrub", "#standing", ".fails", ".key", "#step-card"]
    tops = [page.js(f"document.querySelector('{part}').getBoundingClientRect().top") for part in order]
    assert tops == sorted(tops)
    page.find("[data-by='-1']").click()
    page.drawn(-13)
    page.find(".home-link").click()
    page.until("document.querySelector('.recent')")
    assert page.width_overflow() <= 0
    assert page.complaints() == []


def test_everything_fits_on_a_desk_without_scrolling(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    assert page.js("document.querySelector('.rail').getBoundingClientRect().bottom") <= 900
    assert page.js("document.documentElement.scrollHeight") <= 900
    assert page.width_overflow() <= 0
    page.driver.execute_script("hindcast.thresholds.add()")
    page.until("document.querySelector('#line-counts').innerText")
    assert page.js("document.querySelector('#no-peeking').getBoundingClientRect().bottom") <= 900


@pytest.mark.parametrize("size", [(844, 390), (667, 375)], ids=["large", "small"])
def test_a_phone_on_its_side_has_the_picture_and_its_moves(
    open_browser: Callable[..., Page], csv_file: Path, size: tuple[int, int]
) -> None:
    page = open_browser(size)
    opened(page, csv_file)
    seen = (
        "['.header', '.read-strip', '.heading', '.rail', '.side'].filter((e) => document.querySelector(e).offsetParent)"
    )
    assert page.js(seen) == []
    assert page.js("document.querySelector('.chart').clientHeight") >= 300
    assert page.js("document.documentElement.scrollHeight") <= size[1]
    assert page.width_overflow() <= 0
    page.find("[data-by='-1']").click()
    page.drawn(-13)
    assert page.complaints() == []
