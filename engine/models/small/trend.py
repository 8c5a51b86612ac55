"""Candidate forecasts from level, drift and season: exponential smoothing, Theta, damped lines; additive and in logs.

The season is taken out by classical decomposition (centred moving average, means by phase), level and slope come from
discounted least squares (Brown 1963), whose level alone is simple exponential smoothing; half the slope of the line
through everything is Theta's drift (Hyndman & Billah 2003); damping is Gardner & McKenzie's (1985).
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from engine.models.small.window import EVER, Window, memories
from engine.settings import MAX_HORIZON

LEVELS = (1.5, 5.0, 20.0)  # memory, in steps, of the smoothed levels
LINES = (8.0, 40.0)  # and of the lines
DAMPING = (0.9, 0.97)  # of those lines' slopes
EDGE = 0.05  # weight of a value whose moving average is not centred
PRIOR = 0.5  # cycles of no season that every phase starts with
MOMENTA = ((1.0, 0.8), (3.0, 0.9))  # memory, in steps, of the changes that go on, and their damping
CHANGES = 40  # the last changes, of which those momenta are made
HEADROOM = 1.0  # logs beyond the context's own range that a forecast may reach
COUNT = len(LEVELS) + 2 + len(LINES)


def trends(context: Window, period: Tensor, steps: int) -> tuple[list[Tensor], Tensor]:
    """COUNT (B, steps) candidates of the values, then COUNT of their logs; the season's share of variance (B, 1).

    The logs are of the values above the floor. Where there is no floor or a value on it, they repeat the first ones.
    """
    height = context.filled - context.floor
    lowest = height.amin(1, keepdim=True)
    average = torch.where(context.live > 0, height, 0.0).sum(1, keepdim=True) / context.length
    positive = torch.isfinite(lowest) & (lowest > 1e-3 * average)
    logs = torch.where(positive, height, 1.0).log()
    # Scaled like the values, so that both share every constant.
    middle = (logs * context.live).sum(1, keepdim=True) / context.length
    spread = (((logs - middle) * context.live).square().sum(1, keepdim=True) / context.length).sqrt().clamp(min=1e-6)
    curved = torch.where(positive, (logs - middle) / spread, context.filled)
    rows, share = smoothed(torch.stack((context.filled, curved), 1), context, period, steps)
    straight, bent = rows[:, 0], rows[:, 1]  # (B, COUNT, steps)
    top = (logs.amax(1, keepdim=True) + HEADROOM)[:, :, None]
    bottom = (logs.amin(1, keepdim=True) - HEADROOM)[:, :, None]
    power = (bent * spread[:, :, None] + middle[:, :, None]).clamp(bottom, top).exp() + context.floor[:, :, None]
    bent = torch.where(positive[:, :, None], power, straight)
    return [*straight.unbind(1), *bent.unbind(1)], share[:, :1]


def momenta(context: Window, steps: int) -> list[Tensor]:
    """(B, steps) for each of MOMENTA: the last value, and the changes that led to it going on ever more slowly.

    In a gap nothing changes and after it all at once, so that the same rise over a gap is about the same momentum.
    """
    recent, damped = going_on(context.filled.device)
    rate = context.filled[:, -CHANGES - 1 :].diff(dim=1) @ recent
    return list((context.last[:, :, None] + rate[:, :, None] * damped[:, :steps]).unbind(1))


@functools.cache
def going_on(device: torch.device) -> tuple[Tensor, Tensor]:
    """Weights of the last changes (CHANGES, momenta), which sum to 1; sums of a damped step (momenta, MAX_HORIZON)."""
    _, decay = memories(CHANGES, tuple(memory for memory, _ in MOMENTA), device)
    with torch.inference_mode(False):
        return decay / decay.sum(0), damped_sums(tuple(damping for _, damping in MOMENTA), device)


def smoothed(values: Tensor, context: Window, period: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """(B, V, COUNT, steps) candidates of V series (B, V, C) known where the context is; their shares (B, V)."""
    season, ahead, share = seasonality(values, context, period, steps)
    moments = discounted(values.shape[2], values.device)
    total, first, second = (context.seen @ moments)[:, None].chunk(3, 2)  # (B, 1, weights)
    seen = context.seen[:, None]
    twice = moments[:, : moments.shape[1] // 3 * 2]
    zeroth, cross = (((values - season) * seen) @ twice).chunk(2, 2)  # (B, V, weights)
    total = total.clamp(min=1e-6)
    mean, mean_age = zeroth / total, first / total
    # A slope is a guess from few values: shrunk as if values of one step's age had been seen without any slope.
    variance = second / total - mean_age.square() + (1 + mean_age) / total.clamp(min=1)
    slope = -(cross / total - mean_age * mean) / variance.clamp(min=1e-6)
    count, damped = (known[..., :steps] for known in ahead_of(values.device))
    levels = mean[:, :, : len(LEVELS), None].expand(-1, -1, -1, steps)
    drift = slope[:, :, -1:, None] * count
    drifting = mean[:, :, 1:2, None] + torch.cat((0.5 * drift, drift), 2)
    lines = slice(len(LEVELS), len(LEVELS) + len(LINES))
    today = mean[:, :, lines] + slope[:, :, lines] * mean_age[:, :, lines]
    bending = today[..., None] + slope[:, :, lines, None] * damped
    return torch.cat((levels, drifting, bending), 2) + ahead[:, :, None], share


@functools.cache
def discounted(count: int, device: torch.device) -> Tensor:
    """(count, 3 x weights): weights by age of LEVELS, LINES and everything, times the ages' powers 0, 1 and 2."""
    age, decay = memories(count, (*LEVELS, *LINES, EVER), device)
    with torch.inference_mode(False):
        return torch.cat((decay, decay * age[:, None], decay * age[:, None] ** 2), 1)


