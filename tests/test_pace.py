"""How fast something goes, told by what was seen of it lately."""

from __future__ import annotations

import pytest

from pages import _pace
from pages._pace import Pace


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_said_before_it_is_known() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.of("theta", 10) == 0
    clock.now += 2
    assert pace.of("theta", 30) == 0
    clock.now += 4
    assert pace.of("theta", 70) == pytest.approx(10.0)
    assert pace.of("other", 70) == 0


def test_only_what_was_seen_lately_counts() -> None:
    clock = Clock()
    pace = Pace(clock)
    for _ in range(20):  # slow at first
        clock.now += 10
        pace.of("theta", 1)
    for k in range(1, 8):
        clock.now += 10
        found = pace.of("theta", 1 + 100 * k)
    assert found == pytest.approx(10.0)


def test_what_begins_anew_or_was_long_left_alone_is_seen_afresh() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.of("theta", 500)
    clock.now += 10
    assert pace.of("theta", 20) == 0
    clock.now += 1000
    assert pace.of("theta", 30) == 0
    clock.now += 10
    assert pace.of("theta", 80) == pytest.approx(5.0)


def test_what_nobody_looks_at_any_more_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pace, "KEPT", 2)
    clock = Clock()
    pace = Pace(clock)
    pace.of("a", 0)
    pace.of("b", 0)
    pace.of("c", 0)
    clock.now += 10
    assert pace.of("c", 50) == pytest.approx(5.0)
    assert pace.of("a", 50) == 0
