"""The two periods of a context, from its autocorrelation (Wiener & Khinchin: the transform of the power spectrum)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.models.small.window import Window

MIN_PERIOD = 3
MAX_PERIOD = 400
MAX_SHARE = 0.67  # of the context: one and a half cycles must have been seen
TILT = 4e-4  # a step longer needs that much more correlation: of a period and its multiples, the shortest
CLEAR = 0.02  # least correlation of a period
CLIP = 4.0  # standard deviations: a spike is no season
NONE = -9.0


class Periods(NamedTuple):
    """Periods in steps, 1 where there is none, and the autocorrelation there; each (B, 1).

    `main` has the strongest correlation; `short` <= `long` are the two in order.
    """

    main: Tensor
    short: Tensor
    long: Tensor
    main_strength: Tensor
    short_strength: Tensor
    long_strength: Tensor
    slope: Tensor  # of the straight line through the context, in standard deviations over its length


def periods(context: Window) -> Periods:
    """The two highest peaks of each context's autocorrelation, the second away from the first."""
    rest, slope = detrended(context)
    correlation = autocorrelation(rest, context.length)
    lag = torch.arange(1, correlation.shape[1] - 1, device=correlation.device)
    inner = correlation[:, 1:-1]
    peak = (inner > correlation[:, :-2]) & (inner >= correlation[:, 2:])
    allowed = peak & (lag >= MIN_PERIOD) & (lag <= MAX_PERIOD) & (lag <= context.length * MAX_SHARE)
    score = torch.where(allowed, inner - TILT * lag, NONE)
    height, first = score.max(1, keepdim=True)
    found = height >= CLEAR
    first = first + 1
    near = (lag - first).abs() <= (first // 8).clamp(min=2)
    height, second = torch.where(near, NONE, score).max(1, keepdim=True)
    another = height >= CLEAR
    second = second + 1
    strength = correlation.gather(1, first) * found
    main = torch.where(found, first, 1)
    other_strength = torch.where(another, correlation.gather(1, second), strength)
    other = torch.where(another, second, main)
    swapped = main > other
    return Periods(
        main=main,
        short=torch.minimum(main, other),
        long=torch.maximum(main, other),
        main_strength=strength,
        short_strength=torch.where(swapped, other_strength, strength),
        long_strength=torch.where(swapped, strength, other_strength),
        slope=slope,
    )


def detrended(context: Window) -> tuple[Tensor, Tensor]:
    """The filled context less its straight line, clipped, 0 before the start (B, C); and the line's slope (B, 1)."""
    live, length = context.live, context.length
    place = torch.arange(live.shape[1], device=live.device)
    time = ((place - context.start) / length * 2 - 1) * live
    time = time - (time.sum(1, keepdim=True) / length) * live
    mean = (context.filled * live).sum(1, keepdim=True) / length
    slope = (time * context.filled).sum(1, keepdim=True) / ((time * time).sum(1, keepdim=True) + 1e-6)
    rest = (context.filled - mean - slope * time) * live
    spread = ((rest * rest).sum(1, keepdim=True) / length).sqrt()
    limit = CLIP * spread
    return torch.minimum(torch.maximum(rest, -limit), limit), slope


def autocorrelation(rest: Tensor, length: Tensor) -> Tensor:
    """(B, C) autocorrelation by lag of a centred series of `length` (B, 1) values, partly corrected for its bias."""
    count = rest.shape[1]
    spectrum = torch.fft.rfft(rest, n=2 * count)
    power = spectrum.real.square() + spectrum.imag.square()
    raw = torch.fft.irfft(power, n=2 * count)[:, :count]
    lag = torch.arange(count, device=rest.device)
    overlap = (length - lag).clamp(min=8)
    result: Tensor = raw / (raw[:, :1] + 1e-6) * (length / overlap).clamp(max=3)
    return result