@functools.cache
def ahead_of(device: torch.device) -> tuple[Tensor, Tensor]:
    """The steps 1, 2, .. (MAX_HORIZON,) and the sums of a slope damped at each (DAMPING, MAX_HORIZON)."""
    with torch.inference_mode(False):
        steps = torch.arange(1, MAX_HORIZON + 1, device=device, dtype=torch.float32)
        return steps, damped_sums(DAMPING, device)


def damped_sums(dampings: tuple[float, ...], device: torch.device) -> Tensor:
    """(dampings, MAX_HORIZON): how far a slope of 1 that is damped at every step has come at each."""
    steps = torch.arange(1, MAX_HORIZON + 1, device=device, dtype=torch.float32)
    return torch.stack([damping * (1 - damping**steps) / (1 - damping) for damping in dampings])


def seasonality(values: Tensor, context: Window, period: Tensor, steps: int) -> tuple[Tensor, Tensor, Tensor]:
    """Additive season of each value (B, V, C) and each step ahead (B, V, steps); its share of variance (B, V)."""
    count = values.shape[2]
    place = torch.arange(count, device=values.device)
    half = period // 2
    first = torch.minimum(torch.maximum(place - half, context.start), count - 1 - 2 * half)  # of 2 half + 1 values
    total = torch.nn.functional.pad(values.cumsum(2), (1, 0))
    ends = (torch.arange(count + 1, device=values.device) + period).clamp(max=count)
    sums = at(total, ends).sub_(total)  # of a period's values, from each place on
    second = (first + (2 * half + 1 - period)).clamp(min=0)
    rest = values - (at(sums, first) + at(sums, second)).div_(2 * period[:, :, None])
    weight = context.seen * context.live * torch.where(first == place - half, 1.0, EDGE)
    phase = (count - 1 - place) % period  # the origin has phase 0, and phases count backwards
    weighted = torch.cat((rest * weight[:, None], weight[:, None]), 1)
    binned = torch.zeros_like(weighted).scatter_add_(2, phase[:, None].expand_as(weighted), weighted)
    by_phase = binned[:, :-1] / (binned[:, -1:] + PRIOR)
    by_phase -= (by_phase * (place < period)[:, None]).sum(2, keepdim=True) / period[:, :, None]
    by_phase *= (period > 1)[:, :, None]
    season = at(by_phase, phase)
    left = ((rest - season).square() * weight[:, None]).sum(2)
    share = 1 - left / ((rest.square() * weight[:, None]).sum(2) + 1e-6)
    ahead = torch.arange(1, steps + 1, device=values.device)
    return season, at(by_phase, -ahead % period), torch.where(period > 1, share, 0.0)


def at(values: Tensor, index: Tensor) -> Tensor:
    """(B, V, n): values (B, V, C) at positions (B, n), the same for every V."""
    return values.gather(2, index[:, None].expand(-1, values.shape[1], -1))
