"""Parts of a page as HTML text, for a file that needs no script. Pure; all text is escaped."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from dash.development.base_component import Component

TAGS = {"Link": "a", "Button": "span"}  # what a file without scripts has in their place
EMPTY = {"img", "br", "hr"}
NAMES = {"className": "class", "colSpan": "colspan", "rowSpan": "rowspan"}
LEFT_OUT = {"children", "tabIndex", "id", "aria-pressed", "n_clicks"}
CAPITAL = re.compile(r"[A-Z]")


def markup(part: Any, site: str | None) -> str:
    """The text of components, lists of them and words. site: where links that begin with / lead, such as
    http://127.0.0.1:8050; None leaves links out."""
    if part is None:
        return ""
    if isinstance(part, list | tuple):
        return "".join(markup(inner, site) for inner in part)
    if not isinstance(part, Component):
        return escape(str(part))
    tag = TAGS.get(part._type, part._type.lower())
    if tag == "a" and site is None:
        return ""
    given = part.to_plotly_json()["props"]
    left_out = LEFT_OUT | {"aria-label"} if tag == "span" else LEFT_OUT  # names are for what can be reached
    attributes = "".join(_attribute(name, value, site) for name, value in given.items() if name not in left_out)
    if tag in EMPTY:
        return f"<{tag}{attributes}>"
    return f"<{tag}{attributes}>{markup(given.get('children'), site)}</{tag}>"


def _attribute(name: str, value: Any, site: str | None) -> str:
    if value is None or value is False or name.startswith("data-"):
        return ""
    if name == "style":
        value = ";".join(f"{CAPITAL.sub(lambda m: f'-{m[0].lower()}', key)}:{text}" for key, text in value.items())
    elif name == "href" and str(value).startswith("/"):
        value = f"{site}{value}"
    return f' {NAMES.get(name, name)}="{escape(str(value))}"'
