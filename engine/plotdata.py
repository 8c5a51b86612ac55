"""Samples -> bands, density and one origin's scores. Pure numpy.

Axis order is always (origin, step, sample). `kind` says how samples are to be read: "quantiles" are the levels
(k - 0.5) / S of the predictive distribution, "draws" are random draws from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Kind = Literal["quantiles", "draws"]
Floats = NDArray[np.float64]

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
GRID = 128  # points of the density grid: 8.6 per bandwidth in the median
MARGIN = 0.25  # of the samples' range, added on both sides of the grid
AT_ONCE = 48  # (origin, step) pairs whose kernels are summed at once: they fit into the processor's cache


@dataclass(frozen=True)
class PlotData:
    """Everything one origin's picture shows; times are datetime64[s] in the series' own clock (of `zone`, None for
    local time as written), numbers float64 in the data's unit.

    times (H,), samples (H, S) sorted per step, quantiles {level: (H,)}, density (H, GRID) over linspace(lo, hi, GRID),
    context_times/context_values (C,), actuals (H,) with NaN where unknown, baseline_median (H,), baseline_period in
    steps (1 = last value). Scores are NaN (n_scored 0) where no actual is known; percentile is the share of the file's
    scored origins that were worse, None until there are any.
    """

    handle: str
    index: int
    origin: np.datetime64
    step_seconds: int | None
    step_calendar: str | None
    zone: str | None
    horizon: int
    model: str
    kind: Kind
    times: NDArray[np.datetime64]
    samples: Floats
    quantiles: dict[float, Floats]
    density_lo: float
    density_hi: float
    density: NDArray[np.float32]
    context_times: NDArray[np.datetime64]
    context_values: Floats
    actuals: Floats
    baseline_model: str
    baseline_period: int
    baseline_median: Floats
    crps: float
    baseline_crps: float
    n_scored: int
    inside50: int
    inside80: int
    percentile: float | None
    n_compared: int

    def to_json(self) -> dict[str, Any]:
        """The API's shape (numpy arrays are left to the serialiser; NaN becomes null there)."""
        return {
            "handle": self.handle,
            "index": self.index,
            "origin": self.origin,
            "step_seconds": self.step_seconds,
            "step_calendar": self.step_calendar,
            "zone": self.zone,
            "horizon": self.horizon,
            "model": self.model,
            "kind": self.kind,
            "times": self.times,
            "samples": self.samples,
            "quantiles": {f"{level:g}": values for level, values in self.quantiles.items()},
            "density": {"lo": self.density_lo, "hi": self.density_hi, "values": self.density},
            "context": {"times": self.context_times, "values": self.context_values},
            "actuals": self.actuals,
            "baseline": {
                "model": self.baseline_model,
                "period": self.baseline_period,
                "median": self.baseline_median,
            },
            "scores": {
                "crps": self.crps,
                "baseline_crps": self.baseline_crps,
                "n_scored": self.n_scored,
                "percentile": self.percentile,
                "n_compared": self.n_compared,
                "inside50": self.inside50,
                "inside80": self.inside80,
            },
        }


def quantiles(samples: Floats, levels: tuple[float, ...], kind: Kind) -> Floats:
    """Quantiles (..., L) of samples (..., S) sorted along the last axis.

    "quantiles": linear in ndtri(level) between the mid-quantile levels, so that a perfect normal forecast's 80 % band
    covers 80.0 % (plain interpolation: 82 %). "draws": Weibull plotting positions k / (S + 1) (Hyndman & Fan 1996,
    type 6). Levels outside the samples' own are held at the outermost sample.
    """
    count = samples.shape[-1]
    rank = np.arange(1, count + 1)
    if kind == "quantiles":
        known, wanted = ndtri((rank - 0.5) / count), ndtri(np.asarray(levels))
    else:
        known, wanted = rank / (count + 1), np.asarray(levels)
    position = np.interp(wanted, known, np.arange(count, dtype=np.float64))
    low = position.astype(np.int64)
    lower, upper = samples[..., low], samples[..., np.minimum(low + 1, count - 1)]
    result: Floats = lower + (position - low) * (upper - lower)  # between two equal samples this is just their value
    return result


