"""Prints the table; a figure that misses its goal says so."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks import density_figures, engine_figures, model_figures, reuse_figures, server_figures, wire_figures
from benchmarks.figures import HEAD


def main() -> None:
    print(HEAD)
    for part in (density_figures, model_figures, engine_figures, reuse_figures, wire_figures, server_figures):
        for figure in part.run():
            print(figure.row(), flush=True)


if __name__ == "__main__":
    main()
