"""What the baseline would have said at many origins at once: its median, and the season it repeats."""

from __future__ import annotations

import numpy as np

from engine.forecasting import Subject
from engine.models.seasonal_naive import with_periods
from engine.plotdata import quantiles
from engine.rows import Baselines
from engine.series import Ints
from engine.windows import contexts, unscale


def baselines(subject: Subject, slots: Ints) -> Baselines:
    """Of the origins at `slots` (B,), which are usable; `subject` is the baseline's. Computed in the calling thread."""
    spec = subject.spec
    if not len(slots):
        return Baselines(np.empty((0, spec.horizon)), np.empty(0, dtype=np.int64))
    values, loc, scale, floor = contexts(subject.series, slots, spec.context_length)
    samples, period = with_periods(values, floor, spec.horizon, spec.num_samples)
    middle = quantiles(unscale(np.sort(samples, axis=-1), loc, scale), (0.5,), spec.kind)[..., 0]
    return Baselines(middle, period)
