"""All mutants, by name."""

from __future__ import annotations

from tests.mutants.backtests import BACKTESTS
from tests.mutants.callers import CALLERS
from tests.mutants.disk import DISK
from tests.mutants.measures import MEASURES
from tests.mutants.rail import RAIL
from tests.mutants.threads import THREADS
from tests.mutants.wires import WIRES
from tests.mutants.work import WORK

ALL = (*CALLERS, *WORK, *THREADS, *DISK, *WIRES, *RAIL, *BACKTESTS, *MEASURES)
MUTANTS = {mutant.name: mutant for mutant in ALL}
assert len(MUTANTS) == len(ALL), "two mutants share a name"
