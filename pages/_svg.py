"""A chart of the accuracy page as a static picture, for a file that needs no script. Pure.

Draws what `_chart.py` puts into a figure, and no more: lines, areas, dots over one axis of x and one or two of values.
"""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

TICK = 4  # px
DASHES = {"dash": "6 4"}


class Frame(NamedTuple):
    """A rectangle in px and the values at its edges."""

    left: float
    right: float
    top: float
    bottom: float
    x0: float
    x1: float
    y0: float
    y1: float

    def x(self, value: float) -> float:
        return self.left + (value - self.x0) / (self.x1 - self.x0) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.y0) / (self.y1 - self.y0) * (self.bottom - self.top)


def svg(figure: dict[str, Any], width: int, height: int, name: str) -> str:
    """The picture of a figure; `name` is what it is called for those who are read to."""
    layout = figure["layout"]
    frames = {
        axis: _frame(layout, layout[f"yaxis{axis[1:]}"], width, height) for axis in ("y", "y2") if _has(layout, axis)
    }
    lowest = max(frames.values(), key=lambda frame: frame.bottom)
    parts = [_values(layout[f"yaxis{axis[1:]}"], frame) for axis, frame in frames.items()]
    parts.append(_across(layout["xaxis"], frames, lowest))
    parts += [_shape(shape, lowest, frames["y"]) for shape in layout.get("shapes", ())]
    parts += [_trace(trace, frames[trace.get("yaxis", "y")]) for trace in figure["data"]]
    font = f'font-family="{escape(layout["font"]["family"])}" font-size="12" fill="{layout["font"]["color"]}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(name)}" {font}>{"".join(parts)}</svg>'
    )


def _has(layout: dict[str, Any], axis: str) -> bool:
    return f"yaxis{axis[1:]}" in layout


def _frame(layout: dict[str, Any], up: dict[str, Any], width: int, height: int) -> Frame:
    margin, (x0, x1), (y0, y1) = layout["margin"], layout["xaxis"]["range"], up["range"]
    low, high = up.get("domain", (0, 1))
    top, bottom = margin["t"], height - margin["b"]
    tall = bottom - top
    return Frame(margin["l"], width - margin["r"], bottom - high * tall, bottom - low * tall, x0, x1, y0, y1)


def _values(up: dict[str, Any], frame: Frame) -> str:
    """A value axis: its lines and labels."""
    parts = []
    for value, label in zip(up["tickvals"], up["ticktext"], strict=True):
        y = frame.y(value)
        parts.append(_stroke(frame.left, y, frame.right, y, up["gridcolor"]))
        parts.append(f'<text x="{frame.left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{escape(label)}</text>')
    return "".join(parts)


def _across(axis: dict[str, Any], frames: dict[str, Frame], lowest: Frame) -> str:
    """The axis of x under the lowest frame; its lines through all of them, where it has any."""
    parts = []
    for value, label in zip(axis["tickvals"], axis["ticktext"], strict=True):
        x = lowest.x(value)
        if axis["showgrid"]:
            parts += [_stroke(x, frame.top, x, frame.bottom, axis["gridcolor"]) for frame in frames.values()]
        parts.append(_stroke(x, lowest.bottom, x, lowest.bottom + TICK, axis["tickcolor"]))
        parts.append(f'<text x="{x:.1f}" y="{lowest.bottom + 18:.1f}" text-anchor="middle">{escape(label)}</text>')
    return "".join(parts)


def _stroke(x0: float, y0: float, x1: float, y1: float, colour: str) -> str:
    return f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke="{colour}"/>'


def _shape(shape: dict[str, Any], lowest: Frame, highest: Frame) -> str:
    """An area over all frames, from one x to another."""
    left, right = lowest.x(shape["x0"]), lowest.x(shape["x1"])
    size = f'width="{right - left:.1f}" height="{lowest.bottom - highest.top:.1f}"'
    look = f'fill="{shape["fillcolor"]}" opacity="{shape["opacity"]}"'
    return f'<rect x="{left:.1f}" y="{highest.top:.1f}" {size} {look}/>'


def _trace(trace: dict[str, Any], frame: Frame) -> str:
    points = [
        None if x is None or y is None else (frame.x(x), frame.y(y))
        for x, y in zip(trace["x"], trace["y"], strict=True)
    ]
    parts = []
    if "lines" in trace["mode"]:
        path = _path(points)
        line = trace["line"]
        if trace.get("fill") == "toself":
            parts.append(f'<path d="{path}" fill="{trace["fillcolor"]}" opacity="{trace["opacity"]}"/>')
        elif path:
            dash = f' stroke-dasharray="{DASHES[line["dash"]]}"' if line["dash"] in DASHES else ""
            look = f'fill="none" stroke="{line["color"]}" stroke-width="{line["width"]}"{dash}'
            parts.append(f'<path d="{path}" {look}/>')
    if "markers" in trace["mode"]:
        marker = trace["marker"]
        for k, point in enumerate(points):
            if point is not None:
                parts.append(
                    _dot(*point, _of(marker.get("symbol", "circle"), k), _of(marker["color"], k), marker["size"])
                )
    return "".join(parts)


def _of(value: Any, k: int) -> Any:
    """The value of the k-th point, where each has its own."""
    return value[k] if isinstance(value, list) else value


def _path(points: list[tuple[float, float] | None]) -> str:
    """The path along points, broken where one is unknown."""
    pen, steps = "M", []
    for point in points:
        if point is None:
            pen = "M"
            continue
        steps.append(f"{pen}{point[0]:.1f} {point[1]:.1f}")
        pen = "L"
    return "".join(steps)


def _dot(x: float, y: float, symbol: str, colour: str, size: float) -> str:
    if symbol == "diamond":
        r = 0.7 * size
        return f'<path d="M{x:.1f} {y - r:.1f}l{r:.1f} {r:.1f}l{-r:.1f} {r:.1f}l{-r:.1f} {-r:.1f}z" fill="{colour}"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size / 2:.1f}" fill="{colour}"/>'
