"""What people do about how a file is read: check it, correct it, answer a question, choose another column, paste."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import PHONE, Page
from tests.browser.test_journeys import opened

PASTE = (
    "const data = new DataTransfer(); data.setData('text/plain', arguments[0]);"
    "document.querySelector(arguments[1]).dispatchEvent("
    "new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))"
)


def german(folder: Path) -> Path:
    """Twelve days of a meter as Excel writes them in German; every date could be read month first."""
    rows = [
        f"{1 + n // 96:02}.03.2024 {n % 96 // 4:02}:{15 * (n % 4):02};1.0{n % 96:02},{n % 7}5" for n in range(96 * 12)
    ]
    file = folder / "zaehler.csv"
    file.write_text("Zeit;Verbrauch [kWh]\n" + "\n".join(rows) + "\nSumme;9.999.999,0\n")
    return file


def one_day(folder: Path) -> Path:
    """A day that is the fourth of May or the fifth of April."""
    rows = [f"04/05/2024 {n // 12:02}:{5 * n % 60:02},{100 + n % 40}" for n in range(288)]
    file = folder / "day.csv"
    file.write_text("time,glucose\n" + "\n".join(rows))
    return file


def shops(folder: Path, columns: int) -> Path:
    names = [f"shop {k}" for k in range(columns)]
    rows = [
        f"2024-01-{1 + n // 24:02}T{n % 24:02}:00," + ",".join(f"{20 + k + (k + 3) * (n % 24)}" for k in range(columns))
        for n in range(24 * 28)
    ]
    file = folder / "shops.csv"
    file.write_text("\n".join([",".join(["time", *names]), *rows]))
    return file


def checked(page: Page) -> None:
    """The strip is open."""
    page.until("document.querySelector('#read-strip summary')")
    if not page.js("document.querySelector('#read-strip details').open"):
        page.find("#read-strip summary").click()


def test_a_german_file_is_told_and_the_other_day_order_is_one_click_away(page: Page, tmp_path: Path) -> None:
    opened(page, german(tmp_path))
    page.until("document.querySelector('#read-strip summary')")
    assert "Verbrauch [kWh], every 15 min, 1 Mar 2024 00:00 to 12 Mar 2024 23:45" in page.text("#read-strip summary")
    assert page.js("document.querySelector('#read-strip details').open") is False
    page.find("#read-strip summary").click()
    for words in ("Comma is the decimal sign: '1.000,05'", "Day first: steps are even that way", "Rows"):
        assert words in page.text("#read-strip")
    first = page.js("location.pathname")
    page.open(f"{first}?t=2024-03-03T14:00")
    page.drawn()
    page.until("document.querySelector('#read-strip details')?.open")
    title = page.text("#heading")
    assert "Sun 3 Mar 2024, 14:00" in title
    readings = (
        "document.querySelector('#forecast .js-plotly-plot').data"
        ".reduce((sum, trace) => sum + (trace.y || []).filter(y => typeof y === 'number').length, 0)"
    )
    before = page.js(readings)
    page.find("#read-strip [data-reread='dayfirst=false']").click()
    page.until("document.querySelector('#read-strip summary')?.innerText.includes('3 Jan 2024 00:00 to 3 Dec 2024')")
    page.drawn()
    assert page.text("#heading") == title
    assert page.js(readings) != before
    assert page.js("document.querySelector('#read-strip details').open") is True
    assert "Month first, as chosen" in page.text("#read-strip")
    page.find(".home-link").click()
    page.until("document.querySelector('.recent')")
    assert page.js("document.querySelectorAll('.recent').length") == 1
    page.driver.back()
    page.until("document.querySelector('#read-strip [data-reread=\"dayfirst=true\"]')")
    page.drawn()
    page.find("#read-strip [data-reread='dayfirst=true']").click()
    page.until("document.querySelector('#read-strip summary')?.innerText.includes('to 12 Mar 2024')")
    page.drawn()
    assert page.js("location.pathname") == first
    page.until(f"document.querySelector('#heading').innerText === {title!r}")
    assert page.complaints() == []


def test_a_day_that_can_be_two_days_is_asked_about_before_anything_is_stored(page: Page, tmp_path: Path) -> None:
    page.open()
    page.until("document.querySelector('#sample-picture .js-plotly-plot')?.data?.length > 4")  # the sample is stored
    stored = "fetch('/api/v1/datasets').then(a => a.json()).then(a => a.datasets.length)"
    before = page.driver.execute_async_script(f"{stored}.then(arguments[0])")
    page.choose(one_day(tmp_path))
    page.until("document.querySelectorAll('#dropzone .way .spark path').length === 2")
    assert "Every date in this file can be read in two ways. Which is right?" in page.text("#dropzone")
    cards = page.js("[...document.querySelectorAll('.way')].map(card => card.innerText)")
    assert ["4 May 2024" in cards[0], "5 Apr 2024" in cards[1]] == [True, True]
    assert "one day, 00:00 to 23:55" in cards[0]
    assert page.driver.execute_async_script(f"{stored}.then(arguments[0])") == before
    assert page.js("location.pathname") == "/"
    page.find(".way[data-dayfirst=false]").click()
    page.drawn(-12)
    assert "Fri 5 Apr 2024, 22:55" in page.text("#heading")
    checked(page)
    assert "Month first, as chosen" in page.text("#read-strip")
    assert page.complaints() == []


def test_the_second_column_of_a_wide_file_is_seen_and_chosen_at_the_same_moment(page: Page, tmp_path: Path) -> None:
    opened(page, shops(tmp_path, 3))
    page.until("document.querySelectorAll('#picker .sparkline[style*=mask]').length === 3")
    assert "Showing shop 0, 1 of 3 number columns." in page.text("#picker")
    assert page.text("#series-name") == "shop 0"
    page.find("[data-by='-1']").click()
    page.drawn(-13)
    title, address = page.text("#heading"), page.js("location.pathname")
    page.find("#picker [title='shop 1']").click()
    page.until(f"location.pathname !== '{address}' && document.querySelector('#series-name').innerText === 'shop 1'")
    page.drawn(-13)
    page.wait(lambda: page.text("#heading") == title, "the moment stays")
    page.driver.back()
    page.until("document.querySelector('#series-name').innerText === 'shop 0'")
    page.drawn(-13)
    page.driver.refresh()
    page.drawn(-13)
    page.until("document.querySelector('#read-strip details')?.open === false")
    assert page.complaints() == []


def test_of_forty_columns_twelve_are_shown_and_the_others_are_found_by_name(page: Page, tmp_path: Path) -> None:
    opened(page, shops(tmp_path, 40))
    count = "document.querySelectorAll('#picker .picker-card').length"
    page.until("document.querySelectorAll('#picker .sparkline[style*=mask]').length === 12")
    assert page.text("#picker-more") == "28 more"
    page.find("#picker-more").click()
    page.until(f"{count} === 24")
    page.find("#picker-find").send_keys("SHOP 39")
    page.until(f"{count} === 1")
    page.find("#picker [title='shop 39']").click()
    page.until("document.querySelector('#series-name').innerText === 'shop 39'")
    page.drawn()
    page.until("document.querySelectorAll('#picker .sparkline[style*=mask]').length === 12")  # and the next one
    assert "shop 39, 40 of 40 number columns" in page.text("#read-strip dl")
    page.find("[data-pick=value]").click()
    page.until("document.querySelector('#picker').hidden")
    page.find("[data-pick=value]").click()
    page.until(f"!document.querySelector('#picker').hidden && {count} === 12")
    assert page.complaints() == []


def test_who_leaves_a_moment_at_once_leaves_its_address_too(page: Page, tmp_path: Path) -> None:
    opened(page, shops(tmp_path, 2))
    page.until("document.querySelector('[data-neighbour]')")
    page.driver.execute_script("hindcast.move(-40)")
    page.drawn(-40)
    page.driver.execute_script(  # the address follows a hand that rests; by then it may be the address of another page
        "const { gate } = hindcast; document.querySelector('#spoken').textContent = '';"
        "gate.settled({ index: -40, time: gate.time, title: '', spoken: '', clock: '' });"
        "history.pushState({}, '', '/status')"
    )
    page.until("document.querySelector('#spoken').textContent !== ''")
    assert page.js("location.pathname") == "/status"


def test_brackets_go_from_column_to_column_at_the_same_moment(page: Page, tmp_path: Path) -> None:
    opened(page, shops(tmp_path, 5))
    page.until("document.querySelector('[data-neighbour]')")
    page.find("#read-strip summary").click()
    page.driver.execute_script("hindcast.move(-40)")
    page.drawn(-40)
    title = page.text("#heading")
    for key, name in (("]", "shop 1"), ("]", "shop 2"), ("[", "shop 1")):
        page.find("body").send_keys(key)
        page.until(f"document.querySelector('#series-name').innerText === '{name}'")
        page.drawn(-40)
        page.until(f"document.querySelector('#heading').innerText === {title!r}")
        page.until("document.querySelector('#read-strip details')?.open === false")
    assert page.complaints() == []


def test_a_meter_is_read_hourly_at_the_same_moment_and_back(page: Page, tmp_path: Path) -> None:
    opened(page, german(tmp_path))
    checked(page)
    first = page.js("location.pathname")
    page.driver.execute_script("hindcast.move(-99)")
    page.drawn(-99)
    assert "Mon 11 Mar 2024, 23:00" in page.text("#heading")
    page.find("#read-strip [data-reread='step=1h&agg=sum']").click()
    page.until("document.querySelector('#read-strip summary')?.innerText.includes('every hour')")
    page.drawn()
    assert "Mon 11 Mar 2024, 23:00" in page.text("#heading")
    assert "Every hour: the sum of readings every 15 minutes" in page.text("#read-strip")
    page.until("document.querySelector('#read-strip [data-reread=\"\"]')")
    page.find("#read-strip [data-reread='']").click()
    page.until(f"location.pathname === '{first}'")
    page.drawn(-99)
    page.find(".home-link").click()
    page.until("document.querySelectorAll('.recent').length === 2")
    assert page.complaints() == []


def test_a_longer_forecast_is_drawn_at_the_same_moment_and_stays_in_every_address(page: Page, tmp_path: Path) -> None:
    opened(page, german(tmp_path))
    checked(page)
    page.driver.execute_script("hindcast.move(-99)")
    page.drawn(-99)
    title = page.text("#heading")
    assert "12 steps = 3 h" in page.text("#read-strip")
    page.find("#read-strip [data-length='24']").click()
    page.until("document.querySelector('#read-strip details[open]')?.innerText.includes('24 steps = 6 h')")
    page.drawn(-99)
    assert page.text("#heading") == title
    assert "over the next 6\u00a0h" in page.text("#missed")
    page.until("location.search === '?i=-99&h=24'")
    assert page.js("document.querySelector('#forecast .js-plotly-plot').layout.xaxis.range[1]") == 24.5
    page.driver.execute_script(
        "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }"
    )
    page.find("#copy-link").click()
    page.until("window.copied?.endsWith('?i=-99&h=24')")
    assert "horizon=24" in page.js("document.querySelector('#export-menu a').getAttribute('href')")
    page.find("#read-strip [data-reread='step=1h&agg=sum']").click()
    page.until("document.querySelector('#read-strip details')?.innerText.includes('24 steps = 24 h')")
    page.drawn()
    assert page.js("new URLSearchParams(location.search).get('h')") == "24"
    page.find(".home-link").click()
    page.until("document.querySelectorAll('.recent-link[href$=\"&h=24\"]').length === 2")
    page.driver.execute_script("document.querySelectorAll('.recent-link')[1].click()")
    page.drawn(-99)
    page.until("document.querySelector('#read-strip details[open]')")
    page.find("#read-strip [data-length='']").click()
    page.until("document.querySelector('#read-strip')?.innerText.includes('12 steps = 3 h')")
    page.drawn(-99)
    page.until("location.search === '?i=-99'")
    page.open(page.js("location.pathname") + "?i=-99&h=99")
    page.drawn(-99)
    assert "A forecast is 1 to 64 steps long. This one has 12 steps, 3 h." in page.text("#link-note")
    page.open(page.js("location.pathname") + "?i=-99&h=24")
    page.drawn(-99)
    page.find("#file-input").send_keys(str(shops(tmp_path, 2)))
    page.drawn(-24)
    assert page.js("location.search").endswith("&h=24")
    assert page.complaints() == []


def test_a_table_on_its_side_is_turned_where_it_was_refused(page: Page, tmp_path: Path) -> None:
    months = [f"{year}-{month:02}" for year in range(2020, 2024) for month in range(1, 13)]
    rows = [",".join([name, *(str(10 * by + k * by % 7) for k in range(48))]) for name, by in (("tea", 2), ("jam", 5))]
    file = tmp_path / "sales.csv"
    file.write_text("\n".join([",".join(["Product", *months]), *rows]))
    page.open()
    page.choose(file)
    page.until("document.querySelector('#upload-state.refusal #upload-offer')")
    assert "The times seem to run across the columns" in page.text("#upload-state")
    assert page.text("#upload-state").endswith(" Turn the table")
    page.find("#upload-offer").click()
    page.drawn(-12)
    page.until("document.querySelector('#series-name').innerText === 'tea'")
    assert "The table was turned: 48 times across its columns" in page.text("#read-strip")
    page.until("document.querySelectorAll('#picker .sparkline[style*=mask]').length === 2")
    page.find("#picker [title=jam]").click()
    page.until("document.querySelector('#series-name').innerText === 'jam'")
    page.drawn(-12)
    page.until("document.querySelectorAll('#picker .sparkline[style*=mask]').length === 2")
    page.find("#read-strip [data-changes=turned]").click()
    page.until("document.querySelector('#reread-note').innerText.includes('run across the columns')")
    assert page.drawn() == -12
    assert page.complaints() == []


def test_the_cache_page_opens_the_length_that_is_stored(page: Page) -> None:
    times = np.datetime64("2024-01-01T00:00", "m") + 60 * np.arange(400)
    text = "time,load\n" + "\n".join(f"{time},{n * 13 % 37}.5" for n, time in enumerate(times))
    asked = Request(f"{page.address}/api/v1/datasets?horizon=24", text.encode(), {"Content-Type": "text/csv"})
    with urlopen(asked) as answer:
        handle = json.load(answer)["handle"]
    page.open("/cache")
    page.until(f'document.querySelector(\'tr[data-handle="{handle}"] a[href="/explore/{handle}?h=24"]\')')
    page.driver.execute_script(f'document.querySelector(\'tr[data-handle="{handle}"] a[href*="explore"]\').click()')
    page.drawn(-24)
    page.until("location.search === '?i=-24&h=24'")
    assert page.complaints() == []


# How long the curtain was there is noted, to the first frame without it: it may have gone before somebody looks.
WATCH = """
window.seen = [];
window.covered = null;
const look = () => {
  const curtain = document.querySelector('.curtain');
  if (curtain) window.covered ??= { from: performance.now() };
  else if (window.covered) window.covered.to ??= performance.now();
  const shown = curtain || document.querySelector('#page');
  const lines = shown.querySelectorAll('.chart .scatterlayer path.js-line').length;
  const strip = shown.querySelector('.read-open dd')?.getBoundingClientRect().top ?? null;
  window.seen.push([lines > 0, strip, window.scrollY]);
  window.dispatchEvent(new Event('resize')); // the page that is left looks again whether its picture is on the screen
  window.watching = requestAnimationFrame(look);
};
look();
"""


def test_no_frame_is_without_picture_and_strip_while_a_file_is_read_again(
    open_browser: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_browser((1400, 700))
    opened(page, german(tmp_path))
    checked(page)
    page.driver.execute_script("window.scrollTo(0, 60)")
    for button in ("[data-reread='step=1h&agg=sum']", "[data-length='24']", "[data-reread='']"):
        page.until(f'document.querySelector("#read-strip {button}")')
        page.driver.execute_script(WATCH)
        page.find(f"#read-strip {button}").click()
        page.until("window.covered?.to")
        page.driver.execute_script("cancelAnimationFrame(window.watching)")
        page.drawn()
        frames = page.js("window.seen")
        if page.js("covered.to - covered.from") > 2_300:
            continue  # on a machine as slow as that the curtain does not wait for the page
        assert len(frames) > 3
        assert all(drawn for drawn, _, _ in frames)
        assert len({strip for _, strip, _ in frames}) == 1
        assert {at for _, _, at in frames} == {60}
        assert page.js("document.activeElement.closest('#read-strip') !== null")
    assert page.complaints() == []


def test_another_series_of_a_long_file_is_seen_and_chosen_at_the_same_moment(page: Page, tmp_path: Path) -> None:
    rows = [
        f"{shop},2024-01-{1 + n // 24:02} {n % 24:02}:00,{by * (n % 24) + n % 5}"
        for shop, by in (("north", 3), ("south", 7), ("west", 2))
        for n in range(24 * 20)
    ]
    file = tmp_path / "long.csv"
    file.write_text("\n".join(["unique_id,ds,y", *rows]))
    opened(page, file)
    page.until("document.querySelectorAll('#picker .sparkline[style*=mask]').length === 3")
    assert "Showing north, 1 of 3 series." in page.text("#picker")
    page.driver.execute_script("hindcast.move(-30)")
    page.drawn(-30)
    title = page.text("#heading")
    page.find("#picker [title=south]").click()
    page.until("document.querySelector('#series-name').innerText === 'y, south'")
    page.drawn(-30)
    assert page.text("#heading") == title
    assert page.text("#read-strip summary").startswith("Read as y, south, every hour")
    assert page.complaints() == []


def test_rows_are_pasted_from_a_spreadsheet(page: Page, tmp_path: Path) -> None:
    lines = german(tmp_path).read_text().splitlines()[:-1]
    page.open()
    page.until("document.querySelector('#paste-open')")
    page.find("#paste-open").click()
    page.driver.execute_script(PASTE, "1.234,5", "#paste-box")
    page.until("document.querySelector('#upload-state.refusal')")
    assert "That is one line." in page.text("#upload-state")
    page.driver.execute_script(PASTE, "\r\n".join(line.replace(";", "\t") for line in lines), "#paste-box")
    page.drawn(-12)
    page.until("document.querySelector('#series-name').innerText === 'Verbrauch [kWh]'")
    page.open()
    page.until("document.querySelector('#paste-open')")
    picture = "data.items.add(new File(['x'], 'image.png', {type: 'image/png'}));"
    with_picture = PASTE.replace("document", f"{picture} document", 1)  # as spreadsheets copy
    page.driver.execute_script(with_picture, "\n".join(line.replace(";", "\t") for line in lines[:500]), "body")
    page.drawn(-12)
    assert page.complaints() == []


def test_a_refusal_says_what_was_found_and_the_drop_zone_stays_usable(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("name,colour\n" + "cat,black\n" * 50)
    page.open()
    page.choose(bad)
    page.until("document.querySelector('#upload-state.refusal')")
    assert "No column reads as time. Columns found: name, colour." in page.text("#upload-state")
    opened_at = page.js("location.pathname")
    assert opened_at == "/"
    page.choose(german(tmp_path))
    page.drawn(-12)
    path = page.js("location.pathname + location.search")
    page.find("#file-input").send_keys(str(bad))
    page.until("document.querySelector('#upload-sheet.refusal')")
    assert page.js("location.pathname + location.search") == path
    assert page.drawn() == -12
    assert page.complaints() == []


def test_one_refusal_after_the_other_is_said_in_the_drop_zone_and_a_good_file_is_read(
    page: Page, tmp_path: Path
) -> None:
    lines = german(tmp_path).read_text().splitlines()
    page.open()
    for name, raw, words in (
        ("load.csv.gz", b"\x1f\x8b\x08" + b"\0" * 99, "This is a compressed file (gzip). Unpack it first"),
        ("load.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "This is an Excel workbook. In Excel: File >"),
        ("short.csv", "\n".join(lines[:9]).encode(), "8 usable rows; at least 24 are needed before a first forecast."),
    ):
        (tmp_path / name).write_bytes(raw)
        page.choose(tmp_path / name)
        page.until(f"document.querySelector('#upload-state.refusal')?.innerText.includes({words!r})")
        assert page.js("document.querySelector('#upload-state').getAttribute('role')") == "alert"
        assert page.find("#choose").is_enabled()
    page.choose(tmp_path / "zaehler.csv")
    page.drawn(-12)
    assert page.complaints() == []


def test_a_slow_file_tells_how_far_it_is_and_can_be_taken_back(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    times = np.datetime64("2000-01-01T00:00", "m") + 15 * np.arange(120_000)
    file.write_text("time,load\n" + "\n".join(f"{time},{n % 97}.25" for n, time in enumerate(times)))
    page.open()
    page.until("document.querySelector('#choose')")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", slow)
    try:
        page.choose(file)
        page.until(
            "/^Sending [\\d.]+ of 2.7 MB . Cancel$/.test(document.querySelector('#upload-state').innerText.trim())"
        )
        page.find("#upload-offer").click()
        page.until("document.querySelector('#upload-state').innerText === ''")
    finally:
        page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    assert page.js("location.pathname") == "/"
    page.choose(file)
    page.drawn(-12)
    assert page.complaints() == []


def test_a_busy_server_is_asked_again_until_somebody_cancels_or_drops_another_file(page: Page, tmp_path: Path) -> None:
    page.open()
    page.until("document.querySelector('#choose')")
    page.driver.execute_script(
        "window.busy = 1; const {get} = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, 'status');"
        "Object.defineProperty(XMLHttpRequest.prototype, 'status',"
        " {get() { return this.responseURL.includes('datasets') && window.busy-- > 0 ? 503 : get.call(this); }})"
    )
    page.choose(german(tmp_path))
    page.until("document.querySelector('#upload-state').innerText.startsWith('Busy. Trying again in ')")
    page.find("#upload-offer").click()
    page.until("document.querySelector('#upload-state').innerText === ''")
    page.driver.execute_script("window.busy = 1")
    page.choose(german(tmp_path))
    page.drawn(-12)
    assert page.complaints() == []


def test_the_longest_gap_is_shown_where_it_begins(page: Page, csv_file: Path) -> None:
    opened(page, csv_file)
    page.until("document.querySelector('#read-strip summary')")
    page.find("#read-strip summary").click()
    page.until("document.querySelector('#read-strip details[open] [data-go]')")
    page.find("#read-strip [data-go]").click()
    page.drawn(999 - 2_199)
    assert "Sun 11 Feb 2024, 15:00" in page.text("#heading")
    assert page.complaints() == []


def test_where_the_bytes_are_gone_the_file_is_asked_for_and_read_as_wished(page: Page, tmp_path: Path) -> None:
    file = german(tmp_path)
    opened(page, file)
    checked(page)
    page.driver.execute_script(
        "const ask = window.fetch; window.fetch = (address, how) =>"
        " how?.method === 'POST' && address.includes('upload=')"
        " ? Promise.resolve(new Response(JSON.stringify({error: {message: 'The bytes of this upload are no longer kept."
        " Upload the file again.'}}), {status: 404})) : ask(address, how)"
    )
    page.find("#read-strip [data-reread='dayfirst=false']").click()
    page.until("document.querySelector('#reread-note button')")
    assert "no longer kept. Upload the file again. Choose the file" in page.text("#reread-note")
    page.driver.execute_script(
        "HTMLInputElement.prototype.click = () => {}; document.querySelector('#reread-note button').click()"
    )
    page.find("#file-input").send_keys(str(file))
    page.until("document.querySelector('#read-strip summary')?.innerText.includes('3 Dec 2024')")
    page.drawn()


def test_a_phone_reads_the_strip_without_scrolling_sideways(open_browser: Callable[..., Page], tmp_path: Path) -> None:
    page = open_browser(PHONE)
    opened(page, shops(tmp_path, 14))
    page.until("document.querySelectorAll('#picker .sparkline[style*=mask]').length === 12")
    assert page.width_overflow() <= 0
    name = "document.querySelector('#series-name')"
    page.until(f"{name}.innerText === 'shop 0' && {name}.scrollWidth === {name}.clientWidth")
    out = "[...document.querySelectorAll('.header *')].filter((e) => e.getBoundingClientRect().right > innerWidth)"
    assert page.js(f"{out}.length") == 0
    assert page.text("#copy-link") == "Copy link"
    page.open()
    page.until("document.querySelector('#choose')")
    page.choose(one_day(tmp_path))
    page.until("document.querySelectorAll('.way').length === 2")
    assert page.width_overflow() <= 0
    page.find(".way").send_keys(Keys.ENTER)
    page.drawn(-12)
    assert page.complaints() == []
