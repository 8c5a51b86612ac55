"""contexts -> samples -> rows: the two pure steps of the workers, for batches of any origins of one spec."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine import plotdata
from engine.errors import ModelFailed
from engine.jobs import Batch, Entry
from engine.models.base import Forecaster
from engine.results import ResultFrame
from engine.rows import Forecast, Scores
from engine.series import Floats, Ints, Series
from engine.spec import Spec
from engine.windows import Contexts, actuals, contexts, unscale


class Subject(NamedTuple):
    """What an entry is about. forecaster is None where only stored forecasts can be served. keys: of its blocks;
    cards: names of their scorecards."""

    series: Series
    spec: Spec
    forecaster: Forecaster | None
    keys: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()


def frame_of(entry: Entry) -> ResultFrame:
    """The rows of an entry that is kept, as what they are; not of a quick draw's."""
    assert isinstance(entry.rows, ResultFrame)
    return entry.rows


class Inferred(NamedTuple):
    """A model's answer to a batch: scaled samples (B, H, S) as they came, loc and scale (B,)."""

    samples: NDArray[np.float32]
    loc: Floats
    scale: Floats


def infer(batch: Batch) -> Inferred:
    """Forecast a batch's origins. ModelFailed if the model's answer has the wrong shape."""
    subject: Subject = batch.parts[0].entry.subject
    spec, forecaster = subject.spec, subject.forecaster
    if forecaster is None:
        raise ModelFailed(f"The model {spec.model} is not loaded.")
    parts = [contexts(part.entry.subject.series, part.slots, spec.context_length) for part in batch.parts]
    return predicted(parts, spec, forecaster)


def predicted(parts: Sequence[Contexts], spec: Spec, forecaster: Forecaster) -> Inferred:
    """The model's answer to contexts, all at once. ModelFailed if it has the wrong shape."""
    values, loc, scale, floor = (np.concatenate(column) for column in zip(*parts, strict=True))
    samples = np.asarray(forecaster.predict(values, floor, spec.horizon), dtype=np.float32)
    expected = (len(values), spec.horizon, spec.num_samples)
    if samples.shape != expected:
        raise ModelFailed(f"The model {spec.model} returned samples of shape {samples.shape}; {expected} was expected.")
    return Inferred(samples, loc, scale)


def calculate(batch: Batch) -> list[Forecast]:
    """Sorted and scored rows of an inferred batch, one Forecast per part."""
    inferred: Inferred = batch.result
    spec: Spec = batch.parts[0].entry.subject.spec
    samples = np.sort(inferred.samples, axis=-1)
    happened = [actuals(part.entry.subject.series, part.slots, spec.horizon) for part in batch.parts]
    whole = scored(samples, inferred.loc, inferred.scale, np.concatenate(happened), spec)
    ends = np.cumsum([len(part.slots) for part in batch.parts])
    return [whole.rows(slice(end - len(part.slots), end)) for part, end in zip(batch.parts, ends, strict=True)]


def scored(samples: NDArray[np.float32], loc: Floats, scale: Floats, happened: Floats, spec: Spec) -> Forecast:
    """Scaled samples (B, H, S) sorted per step with their scores against actuals (B, H)."""
    unscaled = unscale(samples, loc, scale)
    finite = np.asarray(np.isfinite(unscaled).all(axis=(1, 2)))
    unscaled[~finite] = 0.0
    known = ~np.isnan(happened)
    count = known.sum(axis=1)
    miss = np.where(known, plotdata.crps(unscaled, happened, spec.kind), 0.0).sum(axis=1)
    mean = np.divide(miss, count, out=np.full(len(count), np.nan), where=count > 0)
    inside50 = plotdata.inside(unscaled, happened, spec.kind, 0.25, 0.75).sum(axis=1)
    inside80 = plotdata.inside(unscaled, happened, spec.kind, 0.1, 0.9).sum(axis=1)
    scores = Scores(mean, count.astype(np.uint8), inside50.astype(np.uint8), inside80.astype(np.uint8))
    return Forecast(samples, loc, scale, scores, finite)


def rescored(samples: NDArray[np.float32], loc: Floats, scale: Floats, slots: Ints, subject: Subject) -> Forecast:
    """Stored rows with their scores against what the series now knows; scores depend on actuals, so none are stored."""
    return scored(samples, loc, scale, actuals(subject.series, slots, subject.spec.horizon), subject.spec)
