"""How pages, files and answers reach a browser: gzipped, the app's own scripts and styles as one file each, and files
only once.

A document names every asset by its content (`?v=`), so that a browser may keep it for good; what it asks for under
another name, it asks for again each time, and is told 304 while nothing has changed.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
from pathlib import Path

from flask import Flask, Response, request

ASSETS, SUITES = "/assets/", "/_dash-component-suites/"
ASSET = re.compile(r'((?:src|href|content)=")[^"]*(/assets/)([^"?]+)(?:\?[^"]*)?"')
NUMBERED = r'"[^"]*/assets/([0-9]{2}_[a-z_]+\.(js|css))(?:\?[^"]*)?"'
TAG = re.compile(rf'<(?:script src|link rel="stylesheet" href)={NUMBERED}>(?:</script>)?\s*')
FOREVER = "public, max-age=31536000, immutable"
TEXTS = {"text/html", "text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml"}
KINDS = {"js": "text/javascript", "css": "text/css"}
BETWEEN = {"js": b"\n;\n", "css": b"\n"}  # a script may end without its semicolon
LEAST = 512  # bytes; less is hardly smaller when gzipped
BEST, QUICK = 9, 1  # gzip's levels, for what is gzipped once and for what is gzipped for one answer
DIGITS = 16  # of a content's hash in a name


class Names:
    """The addresses of a folder's files, by what is in them at the start. The numbered ones, of which a document needs
    all, are one file of each kind: together they are a quarter smaller, and asked for once."""

    def __init__(self, folder: Path, prefix: str = "") -> None:
        self._prefix = prefix
        files = (path for path in folder.rglob("*") if path.is_file())
        self._versions = {path.relative_to(folder).as_posix(): _digest(path.read_bytes()) for path in files}
        self.bundles = {f"all.{kind}": _together(folder, kind) for kind in KINDS}
        self._versions |= {name: _digest(data) for name, data in self.bundles.items()}

    def written_into(self, document: str) -> str:
        """An HTML document that asks for the bundles, and in which every address of an asset bears its version."""
        seen: set[str] = set()

        def once(found: re.Match[str]) -> str:
            kind = found[2]
            if kind in seen:
                return ""
            seen.add(kind)
            return found[0].replace(found[1], f"all.{kind}")

        document = TAG.sub(once, document)

        def named(found: re.Match[str]) -> str:
            start, assets, name = found.groups()
            version = self._versions.get(name)
            return f'{start}{self._prefix}{assets}{name}?v={version}"' if version else found[0]

        return ASSET.sub(named, document)


def _together(folder: Path, kind: str) -> bytes:
    """The numbered files of a kind, in their order."""
    files = sorted(path for path in folder.glob(f"[0-9][0-9]_*.{kind}"))
    return BETWEEN[kind].join(path.read_bytes() for path in files)


class _Gzipped:
    """Files' bytes, gzipped once each; there are only as many as the app has files."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, bytes] = {}

    def of(self, data: bytes, digest: str) -> bytes:
        with self._lock:
            if digest not in self._known:
                self._known[digest] = gzip.compress(data, BEST, mtime=0)
            return self._known[digest]


def compress(server: Flask) -> None:
    """Gzip for every text that a server sends, for whoever accepts it; what comes encoded or piece by piece stays."""
    files = _Gzipped()

    def deliver(response: Response) -> Response:
        if response.status_code != 200 or response.mimetype not in TEXTS or "Content-Encoding" in response.headers:
            return response
        is_file = request.path.startswith((ASSETS, SUITES))
        if is_file:
            response.direct_passthrough = False  # else its bytes are the server's to read
        elif response.is_streamed:
            return response
        data = response.get_data()
        digest = _digest(data) if is_file else ""
        if is_file:
            response.close()  # the file itself
            _keep(response, digest)
        response.vary.add("Accept-Encoding")
        if len(data) >= LEAST and request.accept_encodings["gzip"] > 0:
            response.set_data(files.of(data, digest) if is_file else gzip.compress(data, QUICK, mtime=0))
            response.content_encoding = "gzip"
        return response.make_conditional(request) if is_file else response

    server.after_request(deliver)


def _keep(response: Response, digest: str) -> None:
    """How long a browser may keep a file: what is asked for by its content for good."""
    for name in ("Last-Modified", "Accept-Ranges"):  # the hash tells more, and ranges of gzip mean nothing
        response.headers.pop(name, None)
    response.set_etag(digest, weak=True)  # of the content, whichever way it is encoded
    if request.args.get("v") == digest:
        response.headers["Cache-Control"] = FOREVER
    else:
        response.headers.setdefault("Cache-Control", "no-cache")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGITS]
