"""A batch of contexts as torch tensors: what is observed, where it starts, how large its steps are."""

from __future__ import annotations

import functools
from typing import NamedTuple

import torch
from torch import Tensor

EVER = 1e6  # steps: a memory as long as any context
FAR = 100.0  # standard deviations below all values: such a zero says nothing, and logs above it round
TINY = 1e-4  # of a context's standard deviation: no scale is taken for smaller than this


class Window(NamedTuple):
    """B contexts of C values that end at the origin. All float32 but `start`.

    values (B, C): scaled, 0 where missing. seen (B, C): 1 where observed. filled (B, C): the last observed value before
    each gap, the first one before the start. start (B, 1): position of the first observed value. live (B, C): 1 from
    there on. length (B, 1): positions from there on. last, lowest (B, 1): observed values. floor (B, 1): scaled zero
    where the context has no negative value and zero is not FAR, else -inf. step (B, 1): mean absolute step; recent
    (B, 1): the same, the last 64 steps above all.
    """

    values: Tensor
    seen: Tensor
    filled: Tensor
    start: Tensor
    live: Tensor
    length: Tensor
    last: Tensor
    lowest: Tensor
    floor: Tensor
    step: Tensor
    recent: Tensor


def window(contexts: Tensor, floor: Tensor) -> Window:
    """(B, C) scaled contexts, NaN = missing, and (B,) floors as a Window."""
    count = contexts.shape[1]
    place = torch.arange(count, device=contexts.device)
    observed = ~torch.isnan(contexts)
    seen = observed.to(contexts.dtype)
    values = torch.nan_to_num(contexts)
    start = observed.to(torch.uint8).argmax(1, keepdim=True)
    source = torch.where(observed, place, start).cummax(1).values
    filled = values.gather(1, source)
    live = (place >= start).to(contexts.dtype)
    lowest = torch.where(observed, values, torch.inf).amin(1, keepdim=True)
    both = seen[:, 1:] * seen[:, :-1]
    steps = (values[:, 1:] - values[:, :-1]).abs() * both
    step = (steps.sum(1, keepdim=True) / both.sum(1, keepdim=True).clamp(min=1)).clamp(min=TINY)
    near = steps[:, -64:].sum(1, keepdim=True) + 4 * step  # four steps' worth of the whole context as a prior
    recent = (near / (both[:, -64:].sum(1, keepdim=True) + 4)).clamp(min=TINY)
    return Window(
        values=values,
        seen=seen,
        filled=filled,
        start=start,
        live=live,
        length=(count - start).to(contexts.dtype),
        last=filled[:, -1:],
        lowest=lowest,
        floor=torch.where(lowest - floor[:, None] <= FAR, floor[:, None], -torch.inf),
        step=step,
        recent=recent,
    )


def earlier(context: Window, steps: int) -> Window:
    """The same contexts as they were `steps` earlier: what a forecast from there would have seen."""

    def moved(values: Tensor) -> Tensor:
        return torch.nn.functional.pad(values[:, :-steps], (steps, 0))

    filled = moved(context.filled)
    start = (context.start + steps).clamp(max=filled.shape[1] - 1)
    first = context.filled[:, :1].expand(-1, steps)
    filled[:, :steps] = first
    return context._replace(
        values=moved(context.values),
        seen=moved(context.seen),
        filled=filled,
        start=start,
        live=moved(context.live),
        length=(context.length - steps).clamp(min=1),
        last=filled[:, -1:],
    )


@functools.cache
def memories(count: int, steps: tuple[float, ...], device: torch.device) -> tuple[Tensor, Tensor]:
    """Ages of `count` values, oldest first (count,); their exponential weights for each memory (count, memories)."""
    with torch.inference_mode(False):  # kept for training, too
        age = torch.arange(count - 1, -1, -1, device=device, dtype=torch.float32)
        # Denormal weights would slow the matrix product tenfold.
        return age, torch.stack([torch.exp(-age / memory).masked_fill(age > 20 * memory, 0.0) for memory in steps], 1)


def squashed(values: Tensor) -> Tensor:
    """Logarithmic far from 0, linear near it, odd."""
    return values.abs().log1p().copysign(values)
