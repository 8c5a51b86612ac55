"""Prints the table; the exit status is 1 if a goal is missed."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks import density_figures, engine_figures, server_figures
from benchmarks.figures import HEAD


def main() -> int:
    print(HEAD)
    missed = 0
    for part in (density_figures, engine_figures, server_figures):
        for figure in part.run():
            print(figure.row(), flush=True)
            missed += not figure.reached
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
