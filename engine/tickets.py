"""Waiting callers and the origins they wait for: the interactive queue. Not locked: the scheduler's lock covers it.

Outcomes are collected here and settled by the scheduler once its lock is released, so no callback ever runs under it.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import Any

from engine.errors import EngineError, Overloaded, Superseded
from engine.jobs import TOGETHER, Batch, Entry, Job, Lane, Part, Ticket

Settled = list[tuple[Future[Any], Any]]


class Tickets:
    """queued: newest last, keyed (entry_id, slot). in_flight: handed to a worker. counts: how tickets have ended."""

    def __init__(self, max_per_session: int, max_per_user: int | None = None) -> None:
        self._max_per_session = max_per_session
        self._max_per_user = max_per_user
        self._sessions: dict[tuple[str, str], list[Ticket]] = {}
        self._users: Counter[str] = Counter()
        self._settled: Settled = []
        self._asked = 0
        self.queued: dict[tuple[int, int], Job] = {}
        self.in_flight: dict[tuple[int, int], Job] = {}
        self._halves: deque[Batch] = deque()
        self.waiting = 0
        self.counts: Counter[str] = Counter()

    def answer_now(self, ticket: Ticket, outcome: Any) -> None:
        """A caller who need not wait."""
        self.counts.update(("requested", "answered"))
        self._settled.append((ticket.future, outcome))

    def admit(self, ticket: Ticket) -> None:
        """Let a caller in. Raises Superseded, Overloaded."""
        mine = self._of_session(ticket)
        if any(other.seq > ticket.seq for other in mine):
            raise Superseded("A newer request was here first.")
        if len(mine) >= self._max_per_session:
            raise Overloaded(f"This view already waits for {self._max_per_session} forecasts. Try again shortly.")
        if ticket.user and self._max_per_user is not None and self._users[ticket.user] >= self._max_per_user:
            raise Overloaded(f"You already wait for {self._max_per_user} forecasts. Try again shortly.")
        self.counts["requested"] += 1
        self.waiting += 1
        self._users[ticket.user] += 1
        if ticket.viewer is not None:
            self._sessions.setdefault(ticket.viewer, []).append(ticket)

    def supersede(self, ticket: Ticket) -> list[Job]:
        """A session's newer request takes the place of its older ones that are still queued; the jobs nobody waits for
        any more."""
        abandoned = []
        for older in list(self._of_session(ticket)):
            job = self.queued.get((older.entry_id, older.slot))
            if older.seq >= ticket.seq or job is None or older not in job.tickets:
                continue
            if self.leave(job, older, Superseded("A newer request took its place."), "superseded"):
                abandoned.append(job)
        return abandoned

    def _of_session(self, ticket: Ticket) -> list[Ticket]:
        return self._sessions.get(ticket.viewer, []) if ticket.viewer is not None else []

    def enqueue(self, entry: Entry, ticket: Ticket) -> None:
        """Join the job in flight, or the queue's newest end (an older queued job of the origin moves there)."""
        key = (entry.entry_id, ticket.slot)
        job = self.in_flight.get(key)
        if job is None:
            job = self.queued.pop(key, None) or Job(entry, ticket.slot, [])
            self.queued[key] = job
        self._asked += 1
        job.asked = self._asked
        job.tickets.append(ticket)

    def leave(self, job: Job, ticket: Ticket, reason: EngineError, count: str) -> bool:
        """One caller gives up; whether its job was queued and now has nobody waiting (it is then forgotten)."""
        job.tickets.remove(ticket)
        self.finish([ticket], reason, count)
        if not job.tickets and self.queued.get(job.key) is job:
            del self.queued[job.key]
            return True
        return False

    def take(self) -> Batch | None:
        """The newest job and up to TOGETHER - 1 that share its batch, newest first, now in flight."""
        return self._started(self._first())

    def take_left(self, limit: int) -> Batch | None:
        """Up to `limit` jobs that share a batch, newest first, now in flight; none that `take` would take."""
        return self._started(_sharing(self._left(), limit))

    @property
    def leaves(self) -> bool:
        """Whether `take` would leave any."""
        return len(self.queued) > TOGETHER or len(self.queued) > len(self._first())

    def _first(self) -> list[Job]:
        return _sharing(self._newest_first(), TOGETHER)

    def _left(self) -> Iterator[Job]:
        first = {job.key for job in self._first()}
        return (job for job in self._newest_first() if job.key not in first)

    def _newest_first(self) -> Iterator[Job]:
        return reversed(self.queued.values())

    def _started(self, jobs: list[Job]) -> Batch | None:
        for job in jobs:
            del self.queued[job.key]
            self.in_flight[job.key] = job
        return Batch(Lane.INTERACTIVE, [Part(job.entry, [job.slot]) for job in jobs]) if jobs else None

    def halve(self, batch: Batch) -> None:
        """A batch failed: its jobs, still in flight, are tried again in halves."""
        self._halves.extend(batch.halves())

    def half(self) -> Batch | None:
        """The next half, without what nobody waits for any more."""
        while self._halves:
            batch = self._halves.popleft()
            batch.parts = [part for part in batch.parts if (part.entry.entry_id, part.slots[0]) in self.in_flight]
            if batch.parts:
                return batch
        return None

    def end(self, job: Job, outcome: Any, count: str) -> None:
        """A job is over: everybody who waits for it gets the outcome."""
        self.queued.pop(job.key, None)
        self.in_flight.pop(job.key, None)
        self.finish(job.tickets, outcome, count)

    def finish(self, tickets: Iterable[Ticket], outcome: Any, count: str) -> None:
        for ticket in tickets:
            self.waiting -= 1
            self.counts[count] += 1
            self._settled.append((ticket.future, outcome))
            self._users[ticket.user] -= 1
            if not self._users[ticket.user]:
                del self._users[ticket.user]
            if ticket.viewer is not None:
                mine = self._sessions[ticket.viewer]
                mine.remove(ticket)
                if not mine:
                    del self._sessions[ticket.viewer]

    def move(self, old: Entry, new: Entry) -> None:
        """Jobs of an entry that was replaced start again under the new one, in the order they were asked for.

        Those that were running are queued again, so a session's older one among them is superseded now.
        """
        for job in self.of(old):
            self.queued.pop(job.key, None)
            self.in_flight.pop(job.key, None)
            for ticket in list(job.tickets):
                ticket.entry_id = new.entry_id
                if any(other.seq > ticket.seq for other in self._of_session(ticket)):
                    self.leave(job, ticket, Superseded("A newer request took its place."), "superseded")
            job.entry = new
            if job.tickets:
                self.queued[job.key] = job
        self.queued = dict(sorted(self.queued.items(), key=lambda item: item[1].asked))

    def of(self, entry: Entry) -> list[Job]:
        """The entry's jobs, queued and in flight."""
        return [job for jobs in (self.queued, self.in_flight) for job in jobs.values() if job.entry is entry]

    def collect(self) -> Settled:
        """Outcomes not yet handed to their callers; they are the caller's to settle."""
        settled, self._settled = self._settled, []
        return settled


def _sharing(jobs: Iterator[Job], limit: int) -> list[Job]:
    """The first job, and the next ones of its group."""
    first = next(jobs, None)
    if first is None:
        return []
    return [first, *itertools.islice((job for job in jobs if job.entry.group == first.entry.group), limit - 1)]


def settle(settled: Settled) -> None:
    """Hand outcomes to their callers; without the scheduler's lock."""
    for future, outcome in settled:
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
