"""Whose series somebody looks at, and what its link shows to others."""

from __future__ import annotations

from typing import Any

from dash import html

from engine import Dataset, Engine, visitor
from pages import _words

EVERYBODYS, OWN, SHOWN = "everybodys", "own", "shown"


def standing(engine: Engine, dataset: Dataset) -> str:
    """EVERYBODYS where there are no users, else OWN, or SHOWN to somebody by another."""
    if engine.settings.access != "users":
        return EVERYBODYS
    return OWN if dataset.series.scope == visitor().scope else SHOWN


def gone() -> str:
    """What is said of a series that is not here. Of another user's it must be the same: a link may have ended."""
    return _words.NOT_SHOWN if visitor().scope else _words.GONE


def copy(stands: str) -> html.Button:
    """The button; the browser makes the link."""
    return html.Button("Copy link", id="copy-link", className="button quiet", **{"data-stands": stands})


def end(stands: str) -> list[Any]:
    """For the owner: what was sent to others shows nothing any more."""
    return [html.Button("End its links", id="end-links", className="link quiet")] if stands == OWN else []
