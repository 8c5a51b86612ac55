"""The files that children upload, and every forecast of them, made before the first child is forked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.forecasting import Subject, calculate, infer
from engine.jobs import Batch, Entry, Lane, Part
from engine.rows import Forecast
from engine.series import Series
from engine.spec import Spec
from engine.windows import usable
from tests.conftest import HOUR, ToyForecaster, to_csv, wave

LENGTHS = (200, 700, 1500, 3000)
FAMILIES = 4
HORIZON = 12


class Known(NamedTuple):
    """A file, its series, and the forecasts of its usable origins. family: files that share a history."""

    family: int
    csv: bytes
    series: Series
    usable: NDArray[np.bool_]
    forecast: Forecast


def world() -> dict[str, Known]:
    """By name; a family's longer files go on where its shorter ones end, so they share blocks."""
    known = {}
    toy = ToyForecaster()
    spec = Spec.of(toy, HORIZON)
    for family in range(FAMILIES):
        longest = wave(max(LENGTHS), seed=family)
        for length in LENGTHS:
            series = Series(longest.values[:length], HOUR, longest.first_slot)
            can = usable(series.values)
            slots = np.flatnonzero(can) + series.first_slot
            batch = Batch(Lane.BACKGROUND, [Part(Entry(0, None, None, Subject(series, spec, toy), None, 0), slots)])
            batch.result = infer(batch)
            (forecast,) = calculate(batch)
            known[f"{family}-{length}"] = Known(family, to_csv(series), series, can, forecast)
    return known
