"""Every sentence of the accuracy page. Pure: a `Backtest` in, words out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine import BASELINE, Backtest, Cell, Coverage, Panel, Range
from pages import _slices
from pages._notation import Step, baseline_name, count, number, plural, quantity
from pages._words import Mark, Sentence

TITLE = "How right were the forecasts?"
FIRST_NUMBERS = 100  # moments that are computed before anything is said
MOST_HARDEST = 3  # slices that a sentence names
MOSTLY = 0.5  # of a file that shows its cycle
LITTLE = 0.02  # off what a band should hold: certain in a long file, but nothing to distrust it for
FEWEST = 10  # independent moments behind a verdict
NOTHING = "Nothing to compare with yet."
NONE_STANDS_OUT = "No {} or level stands out{}."
BY_CHOICE = "These are the worst{} by choice; they say nothing about the average."
VERDICTS: dict[str, tuple[str | Mark, ...]] = {
    "right": (Mark("strong", "right"), "."),
    "too narrow": (Mark("strong", "too narrow"), ", it promises more certainty than it has."),
    "too wide": (Mark("strong", "too wide"), ", it could be bolder."),
}


def ready(found: Backtest) -> bool:
    """Whether there are numbers to show."""
    standing = found.standing
    early = not standing.complete and standing.read < min(FIRST_NUMBERS, standing.total)
    return standing.scored > 0 and not early


def so_far(found: Backtest) -> str:
    """` so far` while there is more to come."""
    return "" if found.standing.complete else " so far"


def rival(found: Backtest, step: Step) -> str:
    """The baseline's everyday name for a whole file. Where little of it shows a cycle it often says the last value."""
    if found.season == 1:
        return "last cycle or value"
    name = baseline_name(found.season, step)
    return name if found.season_share >= MOSTLY else f"{name} or last value"


def alone(found: Backtest) -> bool:
    """Whether it is the baseline itself, which is held against nothing."""
    return found.model == BASELINE


def not_yet(found: Backtest) -> str:
    """Said while there are no numbers."""
    standing = found.standing
    if standing.complete:
        return NOTHING
    if standing.total < FIRST_NUMBERS:
        all_of_them = f"all {standing.total} moments are" if standing.total > 1 else "its one moment is"
        return f"The first numbers come when {all_of_them} computed."
    return f"The first numbers come after {FIRST_NUMBERS} moments."


def sentences(found: Backtest, step: Step, decimals: int, unit: str) -> list[Sentence]:
    """What is said of a file or a slice of it, most important first; only what there is to say."""
    if not ready(found):
        return [[not_yet(found)]]
    if found.standing.selected == 0:
        return [[f"None of these moments is scored{'' if found.standing.complete else ' yet'}."]]
    band = held(found.coverage80) if found.measures.interval80 != 0 else []  # one without any width is not too wide
    said = [missed(found, step, decimals, unit), band, hardest(found), worth(found), filling(found)]
    return [sentence for sentence in said if sentence]


def missed(found: Backtest, step: Step, decimals: int, unit: str) -> Sentence:
    """By how much the forecast missed, and whether the baseline misses by less: that comes first."""
    name = rival(found, step)
    mine = Mark("strong", quantity(found.measures.crps, decimals, unit))
    over = _over(found)
    if alone(found):
        return [f"{over} {name} missed by ", mine, " on average."]
    if found.baseline.crps == 0 and found.measures.crps == 0:
        return [f"{over} neither the forecast nor {name} ever missed."]
    if found.baseline.crps == 0:
        return [f"{over} the forecast missed by ", mine, f" on average; {name} never did."]
    theirs = number(found.baseline.crps, decimals)
    both: Sentence = ["the forecast missed by ", mine, f" on average; {name} missed by {theirs}"]
    percent, reach = 100 * found.skill.value, found.skill.range
    match found.skill.comparison:
        case "worse":
            how = Mark("strong", f"{number(-percent, 0)} % worse")
            against = percents(Range(-reach.high, -reach.low))
            where = "At these moments" if found.slice or found.stretch else "On this file"
            return ["The forecast was ", how, f" than {name}{against}. {where}, prefer that. {over} ", *both, "."]
        case "better":
            how = Mark("strong", f"{number(percent, 0)} % better")
            return [f"{over} ", *both, ". That is ", how, f"{percents(reach)}."]
        case "no difference":
            return [f"{over} ", *both, f": no clear difference from {name}{percents(reach)}."]
    return [f"{over} ", *both, ": too few moments to tell which is better."]


