"""`make picture`: the README's pictures of the app, docs/explore.png and docs/explore-dark.png.

A server on a fresh cache computes the samples, and a browser opens the real one as a person does, at a moment that
shows what the app is about: after an El Niño the forecast knew better than the year before.
"""

from __future__ import annotations

import argparse
import base64
import tempfile
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks.serving import Server, serving
from benchmarks.ui_hand import chromium

PORT = 18_990
WIDTH, HEIGHT, GUTTER = 1400, 930, 15  # css px; the page leaves the last ones to a scrollbar
SAMPLE = "real"
MOMENT = "i=-172&y=window"
STEP = 6  # pinned, 0 for the first
DRAWN = "document.querySelector('#forecast')?.dataset.settled === 'true'"
RAIL = "hindcast.rail.data && hindcast.rail.data.counts.done === hindcast.rail.data.counts.total"
FOLDER = Path(__file__).parent
FILES = {"light": FOLDER / "explore.png", "dark": FOLDER / "explore-dark.png"}


def main() -> None:
    argparse.ArgumentParser(prog="python -m docs.picture", description=__doc__).parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving("app:server", Path(folder) / "cache", PORT, HINDCAST_SAMPLES="1") as server,
        chromium() as driver,
    ):
        server.wait(lambda: _computed(server))
        for scheme, file in FILES.items():
            _take(driver, server.url, scheme, file)


def _computed(server: Server) -> bool:
    """Whether all forecasts of the samples are stored."""
    handles = [dataset["handle"] for dataset in server.call("/api/v1/datasets")["datasets"]]
    states = [server.call(f"/api/v1/datasets/{handle}/progress")["state"] for handle in handles]
    return len(states) == 2 and set(states) == {"done"}


def _take(driver: webdriver.Chrome, address: str, scheme: str, file: Path) -> None:
    """The sample's picture, for people whose system is light or dark."""
    shape = {"width": WIDTH + GUTTER, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shape)
    driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
    preferred = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": preferred})
    driver.get(address)
    _wait(driver, f"document.querySelector('#open-{SAMPLE}')").click()
    _wait(driver, DRAWN)
    driver.get(f"{driver.current_url.partition('?')[0]}?{MOMENT}")
    _wait(driver, f"{DRAWN} && {RAIL}")
    driver.execute_script(f"hindcast.stepCard.pin({STEP})")
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1}
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip})
    file.write_bytes(base64.b64decode(taken["data"]))
    print(f"{file}: {file.stat().st_size // 1000} kB")


def _wait(driver: webdriver.Chrome, expression: str) -> Any:
    """The value of a JavaScript expression, as soon as it is true."""
    return WebDriverWait(driver, 60).until(lambda _: driver.execute_script(f"return {expression}"), expression)


if __name__ == "__main__":
    main()
