"""Candidate forecasts that repeat a period: the last cycle, the mean of four, and both moved to today's level."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.models.small.window import Window

CYCLES = 4
COUNT = 4  # candidates of a period


def repeated(context: Window, period: Tensor, steps: int) -> list[Tensor]:
    """Four (B, steps) candidates of a period (B, 1)."""
    count = context.filled.shape[1]
    device = period.device
    ahead = torch.arange(steps, device=device)
    back = torch.arange(1, CYCLES + 1, device=device) * period  # (B, cycles)
    at = (count - back)[:, :, None] + (ahead % period)[:, None, :]  # (B, cycles, steps)
    cycle, known = values_at(context, at.flatten(1))
    cycle, known = cycle.view(at.shape), known.view(at.shape)
    last = cycle[:, 0]
    mean = (cycle * known).sum(1) / known.sum(1).clamp(min=1)
    then, was = values_at(context, count - 1 - back)  # the same moment of earlier cycles
    moved = context.last - torch.where(was[:, :1] > 0, then[:, :1], context.last)
    total = was.sum(1, keepdim=True)
    level = (then * was).sum(1, keepdim=True) / total.clamp(min=1)
    moved_mean = context.last - torch.where(total > 0, level, context.last)
    return [last, mean, last + moved, mean + moved_mean]


def values_at(context: Window, at: Tensor) -> tuple[Tensor, Tensor]:
    """Filled values at positions (B, n) and 1.0 where those lie within the series."""
    inside = (at >= context.start).to(context.filled.dtype)
    return context.filled.gather(1, at.clamp(min=0)), inside


def difference(context: Window, period: Tensor) -> Tensor:
    """(B, C) observed values less the filled ones one period earlier, 0 where unobserved or before the start."""
    place = torch.arange(context.filled.shape[1], device=period.device)
    at = place - period
    earlier, inside = values_at(context, at)
    return (context.filled - earlier) * inside * context.seen
