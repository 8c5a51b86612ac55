"""How right a file's forecasts were, over the API."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from flask import Response

from api_answers import json_answer
from api_calls import ANY_LOAD, SERIES, Answer, Calls
from api_models import Runs
from api_queries import EventsQuery, MomentsQuery, ScoresQuery, SliceQuery
from api_records import answered
from api_requests import Handle
from engine import Backtest, Compared, Engine, Events, errors

TAG = "Accuracy"
SCORING = (errors.UnknownHandle, errors.Evicted, errors.IndexOutOfRange, errors.ModelNotLoaded, *ANY_LOAD)


def add_calls(calls: Calls, engine: Engine) -> None:
    """The calls that score."""

    @calls.add(TAG, "GET", f"{SERIES}/scores", {200: Answer("Scores (docs/scores.md).", answered(Backtest))}, *SCORING)
    def scores(handle: Handle, query: ScoresQuery) -> Response:
        """Say how right the forecasts of a series, or of a slice of it, were.

        CRPS, quantile loss, MAE, RMSE, MASE, bias, interval score and how often the bands held, beside the baseline and
        the last value on the same pairs; by step, by slice, over time; the worst stretches (docs/scores.md). With
        `timeout` it waits, that many seconds at most, for all that is not computed or not read yet.
        """
        patience = {} if query.timeout is None else {"timeout": query.timeout, "wait": True}
        found = engine.backtest(handle, model=query.model, worst=query.worst, **query.moments(), **patience)
        return json_answer(_plain(found))

    @calls.add(TAG, "GET", f"{SERIES}/compare", {200: Answer("The baseline first.", answered(Compared))}, *SCORING)
    def compare(handle: Handle, query: MomentsQuery) -> Response:
        """Compare all loaded models on the same moments.

        Imported forecasts of others that are open, too; the baseline and the last value first. A model `takes_part`
        once 100 of its forecasts are computed.
        """
        return json_answer(_plain(engine.compare(handle, **query.moments())))

    @calls.add(TAG, "GET", f"{SERIES}/events", {200: Answer("Events and warnings.", answered(Events))}, *SCORING)
    def events(handle: Handle, query: EventsQuery) -> Response:
        """Say whether the forecasts would have warned of what lay beyond a line.

        An event is `run` readings or more beyond it. A moment warns if at some step at least `lead` ahead `k` of its
        samples lie beyond it, unless its own reading does.
        """
        found = engine.events(
            handle, query.line, query.direction, stretch=query.stretch(), **query.which(), **query.bounds()
        )
        return json_answer(_plain(found))

    @calls.add(TAG, "GET", f"{SERIES}/slice", {200: Answer("The runs.", Runs)}, errors.UnknownHandle, *ANY_LOAD)
    def slice_runs(handle: Handle, query: SliceQuery) -> Response:
        """List the moments of a slice."""
        return json_answer({"slice": query.slice, "runs": engine.slice_runs(handle, query.slice)})


def _plain(value: Any) -> Any:
    """Records as what JSON knows, by their fields' names."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value
