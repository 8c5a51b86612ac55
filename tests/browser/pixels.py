"""What is on the screen, compared by the browser itself: no image library is needed."""

from __future__ import annotations

from tests.browser.conftest import Page

COMPARE = """
const [one, other, loud, done] = arguments;
const pixels = async (data) => {
  const image = await createImageBitmap(new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))]));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  return pen.getImageData(0, 0, image.width, image.height).data;
};
Promise.all([pixels(one), pixels(other)]).then(([a, b]) => {
  const found = { off: 0, ink: 0, size: a.length === b.length ? a.length / 4 : -1 };
  const far = (p, k, q, j) => Math.max(...[0, 1, 2].map((c) => Math.abs(p[k + c] - q[j + c]))) > loud;
  for (let k = 0; k < a.length; k += 4) {
    found.off += far(a, k, b, k);
    found.ink += far(a, k, a, 4 * 2000);
  }
  done(found);
});
"""


def shot(page: Page, selector: str) -> str:
    """The pixels of an element, as a PNG in base64."""
    box = page.js(
        f"(() => {{ const r = document.querySelector({selector!r}).getBoundingClientRect();"
        " return {x: r.left + scrollX, y: r.top + scrollY, width: r.width, height: r.height, scale: 1} })()"
    )
    return cut(page, box)


def cut(page: Page, box: dict[str, float]) -> str:
    """The pixels of a part of the page, as a PNG in base64."""
    taken = page.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": box})
    return str(taken["data"])


def differing(page: Page, one: str, other: str, loud: int) -> tuple[int, int]:
    """How many pixels of two shots differ by more than `loud` of 255 in a colour, and how many of the first differ so
    from its ground."""
    found = page.driver.execute_async_script(COMPARE, one, other, loud)
    assert found["size"] > 0, "shots of different sizes"
    return found["off"], found["ink"]
