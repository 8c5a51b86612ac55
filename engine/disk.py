"""diskcache as it is used here: bytes under string keys, nothing evicted, several changes at once or none."""

from __future__ import annotations

import io
import logging
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import diskcache

from engine.sealed import DamagedPayload, is_whole, unseal

log = logging.getLogger(__name__)

ERRORS = (OSError, sqlite3.Error, diskcache.Timeout, UnicodeDecodeError)  # what a full, locked or broken disk raises
WHOLE = 1 << 40  # bytes: more than any value has
RAW_MODES = (diskcache.core.MODE_RAW, diskcache.core.MODE_BINARY)


class BytesDisk(diskcache.Disk):  # type: ignore[misc]
    """Stores and returns bytes under string keys and nothing else: a pickle in the directory is refused, not run.

    diskcache's own Disk unpickles whatever a row claims to be a pickle (CVE-2025-69872).
    """

    _late: list[str] | None = None

    def put(self, key: str) -> tuple[str, bool]:
        if type(key) is not str:
            raise TypeError(f"keys are strings, found {type(key).__name__}")
        return key, True

    def get(self, key: Any, raw: Any) -> str:
        """The key of a row; one that we did not write is empty, which none of ours is, so that it hides no other."""
        return key if raw and type(key) is str else ""

    def store(self, value: bytes | Path, read: bool, key: Any = diskcache.UNKNOWN) -> tuple[int, int, str | None, Any]:
        if read and isinstance(value, Path):
            return self._moved(value)
        if type(value) is not bytes:
            raise TypeError(f"values are bytes, found {type(value).__name__}")
        stored: tuple[int, int, str | None, Any] = super().store(value, False, key=key)
        return stored

    def _moved(self, path: Path) -> tuple[int, int, str | None, Any]:
        """A file becomes a value's file; its bytes are not touched where it lies on the same disk."""
        filename, target = self.filename()
        size = path.stat().st_size
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)
        return size, diskcache.core.MODE_BINARY, filename, None

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        """The value; with `read` as a file that is open, and stays readable when the value is deleted."""
        if mode not in RAW_MODES or (mode == diskcache.core.MODE_BINARY and filename is None):
            raise DamagedPayload(f"a value of the cache has mode {mode}")
        if filename is not None and not self._is_inside(filename):
            raise DamagedPayload("a value of the cache lies outside its directory")
        if read and filename is not None:
            return (Path(self._directory) / filename).open("rb", buffering=0)
        fetched = super().fetch(mode, filename, value, False)
        if type(fetched) is not bytes:
            raise DamagedPayload("a value of the cache is not bytes")
        return io.BytesIO(fetched) if read else fetched

    def start(self, mode: int, filename: str | None, value: Any, most: int) -> bytes:
        """The first `most` bytes of a value; OSError, DamagedPayload."""
        if mode not in RAW_MODES:
            raise DamagedPayload(f"a value of the cache has mode {mode}")
        if filename is None:
            return bytes(value[:most]) if type(value) is bytes else b""
        if not self._is_inside(filename):
            raise DamagedPayload("a value of the cache lies outside its directory")
        path = Path(self._directory) / filename
        with path.open("rb") as file:
            return file.read(min(most, path.stat().st_size))  # Python makes room for as much as it is asked to read

    def _is_inside(self, filename: object) -> bool:
        return (
            isinstance(filename, str)
            and "\0" not in filename
            and (self._inside / filename).resolve().is_relative_to(self._inside)
        )

    @cached_property
    def _inside(self) -> Path:
        return Path(self._directory).resolve()

    def remove(self, file_path: str) -> None:
        if self._late is not None:
            self._late.append(file_path)
        elif self._is_inside(file_path):
            super().remove(file_path)

    @contextmanager
    def late_removal(self) -> Iterator[None]:
        """Around a transaction of several changes: files go once it is committed. diskcache itself removes them before,
        and a process killed in between would have rows whose files are gone."""
        if self._late is not None:  # within another one: it is certain only when that one is
            yield
            return
        self._late = late = list[str]()
        try:
            yield
        finally:
            self._late = None
        for file_path in late:
            self.remove(file_path)


class Start(NamedTuple):
    """How a value begins. stored: when it was written, seconds, UTC."""

    key: str
    stored: float
    value: bytes


class FileRow(NamedTuple):
    """A row whose value lies in a file: its number, its key (empty if it is none of ours), the file's name."""

    number: int
    key: str
    file: Any


