"""What is on the screen, as numbers: screenshots of a part of the page, read without an image library."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from tests.browser.conftest import Page


def shot(page: Page, selector: str) -> NDArray[np.int16]:
    """The pixels of an element, (height, width, 3)."""
    box = page.js(
        f"(() => {{ const r = document.querySelector({selector!r}).getBoundingClientRect();"
        " return {x: r.left + scrollX, y: r.top + scrollY, width: r.width, height: r.height, scale: 1} })()"
    )
    taken = page.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": box})
    return decoded(base64.b64decode(taken["data"]))


def decoded(data: bytes) -> NDArray[np.int16]:
    """A PNG of 8 bits a channel, not interlaced, as (height, width, 3)."""
    at, packed = 8, b""
    width = height = channels = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + size]
        at += 12 + size
        if kind == b"IHDR":
            width, height, depth, colours = struct.unpack_from(">IIBB", body)
            assert depth == 8
            channels = {2: 3, 6: 4}[colours]
        elif kind == b"IDAT":
            packed += body
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + width * channels)
    image = np.zeros((height + 1, width + 1, channels), np.uint8)  # with a row above and a column before
    for y, row in enumerate(rows, start=1):
        _unfilter(int(row[0]), row[1:].reshape(width, channels), image[y - 1], image[y])
    return image[1:, 1:, :3].astype(np.int16)


def _unfilter(way: int, row: NDArray[np.uint8], above: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """One row (width, channels) into out (width + 1, channels), whose first pixel is zero, as is above's."""
    if way in (0, 2):
        out[1:] = row + (above[1:] if way == 2 else 0)
        return
    if way == 1:
        out[1:] = np.cumsum(row, axis=0, dtype=np.uint8)
        return
    for x in range(1, len(out)):
        left, up, corner = (pixel.astype(np.int16) for pixel in (out[x - 1], above[x], above[x - 1]))
        if way == 3:
            guess = (left + up) // 2
        else:
            distances = np.abs(up - corner), np.abs(left - corner), np.abs(left + up - 2 * corner)
            guess = np.select(
                [(distances[0] <= distances[1]) & (distances[0] <= distances[2]), distances[1] <= distances[2]],
                [left, up],
                corner,
            )
        out[x] = row[x - 1] + guess.astype(np.uint8)
