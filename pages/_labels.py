"""Direct labels at a picture's right edge, instead of a legend. Pure; the painter does the same (assets/28_fan.js)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression

from pages._frame import Frame
from pages._traces import Label

LABEL_GAP = 16 / 400  # of the value axis: the height of a direct label


def direct_labels(labels: list[Label], frame: Frame) -> list[dict[str, Any]]:
    """Annotations at the right edge, as near to their lines as none covering another allows."""
    placed = sorted((y, text, colour) for y, text, colour in labels if math.isfinite(y))
    heights = _apart([y for y, *_ in placed], frame.low, frame.high)
    return [
        {
            "x": 1,
            "xref": "paper",
            "xanchor": "left",
            "xshift": 8,
            "y": y,
            "yref": "y",
            "text": text,
            "showarrow": False,
            "font": {"size": 12, "color": colour},
        }
        for y, (_, text, colour) in zip(heights, placed, strict=True)
    ]


def _apart(wanted: list[float], low: float, high: float) -> list[float]:
    """Heights a label's height apart within [low, high], by least squares from the ascending ones that are wanted."""
    if not wanted:
        return []
    stack = LABEL_GAP * (high - low) * np.arange(len(wanted))
    ends = low, high - float(stack[-1])
    bottoms = isotonic_regression(np.clip(wanted, low, high) - stack).x
    heights: list[float] = (np.clip(bottoms, *ends) + stack).tolist()
    return heights