class Cache(diskcache.Cache):  # type: ignore[misc]
    """Raises ERRORS, and remembers that it did."""

    def __init__(self, folder: Path) -> None:
        self.failed = False  # what fails may leave half a value behind, or come from a damaged page
        super().__init__(
            str(folder),
            disk=BytesDisk,
            eviction_policy="none",
            cull_limit=0,
            statistics=0,
            sqlite_secure_delete=1,  # what is deleted is overwritten
        )

    def get(self, key: str) -> bytes | None:
        """The value; None if it is not there or its file is missing. DamagedPayload if it is none of ours."""
        with self._noticing():
            value: bytes | None = super().get(key)
            return value

    def payload(self, key: str, magic: bytes) -> bytes | None:
        """What was sealed under a key; None if it is not there or not what was written."""
        try:
            sealed = self.get(key)
            return None if sealed is None else unseal(magic, sealed)
        except DamagedPayload as damage:
            log.warning("%s: %s", key[:12], damage)
            return None

    def is_whole(self, key: str) -> bool:
        """Whether a value is what was written, whatever it is; it is never in memory as a whole."""
        file = self.open(key)
        if file is None:
            return False
        with self._noticing(), file:
            return is_whole(file)

    def open(self, key: str) -> BinaryIO | None:
        """The value as a file, readable also when the value is deleted; None if it is not there or none of ours."""
        try:
            with self._noticing():
                return cast("BinaryIO | None", super().get(key, read=True))
        except DamagedPayload as damage:
            log.warning("%s: %s", key[:12], damage)
            return None

    def set(self, key: str, value: bytes) -> None:
        with self._noticing():
            super().set(key, value)

    def move_in(self, key: str, path: Path) -> None:
        """A file that holds a sealed value becomes that value."""
        with self._noticing():
            super().set(key, path, read=True)

    def delete(self, key: str) -> None:
        with self._noticing():
            super().delete(key)

    def clear(self) -> None:
        with self._noticing():
            super().clear()

    def keys(self, prefix: str) -> list[str]:
        """Our keys that begin with `prefix`, in order."""
        with self._noticing():
            query = "SELECT key FROM Cache WHERE key >= ? AND key < ? AND raw = 1 ORDER BY key"
            return [key for (key,) in self._sql(query, _from_to(prefix)).fetchall()]

    def sizes(self) -> dict[str, int]:
        """Bytes of every value, by its key, in one statement."""
        with self._noticing():
            size = "CASE WHEN filename IS NULL THEN length(value) ELSE size END"
            return dict(self._sql(f"SELECT key, {size} FROM Cache WHERE raw = 1 AND typeof(key) = 'text'"))  # noqa: S608

    def starts(self, prefix: str, but: str = "", most: int = WHOLE) -> list[Start]:
        """The first `most` bytes of all values whose keys begin with `prefix`, those left out that end with `but` and
        those that cannot be read; in one statement."""
        found = []
        with self._noticing():
            select = "SELECT key, store_time, mode, filename, value FROM Cache WHERE key >= ? AND key < ? AND raw = 1"
            for key, stored, *value in self._sql(select, _from_to(prefix)):
                with suppress(OSError, DamagedPayload):
                    if not but or not key.endswith(but):
                        found.append(Start(key, stored, self.disk.start(*value, most)))
        return found

    def wipe(self) -> None:
        """Leave nothing of what was deleted in the log of the latest changes."""
        with self._noticing():
            self._sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def files(self) -> list[FileRow]:
        """All rows whose values lie in files."""
        with self._noticing():
            rows = self._sql("SELECT rowid, key, raw, filename FROM Cache WHERE filename IS NOT NULL").fetchall()
            return [FileRow(number, self.disk.get(key, raw), file) for number, key, raw, file in rows]

    def drop(self, numbers: Iterable[int]) -> None:
        """Remove rows, and no file."""
        with self.transact():
            for number in numbers:
                self._sql("DELETE FROM Cache WHERE rowid = ?", (number,))

    @contextmanager
    def transact(self) -> Iterator[None]:
        """All changes or none, also for a process that is killed."""
        with self._noticing(), self.disk.late_removal(), super().transact():
            yield

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except ERRORS:
            self.failed = True
            raise


def _from_to(prefix: str) -> tuple[str, str]:
    """The first key that can begin with a prefix, and the first one behind those that do."""
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)
