"""The accuracy page's tables: the worst stretches, and all measures with what they mean. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from dash import dcc, html

from engine import Backtest, Measures, Ranks
from pages import _accuracy_words
from pages._chart import Words
from pages._fan import HEIGHT, WIDTH
from pages._notation import moment, number

MORE = 20  # rows that "Show 20 more" adds
MOST_ROWS = 200
RANKS = (
    "How many samples lay below what happened, from none to all. "
    "As high as the lines = right, higher at both ends = too narrow, in the middle = too wide, at one end = bias."
)
BETTER = (
    "Better by: 1 - CRPS / CRPS of the other, on the same moments and steps. Its range: ratio of paired sums, HAC "
    "variance (Bartlett windows of at least 4 forecast lengths), Student's t."
)
Address = Callable[[int], str]


def worst(found: Backtest, words: Words, address: Address, pictures: Sequence[str | None]) -> list[Any]:
    """The stretches that were missed by most. address: index -> a link; pictures: one for each, or none."""
    if not found.worst:
        return []
    is_baseline = _accuracy_words.alone(found)
    theirs = [] if is_baseline else [html.Th(_capital(words.baseline), className="number wide", scope="col")]
    heads = [
        html.Th("When", scope="col"),
        html.Th("Missed by", className="number", scope="col"),
        *theirs,
        html.Th("What happened", className="wide", scope="col"),
        html.Th(html.Span("Open", className="visually-hidden"), scope="col"),
    ]
    rows = []
    for stretch, picture in zip(found.worst, pictures, strict=True):
        when, href = moment(stretch.time, words.step), address(stretch.index)
        shown = html.Img(src=picture, width=WIDTH, height=HEIGHT, alt="") if picture else None
        beside = [] if is_baseline else [html.Td(words.bare(stretch.baseline_miss), className="number wide")]
        cells = [
            html.Th(when, scope="row"),
            html.Td(words.miss(stretch.miss), className="number"),
            *beside,
            html.Td(shown, className="wide fan"),
            html.Td(dcc.Link(["Explore", html.Span(f" {when}", className="visually-hidden"), " \u2192"], href=href)),
        ]
        rows.append(html.Tr(cells))
    return [
        html.P(_accuracy_words.BY_CHOICE.format(_accuracy_words.so_far(found)), className="aside"),
        html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="worst"),
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def measures(found: Backtest, words: Words) -> list[Any]:
    """Every measure of the forecast and of what it is held against, each with its formula."""
    columns: list[tuple[str, Measures]] = [("Forecast", found.measures)]
    if not _accuracy_words.alone(found):
        columns.append((_capital(words.baseline), found.baseline))
    columns.append(("Last value", found.last_value))
    rows = [
        html.Tr(
            [
                html.Th([name, html.Span(meaning, className="meaning")], scope="row"),
                *(html.Td(write(getattr(of, field), words), className="number") for _, of in columns),
            ]
        )
        for field, name, meaning, write in _rows(found)
    ]
    heads = html.Tr([html.Th(""), *(html.Th(name, className="number", scope="col") for name, _ in columns)])
    return [
        html.Table([html.Thead(heads), html.Tbody(rows)], className="measures"),
        html.P(BETTER, className="aside"),
        *ranks(found.ranks),
    ]


Write = Callable[[float, Words], str]


def _miss(value: float, words: Words) -> str:
    return words.miss(value) if math.isfinite(value) else "unknown"


def _ratio(value: float, _: Words) -> str:
    return number(value, 3)


def _percent(value: float, _: Words) -> str:
    return f"{number(100 * value, 1)} %" if math.isfinite(value) else "unknown"


def _rows(found: Backtest) -> list[tuple[str, str, str, Write]]:
    """Field, name, convention, and how it is written."""
    crps = "1/S\u00b2 form for quantiles" if found.kind == "quantiles" else "fair form for draws"
    scale = f"{found.season}" if found.season > 1 else "1: no season found"
    return [
        ("crps", "Miss (CRPS)", f"Mean over moments and steps; {crps}.", _miss),
        ("mae", "MAE", "Mean absolute error of the median.", _miss),
        ("rmse", "RMSE", "Root of the mean squared error of the median.", _miss),
        ("mase", "MASE", f"MAE divided by the mean seasonal difference of the file, m = {scale}.", _ratio),
        ("bias", "Bias", "Median minus what happened: + is too high.", _miss),
        ("wql", "Weighted quantile loss", "2 x pinball, mean over 0.1 \u2026 0.9, divided by sum |y|.", _ratio),
        ("interval80", "Interval score", "Winkler: width of the 8-of-10 band + 10 x what lies beyond it.", _miss),
        ("coverage50", "5 of 10 held", "Share with lower \u2264 y \u2264 upper, two-sided.", _percent),
        ("coverage80", "8 of 10 held", "Share with lower \u2264 y \u2264 upper, two-sided.", _percent),
    ]


def ranks(found: Ranks) -> list[Any]:
    """The rank histogram: bars in front of what a right forecast would show, each with its line."""
    shares = [float(share) for share in found.shares]
    if not all(map(math.isfinite, shares)):
        return []
    ends = [float(end) for end in found.expected_high if math.isfinite(end)]
    most = max([*shares, *map(float, found.nominal), *ends]) or 1.0
    columns = zip(shares, found.nominal, found.expected_low, found.expected_high, strict=True)
    bars = [_rank(k, len(shares) - 1, [float(value) for value in column], most) for k, column in enumerate(columns)]
    said = ", ".join(f"{number(100 * share, 1)} %" for share in shares)
    return [
        html.H3("Rank histogram"),
        html.Div(bars, className="ranks", role="img", **{"aria-label": f"By samples below, from none to all: {said}"}),
        html.P(RANKS, className="aside"),
    ]


def _rank(below: int, samples: int, column: list[float], most: float) -> html.Div:
    """One bar: share, what a right forecast has in the long run, and the range of what it would show."""
    share, nominal, low, high = column

    def tall(value: float) -> str:
        return f"{100 * value / most:.1f}%"

    parts = [html.Span(className="share", style={"height": tall(share)})]
    right = f"{number(100 * nominal, 1)} % if right"
    if math.isfinite(low) and math.isfinite(high):
        parts.append(html.Span(className="expected", style={"bottom": tall(low), "height": tall(high - low)}))
        right = f"{number(100 * low, 1)} to {number(100 * high, 1)} % if right"
    parts.append(html.Span(className="nominal", style={"bottom": tall(nominal)}))
    told = f"{below} of {samples} samples below: {number(100 * share, 1)} %, {right}"
    return html.Div(parts, className="rank", title=told)
