"""Links by which others may look at a series: each has a random token, of which only the hash is kept.

Keys: `g/<id>`, an id is the token's SHA-256. Methods are called by the one store thread, but for `handles`.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Iterable
from typing import NamedTuple

from engine.disk import ERRORS, Cache
from engine.errors import Overloaded
from engine.sealed import head_and_body, seal_with_head

log = logging.getLogger(__name__)

MAGIC = b"HCG1"
TOKEN_BYTES = 24
MOST = 100  # links of one series


class Share(NamedTuple):
    """A link to a series. id: by which it is revoked; created: seconds, UTC."""

    id: str
    handle: str
    created: float


def share_id(token: str) -> str:
    """The id of a token, as it is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


class Shares:
    """All links of a cache, which is open."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._known: dict[str, Share] = {}
        try:
            for key in cache.keys("g/"):
                payload = cache.payload(key, MAGIC)
                if payload is not None:
                    head, _ = head_and_body(payload)
                    self._known[key[2:]] = Share(key[2:], head["handle"], head["created"])
        except ERRORS as error:  # no start fails for it; whoever owns a series can make another link
            log.warning("links cannot be read: %s", type(error).__name__)

    def add(self, handle: str) -> str:
        """A new link; its token, which nobody can be told again. Overloaded where there are MOST of them."""
        if len(self.of(handle)) >= MOST:
            raise Overloaded(f"This series has {MOST} links already. Revoke some of them.")
        token = secrets.token_urlsafe(TOKEN_BYTES)
        made = Share(share_id(token), handle, time.time())
        head = {"handle": handle, "created": made.created}
        self._cache.set(f"g/{made.id}", seal_with_head(MAGIC, head, b""))
        self._known[made.id] = made
        return token

    def of(self, handle: str) -> list[Share]:
        """The links to a series, the oldest first."""
        return sorted((one for one in self._known.values() if one.handle == handle), key=lambda one: one.created)

    def remove(self, handle: str, only: str | None = None) -> int:
        """Revoke the links to a series, or one of them. How many there were."""
        gone = [one.id for one in self.of(handle) if only in (None, one.id)]
        for name in gone:
            self._cache.delete(f"g/{name}")
            del self._known[name]
        return len(gone)

    def clear(self) -> None:
        """Forget all links, with everything else that is stored."""
        self._known.clear()

    def handles(self, tokens: Iterable[str]) -> frozenset[str]:
        """What these tokens show; from any thread."""
        found = (self._known.get(share_id(token)) for token in tokens)
        return frozenset(one.handle for one in found if one is not None)
