"""How fast something that many people look at goes forward now, told by what was seen of it lately."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from threading import Lock

LONGEST, SHORTEST = 60.0, 5.0  # seconds that a pace is told by: no older looks, and not sooner
KEPT = 256  # things that are remembered


class Pace:
    """What was done at each look. clock: seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looks: OrderedDict[Hashable, deque[tuple[float, int]]] = OrderedDict()
        self._lock = Lock()

    def of(self, what: Hashable, done: int) -> float:
        """How many a second, with this look; 0 where that is not known yet."""
        now = self._clock()
        with self._lock:
            looks = self._looks.setdefault(what, deque())
            self._looks.move_to_end(what)
            while len(self._looks) > KEPT:
                self._looks.popitem(last=False)
            if looks and (done < looks[-1][1] or now - looks[-1][0] > LONGEST):  # begun anew, or not looked at for long
                looks.clear()
            while looks and now - looks[0][0] > LONGEST:
                looks.popleft()
            looks.append((now, done))
            since, before = looks[0]
        return (done - before) / (now - since) if now - since >= SHORTEST else 0.0
