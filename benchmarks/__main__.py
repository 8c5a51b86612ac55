"""Prints the table; a figure that misses its goal says so."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks import (
    cache_figures,
    density_figures,
    engine_figures,
    ingest_figures,
    intake_figures,
    model_figures,
    restart_figures,
    reuse_figures,
    scoring_figures,
    server_figures,
    slow_senders_figures,
    viewers_figures,
    wire_figures,
)
from benchmarks.figures import HEAD

PARTS = (
    density_figures,
    ingest_figures,
    intake_figures,
    model_figures,
    engine_figures,
    cache_figures,
    restart_figures,
    reuse_figures,
    scoring_figures,
    wire_figures,
    server_figures,
    viewers_figures,
    slow_senders_figures,
)


def main() -> None:
    print(HEAD)
    for part in PARTS:
        for figure in part.run():
            print(figure.row(), flush=True)


if __name__ == "__main__":
    main()
