"""Prints the table; a figure that misses its goal says so. The same as JSON, part after part, where --json says."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks import (
    cache_figures,
    density_figures,
    engine_figures,
    ingest_figures,
    intake_figures,
    many_figures,
    model_figures,
    ray_figures,
    restart_figures,
    reuse_figures,
    scoring_figures,
    server_figures,
    slow_senders_figures,
    viewers_figures,
    wire_figures,
)
from benchmarks.figures import HEAD
from benchmarks.record import machine, write

PARTS = (
    density_figures,
    ingest_figures,
    intake_figures,
    model_figures,
    ray_figures,
    engine_figures,
    cache_figures,
    restart_figures,
    reuse_figures,
    scoring_figures,
    wire_figures,
    server_figures,
    viewers_figures,
    many_figures,
    slow_senders_figures,
)


def main() -> None:
    named = {part.__name__.rpartition(".")[2].removesuffix("_figures"): part for part in PARTS}
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"only these of {', '.join(named)}", metavar="PART")
    parser.add_argument("--json", type=Path, help="where the record goes")
    asked = parser.parse_args()
    chosen, figures, before = asked.part, [], machine()
    if unknown := set(chosen) - set(named):
        parser.error(f"There is no part named {', '.join(sorted(unknown))}; there are {', '.join(named)}.")
    print(HEAD)
    for part in [named[name] for name in chosen] or PARTS:
        for figure in part.run():
            print(figure.row(), flush=True)
            figures.append(figure)
        if asked.json:  # after every part: one that fails takes nothing with it
            write(asked.json, figures, before)


if __name__ == "__main__":
    main()
