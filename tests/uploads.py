"""Uploads in a store, put there and read without an engine."""

from __future__ import annotations

from typing import Any

from engine.errors import UnknownHandle
from engine.incoming import Incoming
from engine.store import Store


def put_upload(store: Store, upload_id: str, raw: bytes, handle: str, reading: dict[str, Any]) -> None:
    """Keep an upload's bytes, and what was read from them."""
    with Incoming(store._directory, lambda file, more: None) as file:
        file.write(raw)
        file.finish()
        store.put_upload(upload_id, file.path, handle, reading)


def kept_bytes(store: Store, upload_id: str) -> bytes | None:
    """The bytes of an upload; None if they are not there or damaged."""
    found = store.kept(upload_id)
    if found is None:
        return None
    with found:
        try:
            return found.read()
        except UnknownHandle:
            return None
