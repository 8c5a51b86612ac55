"""The state machine of all work: entries, queues, what is in flight. THE lock of the engine.

No thread, clock, I/O or torch: every interleaving of the real threads is a sequence of these methods, so a seeded
single-threaded driver can play them all. Futures are collected under the lock and settled after it is released.

Priority 0 (interactive) is an insertion-ordered dict keyed (entry_id, slot): its end is the newest, asking again
bumps, `del` cancels, the key de-duplicates. Priority 1 (background) is one cursor per entry, not a job per origin.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from engine.backlog import Backlog
from engine.bells import Bells
from engine.dispatch import Dispatch
from engine.errors import Cancelled, EngineClosed, EngineError, Evicted, Overloaded
from engine.jobs import Batch, Block, Entry, Lane, Results, Statistics, StoreCall, Ticket
from engine.outbox import Outbox
from engine.outcomes import Outcomes
from engine.register import Register
from engine.tickets import Tickets, settle


class Scheduler:
    """See the module. Methods named take_* wait for work unless told not to, and return None when there is none."""

    def __init__(
        self,
        max_tickets: int,
        max_tickets_per_session: int,
        batch_size: int,
        max_calculations: int = 4,
        max_tickets_per_user: int | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._bells = Bells(self._lock)
        self._max_waiting = max_tickets
        self._tickets = Tickets(max_tickets_per_session, max_tickets_per_user)
        self._register = Register()
        self._backlog = Backlog(batch_size)
        self._outbox = Outbox()
        self._outcomes = Outcomes(self._register, self._tickets, self._backlog, self._outbox, self._bells)
        self._dispatch = Dispatch(self._tickets, self._backlog, self._bells, max_calculations)
        self._closed = False
        self._draining = False

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """The lock, and the outcomes handed out once it is released, whatever happened under it."""
        settled = []
        try:
            with self._lock:
                try:
                    yield
                finally:
                    settled = self._tickets.collect()
        finally:
            settle(settled)

    # --- entries ---------------------------------------------------------------------------------------------------

    def open(self, key: Hashable, group: Hashable, subject: Any, rows: Results, focus: int, background: bool) -> Entry:
        """Register an entry and, if `background`, its cursor. The entry already open under `key`, if there is one."""
        with self._lock:
            self._refuse_if_closed()
            entry = self._register.find(key)
            if entry is None:
                entry = self._register.new(key, group, subject, rows, focus, background)
                self._register.add(entry)
                self._outcomes.resume(entry)
            return entry

    def find(self, key: Hashable) -> Entry | None:
        """The open entry of a key."""
        with self._lock:
            return self._register.find(key)

    def entries(self) -> list[Entry]:
        """All open entries, quick draws left out."""
        with self._lock:
            return self._register.opened()

    def evict(self, key: Hashable) -> bool:
        """Forget an entry: its waiters get Evicted, its work in flight is dropped. Whether it was open."""
        with self._changing():
            entry = self._register.find(key)
            if entry is None:
                return False
            self._forget(entry)
            gone = Evicted("This dataset was removed while its forecast was computed. Upload it again.")
            for job in self._tickets.of(entry):
                self._tickets.end(job, gone, "evicted")
            return True

    def replace(self, key: Hashable, rows: Results) -> Entry | None:
        """Give an entry other, empty rows: from now on it is another entry, and results of the old one are dropped.

        Who waits for the old one waits for the new one, in the same order. None if the key is not open. EngineClosed.
        """
        with self._changing():
            self._refuse_if_closed()
            old = self._register.find(key)
            if old is None:
                return None
            entry = self._register.new(key, old.group, old.subject, rows, old.focus, old.background)
            self._forget(old)
            self._register.add(entry)
            self._tickets.move(old, entry)
            self._outcomes.resume(entry)
            self._bells.callers_wait(self._tickets.leaves)
            return entry

    def recompute(self, entry: Entry, slots: Any) -> None:
        """Clear rows, whatever their state, and let the background compute them anew; what it is computing of them at
        this moment is dropped. Raises EngineClosed, Evicted."""
        with self._lock:
            self._current(entry).clear(slots)
            self._outcomes.resume(entry)

    def retire(self, key: Hashable) -> bool:
        """Forget an entry if nobody waits for it, nothing is left to compute and everything is written."""
        with self._lock:
            entry = self._register.find(key)
            if entry is None or entry.rows is None or entry.dirty or entry.refused or self._tickets.of(entry):
                return False
            if entry.background and not entry.rows.complete():  # what is in flight would be lost
                return False
            self._forget(entry)
            return True

    def _forget(self, entry: Entry) -> None:
        self._register.remove(entry)
        self._outbox.forget(entry)
        self._backlog.remove(entry)

    # --- interactive requests --------------------------------------------------------------------------------------

    def request(
        self,
        entry: Entry,
        slot: int,
        session: str | None = None,
        seq: int = 0,
        force: bool = False,
        user: str = "",
    ) -> Ticket:
        """Ask for one origin at priority 0; a done one is answered at once. The newest request is served first.

        A session's newer request (larger seq) supersedes its older ones that are still queued; one already running may
        still answer. `force` clears the row first, so that it is computed anew; whoever computes it already may
        answer. Raises EngineClosed, Evicted (also of a row that is put away: bring it back), Superseded, Overloaded.
        """
        ticket = Ticket(entry.entry_id, slot, session, seq, user)
        if not force and self._answered_at_once(entry, ticket):
            return ticket
        with self._changing():
            rows = self._current(entry)
            if not force and self._answer_now(rows, ticket):  # stored since the first look
                return ticket
            self._admit(ticket)
            entry.focus = slot
            try:
                if force:
                    rows.clear([slot])
                self._enqueue(entry, ticket)
            except BaseException as error:  # out of memory, say: nobody may seem to wait who does not
                self._tickets.finish([ticket], error, "failed")
                raise
        return ticket

    def _answered_at_once(self, entry: Entry, ticket: Ticket) -> bool:
        """Answer from what is stored; no worker is woken for it."""
        with self._changing():
            rows = self._current(entry)
            entry.focus = ticket.slot
            if rows.resident(ticket.slot):
                self._supersede(ticket)
            return self._answer_now(rows, ticket)

    def _answer_now(self, rows: Results, ticket: Ticket) -> bool:
        if rows.resident(ticket.slot):
            self._tickets.answer_now(ticket, rows.row(ticket.slot))
            return True
        if rows.done(ticket.slot):
            raise Evicted("This forecast was put away just then. Ask again.")
        return False

    def _current(self, entry: Entry) -> Results:
        self._refuse_if_closed()
        if not self._register.is_current(entry) or entry.rows is None:
            raise Evicted("This dataset is no longer loaded. Open it again.")
        return entry.rows

    def quick(self, group: Hashable, subject: Any, slot: int, user: str = "") -> Ticket:
        """Ask for one origin of a series that is kept nowhere. Raises EngineClosed, Overloaded."""
        with self._changing():
            self._refuse_if_closed()
            entry = self._register.new(None, group, subject, None, slot)
            ticket = Ticket(entry.entry_id, slot, user=user)
            self._admit(ticket)
            self._register.add(entry)
            self._enqueue(entry, ticket)
        return ticket

    def peek(self, entry: Entry, slot: int) -> Any | None:
        """A row in memory, without asking for it to be computed. EngineClosed."""
        with self._lock:
            self._refuse_if_closed()
            return entry.rows.row(slot) if entry.rows is not None and entry.rows.resident(slot) else None

    def block(self, entry: Entry, number: int) -> tuple[Any, bool]:
        """A copy of a block's rows in memory, and whether others of it are put away. EngineClosed."""
        with self._lock:
            self._refuse_if_closed()
            assert entry.rows is not None
            return entry.rows.block_rows(number), entry.rows.away(number)

    def adopt(self, entry: Entry, slots: Any, result: Any) -> None:
        """Keep rows that were computed elsewhere, and answer who waits for them in line; what is done already stays.
        Raises EngineClosed, Evicted."""
        with self._changing():
            rows = self._current(entry)
            self._outcomes.changed(entry, rows.adopt(slots, result))
            self._outcomes.answer_from_rows(entry)

    def cancel(self, ticket: Ticket, reason: EngineError | None = None) -> None:
        """Take a request back; its future gets `reason` (Cancelled if None). Nothing happens if it was settled."""
        with self._changing():
            for jobs in (self._tickets.queued, self._tickets.in_flight):
                job = jobs.get((ticket.entry_id, ticket.slot))
                if job is not None and ticket in job.tickets:
                    outcome = reason or Cancelled("The request was taken back.")
                    if self._tickets.leave(job, ticket, outcome, "cancelled"):
                        self._outcomes.abandon(job)

    def _enqueue(self, entry: Entry, ticket: Ticket) -> None:
        self._tickets.enqueue(entry, ticket)
        self._bells.callers_wait(self._tickets.leaves)

    def _admit(self, ticket: Ticket) -> None:
        self._supersede(ticket)
        self._refuse_if_many_wait()
        self._tickets.admit(ticket)

    def _supersede(self, ticket: Ticket) -> None:
        for job in self._tickets.supersede(ticket):
            self._outcomes.abandon(job)

    def _refuse_if_many_wait(self) -> None:
        """Whoever waits holds a request thread, be it for a forecast or for the disk."""
        waiting = self._tickets.waiting + self._outbox.calls
        if waiting >= self._max_waiting:
            raise Overloaded(f"{waiting} requests are waiting already. Try again shortly.")

    # --- inference -------------------------------------------------------------------------------------------------

    def take_inference(self, lane: Lane, wait: bool = True) -> Batch | None:
        """The next origins to forecast: see Dispatch."""
        return self._take(lambda: self._dispatch.next_inference(lane), self._bells.inference[lane], wait)

    def inferred(self, batch: Batch, result: Any) -> None:
        """Hand a batch's samples to calculation."""
        with self._lock:
            if not self._closed:
                self._dispatch.inferred(batch, result)

    # --- calculation -----------------------------------------------------------------------------------------------

    def take_calculation(self, lane: Lane, wait: bool = True) -> Batch | None:
        """The next batch whose samples are there."""
        return self._take(lambda: self._dispatch.next_calculation(lane), self._bells.calculation[lane], wait)

    def store(self, batch: Batch, results: Sequence[Any]) -> None:
        """Keep a batch's rows, one result per part, and answer everybody who waits for one of them.

        Dropped: rows of an entry that is no longer current, rows of the background's that were cleared since it
        claimed them, and everything after the end.
        """
        with self._changing():
            if not self._closed:
                self._outcomes.store(batch, results)

    def fail(self, batch: Batch, error: EngineError, halve: bool = False) -> None:
        """A batch could not be computed: its waiters get `error`, its rows are marked failed.

        `halve`: a batch of several origins is tried again in halves instead, so that a bad origin fails alone.
        """
        with self._changing():
            if self._closed:
                return
            if halve and batch.size > 1:
                self._outcomes.halve(batch)
            else:
                self._outcomes.fail(batch, error)

    # --- the store thread ------------------------------------------------------------------------------------------

    def call_store(self, function: Callable[[], Any], bounded: bool = True) -> Future[Any]:
        """Let the store thread run `function`; not `bounded`: nobody waits for it. Raises EngineClosed, Overloaded."""
        with self._lock:
            self._refuse_if_closed()
            if bounded:
                self._refuse_if_many_wait()
            future = self._outbox.call(function)
            self._bells.storing.notify_all()
        return future

    def take_store(self, partial: bool, wait: float = 0.0) -> StoreCall | Block | None:
        """The store thread's next work: calls and full blocks in turn, with `partial` also unfinished blocks.

        Waits up to `wait` seconds for a change; None if there is nothing to do even then.
        """
        with self._lock:
            work = self._outbox.next(partial or self._draining)
            if work is None and wait > 0 and not self._draining:
                self._bells.storing.wait(wait)
                work = self._outbox.next(partial or self._draining)
            return work

    def refused(self, block: Block) -> None:
        """A block could not be written: it waits until `retry_writing`, and once more for the end."""
        with self._lock:
            if self._register.is_current(block.entry):
                self._outbox.refuse(block)

    def retry_writing(self) -> None:
        """Let the store thread try again what could not be written."""
        with self._lock:
            self._outbox.retry()

    def unwritten_blocks(self, entry: Entry) -> set[int]:
        """Numbers of the entry's blocks that have changed since they were written."""
        with self._lock:
            return entry.dirty | entry.refused

    def put_away(self, entry: Entry, number: int) -> bool:
        """Give the memory of a written block back. Whether it was written, and the entry is still open."""
        with self._lock:
            rows = entry.rows
            if rows is None or not self._register.is_current(entry) or number in entry.dirty | entry.refused:
                return False
            rows.put_away(number)
            return True

    def bring_back(self, entry: Entry, number: int, stored: Any) -> None:
        """Rows of a block that was put away; those that are not among them (None: any) are computed again."""
        with self._lock:
            if entry.rows is not None and self._register.is_current(entry) and not self._closed:
                entry.rows.bring_back(number, stored)
                self._outcomes.resume(entry)

    def rewrite(self, entry: Entry, number: int) -> None:
        """A block's rows in memory are to be written again: what was written of them is damaged or gone."""
        with self._lock:
            if entry.rows is not None and self._register.is_current(entry):
                self._outcomes.changed(entry, [number])

    # --- the end ---------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Refuse everything new, answer every waiter with EngineClosed, empty the queues. Idempotent."""
        with self._changing():
            self._closed = True
            for jobs in (self._tickets.queued, self._tickets.in_flight):
                for job in list(jobs.values()):
                    self._tickets.end(job, EngineClosed("The server is stopping. Try again."), "closed")
            self._backlog.clear()
            self._dispatch.clear()
            self._bells.end()

    def drain(self) -> None:
        """Let the store thread write what is unwritten; `drained` once nothing is left."""
        with self._lock:
            self._draining = True
            self._outbox.retry()
            self._bells.storing.notify_all()

    @property
    def drained(self) -> bool:
        with self._lock:
            return self._draining and self._outbox.empty

    @property
    def closed(self) -> bool:
        with self._lock:
            return self._closed

    def statistics(self) -> Statistics:
        """A consistent snapshot of the counts."""
        with self._lock:
            return Statistics(
                entries=len(self._register),
                queued=len(self._tickets.queued),
                in_flight=len(self._tickets.in_flight),
                waiting=self._tickets.waiting,
                calculations=self._dispatch.calculations,
                dirty_blocks=self._outbox.blocks,
                **{name: self._tickets.counts[name] for name in Statistics._fields[6:]},
            )

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise EngineClosed("The server is stopping. Try again.")

    def _take(self, next_work: Callable[[], Batch | None], changed: threading.Condition, wait: bool) -> Batch | None:
        with self._lock:
            while not self._closed:
                work = next_work()
                if work is not None or not wait:
                    return work
                changed.wait()
        return None
