"""A sketch of a series as a line that takes its colour from the page. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dash import html

WIDTH, HEIGHT = 120, 24
MARGIN = 2


def sparkline(sketch: Sequence[int | None]) -> Any:
    """A span that is a small SVG, used as a mask; heights 0 .. 99, None breaks the line. Else empty room."""
    if all(y is None for y in sketch):
        return html.Span(className="sparkline", style={"visibility": "hidden"})
    mask = f'url("data:image/svg+xml,{quote(_svg(sketch))}")'
    return html.Span(className="sparkline", style={"maskImage": mask, "WebkitMaskImage": mask})


def _svg(sketch: Sequence[int | None]) -> str:
    path, pen = [], "M"
    for k, y in enumerate(sketch):
        if y is None:
            pen = "M"
            continue
        x = MARGIN + (WIDTH - 2 * MARGIN) * k / max(1, len(sketch) - 1)
        path.append(f"{pen}{x:.1f} {HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * y / 99:.1f}")
        pen = "L"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none">'
        f'<path d="{"".join(path)}" fill="none" stroke="black" stroke-width="1.4" stroke-linecap="round"/></svg>'
    )
