"""The series that the first page offers to whoever has no file at hand: a real one and a made-up one.

Once it is opened, a sample is an ordinary upload, which can be forgotten like any other and opened again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import ANYBODY, Engine, PlotData, Upload, acting, errors
from pages import _figure, _heat_pump, _quick
from pages._notation import HOUR, WEEK, Step
from pages._view import view

log = logging.getLogger("hindcast")


@dataclass(frozen=True)
class Sample:
    """what: name and unit, as captions and lists say it, with notes; button: what opens it. csv: its bytes. index: the
    moment it opens at; look: how the picture is shown then, as in an address."""

    what: str
    step: Step
    button: str
    csv: Callable[[], bytes]
    index: int
    look: str = ""
    notes: tuple[str, ...] = ()


def _co2() -> bytes:
    return Path(__file__).with_name("samples").joinpath("co2.csv").read_bytes()


REAL = Sample(
    "CO\u2082 in the air at Mauna Loa, ppm",
    Step(WEEK, None),
    "Open and scrub",
    _co2,
    index=-172,  # September 1998, after an El Niño: unlike the autumn before
    look="y=window",  # over the decades it rises by ten times its yearly swing
)
MADE_UP = Sample(
    "Heat pump load, kWh",
    Step(HOUR, None),
    "Open it",
    _heat_pump.csv,
    index=-1_420,  # a Monday evening in February
    notes=("made-up data",),
)
SAMPLES = {"real": REAL, "made-up": MADE_UP}


class Samples:
    """The samples of one app, as its engine holds them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._uploads: dict[str, Upload] = {}
        self._plot: PlotData | None = None

    def upload(self, name: str) -> Upload:
        """The upload of a sample, made anew where somebody has forgotten it; nobody's own. What `Engine.upload`
        raises."""
        with self._lock, acting(ANYBODY):
            if (known := self._uploads.get(name)) is not None:
                try:
                    self._engine.dataset(known.dataset.handle)
                    return known
                except errors.UnknownHandle:
                    del self._uploads[name]
            self._uploads[name] = self._engine.upload(SAMPLES[name].csv())
            return self._uploads[name]

    def handles(self) -> frozenset[str]:
        """Of the samples that have been opened."""
        return frozenset(upload.dataset.handle for upload in list(self._uploads.values()))

    def picture(self, *, dark: bool) -> dict[str, Any]:
        """The forecast at which the real sample opens, small; to look at it stores nothing. EngineError."""
        if self._plot is None:
            self._plot = self._engine.quickdraw(REAL.csv(), index=REAL.index).plot
        fixed, shown = _quick.frame_of(self._plot), view(f"{REAL.look}&past=1")
        return _figure.figure(self._plot, fixed, unit=REAL.what, dark=dark, narrow=True, view=shown)

    def store_soon(self) -> None:
        """Returns at once. Where nothing is stored yet, all samples will be, and are computed like any upload."""
        threading.Thread(target=self._store, name="samples", daemon=True).start()

    def _store(self) -> None:
        try:
            if not self._engine.datasets():
                for name in SAMPLES:
                    self.upload(name)
        except errors.EngineError as error:
            log.warning("the sample series are not stored: %s", error.code)
