"""Who is let in: everybody who reaches this server, or only who knows the access token; and whose word counts on where
a request comes from."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from html import escape

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from api_answers import PREFIX, error_answer
from engine import Settings
from limits import Allowance, network, too_many

GUESSES_PER_MINUTE = 20  # wrong tokens of one client address that are looked at
MOST_WRONG = 10_000  # that are known to be wrong
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
        door = _Door(settings.access_token)

        @server.before_request
        def ask_for_token() -> Response | None:
            if request.path in OPEN_PATHS:
                return None
            said = _said()
            if said is None:
                return _ask()
            is_right, wait = door.knock(said, network(request.remote_addr or ""))
            if wait:
                return too_many("Many wrong access tokens came from your address.", wait)
            return None if is_right else _ask()


class _Door:
    """Opens to a token. From an address that has guessed too often nothing is looked at for a while, the right token
    included. What was wrong before is no guess: after a change of the token browsers go on with the old one."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._guesses = Allowance(GUESSES_PER_MINUTE)
        self._key = secrets.token_bytes(32)
        self._wrong: OrderedDict[bytes, None] = OrderedDict()

    def knock(self, said: str, address: str) -> tuple[bool, float]:
        """Whether it is the token, or the seconds until it is looked at."""
        name = hashlib.blake2b(said.encode(), key=self._key, digest_size=16).digest()  # they are kept nowhere
        if name in self._wrong:
            return False, 0.0
        wait = self._guesses.wait(address)
        if wait or hmac.compare_digest(said.encode(), self._token):
            return not wait, wait
        self._guesses.take(address)
        self._wrong[name] = None
        while len(self._wrong) > MOST_WRONG:
            self._wrong.popitem(last=False)
        return False, 0.0


def _said() -> str | None:
    """What the request gives as the token: HTTP Basic's password (browsers), or Bearer."""
    given = request.authorization
    if given is None:
        return None
    return given.password if given.type == "basic" else given.token if given.type == "bearer" else None


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
