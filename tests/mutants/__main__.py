"""Every mutant, two at a time; ends with 1 if one survives, does not apply or does not start."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.mutant import SIMULATION, Mutant, Verdict, copy, failure, verdict
from tests.mutants.table import MUTANTS

AT_ONCE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(MUTANTS):
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    mutants = [MUTANTS[name] for name in given.names or MUTANTS]
    lost = [mutant.name for mutant in mutants if not mutant.applies()]
    if lost:
        print(f"These do not apply any more: {', '.join(lost)}")
        return 1
    folders: SimpleQueue[Path] = SimpleQueue()

    def judge(mutant: Mutant) -> Verdict:
        folder = folders.get()
        try:
            return verdict(mutant, folder)
        finally:
            folders.put(folder)

    with tempfile.TemporaryDirectory() as name:
        for number in range(AT_ONCE):
            copy(Path(name) / str(number))
            folders.put(Path(name) / str(number))
        if not given.names:
            killers = dict.fromkeys(killer for mutant in mutants for killer in mutant.killers if killer != SIMULATION)
            for found in (failure(Path(name) / "0", SIMULATION), failure(Path(name) / "0", *killers)):
                if found is not None:
                    print(f"The engine as it is fails already ({found}): nothing can be told of its mutants.")
                    return 1
        with ThreadPoolExecutor(AT_ONCE) as pool:
            verdicts = []
            for done in as_completed([pool.submit(judge, mutant) for mutant in mutants]):
                verdicts.append(done.result())
                print(line(verdicts[-1]), flush=True)
    alive = [found.mutant.name for found in verdicts if not found.killed_by]
    print(
        f"{len(verdicts) - len(alive)} of {len(verdicts)} mutants were noticed"
        + (f"; not: {', '.join(alive)}" if alive else "")
    )
    return 1 if alive else 0


def line(found: Verdict) -> str:
    fate = "SURVIVED" if found.killed_by is None else found.killed_by or "DOES NOT START"
    return f"{found.mutant.file + ' ' + found.mutant.name:<42} {found.seconds:5.1f} s  {fate[:110]}"


if __name__ == "__main__":
    sys.exit(main())
