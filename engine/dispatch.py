"""What is computed next, and by which lane. Not locked: the scheduler's lock covers it."""

from __future__ import annotations

from collections import deque
from typing import Any

from engine.backlog import Backlog
from engine.bells import Bells
from engine.jobs import Batch, Lane
from engine.tickets import Tickets

SHARED_BATCH = 8  # waiting callers a background worker takes at once


class Dispatch:
    """Inference from callers and backlog, calculation from what was inferred. At most about `max_calculations` batches
    of the background's wait for their calculation."""

    def __init__(self, tickets: Tickets, backlog: Backlog, bells: Bells, max_calculations: int) -> None:
        self._tickets = tickets
        self._backlog = backlog
        self._bells = bells
        self._max_calculations = max_calculations
        self._calculations: dict[Lane, deque[Batch]] = {lane: deque() for lane in Lane}

    def next_inference(self, lane: Lane) -> Batch | None:
        """INTERACTIVE: the newest request and those that share its batch. BACKGROUND: halves of callers' batches, then
        up to SHARED_BATCH requests that the other leaves; else the backlog's next, unless calculation is behind."""
        if lane is Lane.INTERACTIVE:
            return self._tickets.take() or self._tickets.half()
        callers = self._tickets.half() or self._tickets.take_left(SHARED_BATCH)
        if callers is not None or len(self._calculations[Lane.BACKGROUND]) >= self._max_calculations:
            return callers
        return self._backlog.next()

    def inferred(self, batch: Batch, result: Any) -> None:
        """A batch's samples are there."""
        batch.result = result
        self._calculations[batch.lane].append(batch)
        self._bells.calculation[batch.lane].notify_all()

    def next_calculation(self, lane: Lane) -> Batch | None:
        """The oldest batch whose samples are there."""
        if not self._calculations[lane]:
            return None
        self._bells.inference[Lane.BACKGROUND].notify_all()  # calculation may have been behind
        return self._calculations[lane].popleft()

    def clear(self) -> None:
        """Nothing is calculated any more."""
        for calculations in self._calculations.values():
            calculations.clear()

    @property
    def calculations(self) -> int:
        """How many batches wait for their calculation."""
        return sum(map(len, self._calculations.values()))
