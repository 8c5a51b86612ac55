"""The report of a file's accuracy: its address, and what it has in common with the page."""

from __future__ import annotations

from typing import Any

from dash import Dash
from flask import Response, current_app, request

from engine import Backtest, Dataset, Engine, errors
from pages import _accuracy_asked, _accuracy_words, _inputs, _moment, _notation, _report, _words
from pages._accuracy_asked import Asked
from pages._accuracy_pictures import Pictures
from pages._accuracy_tables import MORE
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
        asked = _asked(handle, request.args.to_dict(), request.query_string.decode("latin-1"))
        if asked is None:
            return _refusal(_words.GONE, 404)
        try:
            return _file(engine, asked, pictures)
        except errors.UnknownHandle:
            return _refusal(_words.GONE, 404)
        except (errors.BadRequest, errors.IndexOutOfRange) as error:
            return _refusal(error.message, 400)
        except errors.EngineError as error:
            return _refusal(error.message, 503)


def _asked(handle: str, named: dict[str, str], search: str) -> Asked | None:
    where = _inputs.where(search)
    chosen = {"slice": named.get("slice"), "sel": named.get("sel"), "upload": named.get("upload")}
    given: dict[str, Any] = {"handle": handle, "seq": 0, "model": where.model, "h": where.horizon, "worst": MORE}
    return _accuracy_asked.asked(given | chosen)


def _file(engine: Engine, asked: Asked, pictures: Pictures) -> Response:
    found, dataset = backtest(engine, asked, WORKS_FOR), engine.dataset(asked.handle)
    known = _moment.known_to(engine, asked.handle, asked.upload_id)
    words = words_of(found, dataset, known.unit)
    title = " \u00b7 ".join(filter(None, (_notation.shorten(known.label), about(dataset, found.model, found.horizon))))
    site = request.host_url.rstrip("/")
    text = _report.report(found, dataset, asked, words, pictures.of(found, asked), title, site)
    name = f"accuracy-{asked.handle[:12]}-{found.model}.html"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(text, mimetype="text/html", headers=headers)


def _refusal(words: str, status: int) -> Response:
    return Response(f"{words}\n", status, mimetype="text/plain")
