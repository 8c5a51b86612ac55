"""Computing forecasts anew: a quiet menu under the words, and what is answered beside it."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from flask import current_app

from engine import Engine, errors
from pages import _inputs, _links, _moment, _words

WHY = "Forecasts are kept. The same data and model give the same forecast again, so this is seldom needed."
CHOICES = (
    ("moment", "This moment"),
    ("picture", "The moments in this picture"),
    ("file", "The whole file"),
)


def menu() -> list[Any]:
    """The menu, closed; and the places of its wish and answer."""
    return [
        html.Details(
            [
                html.Summary("Recalculate", className="link quiet"),
                html.Div(
                    [
                        html.P(WHY),
                        *(
                            html.Button(words, className="menu-item", **{"data-recalculate": what})
                            for what, words in CHOICES
                        ),
                    ],
                    className="menu",
                ),
            ],
            id="recalculate-menu",
            className="recalculate",
        ),
        *stores(),
    ]


def stores() -> list[Any]:
    """The places of its wish and answer, which other buttons use, too."""
    return [dcc.Store(id="recalculate"), dcc.Store(id="recalculated")]


def register(app: Dash) -> None:
    """The menu's callbacks; a single moment is asked for with its picture."""

    @app.callback(Output("recalculated", "data"), Input("recalculate", "data"), prevent_initial_call=True)
    def recalculate(value: Any) -> Any:
        wish = _inputs.stretch(value)
        if wish is None:
            return no_update
        engine: Engine = current_app.extensions["engine"]
        try:
            number = begin(engine, wish)
        except (errors.UnknownHandle, errors.Evicted):
            return {"said": _links.gone(), "accepted": False}
        except errors.EngineError as error:
            return {"said": error.message, "accepted": False}
        return {"said": _words.anew(number, at_once=engine.settings.background), "accepted": number > 0}

    app.clientside_callback(
        ClientsideFunction("explore", "recalculated"), Input("recalculated", "data"), prevent_initial_call=True
    )


def begin(engine: Engine, wish: _inputs.Stretch) -> int:
    """Have the moments computed anew; how many. EngineError."""
    if wish.what != "picture":
        return engine.recalculate(wish.handle, failed=wish.what == "failed", model=wish.model, horizon=wish.horizon)
    dataset = engine.dataset(wish.handle)
    usual = _moment.frame_of(dataset, wish.horizon or engine.settings.horizon)
    shown = wish.view.frame(usual).history(narrow=wish.narrow)
    first = max(1 - dataset.length, wish.index - shown)
    return engine.recalculate(wish.handle, first, wish.index, model=wish.model, horizon=wish.horizon)
