"""The accuracy page as people use it: sentences, charts, what is selected, the way to explore and back."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import DESK, PHONE, Page
from tests.browser.pixels import differing, shot
from tests.browser.test_accessibility import violations
from tests.browser.test_rail_journeys import opened
from tests.serving import Server

STATE = "document.querySelector('#accuracy')?.dataset"


def accuracy(page: Page, csv_file: Path) -> str:
    """From explore to the page, once all is computed and read; the file's handle."""
    opened(page, csv_file)
    page.driver.execute_script("document.querySelector('.fails a').click()")
    settled(page)
    return str(page.js("location.pathname.split('/')[2]"))


def settled(page: Page) -> None:
    """All numbers are there, and plotly has drawn them."""
    page.until(f"{STATE}?.complete === 'true'")
    page.until("['error', 'held', 'past'].every((name) => document.querySelector(`#accuracy-${name} .trace`))")


def seq(page: Page) -> int:
    return int(page.js(f"{STATE}.seq"))


def select(page: Page, key: str) -> None:
    """Click a cell, and wait for its numbers."""
    before = seq(page)
    page.find(f"[data-slice='{key}']").click()
    page.until(f"Number({STATE}.seq) > {before} && {STATE}.complete === 'true'")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_says_and_shows_how_right_the_forecasts_were(
    open_browser: Callable[..., Page], csv_file: Path, size: tuple[int, int], dark: bool
) -> None:
    page = open_browser(size, dark=dark)
    accuracy(page, csv_file)
    assert page.js("document.title") == "How right were the forecasts? \u00b7 Load [kW] \u00b7 Hindcast"
    said = page.text("#accuracy-sentences").replace("\u202f", " ")
    assert said.startswith("Over 2 125 moments the forecast missed by 0.")
    assert "kW on average; same time yesterday missed by" in said
    assert "The 8-of-10 band held what happened" in said
    assert "+12 h" in page.text("#accuracy-error")
    assert "80 %" in page.text("#accuracy-held")
    for name in ("error", "held", "past"):
        page.driver.execute_script(f"document.querySelector('#accuracy-{name}').scrollIntoView({{block: 'center'}})")
        drawn = shot(page, f"#accuracy-{name}")
        assert differing(page, drawn, drawn, 40)[1] > 300, name
    assert page.js("document.querySelectorAll('[data-slice^=clock]').length") == 168
    assert page.js("[...document.querySelectorAll('.worst img')].every((image) => image.naturalWidth === 160)")
    page.driver.execute_script("window.scrollTo(0, 0)")
    top = page.js("document.querySelector('#accuracy-panels').getBoundingClientRect().top")
    assert top < size[1], "where it fails is in the first screen"
    assert page.width_overflow() <= 0
    assert violations(page) == []
    assert page.complaints() == []


def test_a_cell_selects_its_moments_and_all_numbers_follow(page: Page, csv_file: Path) -> None:
    handle = accuracy(page, csv_file)
    whole = page.text("#accuracy-sentences")
    first = page.text(".worst tbody th")
    select(page, "hour:6")
    assert page.text("#accuracy-chip").startswith("06:00 to 07:00")
    assert page.js("location.search").endswith("slice=hour:6")
    assert page.text("#accuracy-sentences") != whole
    assert "06:00 to 07:00, the forecast missed by" in page.text("#accuracy-sentences")
    assert page.js("document.querySelector('[data-slice=\"hour:6\"]').ariaPressed") == "true"
    assert all(
        time.endswith("06:00")
        for time in page.js("[...document.querySelectorAll('.worst tbody th')].map((e) => e.innerText)")
    )
    assert page.js("document.querySelector('#scores-link').href").endswith("/scores?slice=hour:6")
    page.until("document.querySelector('#explore-tab').href.endsWith('slice=hour:6')")

    page.find("#accuracy-chip a").click()
    page.drawn()
    page.until("hindcast.slice.runs")
    assert page.text("#slice-chip").startswith("06:00 to 07:00")
    index = page.drawn()
    page.find("body").send_keys("n")
    page.wait(lambda: page.drawn() != index, "the next moment of the slice")
    assert page.text("#heading").endswith("06:00")
    assert "slice=hour:6" in page.js("location.search")
    page.find("body").send_keys("p")
    page.drawn(index)
    page.find("body").send_keys(Keys.ESCAPE)
    page.until("!location.search.includes('slice')")
    assert not page.find("#slice-chip").is_displayed()
    for _ in range(3):  # two moments of the slice, and the link
        page.driver.back()
    page.until(f"location.pathname === '/accuracy/{handle}' && {STATE}?.complete === 'true'")
    assert page.text("#accuracy-chip").startswith("06:00 to 07:00")

    page.open(f"/accuracy/{handle}")
    settled(page)
    assert page.text(".worst tbody th") == first
    assert page.complaints() == []


