"""The cost of a moment against the length of its file, as three small charts in one SVG. Pure."""

from __future__ import annotations

import math
from html import escape
from typing import Any

from pages._svg import svg

WIDTH, HEIGHT, GAP = 330, 230, 10
COLOURS = {"hindcast-small": "#0969da", "last-value": "#8b5cf6"}
INK, LINES = "#57606a", "#d0d7de"
CHARTS = (
    ("ms", "milliseconds of a core per moment", 1),
    ("memory", "most memory, MB", 1e6),
    ("disk", "disk, bytes per moment", 1),
)


def picture(told: dict[str, Any]) -> str:
    """From a record of `make cost`; both axes of each chart are logarithmic. Readable on light and dark ground."""
    width, height = 3 * WIDTH + 2 * GAP, HEIGHT + 66
    parts = []
    for place, (key, name, unit) in enumerate(CHARTS):
        x = place * (WIDTH + GAP)
        drawn = svg(_chart(told["costs"], key, unit), WIDTH, HEIGHT, name)
        parts.append(f'<g transform="translate({x} 24)"><text x="48" y="-6" font-weight="600">{name}</text>')
        parts.append(drawn.replace("<svg ", f'<svg width="{WIDTH}" height="{HEIGHT}" ', 1) + "</g>")
    for place, (model, colour) in enumerate(COLOURS.items()):
        parts.append(f'<circle cx="{54 + 150 * place}" cy="{height - 27}" r="4" fill="{colour}"/>')
        parts.append(f'<text x="{64 + 150 * place}" y="{height - 23}">{model}</text>')
    where = told["machine"]
    note = f"{where['processor']}, {where['cores']} cores, one of them computing; {where['measured']}"
    parts.append(f'<text x="48" y="{height - 5}" font-size="11">{escape(note)}</text>')
    ground = f'<rect width="{width}" height="{height}" rx="6" fill="#ffffff"/>'
    look = f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13" fill="{INK}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {look}>{ground}{"".join(parts)}</svg>\n'


def _chart(costs: list[dict[str, Any]], key: str, unit: float) -> dict[str, Any]:
    values = [cost[key] / unit for cost in costs]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
    traces = []
    for model, colour in COLOURS.items():
        of_model = [cost for cost in costs if cost["model"] == model]
        x = [math.log10(cost["moments"]) for cost in of_model]
        y = [math.log10(cost[key] / unit) for cost in of_model]
        look = {"line": {"color": colour, "width": 2, "dash": "solid"}, "marker": {"color": colour, "size": 6}}
        traces.append({"x": x, "y": y, "mode": "lines+markers", **look})
    ticks = list(range(low, high + 1))
    up = {
        "range": [low, high],
        "tickvals": ticks,
        "ticktext": [f"{10.0**power:,g}" for power in ticks],
        "gridcolor": LINES,
    }
    across = {"range": [2.9, 6.1], "tickvals": [3, 4, 5, 6], "ticktext": ["1,000", "10,000", "100,000", "1,000,000"]}
    return {
        "data": traces,
        "layout": {
            "font": {"family": "sans-serif", "color": INK},
            "margin": {"l": 48, "r": 24, "t": 8, "b": 26},
            "xaxis": {**across, "showgrid": False, "gridcolor": LINES, "tickcolor": LINES},
            "yaxis": up,
        },
    }
