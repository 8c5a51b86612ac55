"""The real app with a model that takes its time, for gunicorn: `tests.slow_server:server`.

In the environment, if need be: SLOW_SECONDS, of every call; SLOW_UNTIL, a file: once it is there, no call is slow."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import app
from engine import Engine, Settings
from engine.models.base import built_in
from tests.conftest import ToyForecaster

SECONDS = "0.6"  # so that callers wait for one another


class SlowForecaster(ToyForecaster):
    """The toy, but every call takes a while."""

    def __init__(self) -> None:
        super().__init__()
        self._seconds = float(os.environ.get("SLOW_SECONDS", SECONDS))
        self._until = os.environ.get("SLOW_UNTIL")

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        if not self._until or not Path(self._until).exists():
            threading.Event().wait(self._seconds)
        return super().predict(contexts, floor, horizon)


def __getattr__(name: str) -> Any:
    if name != "server":
        raise AttributeError(name)
    settings = Settings.from_env(os.environ)
    logging.basicConfig(level=settings.log_level.upper(), stream=sys.stderr)
    engine = Engine(settings, built_in() | {"toy": lambda settings: SlowForecaster()})
    globals()["server"] = app.create_app(settings, engine).server
    return globals()["server"]
