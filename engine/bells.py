"""Who is woken: work wakes those who can do it and nobody else."""

from __future__ import annotations

import threading

from engine.jobs import Lane


class Bells:
    """Views of the scheduler's one lock, one for each kind of worker; whoever rings one holds the lock."""

    def __init__(self, lock: threading.Lock) -> None:
        self.inference = {lane: threading.Condition(lock) for lane in Lane}
        self.calculation = {lane: threading.Condition(lock) for lane in Lane}
        self.storing = threading.Condition(lock)

    def callers_wait(self, left: bool) -> None:
        """Somebody waits for a forecast. left: the interactive worker's next batch leaves some, so the others help."""
        self.inference[Lane.INTERACTIVE].notify_all()
        if left:
            self.inference[Lane.BACKGROUND].notify_all()

    def end(self) -> None:
        """Nothing is computed any more."""
        for workers in (*self.inference.values(), *self.calculation.values()):
            workers.notify_all()
