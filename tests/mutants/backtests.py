"""Mutants of how right it was: what is scored, and when it is scored again."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

UPDATES, SLICES = ("test_backtest_updates.py",), ("test_slices.py",)

BACKTESTS = (
    Mutant(
        "scores-of-an-earlier-life",
        "scoring/backtests.py",
        "not isinstance(kept, _OfEntry) or kept.entry_id != entry.entry_id",
        "not isinstance(kept, _OfEntry)",
        "a table belongs to one life of an entry",
        UPDATES,
    ),
    Mutant(
        "revision-after-the-rows",
        "scoring/reading.py",
        "table.write(which, slots, own, revision)",
        "table.write(which, slots, own, frame.revision(place))",
        "what changed while a block was read is read again",
        UPDATES,
    ),
    Mutant(
        "cleared-still-counts",
        "scoring/table.py",
        "        self.read[self.extent.rows(which)] = False\n",
        "",
        "moments that are cleared no longer count",
        UPDATES,
    ),
    Mutant(
        "rivals-again",
        "scoring/reading.py",
        "unknown = ~rivals.read[extent.rows_of(which, slots)]",
        "unknown = np.ones(len(slots), dtype=bool)",
        "the rivals are forecast once",
        UPDATES,
    ),
    Mutant(
        "oldest-first",
        "scoring/extent.py",
        'np.argsort(np.arange(len(self.blocks)) * GOLDEN % 1.0, kind="stable")',
        "np.arange(len(self.blocks))",
        "numbers of a part are spread over the file",
        UPDATES,
    ),
    Mutant(
        "no-room-needed",
        "scoring/backtests.py",
        "and len(extent.blocks) > 1:",
        "and False:",
        "tables stay within their budget",
        UPDATES,
    ),
    Mutant(
        "scores-not-forgotten",
        "engine.py",
        "        self._backtests.forget(handle)\n",
        "",
        "nothing of what is forgotten is kept",
        UPDATES,
    ),
    Mutant(
        "kept-though-forgotten",
        "scoring/backtests.py",
        "        if self._find(entry.key) is not entry:",
        "        if False:",
        "what is forgotten while it is read is not kept",
        UPDATES,
    ),
    Mutant(
        "half-read-is-complete",
        "scoring/backtests.py",
        "return frame_of(entry).complete() and up_to_date(entry, table, rivals)",
        "return frame_of(entry).complete()",
        "complete is what is computed and read",
        UPDATES,
    ),
    Mutant(
        "rivals-never-again",
        "scoring/reading.py",
        "        wanted |= others\n",
        "        pass\n",
        "rivals that had to go come again",
        UPDATES,
    ),
    Mutant(
        "numbers-of-before",
        "scoring/backtests.py",
        "if found is None or found[0] != stamp:",
        "if found is None:",
        "numbers are those of what is read by now",
        UPDATES,
    ),
    Mutant(
        "panels-of-the-slice",
        "scoring/summary.py",
        "panels=panels(slices, whole, scored & there, block)",
        "panels=panels(slices, sums, scored & there & inside, block)",
        "panels stand on all moments, whatever the slice",
        SLICES,
    ),
    Mutant(
        "sliced-by-what-came",
        "scoring/slices.py",
        "        level = self._last_reading\n        with",
        "        level = np.roll(self._last_reading, -1)\n        with",
        "a slice knows nothing after its moments",
        SLICES,
    ),
    Mutant(
        "worst-of-all",
        "scoring/summary.py",
        "worst=worst(dataset, sums,",
        "worst=worst(dataset, whole,",
        "the worst stretches are those of the slice",
        SLICES,
    ),
)
