"""The progress line under the rail: how much of the file is computed, how long it takes, what failed."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, html, no_update
from flask import current_app

from engine import Engine, errors
from pages import _inputs, _words


def register(app: Dash) -> None:
    """The line's callback: once a second while the file is being computed. One that is paused goes on when somebody
    asks for a moment of it: the browser has the line tick again after every picture of such a file."""

    @app.callback(
        Output("fill", "children"),
        Output("tick", "disabled"),
        Output("fill-seen", "data"),
        Input("tick", "n_intervals"),
        State("facts", "data"),
        State("fill-seen", "data"),
    )
    def show_fill(intervals: Any, facts_data: Any, seen: Any) -> tuple[Any, Any, Any]:
        engine: Engine = current_app.extensions["engine"]
        known = facts_data if isinstance(facts_data, dict) else {}
        handle, model = _inputs.handle(known.get("handle")), _inputs.model(known.get("model"))
        try:
            progress = engine.progress(handle, model=model) if handle else None
        except errors.UnknownHandle:
            progress = None
        except errors.EngineError:  # busy, say: what is shown stays, and the next tick asks again
            return no_update, False, no_update
        if progress is None:
            return "", True, no_update
        now = {"done": progress.done, "total": progress.total, "at": _inputs.whole(intervals, 0, 2**31) or 0}
        if progress.state != "filling":
            return over(progress.failed), True, {**now, "state": progress.state}
        first = beginning(seen, progress.done)
        left = seconds_left(first, now)
        return (
            _words.fill(progress.done, progress.total, left, progress.failed),
            False,
            {**now, "state": "filling", "first": first or now},
        )


def beginning(seen: Any, done: int) -> Any:
    """What was seen when this filling began; None where it begins now, as when fewer are done than a tick ago."""
    if not isinstance(seen, dict):
        return None
    before = _inputs.whole(seen.get("done"), 0, 2**40)
    return None if before is not None and done < before else seen.get("first")


def over(failed: int) -> Any:
    """The line once nothing is being computed: that moments failed, and the way to try them again; else nothing."""
    if failed == 0:
        return ""
    again = html.Button("Try again", className="link", **{"data-recalculate": "failed"})
    return [f"{_words.failed(failed)} ", again]


def seconds_left(first: Any, now: dict[str, int]) -> float | None:
    """Seconds until the file is computed at the pace seen so far; None while that cannot be told."""
    if not isinstance(first, dict):
        return None
    done, at = _inputs.whole(first.get("done"), 0, 2**40), _inputs.whole(first.get("at"), 0, 2**31)
    if done is None or at is None or now["done"] <= done or now["at"] <= at:
        return None
    return (now["total"] - now["done"]) * (now["at"] - at) / (now["done"] - done)
