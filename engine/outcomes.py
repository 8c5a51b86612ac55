"""What becomes of origins: rows are kept and are to be written, callers get their answers, what is missing is the
background's again. Not locked: the scheduler's lock covers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.backlog import Backlog
from engine.bells import Bells
from engine.errors import EngineError, ModelFailed
from engine.jobs import Batch, Entry, Job, Lane, Part
from engine.outbox import Outbox
from engine.register import Register
from engine.tickets import Tickets


class Outcomes:
    """What concerns an entry that is no longer current is dropped."""

    def __init__(self, register: Register, tickets: Tickets, backlog: Backlog, outbox: Outbox, bells: Bells) -> None:
        self._register = register
        self._tickets = tickets
        self._backlog = backlog
        self._outbox = outbox
        self._bells = bells

    def store(self, batch: Batch, results: Sequence[Any]) -> None:
        """A batch is computed, one result per part."""
        for part, result in zip(batch.parts, results, strict=True):
            if not self._register.is_current(part.entry):
                continue
            if batch.lane is Lane.BACKGROUND:
                self._keep(part, result, batch.number)
                self.answer_from_rows(part.entry)
            else:
                self._answer(part, result)

    def _answer(self, part: Part, result: Any) -> None:
        self._keep(part, result)
        job = self._tickets.in_flight[part.entry.entry_id, part.slots[0]]
        row = result.row(0)
        if row is None:
            refusal = ModelFailed("The model returned samples that are not finite numbers for this moment.")
            self._tickets.end(job, refusal, "failed")
        else:
            self._tickets.end(job, row, "answered")
        self.abandon(job)

    def _keep(self, part: Part, result: Any, claim: int = 0) -> None:
        entry = part.entry
        if entry.rows is not None:
            self.changed(entry, entry.rows.write(part.slots, result, claim))

    def changed(self, entry: Entry, blocks: list[int]) -> None:
        """Blocks of an entry have other rows, and are to be written."""
        assert entry.rows is not None
        self._outbox.changed(entry, blocks)
        if any(entry.rows.block_full(number) for number in blocks):
            self._bells.storing.notify_all()

    def answer_from_rows(self, entry: Entry) -> None:
        """Who waits in line for a row that is done by now need not."""
        rows = entry.rows
        assert rows is not None
        for job in [job for job in self._tickets.queued.values() if job.entry is entry and rows.done(job.slot)]:
            self._tickets.end(job, rows.row(job.slot), "answered")

    def fail(self, batch: Batch, error: EngineError) -> None:
        """A batch cannot be computed: its waiters get the error, its rows have failed."""
        if batch.lane is Lane.INTERACTIVE:
            self._fail_callers(batch, error)
        for part in batch.parts:
            if part.entry.rows is not None and self._register.is_current(part.entry):
                part.entry.rows.fail(part.slots, batch.number)

    def _fail_callers(self, batch: Batch, error: EngineError) -> None:
        for part in batch.parts:
            job = self._tickets.in_flight.get((part.entry.entry_id, part.slots[0]))
            if job is not None:
                self._tickets.end(job, error, "failed")
                self.abandon(job)

    def halve(self, batch: Batch) -> None:
        """A batch of several origins failed: it is tried again in halves, so that a bad origin fails alone."""
        if batch.lane is Lane.INTERACTIVE:
            self._tickets.halve(batch)
            self._bells.inference[Lane.INTERACTIVE].notify_all()
        elif self._register.is_current(batch.parts[0].entry):
            self._backlog.halve(batch)
        self._bells.inference[Lane.BACKGROUND].notify_all()

    def abandon(self, job: Job) -> None:
        """A job is over, or nobody waits for it: what is missing is the background's again."""
        if job.entry.rows is not None:
            self.resume(job.entry)
        else:
            self._register.remove(job.entry)

    def resume(self, entry: Entry) -> None:
        """Something of an entry is missing: its cursor goes on."""
        if entry.background and self._register.is_current(entry) and self._backlog.add(entry):
            self._bells.inference[Lane.BACKGROUND].notify_all()
