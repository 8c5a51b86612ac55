"""Whether batches succeed. An engine whose batches keep failing says so, and does not fail them in a hot loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

SICK = 8  # different origins, or whole batches, failed in a row
FORGOTTEN = 30.0  # seconds after the last failure: somebody must come to find out whether it works again
SHORTEST_REST = 0.1  # seconds between batches of the background's in a sick engine; doubled every time
LONGEST_REST = 1.0


class Health:
    """Failures in a row, counted by every worker. A lost count between two threads does no harm."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed = 0
        self._last: tuple[Hashable, float] = None, 0.0
        self._again = threading.Event()
        self._ending = False

    @property
    def sick(self) -> bool:
        return self._failed >= SICK and self._clock() < self._last[1] + FORGOTTEN

    def succeeded(self) -> None:
        self._failed = 0

    def failed(self, what: Hashable = None) -> None:
        """A batch failed; the same thing (not None) again and again counts once."""
        if what is None or what != self._last[0]:
            self._failed += 1
        self._last = what, self._clock()

    def rest(self) -> None:
        """Wait before the next batch if the engine is sick, at most until somebody asks for another try."""
        beyond = self._failed - SICK
        if beyond >= 0 and not self._ending:
            self._again.wait(min(SHORTEST_REST * 2 ** min(beyond, 16), LONGEST_REST))
            if not self._ending:  # else another thread would rest on
                self._again.clear()  # after the wait: who asked just before it is heard, too

    def try_again(self) -> None:
        """Nobody rests now; still sick until a batch succeeds, but the rests begin short again."""
        self._failed = min(self._failed, SICK)
        self._again.set()

    def end(self) -> None:
        """Nobody rests any more."""
        self._ending = True
        self._again.set()
