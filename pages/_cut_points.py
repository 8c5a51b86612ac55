"""Points beyond the value axis: a triangle for each, and of neighbours whose values would cover one another that of the
farthest. Pure; the painter does the same (assets/28_tape.js)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages._frame import Frame
from pages._notation import number


def cut_points(
    x: list[int], values: NDArray[np.float64], frame: Frame, colour: str, letter: float
) -> list[dict[str, Any]]:
    """Traces of the values (N,) at steps x that lie beyond the axis. letter: steps that it covers."""
    traces: list[dict[str, Any]] = []
    for beyond, edge, symbol, place, below in (
        # The names of days have the line under the triangles.
        (frame.cut_high & (values > frame.high), frame.high, "triangle-up", "bottom center", "<br>"),
        (frame.cut_low & (values < frame.low), frame.low, "triangle-down", "top center", ""),
    ):
        where = np.flatnonzero(beyond)
        if len(where) == 0:
            continue
        texts = {x[i]: number(float(values[i]), cut_decimals(frame)) for i in where}
        told = _clear([x[i] for i in sorted(where, key=lambda i: (-abs(values[i] - edge), i))], texts, letter)
        mark = {
            "type": "scatter",
            "cliponaxis": False,
            "marker": {"symbol": symbol, "size": 9, "color": colour},
            "textposition": place,
            "textfont": {"size": 11, "color": colour},
        }
        silent = [step for step in texts if step not in told]
        if silent:
            traces.append(mark | {"mode": "markers", "x": silent, "y": [edge] * len(silent)})
        words = [below + texts[step] for step in told]
        traces.append(mark | {"mode": "markers+text", "x": told, "y": [edge] * len(told), "text": words})
    return traces


def _clear(steps: list[int], texts: dict[int, str], letter: float) -> list[int]:
    """Of steps, the most important first, those whose texts, centred there, cover none before them; ascending."""
    told: list[int] = []
    for step in steps:
        if all(abs(step - other) >= letter * (1 + (len(texts[step]) + len(texts[other])) / 2) for other in told):
            told.append(step)
    return sorted(told)


def cut_decimals(frame: Frame) -> int:
    """Decimals of a cut point's value: what the data carries."""
    return max(0, frame.decimals - 1)
