"""Ways to keep things on disk that a kill must show to be wrong: `python -m tests.crash.mutants` kills every one's
children until something is amiss, and says what."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants.mutant import Mutant, copy

KILLS = 150
SEEDS = ("1", "2", "3")

MUTANTS = (
    Mutant(
        "no-repair",
        "store.py",
        "            if unclean:\n                repair(self._cache)\n",
        "",
        "after an end that was not clean the leftovers are removed",
    ),
    Mutant(
        "mark-not-seen",
        "directory.py",
        "        found = self._path.exists()\n",
        "        found = False\n",
        "an end that was not clean is known at the next start",
    ),
    Mutant(
        "files-first",
        "disk.py",
        "        self._late = late = list[str]()\n",
        "        late = list[str]()\n",
        "the files of values go after the transaction in which they are deleted",
    ),
    Mutant(
        "in-place",
        "disk.py",
        "        stored: tuple[int, int, str | None, Any] = super().store(value, False, key=key)\n",
        "        stored = (len(value), diskcache.core.MODE_BINARY, str(key).replace('/', '-') + '.val', None)\n"
        "        with open(Path(self._directory) / stored[2], 'wb', buffering=0) as file:\n"
        "            for start in range(0, len(value), 512):\n"
        "                file.write(value[start : start + 512])\n",
        "a value is whole in its own file before a row names it",
    ),
    Mutant(
        "delete-in-steps",
        "store.py",
        "        known = self.has_series(handle)\n        with self._cache.transact():\n",
        "        known = self.has_series(handle)\n        if True:\n",
        "a dataset is deleted as a whole",
    ),
    Mutant(
        "delete-leaves-blocks",
        "forecast_store.py",
        "- kept:\n                self._drop_block(key)\n",
        "- kept:\n                pass\n",
        "the blocks of a deleted dataset go with it",
    ),
    Mutant(
        "delete-takes-all-blocks",
        "forecast_store.py",
        "manifest.keys} - kept:",
        "manifest.keys}:",
        "blocks that another dataset names stay",
    ),
    Mutant(
        "replace-partial",
        "forecast_store.py",
        "        stored = None if full else self.block_rows(key)\n",
        "        stored = None\n",
        "rows that another dataset stored in the same block are kept",
    ),
    Mutant(
        "manifest-ahead",
        "manifests.py",
        "        done[list(self._scheduler.unwritten_blocks(entry))] = False\n",
        "",
        "a manifest names what is on the disk, not what will be",
    ),
    Mutant(
        "old-manifest-due",
        "recalculation.py",
        "        self._manifests.put_due()  # those of entries that are closed, too, which know of no row that goes\n",
        "",
        "rows that are computed anew are named by no manifest of an earlier entry",
    ),
    Mutant(
        "shared-manifests-boast",
        "recalculation.py",
        "        self._give_up(gone, but=entry)\n",
        "",
        "rows that go for one dataset are named by no other's manifest",
    ),
    Mutant(
        "early-answer",
        "library.py",
        "            self._store.put_series(series)\n            self._remember(dataset)\n",
        "            self._scheduler.call_store(lambda: self._store.put_series(series))\n"
        "            self._remember(dataset)\n",
        "a series is stored before its upload is answered",
    ),
    Mutant(
        "early-answer-record",
        "library.py",
        "        self._store.put_upload(file.upload_id, new.path if new and keeps else None, series.handle, reading)\n",
        "        self._scheduler.call_store(lambda: self._store.put_upload(file.upload_id, None, series.handle, {}))\n",
        "an upload's record is stored before it is answered",
    ),
    Mutant(
        "unfinished-unwritten",
        "workers.py",
        "            if now >= due and left == 0:\n",
        "            if False:\n",
        "unfinished blocks are written now and then",
    ),
    Mutant(
        "end-without-writing",
        "workers.py",
        "        self._scheduler.drain()\n",
        "        os._exit(0)\n",
        "what is unwritten is written at the end",
    ),
)


def found_out(mutant: Mutant, folder: Path) -> str | None:
    """What a mutant in a copy of the project did wrong; None if nothing was noticed."""
    path = folder / "engine" / mutant.file
    healthy = path.read_text(encoding="utf-8")
    path.write_text(healthy.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        for seed in SEEDS:
            command = [sys.executable, "-m", "tests.crash.harness", str(KILLS), seed]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                said = [line for line in done.stderr.splitlines() if "Error: " in line or line.startswith("seed ")]
                return " ".join(said)[:200]
    finally:
        path.write_text(healthy, encoding="utf-8")
    return None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.mutants", description="Is each noticed by the kills?")
    parser.add_argument("names", nargs="*", help="only these")
    asked = parser.parse_args().names
    if unknown := set(asked) - {mutant.name for mutant in MUTANTS}:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    chosen = [mutant for mutant in MUTANTS if not asked or mutant.name in asked]
    alive = [mutant.name for mutant in chosen if not mutant.applies()]
    with tempfile.TemporaryDirectory() as name:
        copy(Path(name))
        shutil.copytree(Path(__file__).parent, Path(name) / "tests" / "crash", dirs_exist_ok=True)
        for mutant in chosen:
            started = time.monotonic()
            found = found_out(mutant, Path(name))
            alive += [] if found else [mutant.name]
            sys.stdout.write(f"{mutant.name} [{time.monotonic() - started:.0f} s]: {found or 'SURVIVED'}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} mutants; not noticed: {', '.join(alive) or 'none'}\n")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
