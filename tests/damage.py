"""Ways in which a disk spoils what is stored: files cut short, bytes that change, in values and in the database."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path


def value_file(cache: Path, chance: random.Random) -> None:
    """A value's file is cut short, as after a power failure, or a byte of it changes."""
    path = chance.choice(sorted(cache.rglob("*.val")))
    path.write_bytes(spoilt(path.read_bytes(), chance))


def inline_value(cache: Path, chance: random.Random) -> None:
    """The same of a value that is kept in the database itself."""
    with closing(sqlite3.connect(cache / "cache.db")) as connection, connection:
        rows = connection.execute("SELECT rowid, value FROM Cache WHERE filename IS NULL AND length(value) > 0")
        rowid, value = chance.choice(rows.fetchall())
        connection.execute("UPDATE Cache SET value = ? WHERE rowid = ?", (spoilt(value, chance), rowid))


def database(cache: Path, chance: random.Random) -> None:
    """A byte of the database file changes wherever it is, or its end is lost."""
    path = cache / "cache.db"
    path.write_bytes(spoilt(path.read_bytes(), chance))


def spoilt(content: bytes, chance: random.Random) -> bytes:
    """Cut short or, twice as often, with one byte changed."""
    place = chance.randrange(max(1, len(content)))
    if chance.random() < 1 / 3:
        return content[:place]
    return (
        content[:place] + bytes([content[place] ^ chance.randrange(1, 256)]) + content[place + 1 :] if content else b""
    )
