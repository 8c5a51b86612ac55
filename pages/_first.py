"""The first HTML of a link: title and first sentence, before any script has run.

Somebody who gets a link on a phone reads the answer while the page is still loading, and a chat shows it as a preview.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from engine import Engine, errors
from pages import _inputs, _moment, _words
from pages._accuracy_words import TITLE
from pages.explore import starting_index

PATIENCE = 0.4  # seconds a first HTML waits for a forecast that is not stored yet


class First(NamedTuple):
    """Plain texts for the document: the tab's title, the heading and the first sentence."""

    title: str = "Hindcast"
    heading: str = ""
    sentence: str = ""

    def html(self) -> str:
        """What stands in the page until the app takes its place."""
        if not self.heading:
            return '<div class="first-words"></div>'
        return f'<div class="first-words"><h1>{escape(self.heading)}</h1><p>{escape(self.sentence)}</p></div>'


def first(engine: Engine, path: str, search: str) -> First:
    """The texts of an address; the empty ones for every address that is no moment of a stored series."""
    page, handle = _inputs.path(path)
    if page in _inputs.PAGES:
        return First(f"{page.capitalize()} \u00b7 Hindcast")
    if page == "accuracy":
        return First(f"{TITLE} \u00b7 Hindcast", TITLE)
    if page != "explore" or handle is None:
        return First()
    try:
        dataset = engine.dataset(handle)
        where = _inputs.where(search)
        horizon = where.horizon or engine.settings.horizon
        index, _ = starting_index(dataset, where, horizon)
        step, time = _moment.step_of(dataset), dataset.time(index)
        heading = _words.plain(_words.title(time, step))
        title = _words.document_title(time, step, "")
    except errors.UnknownHandle:
        return First()
    except errors.EngineError as error:
        return First(heading=_words.NOT_NOW, sentence=error.message)
    try:
        plot = engine.forecast(handle, index, model=where.model, horizon=horizon, timeout=PATIENCE)
    except errors.EngineError:
        return First(title, heading)
    fixed = _moment.frame_of(dataset, horizon)
    return First(title, heading, _words.plain(_words.missed(plot, fixed.decimals, "")))
