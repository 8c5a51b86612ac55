"""A text that stays in its file: what is asked of it is read from there, so that memory never holds all of it.

It answers as bytes do, for those of their methods that are asked here of a text as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

CHUNK = 1 << 20  # bytes looked at together
FIRST = 1 << 14  # of a search, which mostly finds what it looks for nearby


class OnDisk:
    """part: reads the bytes from a start to an end; what it raises goes through. start, end: where the text lies."""

    def __init__(self, part: Callable[[int, int], bytes], start: int, end: int) -> None:
        self._part = part
        self._start = start
        self._end = end

    def __len__(self) -> int:
        return self._end - self._start

    def __getitem__(self, places: slice) -> bytes:
        start, end, step = places.indices(len(self))
        if step != 1:
            raise ValueError(f"every {step}th byte was asked for; stretches can be read")
        return self._part(self._start + start, self._start + end) if start < end else b""

    def __contains__(self, wanted: bytes) -> bool:
        return self.find(wanted) >= 0

    def find(self, wanted: bytes, start: int = 0) -> int:
        """Where `wanted` stands first at or behind `start`; -1 for nowhere."""
        size = FIRST
        while start < len(self):
            at = self[start : start + size + len(wanted) - 1].find(wanted)
            if at >= 0:
                return start + at
            start, size = start + size, CHUNK
        return -1

    def rfind(self, wanted: bytes, start: int, end: int) -> int:
        """Where `wanted` stands last in a stretch that memory may hold; -1 for nowhere."""
        at = self[start:end].rfind(wanted)
        return start + at if at >= 0 else -1

    def count(self, wanted: bytes, start: int, end: int) -> int:
        """How often `wanted` occurs in a stretch that memory may hold."""
        return self[start:end].count(wanted)

    def startswith(self, prefixes: bytes | tuple[bytes, ...]) -> bool:
        """Whether it begins with one of these."""
        longest = max(map(len, (prefixes,) if isinstance(prefixes, bytes) else prefixes))
        return self[:longest].startswith(prefixes)

    def removeprefix(self, prefix: bytes) -> OnDisk:
        """What is behind a prefix, if it has that."""
        return OnDisk(self._part, self._start + len(prefix), self._end) if self.startswith(prefix) else self

    def isascii(self) -> bool:
        """Whether all of its bytes are ASCII."""
        return all(chunk.isascii() for chunk in self._chunks())

    def isspace(self) -> bool:
        """Whether there are bytes and all of them are blanks."""
        return len(self) > 0 and all(chunk.isspace() for chunk in self._chunks())

    def whole(self) -> bytes:
        """All of it, in memory."""
        return self[:]

    def _chunks(self) -> Iterator[bytes]:
        return (self[at : at + CHUNK] for at in range(0, len(self), CHUNK))


Body = bytes | OnDisk


def whole(body: Body) -> bytes:
    """All of a text in memory: for the few that are not read as they stand."""
    return body if isinstance(body, bytes) else body.whole()


def view(body: Body, start: int, end: int) -> memoryview:
    """A stretch of a text, which is copied only from a file."""
    return memoryview(body)[start:end] if isinstance(body, bytes) else memoryview(body[start:end])
