"""What every response and every request must satisfy, whatever page or route it is for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from engine import Settings

SMALL_BODY = 2_000_000  # bytes of what is no file: a callback's values, whose largest is a picture
FILES = {"api.upload", "api.quickdraw", "api.load"}  # the endpoints to which files come
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
DOCUMENTS = {"text/html", "image/svg+xml"}  # what a browser opens and runs
POLICY = (
    "default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


def protect(server: Flask, settings: Settings, scripts: Sequence[str] = ()) -> None:
    """Bounds on bodies, trusted host names, no cross-site writes, and the usual headers. scripts: hashes of those that
    stand in the documents themselves; a browser runs no others but this server's files, and asks no other server."""
    server.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes + 64 * 1024  # multipart's own words around the file
    server.config["TRUSTED_HOSTS"] = list(settings.trusted_hosts)
    server.before_request(_bound_body)
    server.before_request(_refuse_cross_site_writes)
    server.after_request(partial(_add_headers, POLICY.format(scripts=" ".join(scripts))))


def _bound_body() -> None:
    """Only files may be large: whatever else comes is parsed in memory, which takes many times its size."""
    if request.endpoint not in FILES:
        request.max_content_length = SMALL_BODY


def _refuse_cross_site_writes() -> None:
    """Another site's page must not write here in its reader's name: the browser says where a request comes from.

    Sec-Fetch-Site where the browser sends it, else Origin against Host; neither header means no browser.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin is not None and _host_of(origin) != request.host:
        abort(403)


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _add_headers(policy: str, response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype in DOCUMENTS:
        response.headers.setdefault("Content-Security-Policy", policy)
    return response
