"""Memory of large arrays goes back to the system when they are freed."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

LARGE = 4 << 20  # bytes; what models allocate again and again is smaller
KEPT = 16 << 20  # bytes of free heap, of each arena: about what a batch of a model uses
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h


def give_back_large() -> None:
    """Have glibc map arrays of LARGE bytes and more on their own. It begins so, but after the first of them is freed it
    takes others up to 32 MB from its heap, where they stay: a server that has read some files would keep twice what
    they took. What is smaller stays at hand: mapped anew each time, it cost a batch of hindcast-small 6,000 page faults
    and a third of its time. Elsewhere than with glibc nothing is done."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None)
            libc.mallopt(M_MMAP_THRESHOLD, LARGE)
            libc.mallopt(M_TRIM_THRESHOLD, KEPT)


def give_back_free() -> None:
    """Give the system what is free now, what stays at hand included: after work that needed far more than a batch."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
