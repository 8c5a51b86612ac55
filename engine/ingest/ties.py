"""Dates that can be read in two ways, and nothing that decides: the question to the person."""

from __future__ import annotations

import dataclasses

import numpy as np

from engine.errors import UploadError
from engine.ingest import Reading, ReadOptions, read
from engine.ingest.ondisk import Body
from engine.settings import Settings
from engine.sketch import sketch

TIE = "DATE_ORDER_AMBIGUOUS"


def refuse_tie(reading: Reading, raw: Body, options: ReadOptions, settings: Settings) -> None:
    """Raise UploadError DATE_ORDER_AMBIGUOUS where nothing in the file decides between day first and month first, and
    both give a series.

    Its detail holds `ways`: per order `dayfirst`, the first and the last time, and a sketch of the values.
    """
    if TIE not in reading.readback.warnings:
        return
    ways = []
    for dayfirst in (True, False):
        try:
            back = read(raw, dataclasses.replace(options, dayfirst=dayfirst), settings)
        except UploadError:
            return
        series = back.series
        ends = [str(time) for time in series.times(np.array([series.first_slot, series.last_slot]))]
        ways.append({"dayfirst": dayfirst, "first": ends[0], "last": ends[1], "sketch": sketch(series.values)})
    raise UploadError(
        "Every date in this file can be read in two ways: day first or month first. Say which one is right "
        "(dayfirst=true or dayfirst=false).",
        code=TIE,
        ways=ways,
    )
