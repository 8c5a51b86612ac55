"""How the command line answers: tables on the standard output; progress and refusals on the standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

BAR = 30  # characters


def table(rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as their widest cell."""
    cells = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        tell("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def tell(line: str) -> None:
    """A line of the answer."""
    print(line)  # noqa: T201


def say(words: str) -> None:
    """A line about what happens."""
    print(words, file=sys.stderr)  # noqa: T201


def progress(done: int, total: int) -> None:
    """A bar that grows where somebody watches; nothing where the lines go into a file."""
    if sys.stderr.isatty():
        filled = BAR * done // max(1, total)
        line = f"\r[{'#' * filled}{'.' * (BAR - filled)}] {done:,} of {total:,} moments"
        print(line, end="\n" if done == total else "", file=sys.stderr, flush=True)  # noqa: T201
