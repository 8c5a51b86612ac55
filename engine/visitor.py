"""In whose name the engine is asked. Series belong to a scope: empty where there are no users, else a user's name.

What is another's answers as if it were not stored, unless it was shared; what was shared may be looked at. The door to
the engine sets the visitor for the calls that its thread makes; work in the background is done in nobody's name and
asks no leave.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from engine.errors import NotAllowed, UnknownHandle
from engine.series import Series

NOT_HERE = "No series with this handle is stored here. Upload the file again."


@dataclass(frozen=True)
class Visitor:
    """scope: whose series are theirs. shared: handles of others' series that they may look at. is_admin: whether they
    may manage what is stored of everybody."""

    scope: str = ""
    shared: frozenset[str] = frozenset()
    is_admin: bool = True

    def sees(self, scope: str, handle: str) -> bool:
        """Whether they may look at a series of this scope."""
        return scope == self.scope or handle in self.shared

    def look(self, series: Series) -> None:
        """UnknownHandle unless they may see it."""
        if not self.sees(series.scope, series.handle):
            raise UnknownHandle(NOT_HERE)

    def change(self, series: Series) -> None:
        """UnknownHandle unless they may see it, NotAllowed unless it is theirs."""
        self.look(series)
        if series.scope != self.scope:
            raise NotAllowed("This series was shared with you to look at: only its owner can change what is stored.")

    def manage(self) -> None:
        """NotAllowed unless they may manage the cache."""
        if not self.is_admin:
            raise NotAllowed("The cache is managed by administrators, who are named in HINDCAST_ADMINS.")


ANYBODY = Visitor()
_visitor: ContextVar[Visitor] = ContextVar("visitor", default=ANYBODY)


def visitor() -> Visitor:
    """In whose name this thread asks."""
    return _visitor.get()


@contextmanager
def acting(as_whom: Visitor) -> Iterator[None]:
    """What this thread asks within is asked in their name."""
    before = _visitor.set(as_whom)
    try:
        yield
    finally:
        _visitor.reset(before)


def visit(as_whom: Visitor) -> None:
    """What this thread asks from now on is asked in their name."""
    _visitor.set(as_whom)
