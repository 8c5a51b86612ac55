"""A batch as it goes to another process: the stretch of each series that its origins can see, and their samples back.

The contexts of neighbours overlap almost wholly, so the values travel once (64 origins: 4.6 kB, their contexts 130 kB)
and the contexts are made where the model is. What comes back is plain numbers whose shape is known: nothing that
another machine sends is unpickled in the engine's process.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.errors import ModelFailed
from engine.forecasting import Inferred, predicted
from engine.jobs import Batch
from engine.models.base import Forecaster
from engine.series import Floats, Ints, Series, Step
from engine.spec import Spec
from engine.windows import contexts

HOUR = Step(3600, "second")  # any step will do: contexts know values alone


class Excerpt(NamedTuple):
    """values: (n,) of a series, as far back as the first of its origins can see; origins: their positions in it."""

    values: Floats
    origins: Ints


def excerpts(batch: Batch) -> list[Excerpt]:
    """What a batch's origins can see, part by part."""
    return [
        _excerpt(part.entry.subject.series, np.asarray(part.slots, dtype=np.int64), part.entry.subject.spec)
        for part in batch.parts
    ]


def _excerpt(series: Series, slots: Ints, spec: Spec) -> Excerpt:
    positions = slots - series.first_slot
    first = max(0, int(positions.min()) - spec.context_length + 1)
    return Excerpt(series.values[first : int(positions.max()) + 1], positions - first)


def pack_request(batch: Batch) -> bytes:
    """The spec and the excerpts of a batch."""
    return pickle.dumps((batch.parts[0].entry.subject.spec, excerpts(batch)), pickle.HIGHEST_PROTOCOL)


def unpack_request(request: bytes) -> tuple[Spec, list[Excerpt]]:
    """What `pack_request` was given; only for what comes from the engine itself."""
    spec, parts = pickle.loads(request)  # noqa: S301
    return spec, parts


def infer_excerpts(parts: Sequence[Excerpt], spec: Spec, forecaster: Forecaster) -> Inferred:
    """`infer`, byte for byte, of the batch that these excerpts are of."""
    seen = [contexts(Series(part.values, HOUR, 0), part.origins, spec.context_length) for part in parts]
    return predicted(seen, spec, forecaster)


def pack_answer(inferred: Inferred) -> bytes:
    """Samples, loc and scale, one after the other, as they lie in memory."""
    return b"".join(np.ascontiguousarray(part).tobytes() for part in inferred)


def unpack_answer(answer: bytes, size: int, spec: Spec) -> Inferred:
    """The answer to a batch of `size` origins. ModelFailed if it is not as long as it must be."""
    shape = (size, spec.horizon, spec.num_samples)
    cut = 4 * size * spec.horizon * spec.num_samples
    if len(answer) != cut + 16 * size:
        raise ModelFailed(f"{len(answer)} bytes came back for {size} origins; {cut + 16 * size} were expected.")
    samples = np.frombuffer(answer[:cut], np.float32).reshape(shape)
    loc, scale = np.frombuffer(answer, np.float64, offset=cut).reshape(2, size)
    return Inferred(samples, loc, scale)
