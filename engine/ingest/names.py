"""Names of columns: which of them number or name rows, and how lists of them are told."""

from __future__ import annotations

import re

from engine.errors import UploadError
from engine.ingest.tally import tally

ROW_NUMBER = re.compile(
    r"(row|line|index|idx|nr|no|num|number|#|serial( number)?|unnamed: 0|lfd\.? ?nr|zeile)\.?( \(\d+\))?", re.IGNORECASE
)
COUNTER = re.compile(r"\b(counter|sequence|seq|uptime|transmitter time)\b", re.IGNORECASE)
ID = re.compile(
    r"(.*[ _-])?(id|key|code|series|item|sku|product|article|store|shop|branch|customer|sensor|device|meter|station|"
    r"site|machine|ticker|symbol)([ _-]?(id|no|nr|number))?",
    re.IGNORECASE,
)


def some(names: list[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(name[:60] for name in names[:6])
    return shown + (f" and {tally(len(names) - 6)} more" if len(names) > 6 else "")


def bad_option(what: str, available: list[str]) -> UploadError:
    """The BAD_OPTION refusal: `what` says what was asked for and why it cannot be."""
    return UploadError(
        f"{what}. Available: {some(available)}." if available else f"{what}.",
        code="BAD_OPTION",
        available=[name[:60] for name in available[:20]],
    )
