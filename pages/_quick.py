"""A quick draw's PlotData, as the browser hands it back for drawing. Nothing of it is trusted, nothing is kept.

The API answered this JSON to the browser, and the server keeps no copy; the picture is built by the same builder.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import PlotData
from pages._frame import Frame, frame
from pages._inputs import whole
from pages._notation import Step

MOST_STEPS = 64
MOST_CONTEXT = 10_000
MOST_GRID = 1_024
LARGEST = 1e100  # as in files
LEVELS = ("0.1", "0.25", "0.5", "0.75", "0.9")
CALENDARS = ("month", "year", "weekday")


def plot(data: Any) -> PlotData | None:
    """The PlotData, or None where the JSON is not one."""
    try:
        return _plot(data)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def frame_of(drawn: PlotData) -> Frame:
    """The frame of a picture that has no file behind it: everything that is in the picture."""
    seen = np.concatenate([drawn.context_values, drawn.actuals, drawn.quantiles[0.1], drawn.quantiles[0.9]])
    change = np.abs(np.diff(drawn.context_values))
    change = change[np.isfinite(change)]
    scale = float(change.mean()) if len(change) else 0.0
    return frame(seen, scale, drawn.horizon, drawn.baseline_period, Step(drawn.step_seconds, drawn.step_calendar))


def _plot(data: Any) -> PlotData:
    horizon = whole(data["horizon"], 1, MOST_STEPS)
    if horizon is None:
        raise ValueError("horizon")
    density, context, baseline, scores = data["density"], data["context"], data["baseline"], data["scores"]
    shading = np.array(density["values"], dtype=np.float32)
    if shading.ndim != 2 or shading.shape[0] != horizon or not 2 <= shading.shape[1] <= MOST_GRID:
        raise ValueError("density")
    past = _numbers(context["values"], None)
    return PlotData(
        handle="",
        index=whole(data["index"], -(2**31), 0) or 0,
        origin=_times([data["origin"]], 1)[0],
        step_seconds=whole(data["step_seconds"], 1, 2**31),
        step_calendar=_calendar(data["step_calendar"]),
        zone=None,
        horizon=horizon,
        model=_word(data["model"]),
        kind="draws" if data["kind"] == "draws" else "quantiles",
        times=_times(data["times"], horizon),
        samples=np.array(data["samples"], dtype=np.float64),
        quantiles={float(level): _numbers(data["quantiles"][level], horizon) for level in LEVELS},
        density_lo=_number(density["lo"]),
        density_hi=_number(density["hi"]),
        density=np.nan_to_num(shading, nan=0.0, posinf=0.0, neginf=0.0),
        context_times=_times(context["times"], len(past)),
        context_values=past,
        actuals=_numbers(data["actuals"], horizon),
        baseline_model=_word(baseline["model"]),
        baseline_period=whole(baseline["period"], 1, 2**31) or 1,
        baseline_median=_numbers(baseline["median"], horizon),
        crps=math.nan,
        baseline_crps=math.nan,
        n_scored=whole(scores["n_scored"], 0, horizon) or 0,
        inside50=0,
        inside80=0,
        percentile=None,
        n_compared=0,
    )


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not -LARGEST <= value <= LARGEST:
        raise ValueError("number")
    return float(value)


def _numbers(values: Any, length: int | None) -> np.ndarray:
    """Floats (length,), null as NaN."""
    if not isinstance(values, list) or len(values) > MOST_CONTEXT or length not in (None, len(values)):
        raise ValueError("numbers")
    return np.array([math.nan if v is None else _number(v) for v in values], dtype=np.float64)


def _times(values: Any, length: int) -> np.ndarray:
    """datetime64[s] (length,) of ISO texts."""
    if not isinstance(values, list) or len(values) != length or not all(isinstance(v, str) for v in values):
        raise ValueError("times")
    times = np.array([v.removesuffix("Z") for v in values], dtype="datetime64[s]")
    if np.isnat(times).any():
        raise ValueError("times")
    return times


def _calendar(value: Any) -> str | None:
    if value is None or value in CALENDARS:
        return value
    count, _, unit = str(value).partition(" ")
    if unit == "months" and count.isdecimal() and len(count) <= 3 and int(count) > 0:
        return f"{int(count)} months"
    raise ValueError("calendar")


def _word(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 100:
        raise ValueError("word")
    return value
