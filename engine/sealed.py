"""What every stored value wears: its format's magic bytes and a checksum; some, a head of JSON before the body."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, BinaryIO

MAGIC_BYTES = 4
DIGEST_BYTES = 32
SIZE_BYTES = 4  # of a head
PIECE = 1 << 20  # bytes of a file looked at together


class DamagedPayload(Exception):
    """Stored bytes are not what was written."""


def seal(magic: bytes, payload: bytes) -> bytes:
    """Payload behind its format's magic bytes and its SHA-256."""
    return magic + hashlib.sha256(payload).digest() + payload


def unseal(magic: bytes, sealed: bytes) -> bytes:
    """The payload of `seal`; DamagedPayload if a byte of it has changed or the format is another."""
    start = len(magic) + DIGEST_BYTES
    payload = sealed[start:]
    if sealed[: len(magic)] != magic or hashlib.sha256(payload).digest() != sealed[len(magic) : start]:
        raise DamagedPayload(f"expected {magic!r} and a matching checksum")
    return payload


def seal_with_head(magic: bytes, head: dict[str, Any], body: bytes) -> bytes:
    """A head of what JSON can say and a body, sealed together."""
    words = json.dumps(head).encode()
    return seal(magic, len(words).to_bytes(SIZE_BYTES, "little") + words + body)


def head_and_body(payload: bytes) -> tuple[dict[str, Any], bytes]:
    """What `seal_with_head` was given, of a payload that was unsealed."""
    end = SIZE_BYTES + int.from_bytes(payload[:SIZE_BYTES], "little")
    return json.loads(payload[SIZE_BYTES:end]), payload[end:]


def head_of(magic: bytes, sealed: bytes) -> dict[str, Any] | None:
    """The head of a value of which these are the first bytes, unchecked; None if they do not hold all of it."""
    payload = sealed[len(magic) + DIGEST_BYTES :]
    if not sealed.startswith(magic) or len(payload) < SIZE_BYTES + int.from_bytes(payload[:SIZE_BYTES], "little"):
        return None
    try:
        return head_and_body(payload)[0]
    except ValueError:
        return None


class FileSeal:
    """The seal of a file that is written piece by piece: its head comes first, and again when all pieces are known."""

    def __init__(self, magic: bytes) -> None:
        self._magic = magic
        self._digest = hashlib.sha256()

    def update(self, piece: bytes) -> None:
        self._digest.update(piece)

    def head(self) -> bytes:
        """What stands before the pieces so far."""
        return self._magic + self._digest.digest()


def unseal_file(magic: bytes, file: BinaryIO) -> bytes:
    """The payload of a sealed file that was opened without a buffer: it is in memory once. DamagedPayload as for
    `unseal`, OSError."""
    head, payload = file.read(len(magic) + DIGEST_BYTES), file.read()
    if head != magic + hashlib.sha256(payload).digest():
        raise DamagedPayload(f"expected {magic!r} and a matching checksum")
    return payload


def check_file(magic: bytes, file: BinaryIO) -> int:
    """The size of a sealed file's payload, which is read, and held nowhere. DamagedPayload as for `unseal`, OSError."""
    if file.read(len(magic)) != magic:
        raise DamagedPayload(f"expected {magic!r}")
    file.seek(0)
    if not is_whole(file):
        raise DamagedPayload("expected a matching checksum")
    return file.tell() - MAGIC_BYTES - DIGEST_BYTES


def payload_part(file: BinaryIO, start: int, end: int) -> bytes:
    """Bytes start..end of the payload of a sealed file, unchecked; from any thread. OSError."""
    head = MAGIC_BYTES + DIGEST_BYTES
    part = os.pread(file.fileno(), end - start, head + start)
    if len(part) < end - start:
        raise OSError(f"a file of {head + end} bytes was expected")
    return part


def is_whole(file: BinaryIO) -> bool:
    """Whether a sealed file is what was written, whichever format it is. OSError."""
    head, digest = file.read(MAGIC_BYTES + DIGEST_BYTES), hashlib.sha256()
    while piece := file.read(PIECE):
        digest.update(piece)
    return head[MAGIC_BYTES:] == digest.digest()
