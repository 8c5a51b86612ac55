"""The two periods of a context, from its autocorrelation (Wiener & Khinchin: the transform of the power spectrum)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.models.small.window import Window

MIN_PERIOD = 3
MAX_PERIOD = 400
MAX_SHARE = 0.67  # of the context: one and a half cycles must have been seen
SLACK = 1.0  # over the root of the context's length: noise of a correlation, within which the shortest period is taken
ECHOES = 4  # times a period at which it shows again; seven of them may be a week
TILT = 4e-4  # a step longer needs that much more correlation to be the other period
CLEAR = 0.02  # least correlation of a period
CLIP = 4.0  # standard deviations: a spike is no season
NONE = -9.0


class Periods(NamedTuple):
    """Two periods in steps and the autocorrelation there, each (B, 1).

    `main` is 1 where there is none; `other` is `main` where there is no second.
    """

    main: Tensor
    other: Tensor
    main_strength: Tensor
    other_strength: Tensor
    slope: Tensor  # half the rise of the straight line through the context


def periods(context: Window) -> Periods:
    """The period of each context's strongest peak of autocorrelation, and of the strongest that is no echo of it."""
    rest, slope = detrended(context)
    correlation = autocorrelation(rest, context.length)
    lag = torch.arange(1, correlation.shape[1] - 1, device=correlation.device)
    inner = correlation[:, 1:-1]
    peak = (inner > correlation[:, :-2]) & (inner >= correlation[:, 2:])
    allowed = peak & (lag >= MIN_PERIOD) & (lag <= MAX_PERIOD) & (lag <= context.length * MAX_SHARE)
    heights = torch.where(allowed, inner, NONE)
    best = heights.amax(1, keepdim=True)
    first = (heights >= best - SLACK * context.length.rsqrt()).to(torch.uint8).argmax(1, keepdim=True)
    found = best >= CLEAR
    main, strength = torch.where(found, first + 1, 1), torch.where(found, heights.gather(1, first), 0.0)
    times = torch.round(lag / main).long()
    echo = ((lag - main * times).abs() <= (main // 8).clamp(min=1)) & (times >= 1) & (times <= ECHOES)
    second = torch.where(echo, NONE, heights - TILT * lag).argmax(1, keepdim=True)
    height = torch.where(echo.gather(1, second), NONE, heights.gather(1, second))
    another = height >= CLEAR
    return Periods(
        main=main,
        other=torch.where(another, second + 1, main),
        main_strength=strength,
        other_strength=torch.where(another, height, strength),
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
