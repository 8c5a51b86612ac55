"""UTF-8 text -> the table that is read: as it stands, turned, or unfolded."""

from __future__ import annotations

from engine.ingest.ondisk import Body
from engine.ingest.parts import find_layout
from engine.ingest.table import open_table
from engine.ingest.turn import Opened, turn
from engine.ingest.unfold import unfold
from engine.settings import Settings


def open_text(body: Body, turned: bool | None, settings: Settings) -> Opened:
    """The table of a text that is not blank. turned: whether its times run across the columns; None: unfold it where
    its header says so.

    Raises UploadError EMPTY (no data row), TOO_WIDE, TOO_LARGE (rows), BAD_QUOTING or BAD_OPTION (nothing to turn).
    """
    layout = find_layout(body, settings)
    if turned:
        return turn(body, layout, settings)
    unfolded = unfold(body, layout, settings) if turned is None else None
    return unfolded or Opened(open_table(body, layout, settings))
