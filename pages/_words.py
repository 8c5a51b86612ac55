"""Every sentence a person reads about a moment. Pure.

Sentences are lists of strings and `Mark`s, so that tests read words and the page decides how a mark looks.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from engine import PlotData
from pages._notation import (
    HOUR,
    Step,
    baseline_name,
    count,
    every,
    moment,
    number,
    period,
    plural,
    quantity,
    the_next,
)


class Mark(NamedTuple):
    """A part of a sentence that stands out: kind "strong", "em", "time" or "quiet"."""

    kind: str
    text: str


Sentence = list[str | Mark]


def plain(sentence: Sentence) -> str:
    """The sentence as bare text."""
    return "".join(part if isinstance(part, str) else part.text for part in sentence)


def title(time: np.datetime64, step: Step) -> Sentence:
    """The page's heading."""
    return [f"What would have been forecast {'in' if step.months else 'on'} ", Mark("time", moment(time, step))]


def document_title(time: np.datetime64, step: Step, name: str) -> str:
    """The browser tab's text; `name` is known to the uploader only."""
    return " \u00b7 ".join(part for part in (moment(time, step, year=False), name, "Hindcast") if part)


def missed(plot: PlotData, decimals: int, unit: str) -> Sentence:
    """Sentence 1: by how much the forecast missed, and the baseline beside it."""
    step = Step(plot.step_seconds, plot.step_calendar)
    horizon = plot.horizon
    if plot.index == 0:
        return ["This starts at the last reading in the file. What happens next is not known yet."]
    complete = plot.index <= -horizon
    if complete and 2 * plot.n_scored < horizon:
        return [f"Fewer than half of the next {horizon} readings exist: not scored."]
    if plot.n_scored == 0:
        return [f"No reading of {the_next(horizon, step)} is in the file yet."]
    miss = Mark("strong", quantity(plot.crps, decimals, unit))
    if complete:
        words: Sentence = ["It missed by ", miss, f" on average over {the_next(horizon, step)}."]
    else:
        words = [f"{plot.n_scored} of {horizon} steps have happened: so far it missed by ", miss, " on average."]
    if plot.model != plot.baseline_model and math.isfinite(plot.baseline_crps):
        name = baseline_name(plot.baseline_period, step)
        words += [" ", Mark("em", name[0].upper() + name[1:])]
        theirs = number(plot.baseline_crps, decimals)
        as_much = theirs == number(plot.crps, decimals)
        words += [" would have missed by as much." if as_much else f" would have missed by {theirs}."]
    return words


def standing(plot: PlotData, *, filling: bool) -> Sentence:
    """Sentence 2: where this moment stands among the scored ones; empty while there is nothing to compare with."""
    if plot.percentile is None or plot.n_scored == 0 or plot.n_compared < 2:
        return []
    if plot.n_compared < FEWEST_COMPARED:
        return [f"Only {count(plot.n_compared)} moments are scored: too few to say how good that is."]
    if plot.crps == 0:
        return ["It could not have been better."]
    among = f"the {count(plot.n_compared)} computed so far" if filling else f"the {count(plot.n_compared)} moments"
    percent = math.floor(100 * plot.percentile + 1e-9)
    if percent == 0:
        return [f"Hardly any of {among} {'were' if filling else 'scored in this file were'} worse."]
    if percent <= 20:
        return [f"Only {percent} % of {among if filling else 'the moments'} were worse."]
    return [f"Better than {min(percent, 99)} % of {among}{'' if filling else ' scored in this file'}."]


def stayed_inside(plot: PlotData) -> Sentence:
    """Sentence 3: how often what happened lay in the wide band."""
    if plot.n_scored == 0:
        return []
    return [f"What happened stayed inside the 8-of-10 band at {plot.inside80} of {plural(plot.n_scored, 'step')}."]


def fill(done: int, total: int, seconds_left: float | None, failed: int = 0) -> str:
    """The progress line while the file is being computed; a time only where it is worth saying."""
    words = [f"{count(done)} of {count(total)} moments"]
    if seconds_left is not None and seconds_left >= 2 * HOUR:
        words.append(f"about {math.ceil(seconds_left / HOUR)} h left")
    elif seconds_left is not None and seconds_left >= 100:
        words.append(f"about {math.ceil(seconds_left / 60)} min left")
    elif seconds_left is not None and seconds_left > 5:
        words.append(f"about {round(seconds_left, -1 if seconds_left > 20 else 0):.0f} s left")
    if failed:
        words.append(f"{count(failed)} failed")
    return " \u00b7 ".join(words)


def failed(number: int) -> str:
    """Said of moments that the model could not compute."""
    return f"{plural(number, 'moment')} failed."


def anew(number: int, *, at_once: bool) -> str:
    """The answer to a wish to compute moments anew; `at_once` is whether the background is at work."""
    if number == 0:
        return "There is no forecast to compute in this stretch."
    if at_once:
        return f"Computing {plural(number, 'moment')} anew."
    return f"{plural(number, 'moment')} will be computed anew when somebody looks."


def read_as(name: str, step: Step, first: np.datetime64, last: np.datetime64, valid: int, missing: int) -> Sentence:
    """The read strip's one line. `name` is empty for everybody but the uploader."""
    words: Sentence = ["Read as ", Mark("strong", name), ", "] if name else ["One series, "]
    words += [f"every {every(step)}, {period(first, last, step)}, {count(valid)} values"]
    words += [f", {count(missing)} missing." if missing else ", none missing."]
    return words


def reused(number: int, total: int) -> str:
    """How many forecasts an upload found already there; empty where it found none."""
    return f"{count(number)} of {plural(total, 'moment')} taken from an earlier upload." if number else ""


def newer_version(end: np.datetime64, step: Step) -> str:
    """Said of a series of which a newer version is stored."""
    return f"A newer version of this series ends {moment(end, step)}. "


def picture_caption(what: str, step: Step) -> str:
    """The caption under a sample's picture."""
    return f"{what}, every {every(step)}"


FEWEST_COMPARED = 30
GONE = "This file is no longer stored here. Drop it again and the link works as before."
NOT_SHOWN = (
    "This file is not stored here, or not shown to you any more. If it is yours, drop it again; else ask whoever sent "
    "the link for a new one."
)
NOT_NOW = "This file cannot be opened right now."
NO_READBACK_NOW = "How this file was read cannot be shown right now."
ANEW = "This moment was computed anew."
NOTHING_TO_SCORE = "There is no forecast to score here."


def outside_file(end: str) -> str:
    """Said when a link asks for a moment beyond either end of the file ("first" or "last")."""
    return f"That moment is not in this file. This is the {end} one."


def no_such_model(name: str, shown: str) -> str:
    """Said when a link asks for a model that has computed nothing here and cannot."""
    return f"The model {name} is not loaded here. This is {shown}."


def odd_length(most: int, shown: str) -> str:
    """Said when a link asks for a forecast length that is none; `shown` is the one that is shown instead."""
    return f"A forecast is 1 to {most} steps long. This one has {shown}."


def no_peeking(context_length: int | None, *, ours: bool = True) -> str:
    """What the model could and could not know; `ours` is whether it is one of Hindcast's own."""
    seen = f"at most the {count(context_length)} values before it" if context_length else "only values before it"
    words = f"At each moment the model sees {seen}, and nothing after. It was never fitted to your file."
    return words if ours else f"{words} It may have seen public data like yours in training."
