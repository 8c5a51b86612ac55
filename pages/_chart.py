"""Parts of the accuracy page's charts: lines, ranges, axes. Pure; colours are explicit, from one of two palettes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages._figure import FONT, room
from pages._frame import value_ticks
from pages._notation import Step, number, quantity, span
from pages._traces import Palette, numbers

Floats = NDArray[np.float64]

CONFIG = {"displayModeBar": False, "doubleClick": False, "scrollZoom": False, "showTips": False}
SHADE = 0.16  # opacity of a range
LEAST_LEFT = 40  # px beside a value axis


class Words(NamedTuple):
    """How a chart writes its numbers; baseline is its everyday name."""

    step: Step
    decimals: int
    unit: str
    baseline: str

    def ahead(self, steps: int) -> str:
        """`+3 h`."""
        return f"+{span(steps, self.step)}"

    def miss(self, value: float) -> str:
        """A miss with its unit."""
        return quantity(value, self.decimals, self.unit)

    def bare(self, value: float) -> str:
        """A miss beside another that has the unit."""
        return number(value, self.decimals)

    def reach(self, low: float, high: float) -> str:
        """` (2.2 to 2.6)`, of a mean miss, which is never negative; nothing where too little is known."""
        known = math.isfinite(low) and math.isfinite(high)
        return f" ({self.bare(max(low, 0.0))} to {self.bare(high)})" if known else ""


def top(*columns: Floats) -> float:
    """The end of an axis that starts at zero."""
    known = np.concatenate([column[np.isfinite(column)] for column in columns])
    most = float(known.max()) if len(known) else 0.0
    return 1.08 * most if most > 0 else 1.0


def line(
    x: Sequence[float], y: Floats, colour: str, *, width: float = 1.8, dash: str = "solid", mode: str = "lines"
) -> dict[str, Any]:
    """A line, broken where nothing is known; a lone value is a dot."""
    return {
        "type": "scatter",
        "mode": mode if len(x) > 1 else "markers",
        "x": list(x),
        "y": numbers(y),
        "line": {"color": colour, "width": width, "dash": dash},
        "marker": {"color": colour, "size": 6},
        "hoverinfo": "skip",
    }


def zone(steps: list[int], low: Floats, high: Floats, colour: str) -> dict[str, Any]:
    """A range as an area; nothing where it is not known. One of a single step is half a step wide."""
    known = np.isfinite(low) & np.isfinite(high)
    x, bottom, top = np.array(steps, dtype=np.float64)[known], low[known], high[known]
    if len(x) == 1:
        x, bottom, top = np.array([x[0] - 0.25, x[0] + 0.25]), np.repeat(bottom, 2), np.repeat(top, 2)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*numbers(x), *numbers(x[::-1])],
        "y": [*numbers(top), *numbers(bottom[::-1])],
        "fill": "toself",
        "fillcolor": colour,
        "opacity": SHADE,
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def axis(paint: Palette) -> dict[str, Any]:
    """What all axes have."""
    return {
        "fixedrange": True,
        "zeroline": False,
        "gridcolor": paint.grid,
        "tickmode": "array",
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": paint.grid,
    }


def values(low: float, high: float, paint: Palette, most: int = 6) -> dict[str, Any]:
    """A value axis; `most` labels fit beside it."""
    marks = value_ticks(low, high)
    marks = marks[:: math.ceil(len(marks) / most)]
    return axis(paint) | {
        "range": [low, high],
        "tickvals": [value for value, _ in marks],
        "ticktext": [label for _, label in marks],
    }


def beside(value_axis: dict[str, Any]) -> int:
    """Px that the labels of a value axis need."""
    return max([LEAST_LEFT, *(room(label) for label in value_axis["ticktext"])])


def chart(traces: list[dict[str, Any]], across: dict[str, Any], up: dict[str, Any], paint: Palette) -> dict[str, Any]:
    """The figure."""
    return {
        "data": traces,
        "layout": {
            "template": None,
            "autosize": True,
            "margin": {"l": beside(up), "r": 16, "t": 8, "b": 30, "pad": 0},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 12, "color": paint.muted},
            "showlegend": False,
            "separators": ".\u202f",
            "dragmode": False,
            "hovermode": "x",
            "hoverlabel": {
                "bgcolor": paint.paper,
                "bordercolor": paint.muted,
                "align": "left",
                "font": {"family": FONT, "size": 13, "color": paint.ink},
            },
            "xaxis": across,
            "yaxis": up,
        },
    }
