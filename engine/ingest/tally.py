"""Numbers of things and moments as sentences say them."""

from __future__ import annotations

import numpy as np

THIN = "\u202f"  # narrow no-break space: thousands never wrap, and are no decimal sign


def tally(number: int) -> str:
    """A whole number with thin-space thousands."""
    return f"{number:,}".replace(",", THIN)


def counted(number: int, noun: str) -> str:
    """Such as "1 row" or "12 rows"."""
    return f"{tally(number)} {noun}{'' if number == 1 else 's'}"


def dated(micros: int) -> str:
    """Microseconds since 1970 with the month in letters, so that they can be read in one way only."""
    moment = np.datetime64(micros, "us").astype("datetime64[s]").item()
    return f"{moment.day} {moment:%b %Y, %H:%M}"