def test_what_is_selected_is_let_go_by_its_chip_by_escape_and_by_going_back(page: Page, csv_file: Path) -> None:
    accuracy(page, csv_file)
    whole = page.text("#accuracy-sentences")

    def everything() -> None:
        page.wait(lambda: page.text("#accuracy-sentences") == whole, "all moments again")
        assert "slice" not in page.js("location.search")
        assert page.text("#accuracy-chip") == ""
        page.until("!document.querySelector('#explore-tab').href.includes('slice')")

    select(page, "trend:rising-fast")
    assert "After fast rises" in page.text("#accuracy-chip")
    page.find("#slice-clear").click()
    everything()
    select(page, "level:high")
    page.find("body").send_keys(Keys.ESCAPE)
    everything()
    select(page, "weekday:0")
    page.driver.back()
    everything()
    page.driver.forward()
    page.until("document.querySelector('#accuracy-chip').innerText.startsWith('Mondays')")
    select(page, "weekday:0")
    everything()
    assert page.complaints() == []


def test_a_slice_is_walked_from_end_to_end_of_the_stretch_that_is_selected(page: Page, csv_file: Path) -> None:
    handle = accuracy(page, csv_file)
    page.open(f"/explore/{handle}?i=-100&sel=-90,-70&slice=level:high")
    page.drawn()
    page.until("hindcast.slice.runs && hindcast.selection.range")
    page.js("hindcast.slice.runs = [[-120, -85], [-75, -60]]")
    for index, way, there in (
        ("-Infinity", 1, -90), (-90, 1, -89), (-85, 1, -75), (-70, 1, None),
        (1, -1, -70), (-75, -1, -85), (-90, -1, None),
    ):  # fmt: skip
        assert page.js(f"hindcast.slice.beside({index}, {way})") == there
    assert page.complaints() == []


def test_arrow_keys_lead_through_the_squares(page: Page, csv_file: Path) -> None:
    accuracy(page, csv_file)
    assert page.js("document.querySelectorAll('.panel [data-slice][tabindex=\"0\"]').length") == 3
    page.driver.execute_script("document.querySelector('[data-slice=\"clock:0-5\"]').focus()")
    ActionChains(page.driver).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN, Keys.ARROW_DOWN).perform()
    assert page.js("document.activeElement.dataset.slice") == "clock:2-6"
    assert "Wednesdays 06:00 to 07:00: missed by" in page.js("document.activeElement.ariaLabel")
    ActionChains(page.driver).send_keys(Keys.ARROW_UP, Keys.ARROW_UP, Keys.ARROW_UP).perform()
    assert page.js("document.activeElement.dataset.slice") == "hour:6"
    before = seq(page)
    ActionChains(page.driver).send_keys(Keys.ENTER).perform()
    page.until(f"Number({STATE}.seq) > {before}")
    assert page.js("location.search").endswith("slice=hour:6")
    assert page.complaints() == []


def test_a_click_over_time_and_a_row_of_the_worst_open_their_moments(page: Page, csv_file: Path) -> None:
    accuracy(page, csv_file)
    when = page.text(".worst tbody th")
    page.find(".worst tbody td:last-child a").click()
    page.drawn()
    assert page.text("#heading").endswith(when)
    page.driver.back()
    settled(page)
    graph = page.find("#accuracy-past .nsewdrag")
    page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", graph)
    ActionChains(page.driver).move_to_element(graph).pause(0.3).click().perform()
    page.until("location.pathname.startsWith('/explore/')")
    assert -1_300 < page.drawn() < -900
    assert page.complaints() == []


def test_more_rows_and_all_measures_are_there_when_asked_for(page: Page, csv_file: Path) -> None:
    accuracy(page, csv_file)
    rows = "document.querySelectorAll('.worst tbody tr').length"
    assert page.js(rows) == 20
    page.find("[data-more]").click()
    page.until(f"{rows} > 20")
    assert not page.find(".measures").is_displayed()
    page.find(".measures-card summary").click()
    assert "Weighted quantile loss" in page.text(".measures")
    assert page.find(".ranks").is_displayed()
    assert page.complaints() == []


def test_another_theme_is_drawn_in_its_own_colours(page: Page, csv_file: Path) -> None:
    accuracy(page, csv_file)
    light = "[...document.querySelectorAll('#accuracy-error .scatterlayer path.js-line')].at(-1)?.style.stroke"
    before = page.js(light)
    page.find(".header-tools button").click()
    page.until(f"{light} && {light} !== {before!r}")
    assert page.complaints() == []


