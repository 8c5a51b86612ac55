"""What the server writes down: lines of text or of JSON, each with the number of the request that it is about, and one
line per request, by its route. Never an address, a file's name or a value of anybody's.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from contextvars import ContextVar

import orjson
from flask import Flask, Response, g, request

from engine import Settings

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")  # what a proxy may have called the request
TEXT = "%(asctime)s %(levelname)s %(name)s%(about)s: %(message)s"
SLOW = 5.0  # seconds
ANSWERS = {503, 504}  # come again; it did not come in the time that you wanted to wait
_request_id: ContextVar[str] = ContextVar("request_id", default="")
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "DELETE"}
OTHERS = "other"  # paths that no route takes, methods of the asker's own: what somebody sends is written nowhere
log = logging.getLogger("hindcast.requests")


class Lines(logging.Formatter):
    """As text, or as one JSON object a line: time (UTC), level, logger, request, message, error."""

    def __init__(self, kind: str) -> None:
        super().__init__(TEXT)
        self._is_json = kind == "json"

    def format(self, record: logging.LogRecord) -> str:
        about = _request_id.get()
        if not self._is_json:
            record.about = f" [{about}]" if about else ""
            return super().format(record)
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "request": about or None,
            "message": record.getMessage(),
            "error": self.formatException(record.exc_info) if record.exc_info else None,
        }
        return orjson.dumps({name: value for name, value in line.items() if value is not None}).decode()


def configure(settings: Settings) -> None:
    """This process's log lines, on the standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(settings.log_format))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # its lines name addresses


def route() -> str:
    """The route of this request, whatever stands in its place in the address."""
    return request.url_rule.rule if request.url_rule is not None else OTHERS


def method() -> str:
    """The method of this request, if it is one of those there are."""
    return request.method if request.method in METHODS else OTHERS


def seconds() -> float:
    """Since this request began."""
    return time.perf_counter() - float(g.request_began)


def follow(server: Flask) -> None:
    """Number every request, tell its asker the number, and write it down: failures and slow ones always."""

    @server.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if REQUEST_ID.match(given) else secrets.token_hex(8)
        g.request_began = time.perf_counter()
        _request_id.set(g.request_id)

    @server.after_request
    def end(response: Response) -> Response:
        if "request_id" not in g:  # refused before it began
            return response
        response.headers["X-Request-ID"] = g.request_id
        took = seconds()
        is_failure = response.status_code >= 500 and response.status_code not in ANSWERS
        level = logging.ERROR if is_failure else logging.WARNING if took > SLOW else logging.DEBUG
        log.log(level, "%s %s: %d in %.0f ms", method(), route(), response.status_code, 1000 * took)
        return response

    @server.teardown_request
    def forget(error: BaseException | None) -> None:
        _request_id.set("")
