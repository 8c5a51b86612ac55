"""The small pictures in the table of the worst stretches."""

from __future__ import annotations

from functools import lru_cache

from engine import Backtest, Engine, errors
from pages import _fan
from pages._accuracy_asked import Asked
from pages._traces import DARK, LIGHT

KEPT = 512
PATIENCE = 2.0  # seconds for a forecast


class Pictures:
    """Made once each, per app: what one shows is in its key."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._picture = lru_cache(maxsize=KEPT)(self._drawn)

    def of(self, found: Backtest, asked: Asked) -> list[str | None]:
        """One for each of the worst stretches, None where its forecast is not to be had."""
        which = asked.model, asked.horizon, asked.dark
        shown: list[str | None] = []
        for stretch in found.worst:
            try:
                shown.append(self._picture(asked.handle, stretch.index, stretch.miss, *which))
            except errors.EngineError:
                shown.append(None)
        return shown

    def _drawn(self, handle: str, index: int, miss: float, model: str | None, horizon: int | None, dark: bool) -> str:
        """miss tells a forecast from one that was computed anew."""
        plot = self._engine.forecast(handle, index, model=model, horizon=horizon, timeout=PATIENCE)
        return _fan.image(_fan.fan(plot, DARK if dark else LIGHT))
