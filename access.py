"""Who is let in: everybody who reaches this server, or only who knows the access token; and whose word counts on where
a request comes from."""

from __future__ import annotations

import hmac
from html import escape

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from api_answers import PREFIX, error_answer
from engine import Settings

OPEN_PATHS = {"/healthz", "/readyz"}  # for monitors that know no secret; they tell of nobody's data
CHALLENGE = 'Basic realm="Hindcast", charset="UTF-8"'
PROTECTED = (
    "This Hindcast is protected. Its access token is the password; any user name will do. Reload the page to be asked "
    "again."
)
PAGE = '<!doctype html><html lang="en"><title>Hindcast</title><p>{words}</p></html>'


def guard(server: Flask, settings: Settings) -> None:
    """Believe so many proxies as are declared, and let in whom the access mode lets in. To be called before anything
    else looks at a request."""
    if settings.proxies:
        number = settings.proxies
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=number, x_proto=number, x_host=number)  # type: ignore[method-assign]
    if settings.access == "token":
        token = settings.access_token.encode()

        @server.before_request
        def ask_for_token() -> Response | None:
            return None if request.path in OPEN_PATHS or _knows(token) else _ask()


def _knows(token: bytes) -> bool:
    """Whether the request carries the token, as HTTP Basic's password (browsers) or as Bearer."""
    given = request.authorization
    if given is None:
        return False
    said = given.password if given.type == "basic" else given.token if given.type == "bearer" else None
    return said is not None and hmac.compare_digest(said.encode(), token)


def _ask() -> Response:
    """401; a browser asks for the password and then goes to the address that was wanted."""
    response = refused(401, "TOKEN_NEEDED", PROTECTED)
    response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def refused(status: int, code: str, words: str) -> Response:
    """Who is not let in, as a page or in the API's own shape."""
    if request.path.startswith(PREFIX):
        response = error_answer(status, code, words, {})
    else:
        response = Response(PAGE.format(words=escape(words)), status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response
