"""All mutants, by name."""

from __future__ import annotations

from tests.mutants.backtests import BACKTESTS
from tests.mutants.callers import CALLERS
from tests.mutants.disk import DISK
from tests.mutants.rail import RAIL
from tests.mutants.threads import THREADS
from tests.mutants.wires import WIRES
from tests.mutants.work import WORK

MUTANTS = {mutant.name: mutant for mutant in (*CALLERS, *WORK, *THREADS, *DISK, *WIRES, *RAIL, *BACKTESTS)}
assert len(MUTANTS) == len(CALLERS) + len(WORK) + len(THREADS) + len(DISK) + len(WIRES) + len(RAIL) + len(BACKTESTS), (
    "two mutants share a name"
)
