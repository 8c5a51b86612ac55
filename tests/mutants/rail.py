"""Mutants of what the rail says of a file."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

RAIL = (
    Mutant(
        "future-not-whole",
        "rail.py",
        "    scored[max(0, length - horizon) :] = False\n",
        "",
        "a moment is scored once its whole future lies in the file",
        ("test_rail.py",),
    ),
    Mutant(
        "half-of-the-readings",
        "rail.py",
        "(2 * scores.n_scored.astype(np.int64) >= horizon)",
        "(scores.n_scored > 0)",
        "a moment of whose future less than half was read is not scored",
        ("test_rail.py",),
    ),
    Mutant(
        "peaks-too-near",
        "rail.py",
        "found: Ints = candidates[peaks(miss, horizon)[candidates]]",
        "found: Ints = candidates",
        "surprises lie at least a forecast length apart",
        ("test_rail.py",),
    ),
    Mutant(
        "stored-is-not-done",
        "rail.py",
        "    done = (states == DONE) | (states == STORED)\n",
        "    done = states == DONE\n",
        "what is on the disk only is done, too",
        ("test_rail.py",),
    ),
    Mutant(
        "rounded-to-all",
        "rail.py",
        "np.where((part > 0) & (part < whole), np.clip(share, 1, 99), share)",
        "share",
        "nearly all is not all",
        ("test_rail.py",),
    ),
)
