"""Mutants of how callers wait and are answered."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

BY_HAND = ("test_scheduler.py", "test_wakeups.py")  # for which the simulation has no eye

CALLERS = (
    # --- every caller is answered, once ---
    Mutant(
        "silent-fail",
        "outcomes.py",
        "        if batch.lane is Lane.INTERACTIVE:\n            self._fail_callers(batch, error)\n",
        "",
        "who waits for a batch that failed is told so",
    ),
    Mutant(
        "double-settle",
        "tickets.py",
        "        self.finish(job.tickets, outcome, count)\n",
        "        self.finish(job.tickets, outcome, count)\n        self.finish(job.tickets, outcome, count)\n",
        "a caller is answered once",
    ),
    Mutant(
        "evict-silent",
        "scheduler.py",
        '                self._tickets.end(job, gone, "evicted")\n',
        "                self._tickets.queued.pop(job.key, None)\n",
        "who waits for a dataset that is forgotten is told so",
    ),
    Mutant(
        "close-silent",
        "scheduler.py",
        "            for jobs in (self._tickets.queued, self._tickets.in_flight):\n                for job in list(",
        "            for jobs in (self._tickets.queued,):\n                for job in list(",
        "who waits at the end is told so",
    ),
    Mutant(
        "strand",
        "scheduler.py",
        "            self._tickets.move(old, entry)\n",
        "",
        "who waits for a dataset that is replaced is carried over",
    ),
    Mutant(
        "strand-running",
        "tickets.py",
        "        for job in self.of(old):\n",
        "        for job in [job for job in self.queued.values() if job.entry is old]:\n",
        "who waits for a running job of a dataset that is replaced is carried over",
    ),
    Mutant(
        "stuck-ticket",
        "scheduler.py",
        '                self._tickets.finish([ticket], error, "failed")\n',
        "",
        "nobody seems to wait who could not be queued",
        ("test_tickets.py",),
    ),
    Mutant(
        "miscount",
        "tickets.py",
        "            self.waiting -= 1\n",
        "            self.waiting -= ticket.session is None\n",
        "the counts balance",
    ),
    Mutant(
        "uncounted",
        "tickets.py",
        '        self.counts["requested"] += 1\n',
        "",
        "the counts balance",
    ),
    Mutant(
        "callback-under-lock",
        "scheduler.py",
        "                    settled = self._tickets.collect()\n",
        "                    settle(self._tickets.collect())\n",
        "no callback runs under the lock",
        ("test_lock.py",),
    ),
    # --- order ---
    Mutant(
        "fifo",
        "tickets.py",
        "reversed(self.queued.values())",
        "self.queued.values()",
        "the newest request is served first",
    ),
    Mutant(
        "no-bump",
        "tickets.py",
        "self.queued.pop(key, None) or Job(",
        "self.queued.get(key) or Job(",
        "asking again moves a request to the front",
    ),
    Mutant(
        "moved-out-of-order",
        "tickets.py",
        "        self.queued = dict(sorted(self.queued.items(), key=lambda item: item[1].asked))\n",
        "",
        "who is carried over to a replaced dataset keeps its place",
    ),
    Mutant(
        "background-first",
        "dispatch.py",
        "        callers = self._tickets.half() or self._tickets.take(SHARED_BATCH, TOGETHER)\n",
        "        callers = self._tickets.half()\n",
        "callers come before the background",
    ),
    Mutant(
        "takes-the-newest",
        "tickets.py",
        ", but, None)",
        ", 0, None)",
        "the newest requests are left to the worker that is there for them",
        BY_HAND,
    ),
    Mutant(
        "mixed-groups",
        "tickets.py",
        "(job for job in waiting if job.entry.group == newest.entry.group)",
        "waiting",
        "what shares a batch is of one model",
    ),
    Mutant(
        "starve",
        "backlog.py",
        "            self._entries.rotate(-1)\n",
        "",
        "datasets take turns",
        BY_HAND,
    ),
    Mutant(
        "focus-forgotten",
        "scheduler.py",
        "            entry.focus = ticket.slot\n",
        "",
        "the background works outward from where somebody looks",
        BY_HAND,
    ),
    # --- one computation of an origin ---
    Mutant(
        "no-dedup",
        "tickets.py",
        "            job = self.queued.pop(key, None) or Job(entry, ticket.slot, [])\n",
        "            job = Job(entry, ticket.slot, [])\n",
        "an origin is queued once, for everybody who waits for it",
    ),
    Mutant(
        "no-fly",
        "tickets.py",
        "        job = self.in_flight.get(key)\n",
        "        job = None\n",
        "an origin that is computed is not queued again",
    ),
    Mutant(
        "no-cancel",
        "tickets.py",
        "            del self.queued[job.key]\n            return True\n",
        "            return False\n",
        "what nobody waits for is not computed",
    ),
    Mutant(
        "no-reap",
        "outcomes.py",
        "        for job in [job for job in self._tickets.queued.values() if job.entry is entry and rows.done(job.slot)]:\n",
        "        for job in []:\n",
        "the background's result answers who waits for it",
    ),
    Mutant(
        "no-supersede",
        "tickets.py",
        "            if older.seq >= ticket.seq or job is None or older not in job.tickets:\n",
        "            if older.seq >= 0 or job is None:\n",
        "a viewer's newer request takes the place of its older one",
    ),
    Mutant(
        "late-arrival",
        "tickets.py",
        '        if any(other.seq > ticket.seq for other in mine):\n            raise Superseded("A newer request was here',
        '        if False:\n            raise Superseded("A newer request was here',
        "a request that arrives after its viewer's newer one is superseded",
    ),
    Mutant(
        "moved-not-superseded",
        "tickets.py",
        "                if any(other.seq > ticket.seq for other in self._of_session(ticket)):\n",
        "                if False:\n",
        "a viewer's running request that is queued again is superseded by its newer one",
    ),
)
