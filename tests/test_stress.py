"""Real threads that change places as often as they can: every request is answered, and answered right."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator

import numpy as np
import pytest

from engine import Engine
from engine.errors import EngineClosed, Evicted, Overloaded, Superseded, UnknownHandle
from engine.forecasting import Subject
from engine.jobs import Entry, Ticket
from engine.meter import Meter
from engine.results import ResultFrame
from engine.runner import Threads
from engine.scheduler import Scheduler
from engine.series import Series
from engine.spec import Spec
from engine.windows import usable
from engine.workers import Workers
from tests.conftest import HOUR, ToyForecaster, to_csv, until, wave

pytestmark = pytest.mark.usefixtures("untraced")  # threads that note every line change places less often
CLIENTS = 8
EXPECTED_REFUSALS = (Evicted, Overloaded, Superseded, UnknownHandle)


@pytest.fixture(autouse=True)
def hasty_threads() -> Iterator[None]:
    """Threads change places a thousand times more often than usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


def together(client: Callable[[int, Counter[str]], None]) -> Counter[str]:
    """Eight clients at once; how often each outcome was had. What none of them expects is an outcome, too."""
    outcomes = [Counter[str]() for _ in range(CLIENTS)]  # one each: counting is no atomic act
    start = threading.Barrier(CLIENTS)

    def run(number: int) -> None:
        start.wait()
        try:
            client(number, outcomes[number])
        except BaseException as error:
            outcomes[number][f"wrong: {error!r}"] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(150)
        assert not thread.is_alive(), "a caller was left waiting"
    return sum(outcomes, Counter[str]())


# --- scheduler, workers and results, without files and pictures ----------------------------------------------------

KEYS = ("first", "second", "third")
LENGTH = 300
EACH = 8_000


class Core:
    """Datasets whose values change with every reload, so that a forecast of an older version is seen to be wrong."""

    def __init__(self, toy: ToyForecaster) -> None:
        self.toy = toy
        self.spec = Spec.of(toy, 1)
        self.scheduler = Scheduler(max_tickets=48, max_tickets_per_session=8, batch_size=64)
        self.workers = Workers(self.scheduler, lambda block: None, lambda: None, lambda: None, Threads(1), Meter())
        self.versions = iter(range(1_000_000))

    def series(self) -> Series:
        """A version of its own: no value of it is in another one."""
        return Series(10_000.0 * next(self.versions) + np.arange(LENGTH), HOUR, 1000)

    def open(self, key: Hashable) -> Entry:
        series = self.series()
        rows = ResultFrame(series, self.spec, usable(series.values))
        return self.scheduler.open(key, "toy", Subject(series, self.spec, self.toy), rows, series.last_slot, True)

    def reload(self, key: Hashable) -> None:
        self.scheduler.evict(key)
        self.open(key)

    def request(self, key: Hashable, slot: int, number: int, seq: int, force: bool) -> tuple[Entry, Ticket]:
        entry = self.scheduler.find(key)
        if entry is None:
            raise Evicted("between two versions")
        session = f"tab {number}" if number % 2 else None
        return entry, self.scheduler.request(entry, slot, session, seq, force)


def right(core: Core, entry: Entry, ticket: Ticket) -> bool:
    """Whether the row is the toy's answer to the version that was asked: evenly about its last value."""
    series: Series = entry.subject.series
    samples = ticket.future.result(20).unscaled()[0]
    seen = series.values[: ticket.slot - series.first_slot + 1]
    levels = (np.arange(10) + 0.5) / 10 - 0.5
    return bool(np.abs(samples - seen[-1] - seen.std() * levels).max() < 0.1)


