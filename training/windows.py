"""Training windows: random crops of pool series, augmented on the device, scaled as the product scales its contexts."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.settings import MAX_HORIZON
from engine.windows import CONTEXT_LENGTH, MAX_AGE, MIN_OBSERVED

WINDOW = CONTEXT_LENGTH + MAX_HORIZON
HALF = 2.0**-10  # twice the largest relative error of rounding to float16
FAR = 30.0  # standard deviations of the context beyond which a target is taken to lie at that distance


class Windows(NamedTuple):
    """contexts (B, C) scaled, NaN = missing; floor (B,), -inf = none; targets (B, MAX_HORIZON) in the same scale."""

    contexts: Tensor
    floor: Tensor
    targets: Tensor


class Sampler:
    """Draws batches from a pool (values (N, LENGTH), floors (N,)) with its own generator; all on the pool's device."""

    def __init__(self, values: Tensor, floors: Tensor, seed: int) -> None:
        self._values, self._floors = values, floors
        self._device = values.device
        self._generator = torch.Generator(self._device).manual_seed(seed)
        self._first = torch.isnan(values).sum(1)
        self._long = torch.nonzero(self._first + MIN_OBSERVED + MAX_HORIZON <= values.shape[1])[:, 0]

    def batch(self, count: int) -> Windows:
        """`count` windows, each from a series of its own."""
        x, floor = self._crops(count)
        x, floor = self._altered(x, floor)
        past, future = x[:, :CONTEXT_LENGTH], x[:, CONTEXT_LENGTH:]
        made = scaled(self._hidden(self._marred(past)), floor, future)
        return made._replace(floor=self._offset(made.contexts, made.floor))

    def _uniform(self, count: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """(count, 1) uniform numbers."""
        return low + (high - low) * torch.rand(count, 1, generator=self._generator, device=self._device)

    def _log_uniform(self, count: int, low: float, high: float) -> Tensor:
        return low * (high / low) ** self._uniform(count)

    def _normal(self, *size: int) -> Tensor:
        return torch.randn(*size, generator=self._generator, device=self._device)

    def _crops(self, count: int) -> tuple[Tensor, Tensor]:
        """(count, WINDOW) standardised crops, NaN before their series, and the scaled floors."""
        length = self._values.shape[1]
        row = self._long[torch.randint(len(self._long), (count,), generator=self._generator, device=self._device)]
        earliest = torch.clamp(self._first[row] + MIN_OBSERVED + MAX_HORIZON, min=WINDOW)[:, None]
        end = (earliest + self._uniform(count) * (length + 1 - earliest)).long().clamp(max=length)
        whole = (end >= 2 * WINDOW) & (self._first[row] == 0)[:, None]
        stride = torch.where(whole & (self._uniform(count) < 0.06), 2, 1)
        place = end - stride * torch.arange(WINDOW, 0, -1, device=self._device)
        x = self._values[row[:, None], place].float()
        floor = self._floors[row]
        # The pool's float16 values are rounded, its floors are not. (No value is below a NaN, which no floor becomes.)
        x = torch.where(x <= (floor + floor.abs() * HALF)[:, None], floor[:, None], x)
        mean = x.nanmean(1, keepdim=True)
        spread = (x - mean).square().nanmean(1, keepdim=True).sqrt() + 1e-3
        return (x - mean) / spread, (floor - mean[:, 0]) / spread[:, 0]

    def _altered(self, x: Tensor, floor: Tensor) -> tuple[Tensor, Tensor]:
        """Changes of the whole window, its future included: what the model should still foresee."""
        count = len(x)
        other = torch.randperm(count, generator=self._generator, device=self._device)
        share = self._uniform(count, 0.05, 0.95)
        mixed = (self._uniform(count) < 0.15) & ~torch.isnan(x[other]).any(1, keepdim=True)
        x = torch.where(mixed, share * x + (1 - share) * torch.nan_to_num(x[other]), x)
        floor = torch.where(mixed[:, 0], share[:, 0] * floor + (1 - share[:, 0]) * floor[other], floor)
        whole = ~torch.isnan(x).any(1, keepdim=True)
        x = torch.where((self._uniform(count) < 0.05) & whole, x.flip(1), x)
        mirrored = self._uniform(count) < 0.10
        x = torch.where(mirrored, -x, x)
        floor = torch.where(mirrored[:, 0], -torch.inf, floor)
        bound = self._uniform(count, -1.2, -0.2)
        censored = self._uniform(count) < 0.03
        x = torch.where(censored, torch.maximum(x, bound), x)
        floor = torch.where(censored[:, 0], torch.maximum(floor, bound[:, 0]), floor)
        unit = self._log_uniform(count, 0.02, 0.5)
        rounded = self._uniform(count) < 0.08
        base = torch.where(torch.isfinite(floor), floor, 0.0)[:, None]
        x = torch.where(rounded, base + torch.round((x - base) / unit) * unit, x)
        rough = self._uniform(count) < 0.10
        x = x + rough * self._log_uniform(count, 0.01, 0.3) * self._normal(count, x.shape[1])
        return torch.maximum(x, torch.nan_to_num(floor, neginf=-1e9)[:, None]), floor

    def _marred(self, past: Tensor) -> Tensor:
        """Accidents of the past alone: an earlier level or scale, outliers."""
        count, length = past.shape
        place = torch.arange(length, device=self._device)
        before = place < length * self._uniform(count)
        moved = self._uniform(count) < 0.05
        past = torch.where(moved & before, past * self._log_uniform(count, 0.5, 2) + self._normal(count, 1), past)
        random = torch.rand(past.shape, generator=self._generator, device=self._device)
        struck = (random < self._log_uniform(count, 0.002, 0.02)) & (self._uniform(count) < 0.05)
        return torch.where(struck, past + 6 * self._normal(count, length), past)

    def _hidden(self, past: Tensor) -> Tensor:
        """Missing values: short histories, single gaps, long gaps, late last values."""
        count, length = past.shape
        place = torch.arange(length, device=self._device)
        kept = self._log_uniform(count, MIN_OBSERVED, length)
        kept = torch.where(self._uniform(count) < 0.4, kept, length)
        hidden = place < length - kept
        random = torch.rand(past.shape, generator=self._generator, device=self._device)
        hidden |= (random < self._uniform(count, 0.01, 0.4)) & (self._uniform(count) < 0.05)
        for _ in range(2):
            gap = place - length * self._uniform(count)
            hidden |= (gap >= 0) & (gap < self._log_uniform(count, 2, 80)) & (self._uniform(count) < 0.05)
        late = (self._uniform(count) < 0.04) * torch.ceil(self._uniform(count) * MAX_AGE)
        hidden |= place >= length - late
        sparse = past.masked_fill(hidden, torch.nan)
        enough = (~torch.isnan(sparse)).sum(1, keepdim=True) >= MIN_OBSERVED
        recent = ~torch.isnan(sparse[:, -1 - MAX_AGE :]).all(1, keepdim=True)
        return torch.where(enough & recent, sparse, past)

    def _offset(self, contexts: Tensor, floor: Tensor) -> Tensor:
        """Floors: half of the scaled contexts without a zero of their own get one somewhere below all their values.

        An offset says nothing, so the future may fall below it: that it may not would tell how far the future falls.
        """
        lowest = torch.nan_to_num(contexts, nan=torch.inf).amin(1)
        some = lowest - self._log_uniform(len(contexts), 0.1, 100)[:, 0]
        given = ~torch.isfinite(floor) & (self._uniform(len(contexts))[:, 0] < 0.5)
        return torch.where(given, some, floor)


def scaled(past: Tensor, floor: Tensor, future: Tensor) -> Windows:
    """Centred and scaled by the context alone; a floor holds where no observed value lies below it."""
    mean = past.nanmean(1, keepdim=True)
    spread = (past - mean).square().nanmean(1, keepdim=True).sqrt()
    spread = torch.where(spread > 1e-6, spread, 1.0)
    lowest = torch.nan_to_num(past, nan=torch.inf).amin(1)
    floor = torch.where(lowest >= floor - 1e-6, torch.minimum(floor, lowest), -torch.inf)
    return Windows(
        (past - mean) / spread,
        (floor - mean[:, 0]) / spread[:, 0],
        ((future - mean) / spread).clamp(-FAR, FAR),
    )
