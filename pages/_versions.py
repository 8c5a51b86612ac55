"""What an old version of a series says: that a newer one is stored, and the way to the same moment there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import numpy as np
from dash import dcc, html

from engine import Dataset, Engine, errors
from pages import _moment, _words
from pages._address import at


def newer(engine: Engine, handle: str) -> Dataset | None:
    """The newest stored version of a series, if it is another one; the page does without where that cannot be told."""
    try:
        found = engine.versions(handle).newer
        return None if found is None else engine.dataset(found)
    except errors.EngineError:
        return None


def note(dataset: Dataset | None, time: np.datetime64, model: str | None, horizon: int | None = None) -> list[Any]:
    """The sentence, its link at `time`; the browser has the link follow the moment. Nothing without a newer version."""
    if dataset is None:
        return []
    words = _words.newer_version(dataset.end, _moment.step_of(dataset))
    named = {"t": str(time), "model": model, "h": horizon}
    where = urlencode({name: value for name, value in named.items() if value}, safe=":")
    link = dcc.Link("Open the same moment there", id="newer-link", href=at(f"/explore/{dataset.handle}?{where}"))
    return [html.P([words, link, "."], id="newer-note")]