def test_sixty_thousand_requests_with_forced_ones_reloads_and_replacements_are_answered_right(
    toy: ToyForecaster,
) -> None:
    core = Core(toy)
    for key in KEYS:
        core.open(key)
    core.workers.start_store()
    core.workers.start()

    def client(number: int, outcomes: Counter[str]) -> None:
        rng = random.Random(number)
        for seq in range(EACH):
            key, slot = rng.choice(KEYS), 1000 + rng.randrange(30, LENGTH)
            chance = rng.random()
            if number == 0 and chance < 0.01:
                core.reload(key)
            elif number == 1 and chance < 0.01 and (old := core.scheduler.find(key)) is not None:
                same = old.subject.series
                core.scheduler.replace(key, ResultFrame(same, core.spec, usable(same.values)))
            elif number == 2 and chance < 0.01 and (old := core.scheduler.find(key)) is not None:
                try:
                    core.scheduler.recompute(old, np.arange(slot - 20, slot))
                except Evicted:
                    outcomes["evicted while recomputed"] += 1
            try:
                entry, ticket = core.request(key, slot, number, seq, chance > 0.9)
                if rng.random() < 0.01:
                    core.scheduler.cancel(ticket, Superseded("taken back"))
                outcomes["answered" if right(core, entry, ticket) else "wrong row"] += 1
            except EXPECTED_REFUSALS as refusal:
                outcomes[refusal.code] += 1

    outcomes = together(client)
    for key in KEYS:
        until(lambda key=key: core.scheduler.find(key).rows.complete())
    counts = core.scheduler.statistics()
    core.scheduler.close()
    core.workers.stop_computing(time.monotonic() + 20)
    core.workers.stop_storing(time.monotonic() + 20)
    assert not any(core.workers.threads().values())
    assert not [outcome for outcome in outcomes if outcome.startswith("wrong")]
    assert outcomes.total() - outcomes["evicted while recomputed"] == CLIENTS * EACH >= 60_000
    assert outcomes["answered"] > 0.9 * CLIENTS * EACH
    assert counts.waiting == counts.queued == counts.in_flight == 0
    assert counts.requested == counts.answered + counts.failed + counts.superseded + counts.cancelled + counts.evicted
    with pytest.raises(EngineClosed):
        core.open("another")


# --- the whole engine ----------------------------------------------------------------------------------------------

REQUESTS = 400
SERIES = [wave(600, seed=seed) for seed in range(3)]
FILES = [to_csv(series) for series in SERIES]


def test_eight_clients_with_forced_forecasts_and_deletions_are_all_answered_right(engine: Engine) -> None:
    handles = [engine.upload(file).dataset.handle for file in FILES]

    def client(number: int, outcomes: Counter[str]) -> None:
        rng = random.Random(number)
        for seq in range(REQUESTS):
            which, index = rng.randrange(3), -rng.randrange(12, 500)
            try:
                if number == 0 and seq % 40 == 39:
                    engine.delete(handles[which])
                    engine.upload(FILES[which])
                    outcomes["reloaded"] += 1
                    continue
                session = f"tab {number}" if rng.random() < 0.5 else None
                plot = engine.forecast(
                    handles[which], index, session=session, seq=seq, force=rng.random() < 0.3, timeout=15
                )
                # The toy's samples lie evenly about the last value, step by step wider.
                happened = SERIES[which].values[index - 1]
                is_right = plot.index == index and np.allclose(plot.samples.mean(axis=1), happened, rtol=1e-4)
                outcomes["answered" if is_right else f"wrong: {which}, {index}"] += 1
            except EXPECTED_REFUSALS as refusal:
                outcomes[refusal.code] += 1

    outcomes = together(client)
    assert not [outcome for outcome in outcomes if outcome.startswith("wrong")]
    assert outcomes.total() == CLIENTS * REQUESTS
    assert outcomes["answered"] > 0.8 * CLIENTS * REQUESTS
    until(lambda: engine.status().statistics.waiting == 0)
    counts = engine.status().statistics
    assert counts.requested == counts.answered + counts.failed + counts.superseded + counts.cancelled + counts.evicted
    for handle in handles:
        until(lambda handle=handle: engine.progress(handle).state == "done")
    assert engine.status().ready
