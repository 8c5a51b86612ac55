"""What a cache needs when its last use did not end well.

A killed process leaves value files that no row names; a failing disk leaves a database that cannot be read. Forecasts
can be computed again, series and uploads cannot: their rows are kept even while their files are not to be found, and a
cache that cannot be read is set aside under another name, never deleted. Nothing goes that is not ours.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from engine.aside import Aside
from engine.disk import ERRORS, BytesDisk, Cache
from engine.errors import StartError
from engine.sealed import MAGIC_BYTES, DamagedPayload, unseal

log = logging.getLogger(__name__)

DATABASE = "cache.db"
COMPUTED = ("b/", "c/", "m/", "v/")  # keys of blocks, scorecards, manifests and versions
NOT_COMPUTED = ("s/", "u/")  # keys of series and uploads
VALUE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}\.val")  # as diskcache names the files of values
VALUE_FOLDER = re.compile(r"[0-9a-f]{2}(/[0-9a-f]{2})?")


def refuse_foreign(folder: Path) -> None:
    """StartError if a folder holds something, and neither our database nor values whose database was lost."""
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if DATABASE in found:
        strange = _is_foreign(folder / DATABASE)
    else:
        strange = any(not name.startswith(DATABASE) and not VALUE_FOLDER.fullmatch(name) for name in found)
        strange = strange and not any(_values(folder))
    if strange:
        raise StartError(
            f"The folder {folder} is no cache of this server: it holds {found[0]!r}. "
            "Set HINDCAST_CACHE_DIR to another folder."
        )


def _is_foreign(database: Path) -> bool:
    """Whether a database can be read and has other tables than ours alone; ours when damaged has some of them left."""
    with suppress(sqlite3.Error, UnicodeDecodeError):
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
        return bool(names) and not any(name.startswith(("Cache", "Settings_")) for name in names)
    return False


def _values(folder: Path) -> Iterator[str]:
    """Names in the folder of the files that may hold values; whatever else is there is not ours."""
    names = (path.relative_to(folder).as_posix() for path in folder.glob("??/??/*.val"))
    return (name for name in names if VALUE.fullmatch(name))


def sound(folder: Path, thorough: bool) -> bool:
    """Whether the database in a cache's folder can be read; thorough: every page, index and name of it."""
    database = folder / DATABASE
    if not database.exists() or not database.stat().st_size:
        return not any(_values(folder))  # values whose database was lost
    try:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("SELECT name FROM sqlite_master").fetchall()
            return not thorough or _sound_throughout(connection)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # its tables are not as diskcache made them
            return False
        raise  # locked, refused, out of space: nothing is known against what is stored
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False


def _sound_throughout(connection: sqlite3.Connection) -> bool:
    connection.text_factory = bytes  # sqlite does not look into text
    for names in connection.execute("SELECT key, filename FROM Cache"):
        for name in names:
            (name or b"").decode()
    connection.execute("INSERT INTO Cache(key, raw) VALUES ('', 1)")  # and the triggers, which change the settings
    connection.execute("UPDATE Cache SET size = 1 WHERE key = ''")
    connection.execute("DELETE FROM Cache WHERE key = ''")
    connection.rollback()
    return bool(connection.execute("PRAGMA integrity_check(1)").fetchone() == (b"ok",))


def repair(cache: Cache) -> None:
    """Remove values that no row names, rows of what is computed whose file does not exist, and empty folders of values;
    on a full disk, say, later. Rows of series and uploads are kept: their files may come back, and until then they
    count as missing."""
    folder = Path(cache.directory)
    try:
        rows = cache.files()
        errors = {row.number: _error(folder, row.file) for row in rows}
        lost = [row for row in rows if errors[row.number] == errno.ENOENT and row.key.startswith(COMPUTED)]
        cache.drop([row.number for row in lost])
        named = {row.file for row in rows}
        orphans = [name for name in _values(folder) if name not in named]
        for name in orphans:
            (folder / name).unlink()
    except ERRORS as error:
        cache.failed = True
        log.warning("the last end was not clean, and the cache cannot be checked now: %s", error)
        return
    for below in ("??/??", "??"):
        for path in folder.glob(below):
            if VALUE_FOLDER.fullmatch(path.relative_to(folder).as_posix()):
                with suppress(OSError):  # it is not empty
                    path.rmdir()
    log.warning("the last end was not clean; leftovers removed from the cache: %d", len(lost) + len(orphans))
    kept = sum(errors[row.number] is not None and row.key.startswith(NOT_COMPUTED) for row in rows)
    if kept:
        log.error(
            "series and uploads whose files cannot be found now: %d; they stay listed in the cache, as missing: "
            "bring the files back into %s (a disk that is not mounted, a backup), or upload them again",
            kept,
            folder,
        )


def _error(folder: Path, file: Any) -> int | None:
    """Why a value's file cannot be looked at; None if it can."""
    try:
        (folder / file).stat()
    except OSError as error:
        return error.errno
    except (TypeError, ValueError):  # a damaged row: no file has such a name
        return errno.ENOENT
    return None


def tell_of_damaged(folder: Path) -> None:
    """A line in the log as long as damaged caches are kept beside this one: they take room, and nobody else tells."""
    kept = Aside(folder).sizes()
    if kept:
        log.warning(
            "damaged caches kept in %s: %d, %.1f MB; delete the folders %s-damaged-* once nothing of them is missed",
            folder.parent,
            len(kept),
            sum(kept) / 1e6,
            folder.name,
        )


def rescue(folder: Path) -> None:
    """Set a damaged cache aside; in its place comes a new one with the series and uploads that can still be read.

    The new one is whole before the names change, so that an end in the middle loses nothing.
    """
    fresh = _rescued(folder)
    shutil.rmtree(fresh, ignore_errors=True)
    carried = 0
    with closing(Cache(fresh)) as cache:
        for key, sealed in _legible(folder):
            if key not in cache:
                cache.set(key, sealed)
                carried += key.startswith("s/")
    aside = folder.with_name(f"{folder.name}-damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}")
    folder.rename(aside)
    fresh.rename(folder)
    log.error("the cache was damaged; series carried over: %d; the damaged one is kept in %s", carried, aside)


def end_rescue(folder: Path) -> None:
    """What is left to do of a rescue that ended between the two new names."""
    if not folder.exists() and _rescued(folder).exists():
        _rescued(folder).rename(folder)


def _rescued(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}-rescued")


def _legible(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Keys and whole values of what is not computed; read from both ends, as a damaged page ends a scan."""
    disk = BytesDisk(str(folder))
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.text_factory = lambda text: text.decode(errors="replace")
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.DatabaseError, UnicodeDecodeError):
                rows = connection.execute(f"SELECT key, mode, filename, value FROM Cache ORDER BY rowid {order}")  # noqa: S608
                for key, mode, filename, value in rows:
                    with suppress(OSError, DamagedPayload):
                        if type(key) is str and key.startswith(NOT_COMPUTED):
                            sealed = disk.fetch(mode, filename, value, False)
                            unseal(sealed[:MAGIC_BYTES], sealed)  # whole, whichever format it is
                            yield key, sealed
