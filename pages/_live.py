"""Parts of a page that are renewed in their places, so that nothing that is selected, hovered or being read is lost.

A live part has an id that begins with LIVE. A look at the page's subject makes all parts anew; the browser is sent what
the live ones say, and the parts themselves only where there are others than before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from dash.development.base_component import Component

LIVE = "live-"


class Look(NamedTuple):
    """What the live parts say: id -> text, class, style and title, as far as they have one. shape: which there are."""

    shape: str
    live: dict[str, dict[str, Any]]


def look(parts: Sequence[Any]) -> Look:
    """The live parts among these and all that is in them."""
    live: dict[str, dict[str, Any]] = {}
    _collect(parts, live)
    return Look(" ".join(live), live)


def _collect(part: Any, live: dict[str, dict[str, Any]]) -> None:
    if isinstance(part, list | tuple):
        for inner in part:
            _collect(inner, live)
    elif isinstance(part, Component):
        inside = getattr(part, "children", None)
        name = getattr(part, "id", "")
        if name.startswith(LIVE):
            said = {field: getattr(part, field, None) for field in ("className", "style", "title")}
            live[name] = {"text": inside} | {field: value for field, value in said.items() if value is not None}
        else:
            _collect(inside, live)


def live(tag: type[Component], name: str, text: str | None, **look: Any) -> Component:
    """A part of that name; an empty one has no text, and is all look."""
    return tag(text, id=f"{LIVE}{name}", **look)
