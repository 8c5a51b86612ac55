"""`python -m benchmarks.gate THEN NOW`: which ratios of a record have become worse than another's, beyond a margin.

Ratios are of times measured side by side in one run, so that another machine, or a busy one, moves them little; the
margin is for what it moves them all the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MARGIN = 3.0
LEAST = 0.05  # of its reference: what is smaller is noise, not a cost


def worse(then: Iterable[dict[str, Any]], now: Iterable[dict[str, Any]], margin: float = MARGIN) -> list[str]:
    """A sentence for every figure of both lists whose ratio is `margin` times as bad as it was."""
    before = {(row["name"], row["compared_with"]): row for row in then}
    sentences = []
    for row in now:
        old = before.get((row["name"], row["compared_with"]))
        if old is None:
            continue
        was, is_now = old["ratio"], row["ratio"]
        if is_now * margin < was if row["at_least"] else is_now > margin * max(was, LEAST):
            sentences.append(
                f"{row['name']}: {is_now:.3g} of {row['compared_with']}, was {was:.3g}: {margin:g} times as bad."
            )
    return sentences


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("then", type=Path)
    parser.add_argument("now", type=Path)
    parser.add_argument("--margin", type=float, default=MARGIN)
    asked = parser.parse_args()
    then, now = (json.loads(path.read_text())["figures"] for path in (asked.then, asked.now))
    sentences = worse(then, now, asked.margin)
    print("\n".join(sentences) or "No ratio has become worse by more than the margin.")
    sys.exit(bool(sentences))


if __name__ == "__main__":
    main()
