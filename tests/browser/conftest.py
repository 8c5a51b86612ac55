"""A real gunicorn and a real Chromium, one of each per process; every test has a window that remembers nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.visits import Visits
from tests.serving import Server

PATIENCE = 90.0  # seconds: a machine that does other things beside the tests is no failure
DESK, PHONE = (1400, 900), (390, 844)
QUIET = (  # what a browser does on its own, all day
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
)


class Page:
    """A browser window on the app. Every wait is for something that can be seen."""

    def __init__(self, driver: webdriver.Chrome, address: str, visits: Visits) -> None:
        self.driver = driver
        self.address = address
        self.visits = visits

    def open(self, path: str = "/") -> None:
        self.driver.get(self.address + path)

    def js(self, expression: str) -> Any:
        return self.driver.execute_script(f"return {expression}")

    def until(self, expression: str, timeout: float = PATIENCE) -> Any:
        """Wait until a JavaScript expression is truthy; its value."""
        return self.wait(lambda: self.js(expression), expression, timeout)

    def wait(self, condition: Callable[[], Any], what: str, timeout: float = PATIENCE) -> Any:
        return WebDriverWait(self.driver, timeout, poll_frequency=0.05).until(lambda _: condition(), what)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element("css selector", selector)

    def text(self, selector: str) -> str:
        return str(self.js(f"document.querySelector({selector!r})?.innerText || ''"))

    def choose(self, file: Path) -> None:
        """Choose a file, as the button's dialog would."""
        self.until("document.querySelector('#choose') && document.querySelector('#file-input')")
        self.find("#file-input").send_keys(str(file))

    def drop(self, file: Path) -> None:
        """Choose a file on the first page and wait for its picture."""
        self.open()
        self.choose(file)
        self.until("location.pathname.startsWith('/explore/')")
        self.drawn()

    def show(self, file: Path) -> None:
        """The picture of a file: dropped, or once that was done, opened by whoever comes back to it."""
        known = self.visits.of(self.address, file)
        if known is None:
            self.drop(file)
            remembered = str(self.js("localStorage.getItem('hindcast.files')"))
            self.visits.note(self.address, file, str(self.js("location.pathname.split('/').pop()")), remembered)
            return
        handle, remembered = known
        before = f"localStorage.setItem('hindcast.files', {json.dumps(remembered)})"
        script = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": before})
        self.open(f"/explore/{handle}")
        self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
        self.drawn()

    def drawn(self, index: int | None = None) -> int:
        """Wait until the hand rests (on `index`, if given) and its picture and words are on the screen; its index."""
        which = "" if index is None else f" && e.dataset.index === '{index}'"
        settled = "e.dataset.settled === 'true' && e.dataset.index === String(hindcast.gate.hand)"
        shown = f"const e = document.querySelector('#forecast'); return e && {settled}{which} && e.dataset.index"
        return int(self.until(f"(() => {{ {shown} }})()"))

    def complaints(self) -> list[str]:
        """What the browser's console said, refused requests aside: those are answers."""
        lines = self.driver.get_log("browser")
        return [line["message"] for line in lines if "status of 422" not in line["message"]]

    def width_overflow(self) -> int:
        return int(self.js("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.fixture(scope="session")
def visits() -> Visits:
    return Visits()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as it is deployed, on a free port, with a cache of its own."""
    with Server(tmp_path_factory.mktemp("hindcast") / "cache") as running:
        yield running.url


def started(profile: Path, **logs: str) -> webdriver.Chrome:
    """A Chromium of its own; further logs, with their levels."""
    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        *QUIET,
        f"--user-data-dir={profile}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "WARNING", **logs})
    return webdriver.Chrome(service=Service(shutil.which("chromedriver") or ""), options=options)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One Chromium for all journeys of a process: to start it, and to compile the app's scripts, takes seconds."""
    driver = started(tmp_path_factory.mktemp("chromium") / "profile")
    yield driver
    driver.quit()


def forget(driver: webdriver.Chrome, servers: set[str]) -> None:
    """The window as it was before a journey: a new one would compile the app's scripts again, which takes a second."""
    ActionChains(driver).reset_actions()
    driver.get("about:blank")
    for command, how in (
        ("Page.resetNavigationHistory", {}),
        ("Network.disable", {}),
        ("Emulation.setTouchEmulationEnabled", {"enabled": False}),
        ("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": 0, "y": 0}),
        *(("Storage.clearDataForOrigin", {"origin": server, "storageTypes": "all"}) for server in servers),
    ):
        driver.execute_cdp_cmd(command, how)


@pytest.fixture
def open_browser(
    server: str, chromium: webdriver.Chrome, visits: Visits, csv_file: Path, tmp_path: Path
) -> Iterator[Callable[..., Page]]:
    """A window of a given size that remembers nothing; dark=True for people whose system is dark. Whoever opens another
    one in the same test is a stranger, with a Chromium of their own."""
    opened: list[Page] = []
    first = chromium.current_window_handle

    def start(size: tuple[int, int] = DESK, *, dark: bool = False) -> Page:
        driver = started(tmp_path / f"stranger{len(opened)}") if opened else chromium
        driver.get_log("browser")  # what was said in earlier journeys
        page = Page(driver, server, visits)
        opened.append(page)
        shape = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size[0] < 500}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shape)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        return page

    yield start
    for page in opened[1:]:
        page.driver.quit()
    for window in set(chromium.window_handles) - {first}:
        chromium.switch_to.window(window)
        chromium.close()
    chromium.switch_to.window(first)
    forget(chromium, {page.address for page in opened})
    visits.end(server, but=csv_file)


@pytest.fixture
def page(open_browser: Callable[..., Page]) -> Page:
    return open_browser()


@pytest.fixture(scope="session")
def csv_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three months of hourly readings with a daily rhythm and a gap; its name says something private."""
    random = np.random.default_rng(5)
    rows = 2_200
    values = 40 + 12 * np.sin(2 * np.pi * np.arange(rows) / 24) + random.normal(0, 1.5, rows)
    times = np.datetime64("2024-01-01T00:00", "m") + np.arange(rows) * np.timedelta64(60, "m")
    kept = np.ones(rows, dtype=bool)
    kept[1_000:1_040] = False
    lines = [f"{times[k]},{values[k]:.1f}" for k in np.flatnonzero(kept)]
    path = tmp_path_factory.mktemp("data") / "Ward 7 Mrs Miller.csv"
    path.write_text("time,Load [kW]\n" + "\n".join(lines) + "\n")
    return path
