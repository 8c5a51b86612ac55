"""Whether batches succeed. An engine whose batches keep failing says so, and does not fail them in a hot loop."""

from __future__ import annotations

import threading

SICK = 8  # batches failed in a row; one bad origin fails a batch of 64 and its halves, 7 in a row
SHORTEST_REST = 0.1  # seconds between batches of the background's in a sick engine; doubled every time
LONGEST_REST = 5.0


class Health:
    """Failures in a row, counted by every worker. A lost count between two threads does no harm."""

    def __init__(self) -> None:
        self._failed = 0
        self._again = threading.Event()
        self._ending = False

    @property
    def sick(self) -> bool:
        return self._failed >= SICK

    def succeeded(self) -> None:
        self._failed = 0

    def failed(self) -> None:
        self._failed += 1

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
