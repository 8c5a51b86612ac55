"""A forecast and what then happened as a small picture: the last readings, both bands, the median. Pure.

An image of its own, in the colours of one theme, so that a table of them costs the page nothing but a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import numpy as np

from engine import PlotData
from pages._traces import Floats, Palette

WIDTH, HEIGHT = 160, 32
EDGE = 1.5  # px that lines need beyond the values


def fan(plot: PlotData, paint: Palette) -> str:
    """An SVG of 160 x 32 px: as much of the past as of what was forecast."""
    past = plot.context_values[-(plot.horizon + 1) :]
    ahead = np.arange(1, plot.horizon + 1)
    bands = [plot.quantiles[level] for level in (0.1, 0.25, 0.5, 0.75, 0.9)]
    seen = np.concatenate([past, plot.actuals, *bands])
    seen = seen[np.isfinite(seen)]
    low, high = float(seen.min()), float(seen.max())
    across = (WIDTH - 2 * EDGE) / max(1, len(past) - 1 + plot.horizon)

    def place(x: float, y: float) -> str:
        share = (y - low) / (high - low) if high > low else 0.5
        return f"{EDGE + x * across:.1f} {HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE):.1f}"

    def path(xs: Sequence[float], ys: Floats, look: str) -> str:
        pen, steps = "M", []
        for x, y in zip(xs, ys, strict=True):
            if not np.isfinite(y):
                pen = "M"
                continue
            steps.append(f"{pen}{place(x, y)}")
            pen = "L"
        return f'<path d="{"".join(steps)}" fill="none" {look}/>' if steps else ""

    def zone(lower: Floats, upper: Floats, opacity: float) -> str:
        corners = [*zip(now + ahead, upper, strict=True), *zip((now + ahead)[::-1], lower[::-1], strict=True)]
        points = "L".join(place(x, y) for x, y in corners)
        return f'<path d="M{points}z" fill="{paint.band}" opacity="{opacity}"/>'

    now = len(past) - 1
    happened = np.concatenate([past[-1:], plot.actuals])
    inside = [
        zone(bands[0], bands[4], 0.25),
        zone(bands[1], bands[3], 0.35),
        path((now + ahead).tolist(), bands[2], f'stroke="{paint.band}" stroke-width="1.6"'),
        path(list(range(len(past))), past, f'stroke="{paint.muted}" stroke-width="1"'),
        path(list(range(now, now + plot.horizon + 1)), happened, f'stroke="{paint.ink}" stroke-width="1.4"'),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(inside)}</svg>'
    )


def image(svg: str) -> str:
    """The address of a picture that is in the address."""
    return f"data:image/svg+xml,{quote(svg)}"
