"""Another way to read a file, as the browser asks for it: what was chosen before, with one choice changed."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from engine import Readback

# a choice -> those that were made for what it replaces
DEPENDS = {
    "turned": ("time", "value", "series", "dayfirst", "decimal", "step", "agg"),
    "value": ("series", "decimal"),
    "dayfirst": (),
    "decimal": (),
    "series": (),
    "step": (),
    "agg": (),
}


def options(readback: Readback, change: Mapping[str, str | bool]) -> dict[str, str | bool]:
    """The choices behind a read-back with `change` made; an empty text takes a choice back."""
    dropped = {name for made in change for name in DEPENDS.get(made, ())}
    kept = {name: value for name, value in readback.options.items() if name not in dropped}
    return {name: value for name, value in (kept | dict(change)).items() if value != ""}


def query(readback: Readback, change: Mapping[str, str | bool]) -> str:
    """The same as a query string of the API."""
    chosen = options(readback, change)
    return urlencode({name: str(value).lower() if isinstance(value, bool) else value for name, value in chosen.items()})


def button(readback: Readback, change: Mapping[str, str | bool]) -> dict[str, str]:
    """Attributes of a button that has the file read in this way."""
    return {"data-reread": query(readback, change), "data-changes": next(iter(change))}
