"""What a cache needs when its last use did not end well.

A killed process leaves value files that no row names; a failing disk leaves a database that cannot be read. Forecasts
can be computed again, uploads cannot: a cache that cannot be read is set aside under another name, never deleted.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from engine.blocks import DamagedPayload, unseal
from engine.disk import ERRORS, BytesDisk, Cache

log = logging.getLogger(__name__)

DATABASE = "cache.db"
MAGIC_BYTES = 4
NOT_COMPUTED = ("s/", "u/")  # keys of series and uploads


def sound(folder: Path, thorough: bool) -> bool:
    """Whether the database in a cache's folder can be read; thorough: every page, index and name of it."""
    database = folder / DATABASE
    if not database.exists() or not database.stat().st_size:
        return not any(folder.glob("??/??/*.val"))  # values whose database was lost
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
    """Remove files that no row names, rows whose file is missing, and empty folders; on a full disk, say, later."""
    try:
        with warnings.catch_warnings():  # diskcache returns what it finds as warnings
            warnings.simplefilter("always")
            found = cache.check(fix=True)
    except ERRORS as error:
        cache.failed = True
        log.warning("the last end was not clean, and the cache cannot be checked now: %s", error)
        return
    for folder, _, _ in os.walk(cache.directory, topdown=False):
        with suppress(OSError):  # it is not empty
            os.rmdir(folder)
    log.warning("the last end was not clean; leftovers removed from the cache: %d", len(found))


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
