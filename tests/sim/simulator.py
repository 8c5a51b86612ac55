"""A seeded, single-threaded driver of the scheduler: random interleavings of its methods, checked at every step.

Every method of the scheduler is one atomic section, so what real threads can do is a sequence of these calls. Run one
seed again with `simulate(seed)`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from engine.errors import EngineError, Evicted, ModelFailed, Overloaded, Superseded
from engine.jobs import Batch, Block, Entry, Lane, Statistics, StoreCall, Ticket
from engine.scheduler import Scheduler
from tests.sim.rows import BLOCK, MISSING, STORED, FakeResult, FakeRows


class Bell:
    """A condition of the scheduler's, and the one thread that waits at it: it sleeps from when it found nothing to do
    until it is rung, so that a wake-up that is missing leaves work undone."""

    def __init__(self) -> None:
        self.awake = True

    def notify_all(self) -> None:
        self.awake = True


@dataclass
class World:
    """The scheduler, what the driver did to it, and what must therefore hold."""

    rng: random.Random
    scheduler: Scheduler
    settled: list[int] = field(default_factory=list)  # numbers of tickets whose outcome was handed out
    held: bool = False  # whether one was handed out under the lock
    tickets: list[Ticket] = field(default_factory=list)
    asked: dict[tuple[int, int], int] = field(default_factory=dict)  # (entry, slot) -> when last asked for
    inferring: list[Batch] = field(default_factory=list)
    calculating: list[Batch] = field(default_factory=list)
    written: dict[tuple[int, int], set[int]] = field(default_factory=dict)
    gone: list[tuple[FakeRows, list[int]]] = field(default_factory=list)  # of forgotten entries, as they were then
    closed: list[tuple[Hashable, int]] = field(default_factory=list)  # keys that may be opened again
    claimed: dict[int, int] = field(default_factory=dict)  # background batch -> its rows' tick when it was claimed
    names: int = 0
    clock: int = 0
    full_disk: float = 0.1  # share of the writes that it refuses

    def __post_init__(self) -> None:
        self.bells = {(stage, lane): Bell() for stage in ("inference", "calculation", "storing") for lane in Lane}
        for lane in Lane:
            self.scheduler._bells.inference[lane] = self.bells["inference", lane]
            self.scheduler._bells.calculation[lane] = self.bells["calculation", lane]
        self.scheduler._bells.storing = self.bells["storing", Lane.BACKGROUND]

    def woken(self, bell: Bell, take: Callable[[], Any]) -> Any:
        """What a thread takes, if it is awake."""
        work = take() if bell.awake else None
        bell.awake = work is not None
        return work

    def entry(self) -> Entry | None:
        entries = self.scheduler.entries()
        return self.rng.choice(entries) if entries else None

    # --- what people and threads may do at any moment --------------------------------------------------------------

    def open(self) -> None:
        if len(self.scheduler.entries()) < 4:
            if (
                self.closed and self.rng.random() < 0.5
            ):  # what was forgotten or retired comes back as an entry of its own
                key, length = self.closed.pop(self.rng.randrange(len(self.closed)))
                if self.scheduler.find(key) is None:
                    group = self.rng.choice("ab")
                    self.scheduler.open(key, group, None, FakeRows(length), length // 2, self.rng.random() < 0.8)
                return
            self.names += 1
            rows = FakeRows(self.rng.randint(1, 40))
            focus = self.rng.randrange(len(rows.state))
            group = self.rng.choice("ab")
            self.scheduler.open(("data", self.names), group, None, rows, focus, self.rng.random() < 0.8)

    def request(self) -> None:
        entry = self.entry()
        if entry is None:
            return
        assert isinstance(entry.rows, FakeRows)
        slot = self.rng.randrange(len(entry.rows.state))
        session = self.rng.choice([None, "tab 1", "tab 2"])
        self.clock += 1
        seq = self.clock if self.rng.random() < 0.9 else self.rng.randrange(self.clock)
        force = self.rng.random() < 0.15
        if entry.rows.away(slot // BLOCK) and entry.rows.state[slot] == STORED and not force:
            self.refused_as_away(entry, slot, session, seq)
            return
        stored = entry.rows.done(slot) and not force
        before = len(self.tickets)
        self.keep(lambda: self.scheduler.request(entry, slot, session, seq, force), (entry.entry_id, slot))
        if stored:  # whatever is overloaded or superseded
            assert len(self.tickets) > before, "a stored row was refused"
            assert self.tickets[-1].future.done(), "a stored row was waited for"

    def refused_as_away(self, entry: Entry, slot: int, session: str | None, seq: int) -> None:
        before = self.scheduler.statistics()
        try:
            self.scheduler.request(entry, slot, session, seq)
        except Evicted:
            assert self.scheduler.statistics() == before
        else:
            raise AssertionError("a row was given out that is on the disk only")

    def put_away(self) -> None:
        entry = self.entry()
        if entry is None:
            return
        assert isinstance(entry.rows, FakeRows)
        number = self.rng.randrange(-(-len(entry.rows.state) // BLOCK))
        rows = entry.rows.block_rows(number)
        if self.scheduler.put_away(entry, number):
            lost = set(rows) - self.written.get((entry.entry_id, number), set())
            assert not lost, "a row was put away that is not on the disk"
        else:
            assert entry.rows.block_rows(number) == rows

    def bring_back(self) -> None:
        entry = self.entry()
        if entry is None:
            return
        assert isinstance(entry.rows, FakeRows)
        number = self.rng.randrange(-(-len(entry.rows.state) // BLOCK))
        stored = self.written.get((entry.entry_id, number))
        if self.rng.random() < 0.2:  # the block is damaged
            self.written.pop((entry.entry_id, number), None)
            if entry.rows.block_rows(number):
                self.scheduler.rewrite(entry, number)
            stored = None
        self.scheduler.bring_back(entry, number, stored)
        assert not entry.rows.away(number)

    def recompute(self) -> None:
        entry = self.entry()
        if entry is not None:
            assert isinstance(entry.rows, FakeRows)
            first = self.rng.randrange(len(entry.rows.state))
            self.scheduler.recompute(entry, range(first, self.rng.randint(first, len(entry.rows.state) - 1) + 1))

    def replace(self) -> None:
        old = self.entry()
        if old is None or self.rng.random() < 0.5:
            return
        assert isinstance(old.rows, FakeRows)
        waiting = [ticket for ticket in self.tickets if ticket.entry_id == old.entry_id and not ticket.future.done()]
        new = self.scheduler.replace(old.key, FakeRows(len(old.rows.state)))
        assert new is not None
        assert new.entry_id > old.entry_id
        self.gone.append((old.rows, list(old.rows.state)))
        for (entry_id, slot), when in list(self.asked.items()):
            if entry_id == old.entry_id:
                self.asked[new.entry_id, slot] = when
        for ticket in waiting:
            error = ticket.future.exception(0) if ticket.future.done() else None
            assert error is None or isinstance(error, Superseded), "a waiter was not carried over"

    def quick(self) -> None:
        self.keep(lambda: self.scheduler.quick("a", None, 5), None)

    def keep(self, ask: Callable[[], Ticket], key: tuple[int, int] | None) -> None:
        before = self.scheduler._tickets.counts["requested"]
        try:
            ticket = ask()
        except (Overloaded, Superseded):
            assert self.scheduler._tickets.counts["requested"] == before
            return
        if key is not None and not ticket.future.done():
            self.asked[key] = self.clock
        self.tickets.append(ticket)
        number = len(self.tickets)

        def settled(_: object) -> None:
            self.settled.append(number)
            self.held |= self.scheduler._lock.locked()  # what is raised here reaches nobody

        ticket.future.add_done_callback(settled)

    def cancel(self) -> None:
        if self.tickets:
            self.scheduler.cancel(self.rng.choice(self.tickets))

    def evict(self) -> None:
        entry = self.entry()
        if entry is not None and self.rng.random() < 0.3:
            assert isinstance(entry.rows, FakeRows)
            assert self.scheduler.evict(entry.key)
            self.gone.append((entry.rows, list(entry.rows.state)))
            self.closed.append((entry.key, len(entry.rows.state)))

    def retire(self) -> None:
        entry = self.entry()
        if entry is not None and self.scheduler.retire(entry.key):
            assert isinstance(entry.rows, FakeRows)
            assert not entry.dirty
            assert entry.rows.complete() or not entry.background, "an unfinished entry was closed"
            self.gone.append((entry.rows, list(entry.rows.state)))
            self.closed.append((entry.key, len(entry.rows.state)))

    def infer(self, lane: Lane | None = None) -> bool:
        lane = lane or self.rng.choice(list(Lane))
        batch = self.woken(self.bells["inference", lane], lambda: self.scheduler.take_inference(lane, wait=False))
        if batch is None:
            return False
        self.check_batch(batch, lane)
        self.inferring.append(batch)
        return True

    def check_batch(self, batch: Batch, lane: Lane) -> None:
        live = {entry.entry_id for entry in self.scheduler.entries()}
        assert len({part.entry.group for part in batch.parts}) == 1
        for part in batch.parts:
            assert part.entry.rows is None or part.entry.entry_id in live, "a job of a forgotten entry was handed out"
        asked = [self.asked.get((part.entry.entry_id, part.slots[0]), self.clock) for part in batch.parts]
        if batch.lane is Lane.INTERACTIVE and lane is Lane.INTERACTIVE:
            newest = max(asked)  # of quick draws it is not known
            queued = [self.asked[key] for key in self.scheduler._tickets.queued if key in self.asked]
            assert all(newest >= other for other in queued), "an older request was served before a newer one"
        if batch.lane is Lane.BACKGROUND:
            assert not self.scheduler._tickets.leaves, "callers waited while the background went on"
        if batch.lane is Lane.BACKGROUND and batch.number not in self.claimed:
            (part,) = batch.parts
            assert isinstance(part.entry.rows, FakeRows)
            assert not any(part.entry.rows.done(int(slot)) for slot in part.slots), "a stored row is computed again"
            self.claimed[batch.number] = part.entry.rows.ticks

    def inferred(self) -> bool:
        if not self.inferring:
            return False
        batch = self.inferring.pop(self.rng.randrange(len(self.inferring)))
        if self.rng.random() < 0.15:
            self.scheduler.fail(batch, ModelFailed("the model failed"), halve=self.rng.random() < 0.7)
        else:
            self.scheduler.inferred(batch, "samples")
        return True

    def calculate(self, lane: Lane | None = None) -> bool:
        lane = lane or self.rng.choice(list(Lane))
        batch = self.woken(self.bells["calculation", lane], lambda: self.scheduler.take_calculation(lane, wait=False))
        if batch is not None:
            assert batch.result == "samples"
            self.calculating.append(batch)
        return batch is not None

    def store(self) -> bool:
        if not self.calculating:
            return False
        batch = self.calculating.pop(self.rng.randrange(len(self.calculating)))
        if self.rng.random() < 0.1:
            self.scheduler.fail(batch, ModelFailed("the calculation failed"), halve=self.rng.random() < 0.7)
            return True
        share = self.rng.choice((0, 0, 0.3))
        results = []
        for part in batch.parts:
            slots = [int(slot) for slot in part.slots]
            results.append(FakeResult(slots, frozenset(s for s in slots if self.rng.random() < share)))
        stale = self.stale(batch)
        self.scheduler.store(batch, results)
        assert self.stale(batch) == stale, "the background answered for a row that was cleared meanwhile"
        return True

    def stale(self, batch: Batch) -> list[tuple[int, int]]:
        """Rows that were cleared after a background batch had claimed them, with their states."""
        if batch.lane is Lane.INTERACTIVE:
            return []
        (part,) = batch.parts
        rows = part.entry.rows
        assert isinstance(rows, FakeRows)
        slots = [int(slot) for slot in part.slots if rows.cleared[int(slot)] > self.claimed[batch.number]]
        return [(slot, rows.state[slot]) for slot in slots]

    def write(self, due: bool | None = None) -> bool:
        # Unfinished blocks are due by the clock, everything else rings.
        due = self.rng.random() < 0.3 if due is None else due
        bell = self.bells["storing", Lane.BACKGROUND]
        bell.awake |= due
        work = self.woken(bell, lambda: self.scheduler.take_store(due))
        if due and work is None:
            self.scheduler.retry_writing()
        if isinstance(work, Block) and self.rng.random() < self.full_disk:
            self.scheduler.refused(work)  # the disk was full
        elif isinstance(work, Block):
            kept = set() if work.done else self.written.get((work.entry.entry_id, work.number), set())
            self.written[work.entry.entry_id, work.number] = kept | set(work.rows)
        if isinstance(work, StoreCall):
            work.future.set_result(work.function())
        return work is not None

    def call(self) -> None:
        """Somebody reads the disk."""
        try:
            future = self.scheduler.call_store(lambda: "read")
        except Overloaded:
            assert self.scheduler.statistics().waiting >= self.scheduler._max_waiting, "there was room"
            return
        while self.write(due=False):
            pass
        assert future.result(0) == "read"

    # --- what must always hold -------------------------------------------------------------------------------------

    def check(self) -> None:
        tickets = self.scheduler._tickets  # not statistics(): this is done ten thousand times a second
        counts = tickets.counts
        ended = sum(counts[outcome] for outcome in OUTCOMES)
        assert counts["requested"] == ended + tickets.waiting
        assert len(self.settled) == ended, "a settled ticket was not handed out, or one twice"
        assert not self.held, "an outcome was handed out under the lock"
        assert tickets.queued.keys().isdisjoint(tickets.in_flight), "an origin is queued and in flight"
        assert all(job.tickets for job in tickets.queued.values()), "a queued job nobody waits for"
        for job in tickets.queued.values():
            assert job.entry.rows is None or not job.entry.rows.done(job.slot), "a stored row is still waited for"
        for mine in tickets._sessions.values():
            queued = {t.seq for t in mine if (t.entry_id, t.slot) in tickets.queued}
            assert len(queued) <= 1, "a session's older request was not superseded"
        assert all(rows.state == then for rows, then in self.gone), "a forgotten entry's rows were written"
        assert tickets.waiting == sum(
            len(job.tickets) for jobs in (tickets.queued, tickets.in_flight) for job in jobs.values()
        )

    def check_answers(self) -> None:
        for ticket in self.tickets:
            if ticket.future.done() and ticket.future.exception() is None:
                assert ticket.future.result() == ("row", ticket.slot), "a caller got another origin's row"
            elif ticket.future.done():
                assert isinstance(ticket.future.exception(), EngineError)

    def check_written(self, entries: list[Entry]) -> None:
        for entry in entries:
            assert isinstance(entry.rows, FakeRows)
            for number in range(-(-len(entry.rows.state) // BLOCK)):
                unwritten = set(entry.rows.block_rows(number)) - self.written.get((entry.entry_id, number), set())
                assert not unwritten, "a row was never written"

    def quiesce(self) -> None:
        """Nobody asks any more: everything must come to an end, and every live origin be computed or failed."""
        steps = [
            *(partial(take, lane) for take in (self.infer, self.calculate) for lane in Lane),
            self.inferred,
            self.store,
            partial(self.write, False),
        ]
        moved = True
        while moved:
            self.rng.shuffle(steps)
            moved = any(step() for step in steps)  # one at a time, in any order
            self.check()
        self.full_disk = 0.0
        for _ in range(2):  # what was refused is tried again once the rest is written
            while self.write(due=True):
                pass
        for entry in self.scheduler.entries():
            assert isinstance(entry.rows, FakeRows)
            assert not entry.background or MISSING not in entry.rows.state, "the background stopped early"
        self.check_written(self.scheduler.entries())
        assert self.scheduler.statistics().waiting == 0
        assert not self.scheduler._tickets._sessions

    def end(self) -> None:
        """The end, with work still going on: everybody is answered, and nothing is stored any more."""
        self.scheduler.close()
        self.check()
        self.check_answers()
        assert all(ticket.future.done() for ticket in self.tickets), "a caller was left waiting"
        assert len(set(self.settled)) == len(self.settled), "a ticket was settled twice"
        assert self.scheduler.statistics().waiting == 0
        assert all(self.bells[stage, lane].awake for stage in ("inference", "calculation") for lane in Lane)
        entries = self.scheduler.entries()
        before = [list(entry.rows.state) for entry in entries]
        while self.inferring:
            self.inferred()
        while self.calculating:
            self.store()
        assert [entry.rows.state for entry in entries] == before, "something was stored after the end"
        assert not any(self.infer(lane) or self.calculate(lane) for lane in Lane), "work was handed out after the end"
        self.full_disk = self.rng.choice((0.0, 0.5))
        self.scheduler.drain()
        while self.write(due=False):
            pass
        assert self.scheduler.drained, "the store thread waits for ever"
        if self.full_disk == 0:
            self.check_written(entries)


OUTCOMES = ("answered", "failed", "superseded", "cancelled", "evicted", "closed")
ACTIONS: dict[str, int] = {
    "open": 4,
    "request": 24,
    "quick": 3,
    "cancel": 4,
    "evict": 3,
    "retire": 2,
    "recompute": 2,
    "replace": 2,
    "infer": 18,
    "inferred": 16,
    "calculate": 14,
    "store": 14,
    "write": 8,
    "call": 1,
    "put_away": 4,
    "bring_back": 3,
}


def simulate(seed: int, steps: int = 120) -> Statistics:
    """One random life of a scheduler, and its counts; raises AssertionError where an invariant breaks."""
    rng = random.Random(seed)
    # Each seed draws its own mix of actions, so that rare ones are frequent in some lives.
    weights = [weight * rng.choice((0.2, 1, 1, 3)) for weight in ACTIONS.values()]
    scheduler = Scheduler(
        max_tickets=rng.choice((2, 6, 30)), max_tickets_per_session=3, batch_size=rng.choice((1, 3, 8))
    )
    world = World(rng, scheduler)
    world.open()
    for action in rng.choices(list(ACTIONS), weights, k=steps):
        getattr(world, action)()
        world.check()
    if rng.random() < 0.5:
        world.quiesce()
    world.end()
    return scheduler.statistics()
