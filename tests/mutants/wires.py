"""Mutants of the blocks that a scrubbing chart reads."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

WIRES = (
    Mutant(
        "no-revision",
        "row_states.py",
        "        self._revisions[np.unique(positions[changed] // BLOCK)] += 1\n",
        "",
        "a block whose rows changed is made anew",
        ("test_wires.py",),
    ),
    Mutant(
        "stamp-without-entry",
        "wires.py",
        "    return entry.entry_id, frame_of(entry)",
        "    return 0, frame_of(entry)",
        "a block of a dataset's earlier life is made anew",
        ("test_wires.py",),
    ),
    Mutant(
        "stamp-after-the-rows",
        "wires.py",
        "            if unchanged:\n                self._tier.put(_key(entry, number), _Kept(stamp, block)",
        "            if True:\n                self._tier.put(_key(entry, number), _Kept(_stamp(entry, number), block)",
        "what changed while a block was read is in the next one",
        ("test_wires.py",),
    ),
    Mutant(
        "kept-after-the-turn",
        "wires.py",
        "            if unchanged:\n                self._tier.put(_key(entry, number), _Kept(stamp, block), len(block.data))",
        "        if unchanged:\n            self._tier.put(_key(entry, number), _Kept(stamp, block), len(block.data))",
        "who waited for the same block finds it kept",
        ("test_wires.py",),
    ),
    Mutant(
        "torn-but-complete",
        "wires.py",
        "unchanged and wire.is_complete(state)",
        "wire.is_complete(state)",
        "a block read at several moments is not kept by browsers",
        ("test_wires.py",),
    ),
    Mutant(
        "kept-after-forget",
        "wires.py",
        "        if unchanged and self._find(entry.key) is not entry:",
        "        if False:",
        "a block made while its dataset is forgotten is forgotten, too",
        ("test_wires.py",),
    ),
    Mutant(
        "made-by-each",
        "wires.py",
        "            kept = self._kept(entry, number)\n            if kept is not None:\n                return kept\n            payload",
        "            payload",
        "who asks for a block that is being made waits for that one",
        ("test_wires.py",),
    ),
    Mutant(
        "tier-in-order-of-birth",
        "tier.py",
        "            self._kept.move_to_end(key)\n",
        "",
        "what is used stays",
        ("test_tier.py",),
    ),
    Mutant(
        "tier-that-leaks",
        "tier.py",
        "            self._remove(key)\n            if size > self._budget:",
        "            if size > self._budget:",
        "a value that takes another's place frees its bytes",
        ("test_tier.py",),
    ),
)
