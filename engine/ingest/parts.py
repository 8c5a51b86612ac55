"""Several tables in one text: which of them is read."""

from __future__ import annotations

from engine.errors import UploadError
from engine.ingest.layout import Layout, layout_at
from engine.ingest.ondisk import Body
from engine.ingest.vendors import is_sensor
from engine.settings import Settings

MARKERS = (b"\n#", b"\n-----", b'\n"-----')  # what a line begins with that stands between two tables
START = 1 << 20  # bytes in which the first of several tables must have its marker
MOST_PARTS = 20


def find_layout(body: Body, settings: Settings) -> Layout:
    """Layout of a text that is not blank; raises UploadError EMPTY (no data row), TOO_WIDE or BAD_QUOTING.

    Where several tables stand below each other it is the one with a sensor's readings, else the longest.
    """
    whole = layout_at(body, 0, settings)
    starts = [start for start in _parts(body) if start != whole.start or whole.header_line is None]
    if not starts or any(map(is_sensor, whole.names)):
        return whole
    layouts = [whole] if whole.start < starts[0] else []
    for start in starts:
        try:
            layouts.append(layout_at(body, start, settings))
        except UploadError:
            continue
    ends = [layout.start for layout in layouts[1:]] + [len(body)]
    sizes = [end - layout.start for layout, end in zip(layouts, ends, strict=True)]
    ranked = sorted(zip(layouts, sizes, strict=True), key=lambda part: (any(map(is_sensor, part[0].names)), part[1]))
    return ranked[-1][0] if ranked else whole


def _parts(body: Body) -> list[int]:
    """Offsets of the lines after markers such as "# CGM ENTRIES" and "-------"."""
    starts: list[int] = []
    for marker in MARKERS:
        if marker[1:] not in body[:START]:  # the search through all of a large file takes as long as reading it
            continue
        at = 0 if body.startswith(marker[1:]) else body.find(marker) + 1 or -1
        while at >= 0 and len(starts) < MOST_PARTS:
            end = body.find(b"\n", at)
            starts += [end + 1] if end >= 0 else []
            at = body.find(marker, end) + 1 or -1 if end >= 0 else -1
    return sorted(starts)