def _over(found: Backtest) -> str:
    """`Over 35 080 moments`; the selected ones with their name."""
    moments = plural(found.standing.selected, "moment")
    named = _slices.words(found.slice)
    return f"Over {moments}, {named}," if named else f"Over {moments}"


def percents(share: Range) -> str:
    """` (27 to 35 %)`, with signs where they differ; nothing where nothing is known."""
    if not (math.isfinite(share.low) and math.isfinite(share.high)):
        return ""
    low, high = (number(100 * end, 0) for end in share)
    return f" ({low} to {'+' if share.low < 0 < share.high else ''}{high} %)"


def held(coverage: Coverage) -> Sentence:
    """How often the 8-of-10 band held what happened, and what a right one would have shown."""
    if not math.isfinite(coverage.held):
        return []
    share = Mark("strong", f"{number(100 * coverage.held, 1)} %")
    words: Sentence = ["The 8-of-10 band held what happened ", share, " of the time"]
    if coverage.verdict == "too few":
        return [*words, "."]
    low, high = expected(coverage)
    verdict = VERDICTS[coverage.verdict]
    if coverage.verdict != "right" and abs(coverage.held - coverage.nominal) < LITTLE:
        verdict = ("only a little ", verdict[0], ".")
    return [*words, f"; {low} to {high} % is what a right one would show: ", *verdict]


def expected(coverage: Coverage) -> tuple[str, str]:
    """The ends of the expected range in percent, with as few decimals as leave the verdict to be seen."""
    shown = round(100 * coverage.held, 1)
    ends: tuple[str, str] = ("", "")
    for decimals in (0, 1):
        low, high = (round(100 * end, decimals) for end in coverage.expected)
        ends = number(low, decimals), number(high, decimals)
        if low < high and (low <= shown <= high) == (coverage.verdict == "right"):
            break
    return ends


def hardest(found: Backtest) -> Sentence:
    """The slices in which it misses by more than elsewhere; by what was known at the moment, never by what came."""
    if found.slice or all(_is_silent(panel) for panel in found.panels):
        return []
    named = [words for group in _groups(found.panels) for words in _slices.hardest(group)[: _slices.MOST_NAMED]]
    if not named:
        return [NONE_STANDS_OUT.format(_clock_words({panel.kind for panel in found.panels}), so_far(found))]
    *first, last = named[:MOST_HARDEST]
    return [f"Hardest{so_far(found)}: {', '.join(first)}{', and ' if first else ''}{last}."]


def _clock_words(kinds: set[str]) -> str:
    """What the clock is made of in a file of such a step."""
    if "hour" in kinds:
        return "hour, weekday"
    return "weekday, month" if "weekday" in kinds else "month"


def _is_silent(panel: Panel) -> bool:
    """Whether none of a panel's cells has enough behind it to stand out or not."""
    return not any(math.isfinite(cell.range.low) for cell in panel.cells)


def _groups(panels: Sequence[Panel]) -> list[list[Cell]]:
    """The cells of the clock, of the trend and of the level; each is named by itself."""
    clock = [cell for panel in panels if panel.kind not in ("level", "trend") for cell in panel.cells]
    return [clock, *([*panel.cells] for kind in ("trend", "level") for panel in panels if panel.kind == kind)]


def worth(found: Backtest) -> Sentence:
    """How many independent moments the numbers are worth, where that is other than how many they are."""
    if not math.isfinite(found.n_eff):
        return []
    if found.n_eff < FEWEST:
        stretches = max(1, round(found.n_eff))
        kind = "stretch" if stretches == 1 else "stretches"
        return [f"About {stretches} independent {kind}: too few to judge the bands."]
    if found.n_eff >= 0.9 * found.standing.selected:
        return []
    why = "Neighbouring moments share most of their future" if found.horizon > 1 else "Neighbouring moments are alike"
    return [f"{why}: these are worth about {about(found.n_eff)} independent ones."]


def about(amount: float) -> str:
    """A number that is an estimate: three digits of it."""
    return count(int(float(f"{amount:.3g}")) if amount >= 100 else round(amount))


def filling(found: Backtest) -> Sentence:
    """That there is more to come, or that not all of what is there counts."""
    standing = found.standing
    if standing.complete and standing.read < standing.done:
        part = f"{count(standing.read)} of its {count(standing.total)} moments"
        return [f"This file is long: the numbers stand on {part}, spread evenly over it."]
    if standing.complete:
        return []
    is_computed = standing.done >= standing.total
    how_many, what = (standing.read, "read") if is_computed else (standing.done, "computed")
    return [f"{count(how_many)} of {count(standing.total)} {what}; numbers may still move."]
