"""Damaged caches that a start has set aside beside this one: they take room until somebody deletes them."""

from __future__ import annotations

import logging
import re
import shutil
from contextlib import suppress
from pathlib import Path

from engine.errors import StorageFailed

log = logging.getLogger(__name__)


class Aside:
    """Beside the cache in `folder`. What is set aside does not change, so each is measured once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes: dict[Path, int] = {}

    def sizes(self) -> list[int]:
        """Bytes of each, the oldest first."""
        self._sizes = {path: self._sizes.get(path) or _bytes_in(path) for path in self._found()}
        return list(self._sizes.values())

    def delete(self) -> int:
        """Delete them; the bytes freed. StorageFailed if some of it stays."""
        freed = 0
        for path in self._found():
            size = _bytes_in(path)
            try:
                shutil.rmtree(path)
            except OSError as error:
                what = f"A damaged cache cannot be deleted ({error.strerror}). Delete it by hand."
                raise StorageFailed(what) from error
            log.info("damaged cache deleted: %s", path)
            freed += size
        return freed

    def _found(self) -> list[Path]:
        """What merely has such a name is left out."""
        found = self._folder.parent.glob(f"{self._folder.name}-damaged-*")
        names = re.compile(re.escape(self._folder.name) + r"-damaged-[0-9]{8}T[0-9]{6}Z-[0-9]+")
        return sorted(path for path in found if names.fullmatch(path.name) and path.is_dir() and not path.is_symlink())


def _bytes_in(folder: Path) -> int:
    """Bytes of all files in a folder, as far as they can be looked at."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            size += path.lstat().st_size
    return size
