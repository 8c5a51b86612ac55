"""What cells look like at first sight: dates, times of day, numbers."""

from __future__ import annotations

import re

from engine.ingest.months import month_number

DATE_LIKE = re.compile(
    r"\s*(?:[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}(?![0-9.])|[12][0-9]{3}[-/][0-9]{2}\s*$|[0-9]{1,2}/[12][0-9]{3}\s*$|(?:0[1-9]|1[0-2])\.(?:19|20)[0-9]{2}\s*$"
    r"|[12][0-9]{3}[-/ ]?[QqMm][0-9]{1,2}\s*$|[Qq][1-4][-/ ]?[12][0-9]{3}\s*$|[12][0-9]{7}[Tt _][0-9])"
    r"|\s*(?:[A-Za-z]{2,9}\.?,? +)?[0-9]{1,2}(?:\.|st|nd|rd|th)?[-/. ]*([^\W\d_]{3,10})\.?,?[-/ ]*[0-9]{2,4}\b"
    r"|\s*(?:[A-Za-z]{2,9}\.?,? +)?([^\W\d_]{3,10})\.?[-/ ]+(?:[0-9]{1,2},?[-/ ]+)?[0-9]{2,4}\b"
)
CLOCK_LIKE = re.compile(
    r"\s*[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AaPp]\.? ?[Mm]\.?)?( ?- ?[0-9:]{4,8})?\s*$"
)


def looks_like_date(cell: str) -> bool:
    """Whether a cell begins with a date in any order, readable or not."""
    found = DATE_LIKE.match(cell)
    if found is None:
        return False
    name = found[2] or found[3]
    return name is None or month_number(_without_accents(name)) > 0


def looks_like_clock(cell: str) -> bool:
    """Whether a cell is a time of day."""
    return CLOCK_LIKE.match(cell) is not None


def _without_accents(name: str) -> str:
    return name.translate(str.maketrans("éèêûüäçÉ", "eeeuuace"))


def is_moment(cell: str) -> bool:
    """Whether a cell looks like a date or a time of day."""
    return looks_like_date(cell) or looks_like_clock(cell)
