"""All loaded models side by side, on the same pairs: a sentence, a table, a line for each over the steps. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np
from dash import dcc, html

from engine import BASELINE, Compared, Contender, Range, Skill
from pages._accuracy_asked import Asked
from pages._accuracy_export import ends
from pages._accuracy_figures import ahead
from pages._accuracy_words import FEWEST, percents
from pages._address import of_file
from pages._chart import Words, chart, line, top, values
from pages._notation import count, number, plural, quantity
from pages._traces import DARK, LIGHT, Palette
from pages._words import Mark, Sentence

LAST_VALUE = "last-value"
OTHERS = {LIGHT: ("#b34700", "#00735c", "#14181d"), DARK: ("#f2a33c", "#3fc79f", "#eef1f4")}
MARKS = {"square": "\u25a0", "triangle-up": "\u25b2", "diamond": "\u25c6"}
METHOD = (
    "On the moments and steps that all of them have. Differences are of pairs: ratio of paired sums, HAC variance "
    "(Bartlett windows of at least 4 forecast lengths), Student's t."
)


def best(compared: Compared, model: str) -> Sentence:
    """Which of them is the best here, where that is not told by the comparison with the baseline."""
    taking = [each for each in compared.contenders if each.takes_part]
    own = next((each for each in taking if each.model == model), None)
    models = [each for each in taking if each.model not in (BASELINE, LAST_VALUE)]
    if own is None or compared.best in (None, BASELINE) or compared.selected == 0 or compared.n_eff < FEWEST:
        return []
    if compared.best == model and len(models) > 1:
        return [_leads(len(models), [each.model for each in models if each.against_best.comparison == "no difference"])]
    if compared.best == model:
        return []
    name = "last value" if compared.best == LAST_VALUE else str(compared.best)
    lead = own.against_best
    if lead.comparison == "worse":
        return [Mark("strong", name), f" did better on the same moments: it missed by {_percent(_lead(lead))} less."]
    return [f"No clear difference from the best of those compared here, {name}."]


def _leads(models: int, near: list[str]) -> str:
    """Of the best of so many models. near: those that are perhaps as good, itself among them."""
    if len(near) > 1:
        return f"Of the {count(models)} models compared here it missed by least, but by no clear difference."
    return f"It is the best of the {count(models)} models compared here."


def _lead(skill: Skill) -> float:
    """How much less the best missed by, as a share of what this one did: its skill against this one."""
    return 1 - 1 / (1 - skill.value)


def _percent(share: float) -> str:
    return f"{number(100 * share, 0)} %"


class Fill(NamedTuple):
    """How computing goes. models: those that are being computed or read; paces: of them, origins a second, where that
    is known."""

    models: frozenset[str]
    paces: Mapping[str, float]


def table(compared: Compared, words: Words, asked: Asked, model: str, fill: Fill) -> list[Any]:
    """A row for each, the baseline first. model: the one the page is about."""
    heads = [
        html.Th("Model", scope="col"),
        html.Th("Missed by", className="number", scope="col"),
        html.Th(f"Against {words.baseline}", scope="col"),
        html.Th("Difference", className="number wide", scope="col"),
        html.Th("8 of 10 held", className="number wide", scope="col"),
    ]
    rows = [_row(each, compared, words, asked, model, fill) for each in compared.contenders]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="compare")
    return [table, html.P(METHOD, className="aside")]


def _row(each: Contender, compared: Compared, words: Words, asked: Asked, model: str, fill: Fill) -> html.Tr:
    name = html.Th(
        _name(each.model, words, asked, model, each.takes_part),
        scope="row",
        className="own" if each.model == model else None,
    )
    if not each.takes_part:
        return html.Tr([name, html.Td(_missing(each, compared.total, fill), colSpan="4")])
    is_baseline = each.model == BASELINE
    apart = "" if is_baseline else _signed(each.difference, words)
    reach = "" if is_baseline else _between(each.difference_range, words)
    return html.Tr(
        [
            name,
            html.Td(words.miss(each.measures.crps), className="number"),
            html.Td("the baseline" if is_baseline else against(each.skill)),
            html.Td([apart, html.Small(reach)], className="number wide"),
            html.Td(_percent_of(each.measures.coverage80), className="number wide"),
        ]
    )


def _name(model: str, words: Words, asked: Asked, shown: str, is_there: bool) -> list[Any]:
    """What it is called; that of a model with forecasts is a link to its own page."""
    if model in (BASELINE, LAST_VALUE):
        return [everyday(model, words), html.Small(f" {model}")]
    if model == shown or not is_there:
        return [model]
    which = {"model": model, "h": asked.horizon, "sel": ends(asked), "slice": asked.slice}
    return [dcc.Link(model, href=of_file("accuracy", asked.handle, **which))]


def everyday(model: str, words: Words) -> str:
    """What a model is called: `Same time yesterday`, `Last value`, or its own name."""
    if model not in (BASELINE, LAST_VALUE):
        return model
    name = words.baseline if model == BASELINE else "last value"
    return f"{name[:1].upper()}{name[1:]}"


def _missing(each: Contender, total: int, fill: Fill) -> list[Any]:
    """How far a model is, or a way to have it computed."""
    done = f"{count(each.done)} of {count(total)} computed"
    if each.model in fill.models:
        pace = fill.paces.get(each.model, 0.0)
        left = f", {duration((total - each.done) / pace)} left" if pace > 0 and each.done < total else ""
        return [f"{done}{left}"]
    if each.done >= total:
        return [done]
    words = f"Compute {plural(total - each.done, 'moment')}"
    button = html.Button(words, className="button quiet", **{"data-compute": each.model})
    return [f"{done} ", button] if each.done else [button]


def duration(seconds: float) -> str:
    """`about 40 s`, `about 3 min`."""
    if seconds < 100:
        return f"about {max(1, round(seconds, -1 if seconds > 20 else 0)):.0f} s"
    return f"about {math.ceil(seconds / 60)} min"


def against(skill: Skill) -> str:
    """How it did against the baseline, in words: `31 % better (27 to 35 %)`."""
    match skill.comparison:
        case "better":
            return f"{_percent(skill.value)} better{percents(skill.range)}"
        case "worse":
            return f"{_percent(-skill.value)} worse{percents(Range(-skill.range.high, -skill.range.low))}"
        case "no difference":
            return f"no clear difference{percents(skill.range)}"
    return "too few moments to tell" if math.isfinite(skill.value) else "nothing to compare with"


def _signed(value: float, words: Words) -> str:
    sign = "+" if value > 0 else ""
    return f"{sign}{quantity(value, words.decimals, words.unit)}" if math.isfinite(value) else ""


def _between(reach: Range, words: Words) -> str:
    known = math.isfinite(reach.low) and math.isfinite(reach.high)
    return f" ({words.bare(reach.low)} to {words.bare(reach.high)})" if known else ""


def _percent_of(share: float) -> str:
    return f"{number(100 * share, 1)} %" if math.isfinite(share) else ""


class Look(NamedTuple):
    """How a line is drawn; a mark tells it from others without its colour."""

    colour: str
    dash: str
    mark: str


def looks(compared: Compared, model: str, paint: Palette) -> dict[str, Look]:
    """Of each that takes part."""
    others = cycle(Look(colour, "solid", mark) for colour, mark in zip(OTHERS[paint], MARKS, strict=True))
    own = {
        BASELINE: Look(paint.baseline, "dash", ""),
        LAST_VALUE: Look(paint.muted, "dot", ""),
        model: Look(paint.band, "solid", ""),
    }
    return {each.model: own.get(each.model) or next(others) for each in compared.contenders if each.takes_part}


def figure(compared: Compared, words: Words, model: str, paint: Palette, *, narrow: bool) -> dict[str, Any]:
    """The miss at each step ahead, a line for each."""
    steps = list(range(1, compared.horizon + 1))
    taking = [each for each in compared.contenders if each.takes_part]
    lines = []
    for each, look in zip(taking, looks(compared, model, paint).values(), strict=True):
        drawn = line(
            steps,
            each.by_step,
            look.colour,
            dash=look.dash,
            width=2.4 if each.model == model else 1.6,
            mode="lines+markers" if look.mark else "lines",
        )
        drawn["marker"]["symbol"] = look.mark or "circle"
        told = [f"{everyday(each.model, words)}: {words.miss(miss)}" for miss in each.by_step]
        lines.append(drawn | {"hoverinfo": "text", "hovertext": told})
    near = [each.by_step for each in taking if each.model != LAST_VALUE]  # it leaves the frame where it is far worse
    most = top(np.concatenate(near) if near else np.empty(0))
    return chart(lines, ahead(compared.horizon, words.step, paint, narrow), values(0.0, most, paint), paint)


def key(compared: Compared, words: Words, model: str, paint: Palette) -> list[Any]:
    """Which line is whose, by the names of the table."""
    kinds = {"solid": "solid", "dash": "dashed", "dot": "dotted"}
    return [
        html.Span(
            [
                html.Span(className="swatch", style={"borderTop": f"2px {kinds[look.dash]} {look.colour}"}),
                html.Span(MARKS.get(look.mark, ""), style={"color": look.colour}),
                html.Span(everyday(name, words)),
            ]
        )
        for name, look in looks(compared, model, paint).items()
    ]
