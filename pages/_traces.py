"""The layers of a picture, each as a plotly trace: shading, bands, baseline, truth, cut points. Pure.

x counts steps from the moment. All colours are explicit, from one of two palettes.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import PlotData
from pages._cut_points import cut_points
from pages._frame import Frame
from pages._notation import short
from pages._view import USUAL, View

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]
Label = tuple[float, str, str]  # a direct label: its height on the value axis, its text, its colour

MOST_OPAQUE = 0.85
PATH_WIDTH, PATH_OPACITY = 0.9, 0.5
GHOST_WIDTH, GHOST_OPACITY = 1.4, 0.6


@dataclass(frozen=True)
class Palette:
    """Colours of one theme; `heat` is the shading's colour at full strength, "r,g,b"."""

    ink: str
    muted: str
    grid: str
    day: str
    band: str
    heat: str
    baseline: str
    paper: str


LIGHT = Palette("#14181d", "#5b6570", "#eceef0", "#dfe3e7", "#0072B2", "0,114,178", "#8a4b9d", "#ffffff")
DARK = Palette("#eef1f4", "#9aa5b1", "#262c33", "#323a43", "#56B4E9", "86,180,233", "#cc9fdb", "#1a1e23")
EITHER = replace(LIGHT, ink="#7b8591", muted="#7b8591", grid="rgba(123,133,145,0.22)")  # while the theme is not known


@dataclass(frozen=True)
class Tape:
    """What is known around a moment: history ending at it, and what happened after it (NaN where unknown).

    history_times, history: (C,), the last one is the moment; times, actuals: (H,).
    """

    history_times: Times
    history: Floats
    times: Times
    actuals: Floats


def opacity(density: NDArray[np.float32], scale: float) -> Floats:
    """Opacity of the shading for densities per unit of the data: one scale for the whole file."""
    return np.minimum(MOST_OPAQUE, 0.6 * np.sqrt(np.maximum(density.astype(np.float64) * scale, 0.0)))


def forecast(
    plot: PlotData, frame: Frame, paint: Palette, baseline: str, view: View = USUAL
) -> tuple[list[dict[str, Any]], list[Label]]:
    """Traces of the forecast from the back, and its direct labels (value, text, colour)."""
    ahead = list(range(1, plot.horizon + 1))
    mode = "lines" if plot.horizon > 1 else "lines+markers"
    quantiles = plot.quantiles
    traces = [shading(plot, frame, paint)] if view.shading else []
    for outer, inner, width in ((0.1, 0.9, 1.1), (0.25, 0.75, 1.7)):
        traces.append(
            {
                "type": "scatter",
                "mode": mode,
                "x": [*ahead, None, *ahead],
                "y": [*numbers(quantiles[outer]), None, *numbers(quantiles[inner])],
                "line": {"color": paint.band, "width": width},
                "opacity": 0.75 if outer == 0.1 else 1,
            }
        )
    traces.append(
        {
            "type": "scatter",
            "mode": mode,
            "x": ahead,
            "y": numbers(quantiles[0.5]),
            "line": {"color": paint.band, "width": 2.6},
        }
    )
    labels = [
        (float(quantiles[0.9][-1]), "8 of 10", paint.band),
        (float(quantiles[0.75][-1]), "5 of 10", paint.band),
        (float(quantiles[0.5][-1]), "median", paint.band),
    ]
    if view.paths:
        traces.append(_paths(plot, paint, mode))
    if view.baseline and plot.model != plot.baseline_model and np.isfinite(plot.baseline_median).any():
        traces.append(
            {
                "type": "scatter",
                "mode": mode,
                "x": ahead,
                "y": numbers(plot.baseline_median),
                "line": {"color": paint.baseline, "width": 1.8, "dash": "dash"},
            }
        )
        labels.append((last_known(plot.baseline_median), short(baseline), paint.baseline))
    return traces, labels


