"""Mutants of the measures: scores of pairs, their ranges and verdicts, comparisons, warnings."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

PAIRS, RANGES = ("test_scoring_pairs.py",), ("test_scoring_ranges.py",)
COMPARED, WARNED = ("test_compare.py",), ("test_events.py",)

MEASURES = (
    Mutant(
        "half-the-pinball",
        "scoring/pairs.py",
        "_single(2 / len(LOSS_LEVELS) * loss)",
        "_single(1 / len(LOSS_LEVELS) * loss)",
        "the quantile loss is twice the pinball loss",
        PAIRS,
    ),
    Mutant(
        "edge-is-outside",
        "scoring/pairs.py",
        "(low80 <= actuals) & (actuals <= high80)",
        "(low80 < actuals) & (actuals < high80)",
        "the edges of a band belong to it",
        PAIRS,
    ),
    Mutant(
        "independent-moments",
        "scoring/memory.py",
        "OVERLAPS = 4 ",
        "OVERLAPS = 0 ",
        "windows are longer than forecasts overlap",
        RANGES,
    ),
    Mutant(
        "short-memory",
        "scoring/memory.py",
        "while chosen > 0 and _no_less(found[chosen - 1], found[chosen:]):",
        "while chosen > 0:",
        "a longer memory asks for longer windows",
        RANGES,
    ),
    Mutant(
        "own-mean-forgotten",
        "scoring/memory.py",
        "left = 1 - lost",
        "left = 1 - 0 * lost",
        "what residuals lose to their own mean is given back",
        RANGES,
    ),
    Mutant(
        "normal-however-few",
        "scoring/ranges.py",
        "result: Floats = stdtrit(dof, (1 + CONFIDENCE) / 2) / ndtri((1 + CONFIDENCE) / 2)",
        "result: Floats = dof / dof",
        "a variance that is estimated makes a range wider",
        RANGES,
    ),
    Mutant(
        "two-windows-are-enough",
        "scoring/ranges.py",
        "FEWEST_DOF = 4.0",
        "FEWEST_DOF = 0.0",
        "a few windows that agree are no certainty",
        RANGES,
    ),
    Mutant(
        "many-looks",
        "scoring/ranges.py",
        "np.arange(1, len(order) + 1) / max(1, len(order))",
        "np.ones(len(order))",
        "of many cells some lie above the average by chance",
        RANGES,
    ),
    Mutant(
        "draws-reach-everywhere",
        "scoring/held.py",
        "return float(1 - 2 * ndtr(end).mean())",
        "return high - low",
        "a band cannot hold more than its samples reach",
        RANGES,
    ),
    Mutant(
        "unpaired",
        "scoring/compare.py",
        "difference = means(each.crps - baseline.crps, pairs, block)",
        "difference = means(each.crps, pairs, block)",
        "the difference is from the baseline's",
        COMPARED,
    ),
    Mutant(
        "each-on-its-own-pairs",
        "scoring/compare.py",
        "        read &= table.read\n",
        "        read |= table.read\n",
        "all are compared on the same pairs",
        COMPARED,
    ),
    Mutant(
        "comparing-computes",
        "asking.py",
        "if entry is not None or found.get(model) == total:",
        "if entry is not None or model in found:",
        "to compare starts no fill",
        COMPARED,
    ),
    Mutant(
        "warned-of-what-is-there",
        "scoring/events.py",
        "calm = read & (newest >= 0) & ~beyond(asked, values[newest])",
        "calm = read & (newest >= 0)",
        "a moment beyond the line already warns of nothing",
        WARNED,
    ),
    Mutant(
        "too-late-counts",
        "scoring/events.py",
        "since, until = np.maximum(start - horizon, 0), start - asked.lead",
        "since, until = np.maximum(start - horizon, 0), start - 1",
        "who is warned too late is not warned",
        WARNED,
    ),
    Mutant(
        "warnings-of-old-forecasts",
        "scoring/crossings.py",
        "        crossings.read[extent.rows(which)] = False\n",
        "",
        "moments that are cleared no longer warn",
        WARNED,
    ),
)
