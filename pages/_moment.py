"""One moment, answered: the picture, its sentences and its state. The only caller of `engine.forecast` in the pages."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from dash import html

from engine import Dataset, Engine, PlotData, built_in, errors
from pages import _figure, _links, _notation, _traces, _words
from pages._frame import Frame, frame
from pages._inputs import Wanted
from pages._notation import Step
from pages._words import Mark, Sentence

GHOSTS = 3  # forecasts made just before that a picture may show


@dataclass
class Answer:
    """What the page shows. `figure` None leaves the picture alone; `data` goes to the browser's gate."""

    state: str
    figure: dict[str, Any] | None = None
    heading: Any = None
    missed: Sentence = field(default_factory=list)
    standing: Sentence = field(default_factory=list)
    inside: Sentence = field(default_factory=list)
    details: Any = None
    note: Any = None
    no_peeking: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What this viewer may know about the upload: names belong to the uploader alone. label: name and unit."""

    name: str = ""
    unit: str = ""
    label: str = ""


def step_of(dataset: Dataset) -> Step:
    """The step of a dataset's series."""
    return Step(dataset.series.step.seconds, dataset.series.step.calendar)


def frame_of(dataset: Dataset, horizon: int) -> Frame:
    """The frame of a dataset."""
    return frame(dataset.series.values, float(dataset.scale), horizon, dataset.season, step_of(dataset))


def known_to(engine: Engine, handle: str, upload_id: str | None) -> Known:
    """Name and unit of the series, if `upload_id` belongs to it."""
    record = engine.record(upload_id, handle) if upload_id else None
    if record is None:
        return Known()
    return Known(record.readback.value_column, record.readback.unit or "", record.name)


def render(sentence: Sentence) -> list[Any]:
    """A sentence as Dash children."""
    tags = {"strong": html.Strong, "em": html.Em, "time": html.Time, "quiet": html.Small}
    return [tags[part.kind](part.text) if isinstance(part, Mark) else part for part in sentence]


def answer(engine: Engine, frame_for: Callable[[str, int | None], Frame], wanted: Wanted) -> Answer:
    """The answer to a request; every way the engine says no becomes a state. frame_for: handle, horizon -> frame."""
    try:
        return _drawn(engine, frame_for(wanted.handle, wanted.horizon), wanted)
    except (errors.Superseded, errors.Cancelled):
        return Answer("superseded")
    except (errors.UnknownHandle, errors.Evicted):
        return Answer("gone", note=[_links.gone()])
    except errors.IndexOutOfRange:
        return Answer("outside")
    except errors.EngineError:
        return Answer("busy")


def _drawn(engine: Engine, fixed: Frame, wanted: Wanted) -> Answer:
    """The picture, with its forecast or with the reason why there is none. EngineError while there is neither."""
    try:
        plot = engine.forecast(
            wanted.handle,
            wanted.index,
            model=wanted.model,
            horizon=wanted.horizon,
            session=wanted.session,
            seq=wanted.seq,
            force=wanted.force,
        )
        return _ready(engine, fixed, wanted, plot)
    except errors.OriginUnusable as error:
        return _without_forecast(engine, fixed, wanted, "unusable", _unusable(engine, wanted, error))
    except (errors.BadRequest, errors.ModelNotLoaded, errors.ModelFailed, errors.StorageFailed) as error:
        retry = html.Button("Try again", className="link", **{"data-go": "again"})
        words = ["The model could not compute this moment. ", retry, f" (code {error.code})"]
        return _without_forecast(engine, fixed, wanted, "failed", words)


def _ready(engine: Engine, fixed: Frame, wanted: Wanted, plot: PlotData) -> Answer:
    dataset = engine.dataset(wanted.handle)
    known = known_to(engine, wanted.handle, wanted.upload_id)
    step = step_of(dataset)
    told = wanted.view.truth
    filling = engine.progress(wanted.handle, model=wanted.model, horizon=wanted.horizon).state != "done"
    return Answer(
        "ready",
        figure=_figure.figure(
            plot,
            fixed,
            unit=known.label,
            dark=wanted.dark,
            narrow=wanted.narrow,
            width=wanted.width,
            seq=wanted.seq,
            view=wanted.view,
            earlier=_earlier(engine, wanted) if wanted.view.ghosts else (),
        ),
        heading=render(_words.title(plot.origin, step)),
        missed=_words.missed(plot, fixed.decimals, known.unit) if told else [],
        standing=_words.standing(plot, filling=filling) if told else [],
        inside=_words.stayed_inside(plot) if told else [],
        details=details(plot, step, fixed.decimals, known.unit) if told else [],
        no_peeking=_words.no_peeking(_context_length(plot, dataset), ours=plot.model in built_in()),
        data={
            **_facts(plot.origin, step, known, wanted.index),
            "anew": _words.ANEW if wanted.force else "",
            "filling": filling,
            "baseline": _notation.baseline_name(plot.baseline_period, step)
            if plot.model != plot.baseline_model
            else "",
        },
    )


