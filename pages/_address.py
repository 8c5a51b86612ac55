"""Addresses of this app as a browser has them: behind the prefix under which the request came."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import has_request_context, request


def at(path: str) -> str:
    """`/guide` as a link of a page leads there."""
    return f"{_prefix()}{path}"


def within(pathname: Any) -> Any:
    """What a browser's pathname means to the app; whatever is no path stays as it is."""
    return pathname.removeprefix(_prefix()) if isinstance(pathname, str) else pathname


def of_file(page: str, handle: str, **named: Any) -> str:
    """A page of a file (`explore`, `accuracy`); names without a value go without saying."""
    query = urlencode({name: value for name, value in named.items() if value not in (None, "")}, safe=":,")
    return at(f"/{page}/{handle}{'?' * bool(query)}{query}")


def _prefix() -> str:
    return request.script_root if has_request_context() else ""
