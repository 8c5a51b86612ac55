"""Latencies, the rate and the last failures, on a clock that tests turn by hand."""

from __future__ import annotations

import errno
import math
import sys
import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ModelFailed
from engine.meter import BOUNDS, RECENT, STAGES, Meter

DURATIONS = st.floats(min_value=0, max_value=1e4, allow_nan=False)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter(clock: Clock) -> Meter:
    return Meter(clock, wall=lambda: 1_700_000_000.0)


def spend(meter: Meter, clock: Clock, stage: str, seconds: float) -> None:
    with meter.timed(stage):
        clock.now += seconds


def test_a_new_meter_knows_every_stage_and_nothing_else(meter: Meter) -> None:
    assert tuple(meter.stages()) == STAGES
    for latency in meter.stages().values():
        assert (latency.count, latency.p50, latency.p95, latency.worst) == (0, 0.0, 0.0, 0.0)
        assert [bound for bound, _ in latency.buckets] == list(BOUNDS)
    assert meter.origins_per_second == 0
    assert meter.errors() == ()


def test_the_bounds_double_from_a_quarter_millisecond_to_a_minute_and_beyond() -> None:
    assert BOUNDS[0] == 0.00025
    assert all(upper == 2 * lower for lower, upper in pairwise(BOUNDS[:-1]))
    assert 64 <= BOUNDS[-2] < 128
    assert BOUNDS[-1] == math.inf


@given(st.lists(DURATIONS, min_size=1, max_size=50))
def test_a_latency_is_that_of_its_durations(durations: list[float]) -> None:
    clock = Clock(0.0)
    meter = Meter(clock)
    for seconds in durations:
        clock.now = 0.0
        spend(meter, clock, "infer", seconds)
    latency = meter.stages()["infer"]
    assert latency.count == len(durations) == sum(number for _, number in latency.buckets)
    assert latency.worst == max(durations)
    assert 2 * sum(seconds <= latency.p50 for seconds in durations) >= len(durations)
    assert 20 * sum(seconds <= latency.p95 for seconds in durations) >= 19 * len(durations)
    assert min(durations) <= latency.p50 <= latency.p95 <= latency.worst
    lower = [-1.0, *BOUNDS]
    for k, (upper, number) in enumerate(latency.buckets):
        assert number == sum(lower[k] < seconds <= upper for seconds in durations)


def test_the_middle_is_of_the_latest_calls_and_the_worst_of_all(meter: Meter, clock: Clock) -> None:
    spend(meter, clock, "read", 9.0)
    for _ in range(RECENT):
        spend(meter, clock, "read", 0.5)
    latency = meter.stages()["read"]
    assert (latency.count, latency.p50, latency.p95, latency.worst) == (RECENT + 1, 0.5, 0.5, 9.0)


def test_a_call_that_raises_took_its_time_too(meter: Meter, clock: Clock) -> None:
    def fails() -> None:
        with meter.timed("draw"):
            clock.now += 2.0
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert meter.stages()["draw"].worst == 2.0
    assert meter.errors() == ()


def test_a_stage_that_does_not_exist_is_a_mistake_of_the_caller(meter: Meter) -> None:
    with pytest.raises(KeyError), meter.timed("lunch"):
        pass


def test_a_clock_that_steps_back_gives_no_negative_time(meter: Meter, clock: Clock) -> None:
    spend(meter, clock, "write", -5.0)
    assert meter.stages()["write"].worst == 0.0


def test_the_rate_is_of_the_last_ten_seconds(meter: Meter, clock: Clock) -> None:
    clock.now += 100
    for _ in range(100):
        clock.now += 0.1
        meter.computed(50)
    assert meter.origins_per_second == pytest.approx(500, rel=0.05)
    clock.now += 5
    assert meter.origins_per_second == pytest.approx(250, rel=0.1)
    clock.now += 6
    assert meter.origins_per_second == 0


def test_the_rate_of_a_young_engine_is_of_its_own_time(meter: Meter, clock: Clock) -> None:
    clock.now += 2
    meter.computed(4000)
    assert meter.origins_per_second == pytest.approx(2000)


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 1000)), max_size=60))
def test_the_rate_counts_what_is_younger_than_ten_seconds_and_nothing_older(parts: list[tuple[float, int]]) -> None:
    clock = Clock(0.0)
    meter = Meter(clock)
    clock.now = 50.0
    stored = []
    for wait, origins in parts:
        clock.now += wait
        meter.computed(origins)
        stored.append((clock.now, origins))
    recent = sum(origins for when, origins in stored if when > clock.now - 9.75)
    possible = sum(origins for when, origins in stored if when >= clock.now - 10.0)
    assert recent / 10.0 <= meter.origins_per_second + 1e-9
    assert meter.origins_per_second <= possible / 9.75 + 1e-9


def test_the_last_ten_failures_are_kept_newest_first(meter: Meter) -> None:
    for k in range(13):
        meter.failed("infer", ModelFailed(f"batch {k}"))
    texts = [failure.text for failure in meter.errors()]
    assert texts == [f"ModelFailed: batch {k}" for k in range(12, 2, -1)]
    assert {(failure.when, failure.stage) for failure in meter.errors()} == {(1_700_000_000.0, "infer")}


@pytest.mark.parametrize(
    ("stage", "error", "text"),
    [
        ("infer", ValueError("two\nlines\n  of text"), "ValueError: two lines of text"),
        ("infer", MemoryError(), "MemoryError"),
        ("write", OSError(errno.ENOSPC, "No space left on device", "/srv/ward 7"), "OSError: No space left on device"),
        ("write", OSError("odd"), "OSError"),
        ("read", KeyError("a" * 64), "KeyError: 'aaaaaaaa…'"),
        ("parse", ValueError("no column 'Mrs Miller'"), "ValueError"),
        ("infer", KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_a_failure_is_one_line_without_anybodys_data(meter: Meter, stage: str, error: BaseException, text: str) -> None:
    meter.failed(stage, error)
    assert meter.errors()[0].text == text


def test_a_failure_that_talks_too_much_is_cut(meter: Meter) -> None:
    meter.failed("infer", RuntimeError("words " * 500))
    assert len(meter.errors()[0].text) == 200
    assert meter.errors()[0].text.endswith("…")


def test_many_threads_lose_nothing() -> None:
    meter, together = Meter(), threading.Barrier(8)

    def work() -> None:
        together.wait()
        for _ in range(500):
            with meter.timed("calculate"):
                meter.computed(1)
            meter.stages()
            meter.failed("calculate", ValueError("x"))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert meter.stages()["calculate"].count == 4000
    assert len(meter.errors()) == 10
