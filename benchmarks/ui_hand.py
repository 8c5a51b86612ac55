"""A hand on a page: real mouse events at a given rate, whatever the page does, and what the page painted of them."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import websocket
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

GRAB, SETTLE, TAIL = 0.3, 1.0, 1.5  # seconds: after pressing, before the first position counts, after the last one

# Notes every position the slider takes, with the time of the pointer's event, and every change of what is drawn, in the
# first task after the frame that shows it.
WATCH = """
const [sliderAt, drawn] = [arguments[0], new Function("return " + arguments[1])];
const seen = window.seen = { positions: [], paints: [] };
const thumb = document.querySelector(sliderAt + " [role=slider]");
let touched = 0, shown = null;
addEventListener("pointermove", (event) => { touched = event.timeStamp }, true);
new MutationObserver(() => {
  const value = Number(thumb.getAttribute("aria-valuenow"));
  if (seen.positions.at(-1)?.[0] !== value) seen.positions.push([value, touched]);
}).observe(thumb, { attributes: true, attributeFilter: ["aria-valuenow"] });
const channel = new MessageChannel();
channel.port1.onmessage = () => {
  const now = drawn() === null ? null : Number(drawn());
  if (now !== null && now !== shown) { shown = now; seen.paints.push([now, performance.now()]) }
};
const frame = () => { channel.port2.postMessage(0); requestAnimationFrame(frame) };
frame();
"""


class Scrub(NamedTuple):
    """What became of one scrub. positions the hand took, and of those painted; frames painted out of order; longest: ms
    for which the hand was elsewhere and no newer frame came; latency: ms from the pointer's event to the painted frame,
    of half and of 95 % of those painted; rate: frames a second."""

    positions: int
    painted: int
    out_of_order: int
    longest: float
    latency: tuple[float, float]
    rate: float


class Hand:
    """A browser window whose mouse moves; `drawn`: a JavaScript expression of the index that is drawn."""

    def __init__(self, driver: webdriver.Chrome, slider: str, drawn: str) -> None:
        self._driver = driver
        self._slider = slider
        self._drawn = drawn
        address = driver.capabilities["goog:chromeOptions"]["debuggerAddress"]
        with urllib.request.urlopen(f"http://{address}/json") as answer:
            tab = next(tab for tab in json.load(answer) if tab["type"] == "page")
        self._socket = websocket.create_connection(tab["webSocketDebuggerUrl"], suppress_origin=True)
        self._sent = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        """Answers are not waited for: the mouse does not wait for the page either."""
        try:
            while self._socket.recv():
                pass
        except (OSError, websocket.WebSocketException):
            return

    def _mouse(self, kind: str, x: float, y: float) -> None:
        self._sent += 1
        event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1, "pointerType": "mouse"}
        self._socket.send(json.dumps({"id": self._sent, "method": "Input.dispatchMouseEvent", "params": event}))

    def open(self, address: str, ready: str) -> None:
        """A page, as soon as `ready` is true."""
        self._driver.get(address)
        deadline = time.monotonic() + 60
        while not self._driver.execute_script(f"return Boolean({ready})"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{address} is not ready: {ready}")
            time.sleep(0.1)
        self._driver.execute_script(WATCH, self._slider, self._drawn)

    def scrub(self, places: np.ndarray[Any, np.dtype[np.float64]], rate: float, at: str | None = None) -> Scrub:
        """Press, then be at each of the places, 0 (left) to 1 (right) of the slider or of the element `at`."""
        box = self._driver.execute_script(
            "const e = document.querySelector(arguments[0]);"
            "const t = document.querySelector(arguments[1] + ' [role=slider]');"
            "const r = e.getBoundingClientRect(), s = arguments[2] ? r : t.getBoundingClientRect();"
            "return [r.left, r.width, s.top + s.height / 2]",
            at or self._slider, self._slider, bool(at),
        )  # fmt: skip
        left, width, y = box
        xs = left + width * places
        self._mouse("mousePressed", xs[0], y)
        time.sleep(GRAB)
        self._mouse("mouseMoved", xs[0] + 1, y)
        time.sleep(SETTLE)
        self._driver.execute_script("seen.positions = []; seen.paints = []")
        start = time.monotonic()
        for k, x in enumerate(xs[1:], 1):
            time.sleep(max(0.0, start + k / rate - time.monotonic()))
            self._mouse("mouseMoved", x, y)
        time.sleep(TAIL)
        seen = self._driver.execute_script("return seen")
        self._mouse("mouseReleased", xs[-1], y)
        time.sleep(GRAB)
        return judged(seen["positions"], seen["paints"])


def judged(positions: list[tuple[int, float]], paints: list[tuple[int, float]]) -> Scrub:
    """A paint belongs to the newest position of its index that was not later; the first paint of a position counts."""
    order: list[int] = []
    first: dict[int, float] = {}
    times: list[float] = []
    for index, when in paints:
        found = [k for k, (value, touched) in enumerate(positions) if value == index and touched <= when]
        if found:
            order.append(found[-1])
            times.append(when)
            first.setdefault(found[-1], when - positions[found[-1]][1])
    begin, end = positions[0][1], positions[-1][1]
    waits = list(first.values()) or [float("nan")]
    return Scrub(
        positions=len(positions),
        painted=len(first),
        out_of_order=sum(b < a for a, b in pairwise(order)),
        longest=_longest_freeze([touched for _, touched in positions], order, times),
        latency=(float(np.quantile(waits, 0.5)), float(np.quantile(waits, 0.95))),
        rate=1000 * len([when for when in times if begin <= when <= end]) / max(1.0, end - begin),
    )


def _longest_freeze(touched: list[float], order: list[int], times: list[float]) -> float:
    """Ms from a move after a frame to the next frame, or to the last move where none came; a hand at rest waits for
    nothing. touched: of every position; order, times: which position each frame shows, and when it was painted."""
    frames = [(-1, touched[0]), *zip(order, times, strict=True)]
    ends = [*times, max(touched[-1], frames[-1][1])]
    waits = [
        end - max(since, touched[shown + 1])
        for (shown, since), end in zip(frames, ends, strict=True)
        if shown + 1 < len(touched) and touched[shown + 1] < end
    ]
    return max(waits, default=0.0)


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser window of a desk's size."""
    options = webdriver.ChromeOptions()
    with tempfile.TemporaryDirectory() as profile:
        for argument in (
            "headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "window-size=1400,1000",
            "remote-allow-origins=*", f"user-data-dir={profile}",
        ):  # fmt: skip
            options.add_argument(f"--{argument}")
        driver = webdriver.Chrome(service=Service(shutil.which("chromedriver") or ""), options=options)
        try:
            yield driver
        finally:
            driver.quit()
