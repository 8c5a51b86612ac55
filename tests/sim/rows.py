"""An entry's results as the scheduler sees them, a few rows long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCK = 8
MISSING, DONE, FAILED, STORED = 0, 1, 3, 4


class FakeRows:
    """An entry's results, a few rows long; what is written must be the generation that was asked for."""

    def __init__(self, length: int) -> None:
        self.state = [MISSING] * length
        self.claims: dict[int, int] = {}  # slot -> the batch that computes it
        self.writes = [0] * length
        self.ticks = 0
        self.cleared = [0] * length  # tick at which a row was last cleared

    def done(self, slot: int) -> bool:
        return self.state[slot] in (DONE, STORED)

    def resident(self, slot: int) -> bool:
        return self.state[slot] == DONE

    def complete(self) -> bool:
        return MISSING not in self.state

    def row(self, slot: int) -> tuple[str, int]:
        assert self.resident(slot), "a row was read that is not there"
        return ("row", slot)

    def claim(self, focus: int, limit: int, number: int) -> np.ndarray:
        free = [slot for slot, state in enumerate(self.state) if state == MISSING and slot not in self.claims]
        if not free:
            return np.empty(0, dtype=int)
        block = min({slot // BLOCK for slot in free}, key=lambda number: abs(number - focus // BLOCK))
        here = [slot for slot in free if slot // BLOCK == block]
        taken = here[:limit]
        self.claims.update(dict.fromkeys(taken, number))
        return np.array(taken)

    def write(self, slots: object, result: FakeResult, claim: int = 0) -> list[int]:
        slots = [int(slot) for slot in slots]
        fresh = [slot for slot in slots if not self.done(slot) and (not claim or self.claims.get(slot) == claim)]
        for slot in fresh:
            self.state[slot] = DONE if slot not in result.bad else FAILED
            self.claims.pop(slot, None)
            self.writes[slot] += 1
        return sorted({slot // BLOCK for slot in fresh if slot not in result.bad})

    def fail(self, slots: object, claim: int = 0) -> None:
        for slot in (int(slot) for slot in slots):
            if self.state[slot] == MISSING and self.claims.get(slot, 0) == claim:
                self.state[slot] = FAILED
                self.claims.pop(slot, None)

    def clear(self, slots: object) -> None:
        self.ticks += 1
        for slot in (int(slot) for slot in slots):
            self.state[slot] = MISSING
            self.claims.pop(slot, None)
            self.cleared[slot] = self.ticks

    def block_full(self, number: int) -> bool:
        return MISSING not in self.state[number * BLOCK : (number + 1) * BLOCK]

    def block_done(self, number: int) -> bool:
        return all(state == DONE for state in self.state[number * BLOCK : (number + 1) * BLOCK])

    def block_rows(self, number: int) -> list[int]:
        return [slot for slot in self.slots(number) if self.resident(slot)]

    def slots(self, number: int) -> range:
        return range(number * BLOCK, min((number + 1) * BLOCK, len(self.state)))

    def scorecard(self, number: int) -> list[int]:
        return [slot for slot in self.slots(number) if self.done(slot)]

    def away(self, number: int) -> bool:
        return any(self.state[slot] == STORED for slot in self.slots(number))

    def put_away(self, number: int) -> None:
        for slot in self.block_rows(number):
            self.state[slot] = STORED

    def bring_back(self, number: int, stored: list[int] | None) -> None:
        for slot in self.slots(number):
            if self.state[slot] == STORED:
                self.state[slot] = DONE if slot in (stored or ()) else MISSING


@dataclass
class FakeResult:
    """bad: slots of which the model made no number."""

    slots: list[int]
    bad: frozenset[int] = frozenset()

    def row(self, position: int) -> tuple[str, int] | None:
        slot = self.slots[position]
        return None if slot in self.bad else ("row", slot)
