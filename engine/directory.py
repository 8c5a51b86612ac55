"""Who uses a cache directory: one engine at a time, and whether the last one came to a clean end."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path

from engine.errors import StartError


def hold(path: Path, timeout: float) -> int:
    """A descriptor with an exclusive lock on `path`, waited for up to `timeout` seconds. StartError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise StartError(
                    f"Another engine uses the cache directory {path.parent}. "
                    "Stop it, or set HINDCAST_CACHE_DIR to another folder."
                ) from None
            pause.wait(0.1)
        else:
            return descriptor


class Marker:
    """A file that is there while the directory is in use, and so still there after an end that was not clean."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self) -> bool:
        """Leave the mark, durably. Whether it was there already."""
        found = self._path.exists()
        for path, flags in ((self._path, os.O_WRONLY | os.O_CREAT), (self._path.parent, os.O_RDONLY)):
            descriptor = os.open(path, flags, 0o600)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return found

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
