"""The progress line under the rail: how much of the file is computed, how long it takes, what failed."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update
from flask import current_app

from engine import Engine, errors
from pages import _inputs, _words

WINDOW = 15  # ticks: the pace is that of the last one or two of these
FEWEST = 3  # ticks before the pace is believed
FEWEST_DONE = 100  # moments before it is: the first are slower, and come in batches


def register(app: Dash) -> None:
    """The line's callback: once a second while the file is being computed. One that is paused goes on when somebody
    asks for a moment of it: the browser has the line tick again after every picture of such a file. The rail hears of
    the page, of what has been computed, and of the words for a miss."""

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
        handle = _inputs.handle(known.get("handle"))
        which = {"model": _inputs.model(known.get("model")), "horizon": _inputs.horizon(known.get("h"))}
        try:
            progress = engine.progress(handle, **which) if handle else None
        except errors.UnknownHandle:
            progress = None
        except errors.EngineError:  # busy, say: what is shown stays, and the next tick asks again
            return no_update, False, no_update
        if progress is None:
            return "", True, no_update
        now = {"done": progress.done, "total": progress.total, "at": _inputs.whole(intervals, 0, 2**31) or 0}
        if progress.state != "filling":
            return over(progress.failed), True, {**now, "state": progress.state}
        pace = since(seen, now)
        left = seconds_left(pace["first"], now)
        return (
            _words.fill(progress.done, progress.total, left, progress.failed),
            False,
            {**now, "state": "filling", **pace},
        )

    told = {"mount": ("facts", "file"), "filled": ("fill-seen", "done")}
    for name, (source, what) in told.items():  # callbacks without an output are one, where their inputs are the same
        heard = Output("strip", f"data-{what}")
        app.clientside_callback(ClientsideFunction("rail", name), heard, Input(source, "data"))


def since(seen: Any, now: dict[str, int]) -> dict[str, Any]:
    """From when on the pace is measured: `first`, whose place `then` takes, so that a rest is soon forgotten. Both are
    `now` where a filling begins: fewer are done than a tick ago, or nothing was seen before."""
    before = seen if isinstance(seen, dict) else {}
    done = _inputs.whole(before.get("done"), 0, 2**40)
    first, then = before.get("first"), before.get("then") or before.get("first")
    if not isinstance(first, dict) or not isinstance(then, dict) or (done is not None and now["done"] < done):
        return {"first": now, "then": now}
    if now["at"] - (_inputs.whole(then.get("at"), 0, 2**31) or 0) < WINDOW:
        return {"first": first, "then": then}
    return {"first": then, "then": now}


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
    if done is None or at is None or now["done"] < done + FEWEST_DONE or now["at"] < at + FEWEST:
        return None
    return (now["total"] - now["done"]) * (now["at"] - at) / (now["done"] - done)
