"""Under which path of a host the app lives: at the top, or behind a prefix that a proxy shares with other apps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]


def mount(server: Flask, prefix: str) -> None:
    """Answer under `prefix` ("" or /hindcast, say), whether the proxy leaves it in the path or takes it away; every
    address that is sent to a browser has it."""
    if prefix:
        server.wsgi_app = _behind(prefix, server.wsgi_app)  # type: ignore[method-assign]


def _behind(prefix: str, answer: Wsgi) -> Wsgi:
    def mounted(environ: Environ, start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == prefix or path.startswith(f"{prefix}/"):
            environ["PATH_INFO"] = path[len(prefix) :] or "/"
        environ["SCRIPT_NAME"] = prefix
        return answer(environ, start_response)

    return mounted