def _earlier(engine: Engine, wanted: Wanted) -> list[tuple[int, np.ndarray]]:
    """Medians of the forecasts made one, two and three steps before, where there are any."""
    found = []
    for age in range(1, GHOSTS + 1):
        with suppress(errors.EngineError):
            plot = engine.forecast(wanted.handle, wanted.index - age, model=wanted.model, horizon=wanted.horizon)
            found.append((age, plot.quantiles[0.5]))
    return found


def _context_length(plot: PlotData, dataset: Dataset) -> int | None:
    """How far the model looks back, where the file is long enough to show it."""
    seen = len(plot.context_values)
    return seen if seen < dataset.length + plot.index else None


def _without_forecast(engine: Engine, fixed: Frame, wanted: Wanted, state: Any, words: list[Any]) -> Answer:
    dataset = engine.dataset(wanted.handle)
    if not -dataset.length < wanted.index <= 0:
        return Answer("outside")
    known = known_to(engine, wanted.handle, wanted.upload_id)
    step, origin = step_of(dataset), dataset.time(wanted.index)
    picture = _figure.without_forecast(
        tape(dataset, wanted.index, wanted.view.frame(fixed)),
        fixed,
        index=wanted.index,
        state=state,
        unit=known.label,
        dark=wanted.dark,
        narrow=wanted.narrow,
        width=wanted.width,
        seq=wanted.seq,
        view=wanted.view,
    )
    return Answer(
        state,
        figure=picture,
        heading=render(_words.title(origin, step)),
        missed=[Mark("quiet", _words.NOTHING_TO_SCORE)],
        note=words,
        data=_facts(origin, step, known, wanted.index),
    )


def _facts(origin: np.datetime64, step: Step, known: Known, index: int) -> dict[str, Any]:
    """What the browser says about a moment outside the page: tab title, slider value text, clock."""
    spoken = _notation.moment(origin, step)
    return {
        "time": str(origin),
        "title": _words.document_title(origin, step, _notation.shorten(known.name)),
        "clock": _notation.moment(origin, step, year=False),
        "unit": _notation.shorten(known.unit),
        "spoken": f"{spoken}, {_notation.plural(-index, 'step')} before the end",
    }


def tape(dataset: Dataset, index: int, fixed: Frame) -> _traces.Tape:
    """History and truth around a moment, taken from the series itself."""
    series = dataset.series
    here = len(series) - 1 + index
    first = max(0, here - max(fixed.history(narrow=False), fixed.history(narrow=True)))
    ahead = np.arange(here + 1, here + 1 + fixed.horizon)
    actuals = np.full(fixed.horizon, np.nan)
    inside = ahead < len(series)
    actuals[inside] = series.values[ahead[inside]]
    return _traces.Tape(
        history_times=series.times(series.first_slot + np.arange(first, here + 1)),
        history=series.values[first : here + 1],
        times=series.times(series.first_slot + ahead),
        actuals=actuals,
    )


def _unusable(engine: Engine, wanted: Wanted, error: errors.EngineError) -> list[Any]:
    """Why there is no forecast here, and where the nearest ones are."""
    dataset = engine.dataset(wanted.handle)
    step, facts = step_of(dataset), error.detail
    if "observed" in facts:
        seen = _notation.plural(facts["observed"], "earlier reading")
        words: list[Any] = [f"No forecast from here: only {seen} ({facts['needed']} needed). "]
    else:
        words = [f"No forecast from here: the last reading is {_notation.span(facts['age'], step)} old. "]
    if wanted.index < dataset.first_index:
        when = _notation.moment(dataset.time(dataset.first_index), step, year=False)
        return [*words, _go(dataset.first_index, f"First forecast: {when}")]
    links = [
        _go(facts[side], name)
        for side, name in (("before", "Before the gap"), ("after", "After the gap"))
        if facts.get(side) is not None
    ]
    return words + [part for k, link in enumerate(links) for part in ([" \u00b7 "] if k else []) + [link]]


def _go(index: int, text: str) -> html.Button:
    return html.Button(text, className="link", **{"data-go": str(index)})


def details(plot: PlotData, step: Step, decimals: int, unit: str) -> list[Any]:
    """The small table under the sentences: what an expert looks for."""
    finite = np.isfinite(plot.actuals)
    error = float(np.abs(plot.quantiles[0.5] - plot.actuals)[finite].mean()) if finite.any() else math.nan
    rows = []
    if plot.n_scored:
        rows += [("Miss (CRPS)", _notation.quantity(plot.crps, decimals, unit))]
        if plot.model != plot.baseline_model:
            rows += [("Miss of the baseline", _notation.quantity(plot.baseline_crps, decimals, unit))]
        rows += [
            ("Mean error of the median", _notation.quantity(error, decimals, unit)),
            ("Inside 5 of 10", f"{plot.inside50} of {plot.n_scored}"),
            ("Inside 8 of 10", f"{plot.inside80} of {plot.n_scored}"),
        ]
    cycle = _notation.span(plot.baseline_period, step) if plot.baseline_period > 1 else "none found: last value"
    of_whom = "Cycle seen here" if plot.model == plot.baseline_model else "Cycle of the baseline"
    rows += [("Model", plot.model), (of_whom, cycle)]
    return [part for term, value in rows for part in (html.Dt(term), html.Dd(value))]