def _paths(plot: PlotData, paint: Palette, mode: str) -> dict[str, Any]:
    """The samples, joined step by step: one line for each."""
    ahead = [*range(1, plot.horizon + 1), None]
    return {
        "type": "scatter",
        "mode": mode,
        "x": ahead * plot.samples.shape[1],
        "y": [value for path in plot.samples.T for value in (*numbers(path), None)],
        "line": {"color": paint.band, "width": PATH_WIDTH},
        "opacity": PATH_OPACITY,
    }


def ghosts(medians: list[tuple[int, Floats]], paint: Palette) -> list[dict[str, Any]]:
    """Medians (H,) of forecasts that were made so many steps earlier, paler the older they are."""
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": list(range(1 - age, len(median) + 1 - age)),
            "y": numbers(median),
            "line": {"color": paint.band, "width": GHOST_WIDTH},
            "opacity": GHOST_OPACITY / age,
        }
        for age, median in medians
    ]


def shading(plot: PlotData, frame: Frame, paint: Palette) -> dict[str, Any]:
    """The density as a heat map: one column per step, bytes instead of decimal numbers."""
    shade = np.round(opacity(plot.density, frame.scale) / MOST_OPAQUE * 255).astype(np.uint8).T
    grid = np.linspace(plot.density_lo, plot.density_hi, plot.density.shape[1])
    return {
        "type": "heatmap",
        "x": list(range(1, plot.horizon + 1)),
        "y": numbers(grid),
        "z": {
            "dtype": "u1",
            "bdata": base64.b64encode(np.ascontiguousarray(shade).tobytes()).decode(),
            "shape": f"{shade.shape[0]}, {shade.shape[1]}",
        },
        "zmin": 0,
        "zmax": 255,
        "colorscale": [[0, f"rgba({paint.heat},0)"], [1, f"rgba({paint.heat},{MOST_OPAQUE})"]],
        "showscale": False,
        "zsmooth": False,
    }


def known_values(
    tape: Tape, frame: Frame, paint: Palette, narrow: bool, letters: int
) -> tuple[list[dict[str, Any]], list[Label]]:
    """Traces of history and truth with their cut points, and the truth's direct label. letters: how many fit across the
    picture."""
    history = tape.history[-(frame.history(narrow=narrow) + 1) :]
    back = list(range(1 - len(history), 1))
    ahead = list(range(1, len(tape.actuals) + 1))
    now = history[-1:] if len(history) else np.array([np.nan])
    lone = [x for x, alone in zip(back, _isolated(history), strict=True) if alone]
    line = {"color": paint.ink, "width": 1.6}
    traces: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "x": back, "y": numbers(history), "line": line},
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": [0, *ahead],
            "y": numbers(np.concatenate([now, tape.actuals])),
            "line": {"color": paint.ink, "width": 2},
            "marker": {
                "color": paint.ink,
                "size": [0, *([6] * len(ahead))],
                "opacity": 1,  # several sizes would make bubbles of them, which plotly pales
                "line": {"color": paint.paper, "width": 1},
            },
        },
    ]
    if lone:
        points = {"color": paint.ink, "size": 3}
        values = [float(history[x - 1]) for x in lone]
        traces.append({"type": "scatter", "mode": "markers", "x": lone, "y": values, "marker": points})
    letter = (frame.history(narrow=narrow) + frame.horizon) / letters
    traces += cut_points([*back, *ahead], np.concatenate([history, tape.actuals]), frame, paint.ink, letter)
    if not np.isfinite(tape.actuals).any():
        return traces, []
    return traces, [(last_known(tape.actuals), "what happened", paint.ink)]


def _isolated(values: Floats) -> NDArray[np.bool_]:
    """Which values (N,) have no known neighbour: a line alone would not show them."""
    known = np.isfinite(values)
    before = np.concatenate([[False], known[:-1]])
    after = np.concatenate([known[1:], [False]])
    return known & ~before & ~after


def last_known(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else math.nan


def numbers(values: Floats) -> list[float | None]:
    """Floats as JSON numbers with seven digits; what is unknown is null."""
    return [float(f"{v:.7g}") if math.isfinite(v) else None for v in values.tolist()]