def density(samples: Floats, kind: Kind, grid: int = GRID) -> tuple[Floats, Floats, NDArray[np.float32]]:
    """Gaussian kernel density of samples (B, H, S): (lo (B,), hi (B,), values (B, H, grid) per unit of the data).

    One linear grid per origin, shared by its steps: the samples' range and a quarter of it on both sides. Bandwidth is
    Scott's rule std x S^(-1/5) (Scott 1992) for draws, half of it for quantiles (mid-quantiles carry no sampling noise:
    the full width would put 86 % into the 80 % region). Never narrower than one grid step, so a point mass stays
    visible and finite.
    """
    count = samples.shape[-1]
    lowest, highest = samples.min(axis=(1, 2)), samples.max(axis=(1, 2))
    level = np.maximum(np.abs(lowest), np.abs(highest))
    # A point mass needs some width to be seen; a narrow spread at a high level keeps its own, down to rounding.
    least = np.where(highest > lowest, 1e-12 * level, np.where(level > 0, 1e-6 * level, 1e-9))
    margin = np.maximum(MARGIN * (highest - lowest), least)
    lo, hi = lowest - margin, highest + margin
    spacing = (hi - lo) / (grid - 1)
    factor = count ** (-0.2) * (0.5 if kind == "quantiles" else 1.0)
    bandwidth = np.maximum(samples.std(axis=2, ddof=1) * factor, spacing[:, None])
    # In units of the bandwidth, relative to lo: float32 then holds 1e12-sized data as well as 1e-12-sized ones.
    points = (np.linspace(0.0, 1.0, grid) * (hi - lo)[:, None])[:, None, :] / bandwidth[:, :, None]
    points = points.astype(np.float32).reshape(-1, grid)
    centres = ((samples - lo[:, None, None]) / bandwidth[:, :, None]).astype(np.float32).reshape(-1, count)
    first = np.ascontiguousarray(centres.T)[:, :, None]  # (S, B x H, 1)
    total = np.empty_like(points)
    for start in range(0, len(points), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        work = points[some] - first[:, some]
        np.multiply(work, work, out=work)
        np.multiply(work, np.float32(-0.5), out=work)
        np.exp(work, out=work)
        np.add.reduce(work, axis=0, out=total[some])
    total = total.reshape(*samples.shape[:2], grid)
    peak = 1.0 / (np.sqrt(2 * np.pi) * count * bandwidth)
    largest = float(np.finfo(np.float32).max)
    return lo, hi, np.minimum(total * peak[:, :, None], largest).astype(np.float32)


def crps(samples: Floats, actuals: Floats, kind: Kind) -> Floats:
    """CRPS (..., H) of sorted samples (..., H, S) against actuals (..., H); NaN where the actual is.

    mean |x - y| - (1 / 2) mean |x - x'|. The ensemble form (1 / S^2) for quantiles; the fair form (1 / (S (S - 1)),
    Ferro, Richardson & Weigel 2008) for draws.
    """
    count = samples.shape[-1]
    # sum over pairs |x_i - x_j| of sorted values is 2 x sum (2i - S - 1) x_i
    weights = (2 * np.arange(1, count + 1) - count - 1) / (count * (count if kind == "quantiles" else count - 1))
    centred = samples - samples[..., :1]  # the weights sum to zero: a large common level must not eat the digits
    spread: Floats = centred @ weights
    miss: Floats = np.abs(samples - actuals[..., None]).mean(axis=-1)
    return miss - spread


def inside(samples: Floats, actuals: Floats, kind: Kind, low: float, high: float) -> NDArray[np.bool_]:
    """Whether each actual (..., H) lies in the central band [low, high] of samples (..., H, S); False where unknown."""
    ends = quantiles(samples, (low, high), kind)
    result: NDArray[np.bool_] = (ends[..., 0] <= actuals) & (actuals <= ends[..., 1])
    return result
