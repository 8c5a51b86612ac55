"""Whom a proxy names: everybody's series are their own. What others share is looked at through a link's token, which
the browser keeps as a cookie."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask, Response, request

from access import OPEN_PATHS, refused
from engine import ANYBODY, Engine, Settings, Visitor, visit

NAME = re.compile(r"[^\x00-\x20\x7f][^\x00-\x1f\x7f]{0,126}[^\x00-\x20\x7f]|[^\x00-\x20\x7f]")
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)
COOKIE, HEADER = "hindcast-shared", "X-Hindcast-Share"
MOST_TOKENS = 50  # that a browser keeps; the oldest goes first
NOBODY = Visitor(is_admin=False)
KEPT = 365 * 24 * 3600  # seconds
NO_NAME = "The proxy before Hindcast did not say who you are: its header {header} is missing. Sign in there."
NOT_THE_PROXY = "Hindcast is reached through its proxy alone, which says who you are."


def name(server: Flask, settings: Settings, engine: Engine, for_all: Callable[[], frozenset[str]]) -> None:
    """Have the engine asked in the name of whoever the proxy says asks, where there are users; to be called before
    anything else asks it. for_all: handles of series that everybody may look at."""
    if settings.access != "users":
        return
    proxies, header, admins = set(settings.proxy_addresses), settings.user_header, set(settings.admins)

    @server.before_request
    def begin() -> Response | None:
        """Who that is not told is nobody."""
        visit(NOBODY)
        if request.path in OPEN_PATHS:
            return None
        if _peer() not in proxies:
            return refused(403, "NOT_THE_PROXY", NOT_THE_PROXY)
        user = _text(request.headers.get(header, ""))
        if not NAME.fullmatch(user):
            return refused(401, "NO_USER", NO_NAME.format(header=header))
        visit(Visitor(user, for_all() | engine.shown(_tokens()), user in admins))
        return None

    @server.after_request
    def keep(response: Response) -> Response:
        """What a link showed once is found again without it."""
        given = request.args.get("share", "")
        if TOKEN.fullmatch(given) and response.status_code < 400 and engine.shown([given]):
            tokens = ".".join(_tokens()[:MOST_TOKENS])
            response.set_cookie(
                COOKIE, tokens, KEPT, secure=request.is_secure, httponly=True, samesite="Lax", path=_path()
            )
        return response

    @server.teardown_request
    def end(error: BaseException | None) -> None:
        visit(ANYBODY)


def _peer() -> str:
    """Who has sent this request, whatever it says of itself."""
    told = request.environ.get("werkzeug.proxy_fix.orig") or {}
    return str(told.get("REMOTE_ADDR") or request.environ.get("REMOTE_ADDR") or "")


def _text(header: str) -> str:
    """A header as it was meant: WSGI has it in Latin-1, most proxies send UTF-8."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _tokens() -> list[str]:
    """Tokens of links: that of the page's address, that of a program, then those that the browser keeps."""
    told = request.args.get("share", ""), request.headers.get(HEADER, "")
    given = [*told, *request.cookies.get(COOKIE, "").split(".")[:MOST_TOKENS]]
    return [token for token in dict.fromkeys(given) if TOKEN.fullmatch(token)]


def _path() -> str:
    return f"{request.script_root}/"
