"""The report of a file's accuracy: its address, and what it has in common with the page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from dash import Dash
from flask import Response, current_app, request

from engine import Backtest, Dataset, Engine, Events, errors
from pages import (
    _accuracy_asked,
    _accuracy_events,
    _accuracy_words,
    _inputs,
    _links,
    _moment,
    _notation,
    _report,
)
from pages._accuracy_asked import Asked, Warned
from pages._accuracy_pictures import Pictures
from pages._accuracy_tables import MORE, MOST_ROWS
from pages._address import of_file
from pages._chart import Words

WORKS_FOR = 10.0  # seconds at most on what is not read yet


def backtest(engine: Engine, asked: Asked, timeout: float) -> Backtest:
    """The numbers that are asked for."""
    which = {"model": asked.model, "horizon": asked.horizon, "slice": asked.slice, "stretch": asked.stretch}
    return engine.backtest(asked.handle, **which, worst=asked.worst, timeout=timeout)


def words_of(found: Backtest, dataset: Dataset, unit: str) -> Words:
    """How its numbers are written."""
    fixed, step = _moment.frame_of(dataset, found.horizon), _moment.step_of(dataset)
    return Words(step, fixed.decimals, _notation.shorten(unit), _accuracy_words.rival(found, step))


def warnings(engine: Engine, asked: Warned, line: float, unit: str, timeout: float) -> tuple[Events, list[Any]]:
    """What became of events beyond a line and of warnings of them, and how it is told."""
    which = {"model": asked.model, "horizon": asked.horizon, "stretch": asked.stretch}
    found = engine.events(
        asked.handle, line, asked.side, k=asked.k, lead=asked.lead, run=asked.run, **which, timeout=timeout
    )
    dataset = engine.dataset(asked.handle)
    fixed, step = _moment.frame_of(dataset, found.horizon), _moment.step_of(dataset)
    words = Words(step, fixed.decimals, _notation.shorten(unit), "")
    stretch = ",".join(map(str, asked.stretch or ()))
    named = {"model": asked.model, "h": asked.horizon, "sel": stretch, "line": f"{line:g}"}

    def link(index: int) -> str:
        return of_file("explore", asked.handle, i=index, **named)

    return found, _accuracy_events.answer(found, words, asked.rows, link, _moment.render)


def about(dataset: Dataset, model: str, horizon: int) -> str:
    """`hindcast-small, 12 steps ahead (3 h), 1 Jan 2024 to 1 Jan 2025`, with dots in between."""
    step = _moment.step_of(dataset)
    length = f"{_notation.plural(horizon, 'step')} ahead, {_notation.span(horizon, step)}"
    return f"{model} \u00b7 {length} \u00b7 {_notation.period(dataset.start, dataset.end, step)}"


def register(app: Dash, pictures: Pictures) -> None:
    """`/accuracy/<handle>/report` is a file, of what the address selects as the page's own does."""

    @app.server.route("/accuracy/<handle>/report")
    def report(handle: str) -> Response:
        engine: Engine = current_app.extensions["engine"]
        search = request.query_string.decode("latin-1")
        given = _given(handle, request.args.to_dict(), search)
        asked = _accuracy_asked.asked(given)
        if asked is None:
            return _refusal(_links.gone(), 404)
        try:
            warned = _accuracy_asked.warned(given | _numbers(_accuracy_asked.chosen_line(search)))
            model, text = document(engine, asked, warned, pictures, request.host_url.rstrip("/"), WORKS_FOR)
        except errors.UnknownHandle:
            return _refusal(_links.gone(), 404)
        except (errors.BadRequest, errors.IndexOutOfRange) as error:
            return _refusal(error.message, 400)
        except errors.EngineError as error:
            return _refusal(error.message, 503)
        name = f"accuracy-{asked.handle[:12]}-{model}.html"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(text, mimetype="text/html", headers=headers)


def _given(handle: str, named: dict[str, str], search: str) -> dict[str, Any]:
    """The question of an address, as a browser puts it."""
    where = _inputs.where(search)
    chosen = {"slice": named.get("slice"), "sel": named.get("sel"), "upload": named.get("upload")}
    return {"handle": handle, "seq": 0, "model": where.model, "h": where.horizon, "worst": MORE} | chosen


def _numbers(chosen: dict[str, str]) -> dict[str, Any]:
    """What an address says of a line, as a browser says it; of a file all rows are shown that may be."""
    counts = {name: int(chosen[name]) for name in ("k", "lead", "run") if name in chosen}
    return chosen | counts | {"rows": MOST_ROWS}


def document(
    engine: Engine, asked: Asked, warned: Warned | None, pictures: Pictures, site: str | None, timeout: float
) -> tuple[str, str]:
    """The model, and the file about it. site: the server that its links lead to, None where there is none. Raises what
    `Engine.backtest` does."""
    found, dataset = backtest(engine, asked, timeout), engine.dataset(asked.handle)
    known = _moment.known_to(engine, asked.handle, asked.upload_id)
    words = words_of(found, dataset, known.unit)
    told = []
    if warned is not None and warned.line is not None and _accuracy_words.ready(found):
        told = warnings(engine, warned, warned.line, known.unit, timeout)[1]
    step, now = f"every {_notation.every(words.step)}", np.datetime64(datetime.now(UTC).replace(tzinfo=None), "m")
    made = f"made {_notation.moment(now, _notation.Step(_notation.MINUTE, None))} UTC"
    series = about(dataset, found.model, found.horizon)
    title = " \u00b7 ".join(filter(None, (_notation.shorten(known.label), series, step, made)))
    return found.model, _report.report(found, dataset, asked, words, pictures.of(found, asked), title, site, told)


def _refusal(words: str, status: int) -> Response:
    return Response(f"{words}\n", status, mimetype="text/plain")
