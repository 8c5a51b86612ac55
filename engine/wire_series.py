"""A series as the bytes that the scrubber takes values and times from: little-endian, aligned, read with typed arrays.

docs/wire_series.md describes them. Pure numpy.
"""

from __future__ import annotations

import struct

import numpy as np

from engine.dataset import Dataset

MAGIC = b"HCSR"
VERSION = 1
HEAD = struct.Struct("<4sHBxIIdd")  # docs/wire_series.md, "Header"
UNITS = ("second", "month", "weekday")


def pack(dataset: Dataset) -> bytes:
    """The bytes of a dataset's series: phases, values, which slots can be origins."""
    series = dataset.series
    unit, counts = UNITS.index(series.step.unit), (len(series.phases), len(series))
    head = HEAD.pack(MAGIC, VERSION, unit, *counts, series.step.count, series.first_slot)
    phases = np.array(series.phases, dtype="<f8")
    usable = dataset.usable_origins.astype("|u1")
    return head + phases.tobytes() + series.values.astype("<f8").tobytes() + usable.tobytes()