def test_nothing_moves_under_the_pointer_while_a_file_is_being_computed(
    open_browser: Callable[..., Page], csv_file: Path, tmp_path: Path
) -> None:
    page, go = open_browser((1000, 900)), tmp_path / "go"
    slow = {"HINDCAST_MODEL": "toy", "SLOW_SECONDS": "1.5", "SLOW_UNTIL": str(go)}
    with Server(tmp_path / "cache", "tests.slow_server:server", **slow) as running:
        page.address = running.url
        page.open()
        page.choose(csv_file)
        page.until("location.pathname.startsWith('/explore/')")
        page.drawn()
        page.driver.execute_script("document.querySelector('.fails a').click()")
        page.until("document.querySelector('#accuracy-panels .bar-row')")
        page.driver.execute_script("window.scrollTo(0, 90)")
        ActionChains(page.driver).move_to_element(page.find(".fail-card h2")).perform()
        page.until("document.querySelector('.fail-card').matches(':hover')")
        card = "document.querySelector('.fail-card')"
        under = f"[{card}.innerText, {card}.getBoundingClientRect().top]"
        said = "document.querySelector('#accuracy-sentences').innerText"
        (held, top), told, number = page.js(f"[{under}, {said}, Number({STATE}.seq)]")
        assert "numbers may still move" in told
        page.until(f"Number({STATE}.seq) >= {number + 2} && {said} !== {json.dumps(told)}")
        assert page.js(under) == [held, pytest.approx(top, abs=1)]  # a page is scrolled by whole pixels
        ActionChains(page.driver).move_to_element(page.find("h1")).perform()
        page.until(f"document.querySelector('.fail-card').innerText !== {json.dumps(held)}")
        go.touch()
        page.until(f"{STATE}.complete === 'true'", timeout=120)
        assert "still move" not in page.text("#accuracy-sentences")
        assert page.complaints() == []


def test_a_line_is_asked_about_and_stays_in_the_address(page: Page, csv_file: Path) -> None:
    accuracy(page, csv_file)
    assert "Give a line" in page.text("#accuracy-events")
    line = page.find("#warned-line")
    line.send_keys("50")
    page.driver.execute_script(
        "const side = document.querySelector('[data-warned=side]'); side.value = 'above';"
        " side.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    page.until("document.querySelector('.warned-said')?.innerText.includes('above 50 kW')")
    assert "were announced at least 1 h before" in page.text(".warned-said")
    assert "were followed by one within 12 h" in page.text(".warned-said")
    assert page.js("location.search").endswith("line=50&side=above&run=1&k=3&lead=1")
    page.driver.refresh()
    page.until("document.querySelector('.warned-table')")
    assert page.js("document.querySelector('#warned-line').value") == "50"
    assert page.width_overflow() <= 0
    page.find(".warned-table a").click()
    page.drawn()
    page.until("document.querySelector('#thresholds')?.children.length")
    assert "line=50" in page.js("location.search")
    assert page.complaints() == []


def test_another_model_is_computed_and_compared(
    open_browser: Callable[..., Page], csv_file: Path, tmp_path: Path
) -> None:
    page, short = open_browser(), tmp_path / "short.csv"
    short.write_text("\n".join(csv_file.read_text().splitlines()[:900]))
    with Server(tmp_path / "cache", HINDCAST_MODELS="hindcast-small,theta") as running:
        page.address = running.url
        accuracy(page, short)
        rows = "[...document.querySelectorAll('.compare tbody tr')].map((row) => row.innerText)"
        assert [row.split("\n")[0].split("\t")[0] for row in page.js(rows)][:2] == ["Same time yesterday", "Last value"]
        page.find("[data-compute='theta']").click()
        page.until("!document.querySelector('[data-compute]')")
        page.until("document.querySelectorAll('#accuracy-models .scatterlayer .trace').length === 4", timeout=120)
        theta = next(row for row in page.js(rows) if row.startswith("theta"))
        assert "kW" in theta
        assert any(word in theta for word in ("better", "worse", "no clear difference"))
        page.find(".compare a").click()
        page.until("location.search.includes('model=theta')")
        settled(page)
        assert "theta" in page.text("#accuracy .aside")
        assert page.complaints() == []


def test_the_page_is_taken_away_as_one_file(page: Page, csv_file: Path, tmp_path: Path) -> None:
    accuracy(page, csv_file)
    select(page, "level:high")
    said = page.text("#accuracy-sentences p")
    with urllib.request.urlopen(page.js("document.querySelector('#report-link').href")) as answer:
        report = tmp_path / "report.html"
        report.write_bytes(answer.read())
    page.driver.get(report.as_uri())
    assert page.text(".accuracy-sentences p") == said
    assert page.text(".chip") == "When the level is high"
    assert page.js("document.querySelectorAll('svg').length") == 3
    assert page.js("document.querySelectorAll('.worst img').length") > 5
    assert page.width_overflow() <= 0
    assert violations(page) == []
    assert page.complaints() == []
