"""What the network sees of a context: patches of it, candidate forecasts, how those did lately, and a summary."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.models.small import seasonal, trend
from engine.models.small.periodicity import Periods, periods
from engine.models.small.seasonal import difference, repeated
from engine.models.small.window import EVER, TINY, Window, earlier, memories, squashed, window
from engine.settings import MAX_HORIZON

AVERAGES = (1.5, 5.0, 20.0)  # memory, in steps, of the exponential means of the values themselves
AVERAGED = 1 + 2 * seasonal.COUNT  # the first of their candidates
CANDIDATES = AVERAGED + len(AVERAGES) + 1 + 2 * trend.COUNT + len(trend.MOMENTA)
LOOKBACK = 16  # steps back from where the candidates are tried on what came then
CHANNELS = 4
SUMMARY = 19 + len(AVERAGES) + CANDIDATES


class Features(NamedTuple):
    """What `features` makes of B contexts, in their scale.

    candidates (B, steps, CANDIDATES); channels (B, CHANNELS, C); summary (B, SUMMARY); last and recent (B, 1): of
    Window; step and seasonal_step (B, 1): mean absolute step, and mean of the seasonal differences that are not 0;
    floor (B, 1): as given; constant (B, 1): whether all observed values are equal.
    """

    candidates: Tensor
    channels: Tensor
    summary: Tensor
    last: Tensor
    recent: Tensor
    step: Tensor
    seasonal_step: Tensor
    floor: Tensor
    constant: Tensor


def features(contexts: Tensor, floor: Tensor, steps: int = MAX_HORIZON) -> Features:
    """Features of (B, C) scaled contexts (NaN = missing) with (B,) floors; `steps` ahead, at least LOOKBACK."""
    context = window(contexts, floor)
    found = periods(context)
    past = earlier(context, LOOKBACK)
    both = Window(*(torch.cat(pair) for pair in zip(context, past, strict=True)))
    twice = Periods(*(value.repeat(2, 1) for value in found))
    table, share = candidates(both, twice, steps)
    now, then = table.chunk(2)
    cyclic = difference(context, found.main)
    counted = (cyclic != 0).to(cyclic.dtype).sum(1, keepdim=True)
    seasonal_step = ((cyclic.abs().sum(1, keepdim=True) + context.step) / (counted + 1)).clamp(min=TINY)
    truth, known = context.filled[:, -LOOKBACK:], context.seen[:, -LOOKBACK:]
    missed = (then[:, :LOOKBACK] - truth[:, :, None]).abs() * known[:, :, None]
    error = missed.sum(1) / known.sum(1, keepdim=True).clamp(min=1)
    unit = context.recent
    channels = torch.stack(
        (
            squashed(context.values),
            context.seen,
            squashed((context.values - context.last) / (3 * unit)) * context.seen,
            squashed(cyclic / seasonal_step),
        ),
        1,
    )
    highest = torch.where(context.seen > 0, context.values, -torch.inf).amax(1, keepdim=True)
    bounded = torch.isfinite(context.floor)
    room = torch.where(bounded, context.last - context.floor, 0.0)
    total = context.seen.sum(1, keepdim=True)
    still = (
        ((context.values[:, 1:] == context.values[:, :-1]) & (context.seen[:, 1:] > 0)).sum(1, keepdim=True)
    ) / total
    age = (context.seen.flip(1).argmax(1, keepdim=True)).to(contexts.dtype)
    summary = torch.cat(
        (
            context.last,
            context.step.log(),
            unit.log(),
            seasonal_step.log(),
            found.main_strength,
            found.other_strength,
            found.main.log() / 3,
            found.other.log() / 3,
            (found.main == 1).to(contexts.dtype),
            context.length.log() / 3,
            found.slope,
            share.chunk(2)[0],
            total / contexts.shape[1],
            bounded.to(contexts.dtype),
            squashed(room),
            squashed(torch.where(bounded, context.lowest - context.floor, 0.0)),
            still,
            age / 3,
            squashed(highest - context.last),
            *(now[:, :1, i] - context.last for i in range(AVERAGED, AVERAGED + len(AVERAGES))),
            ((error + 0.1 * unit) / (unit + error[:, :1])).log(),
        ),
        1,
    )
    return Features(
        candidates=now,
        channels=channels,
        summary=summary,
        last=context.last,
        recent=unit,
        step=context.step,
        seasonal_step=seasonal_step,
        floor=floor[:, None],
        constant=highest == context.lowest,
    )


def candidates(context: Window, found: Periods, steps: int) -> tuple[Tensor, Tensor]:
    """(B, steps, CANDIDATES) forecasts of the contexts, and the season's share of variance (B, 1)."""
    _, decay = memories(context.values.shape[1], (*AVERAGES, EVER), context.values.device)
    means = ((context.values * context.seen) @ decay) / (context.seen @ decay).clamp(min=1e-6)
    bent, share = trend.trends(context, found.main, steps)
    flat = [value.expand(-1, steps) for value in (context.last, *means.chunk(means.shape[1], 1))]
    cycles = [*repeated(context, found.main, steps), *repeated(context, found.other, steps)]
    return torch.stack((flat[0], *cycles, *flat[1:], *bent, *trend.momenta(context, steps)), 2), share
