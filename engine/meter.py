"""How long the engine's stages take, how fast it computes, and what went wrong lately."""

from __future__ import annotations

import math
import re
import threading
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

STAGES = ("wait", "infer", "calculate", "write", "read", "draw", "parse")
BOUNDS = (*(0.00025 * 2**k for k in range(19)), math.inf)  # seconds: 0.25 ms to a good minute, and beyond
RECENT = 512  # durations of a stage from which p50 and p95 are taken: a slow morning is forgotten by noon
WINDOW = 10.0  # seconds of the rate
BIN = 0.25  # seconds
MOST_FAILURES = 10
MOST_TEXT = 200  # characters of a failure's text
LONG_HEX = re.compile(r"[0-9a-f]{9,}")  # a handle, say: its first eight digits do


class Latency(NamedTuple):
    """How long a stage took, in seconds. p50 and p95 are of its latest calls, everything else since the start. total:
    of all calls together.

    buckets: (upper bound, calls that took at most that and more than the bound before); the last bound is infinite.
    """

    count: int  # type: ignore[assignment]  # a tuple's own method of that name is not missed
    p50: float
    p95: float
    worst: float
    total: float
    buckets: tuple[tuple[float, int], ...]


class Failure(NamedTuple):
    """Something that went wrong. when: unix seconds; text: one line."""

    when: float
    stage: str
    text: str


class Meter:
    """Latencies and rates of the engine. Safe from any thread; its lock is held for a few additions and never with
    another. Its memory does not grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._wall = wall
        self._started = clock()
        self._lock = threading.Lock()
        self._stages = {stage: _Durations() for stage in STAGES}
        self._bins: deque[list[int]] = deque(maxlen=round(WINDOW / BIN))  # [number of the bin, origins]
        self._failures: deque[Failure] = deque(maxlen=MOST_FAILURES)
        self._failure_counts: Counter[str] = Counter()

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Around a call of a stage; one that raises took its time, too."""
        durations = self._stages[stage]
        start = self._clock()
        try:
            yield
        finally:
            took = max(0.0, self._clock() - start)
            with self._lock:
                durations.add(took)

    def computed(self, origins: int) -> None:
        """Rows were stored."""
        with self._lock:
            number = int(self._clock() / BIN)
            if self._bins and self._bins[-1][0] >= number:
                self._bins[-1][1] += origins
            else:
                self._bins.append([number, origins])

    def failed(self, stage: str, error: BaseException) -> None:
        """A stage went wrong for a reason that is ours, not a caller's."""
        failure = Failure(self._wall(), stage, _one_line(stage, error))
        with self._lock:
            self._failures.append(failure)
            self._failure_counts[stage] += 1

    def stages(self) -> dict[str, Latency]:
        """Every stage, in the order of STAGES, those that were never called with zeros."""
        with self._lock:
            seen = {stage: durations.copy() for stage, durations in self._stages.items()}
        return {stage: durations.latency() for stage, durations in seen.items()}

    @property
    def origins_per_second(self) -> float:
        """Over the last ten seconds, or since the start if that is less long ago."""
        with self._lock:
            now = self._clock()
            first = int(now / BIN) - round(WINDOW / BIN) + 1
            origins = sum(number_of for number, number_of in self._bins if number >= first)
        return origins / max(BIN, now - max(first * BIN, self._started))

    def errors(self) -> tuple[Failure, ...]:
        """The last ten failures, newest first."""
        with self._lock:
            return tuple(reversed(self._failures))

    def failure_counts(self) -> dict[str, int]:
        """Failures since the start, by stage."""
        with self._lock:
            return dict(self._failure_counts)


class _Durations:
    """The durations of one stage. Not locked: the meter's lock is."""

    def __init__(self) -> None:
        self.buckets = [0] * len(BOUNDS)
        self.recent: deque[float] = deque(maxlen=RECENT)
        self.worst = 0.0
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.recent.append(seconds)
        self.worst = max(self.worst, seconds)
        self.total += seconds

    def copy(self) -> _Durations:
        same = _Durations()
        same.buckets, same.recent = self.buckets.copy(), self.recent.copy()
        same.worst, same.total = self.worst, self.total
        return same

    def latency(self) -> Latency:
        ordered = sorted(self.recent)
        buckets = tuple(zip(BOUNDS, self.buckets, strict=True))
        return Latency(
            sum(self.buckets), _quantile(ordered, 0.5), _quantile(ordered, 0.95), self.worst, self.total, buckets
        )


def _quantile(ordered: Sequence[float], level: float) -> float:
    """The least value that at least `level` of all reach; 0.0 of none."""
    return ordered[math.ceil(level * len(ordered)) - 1] if ordered else 0.0


def _one_line(stage: str, error: BaseException) -> str:
    """What the error says, without paths and handles; of reading a file only its kind: the words may quote the file."""
    kind = type(error).__name__
    said = error.strerror if isinstance(error, OSError) else str(error)
    words = (
        "" if stage == "parse" else LONG_HEX.sub(lambda digits: digits[0][:8] + "…", " ".join(str(said or "").split()))
    )
    line = f"{kind}: {words}" if words else kind
    return line if len(line) <= MOST_TEXT else line[: MOST_TEXT - 1] + "…"
