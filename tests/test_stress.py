"""Real threads on the real engine: every request is answered, and answered right."""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from engine import Engine
from engine.errors import Evicted, Overloaded, Superseded, UnknownHandle
from tests.conftest import to_csv, until, wave

CLIENTS = 8
REQUESTS = 400
EXPECTED_REFUSALS = (Evicted, Overloaded, Superseded, UnknownHandle)
SERIES = [wave(600, seed=seed) for seed in range(3)]
FILES = [to_csv(series) for series in SERIES]


@pytest.fixture(autouse=True)
def hasty_threads() -> Iterator[None]:
    """Threads change places a thousand times more often than usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.timeout(180)
def test_eight_clients_with_forced_forecasts_and_deletions_are_all_answered_right(engine: Engine) -> None:
    handles = [engine.upload(file).dataset.handle for file in FILES]
    counts_of = [Counter[str]() for _ in range(CLIENTS)]  # one each: counting is no atomic act
    wrong: list[object] = []
    together = threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        rng, outcomes = random.Random(number), counts_of[number]
        together.wait()
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
                right = plot.index == index and np.allclose(plot.samples.mean(axis=1), happened, rtol=1e-4)
                outcomes["answered"] += 1
                if not right:
                    wrong.append((which, index, plot.samples[0], happened))
            except EXPECTED_REFUSALS as refusal:
                outcomes[refusal.code] += 1
            except BaseException as error:
                wrong.append(error)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(150)
    assert not wrong
    outcomes = sum(counts_of, Counter[str]())
    assert sum(outcomes.values()) == CLIENTS * REQUESTS
    assert outcomes["answered"] > 0.8 * CLIENTS * REQUESTS
    until(lambda: engine.status().statistics.waiting == 0)
    counts = engine.status().statistics
    assert counts.requested == counts.answered + counts.failed + counts.superseded + counts.cancelled + counts.evicted
    for handle in handles:
        until(lambda handle=handle: engine.progress(handle).state == "done")
    assert engine.status().ready
