"""A file on its way: on the disk as it comes, hashed meanwhile, and already in the form in which it is kept.

To keep it is to move it to where values lie: its bytes are written once, and never lie in memory for that.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from engine.errors import DeadlineExceeded, StorageFailed, UnknownHandle
from engine.ingest.ondisk import Body, OnDisk
from engine.sealed import DamagedPayload, FileSeal, check_file, payload_part, unseal_file

HELD = 4 << 20  # bytes: what is smaller is held in memory while it is read
FOLDER = "incoming"  # in the cache directory
RAW_MAGIC = b"HCR1"
SALT = b"hindcast-upload-1\0"

NOT_KEPT = "The bytes of this upload are no longer kept. Upload the file again."


class Incoming:
    """A file that one thread writes; then any may read it. size: bytes so far. is_whole: all of them have come.

    It is there as long as somebody is in its `with`: the last one who leaves removes it, unless it was kept. `admit` is
    asked before each piece whether so many more bytes may come, and raises what refuses them. StorageFailed.
    """

    def __init__(self, directory: Path, admit: Callable[[Incoming, int], None]) -> None:
        self.path = directory / FOLDER / secrets.token_hex(16)
        self.size = 0
        self.is_whole = False
        self._admit = admit
        self._name = hashlib.sha256(SALT)
        self._seal = FileSeal(RAW_MAGIC)
        self._lock = threading.Lock()
        self._users = 0
        self._is_gone = False
        try:
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(descriptor, "wb")
            self._file.write(self._seal.head())
        except OSError as error:
            raise _failed(error) from error

    def __enter__(self) -> Incoming:
        with self._lock:
            if self._is_gone:
                raise DeadlineExceeded("The file was taken back before it was stored. Send it again.")
            self._users += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            is_last = self._is_gone = self._users == 0
        if is_last:
            with suppress(OSError):  # of what the disk had no room for
                self._file.close()
            self.path.unlink(missing_ok=True)  # it may be kept

    def write(self, piece: bytes) -> None:
        """The next bytes. What `admit` raises; StorageFailed."""
        self._admit(self, len(piece))
        self.size += len(piece)
        self._name.update(piece)
        self._seal.update(piece)
        try:
            self._file.write(piece)
        except OSError as error:
            raise _failed(error) from error

    def finish(self) -> None:
        """All of it has come. StorageFailed."""
        try:
            self._file.seek(0)
            self._file.write(self._seal.head())
            self._file.close()
        except OSError as error:
            raise _failed(error) from error
        self.is_whole = True

    @property
    def upload_id(self) -> str:
        """The name of these bytes: the same for the same ones."""
        return self._name.hexdigest()[:32]

    def read(self) -> bytes:
        """All bytes of it. StorageFailed."""
        try:
            with self.path.open("rb", buffering=0) as file:
                return unseal_file(RAW_MAGIC, file)
        except (OSError, DamagedPayload) as error:
            raise _failed(error) from error

    @contextmanager
    def opened(self) -> Iterator[Body]:
        """All of it to be read, without being held if it is large. StorageFailed."""
        try:
            with self.path.open("rb", buffering=0) as file:
                yield _body(file)
        except (OSError, DamagedPayload) as error:
            raise _failed(error) from error


class Kept:
    """The bytes of an upload, opened before somebody may forget them; to be read once, within its `with`."""

    def __init__(self, upload_id: str, file: BinaryIO) -> None:
        self.upload_id = upload_id
        self._file = file

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self) -> bytes:
        """All bytes of it. UnknownHandle if they are damaged, StorageFailed."""
        try:
            return unseal_file(RAW_MAGIC, self._file)
        except DamagedPayload as error:
            raise UnknownHandle(NOT_KEPT) from error
        except OSError as error:
            raise _failed(error) from error

    @contextmanager
    def opened(self) -> Iterator[Body]:
        """All of them to be read, without being held if they are many. UnknownHandle if they are damaged,
        StorageFailed."""
        try:
            yield _body(self._file)
        except DamagedPayload as error:
            raise UnknownHandle(NOT_KEPT) from error
        except OSError as error:
            raise _failed(error) from error


def clear_folder(directory: Path) -> None:
    """Remove what a killed process has left of incoming files in a cache directory."""
    for path in (directory / FOLDER).glob("*"):
        path.unlink()


def _body(file: BinaryIO) -> Body:
    """What a sealed file holds. DamagedPayload, OSError."""
    if not isinstance(file, io.FileIO) or os.fstat(file.fileno()).st_size <= HELD:
        return unseal_file(RAW_MAGIC, file)
    size = check_file(RAW_MAGIC, file)
    return OnDisk(partial(payload_part, file), 0, size)


def _failed(error: Exception) -> StorageFailed:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return StorageFailed(f"The file cannot be put on this server's disk ({reason}). Tell who runs this server.")
