"""What the baseline would have said at many origins at once: its median, and the season it repeats."""

from __future__ import annotations

import numpy as np

from engine.forecasting import Subject
from engine.models.seasonal_naive import with_periods
from engine.plotdata import Floats, quantiles
from engine.rows import Baselines
from engine.series import Ints
from engine.windows import contexts, unscale


def baselines(subject: Subject, slots: Ints) -> Baselines:
    """Of the origins at `slots` (B,), which are usable; `subject` is the baseline's. Computed in the calling thread."""
    spec = subject.spec
    if not len(slots):
        return Baselines(np.empty((0, spec.horizon)), np.empty(0, dtype=np.int64))
    samples, period = _samples(subject, slots)
    return Baselines(quantiles(samples, (0.5,), spec.kind)[..., 0], period)


def one_baseline(subject: Subject, slot: int) -> tuple[Floats, int]:
    """Samples (H, S) in the data's unit, sorted per step, of one usable origin, and the season they repeat."""
    samples, period = _samples(subject, np.array([slot]))
    return samples[0], int(period[0])


def _samples(subject: Subject, slots: Ints) -> tuple[Floats, Ints]:
    """Samples (B, H, S) in the data's unit, sorted per step, and the season each repeats (B,)."""
    spec = subject.spec
    values, loc, scale, floor = contexts(subject.series, slots, spec.context_length)
    samples, period = with_periods(values, floor, spec.horizon, spec.num_samples)
    return unscale(np.sort(samples, axis=-1), loc, scale), period
