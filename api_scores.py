"""How right a file's forecasts were, over the API."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from flask import Blueprint, Response, request

import api_requests as requests
from api_answers import PREFIX, json_answer
from engine import Engine

WORST = 20  # stretches, where no number is asked for


def add_routes(blueprint: Blueprint, engine: Engine) -> None:
    """The routes that score."""
    route = blueprint.route

    @route(f"{PREFIX}/datasets/<handle>/scores", methods=["GET"])
    def scores(handle: str) -> Response:
        """With `timeout` it waits, that many seconds at most, for all that is not computed or not read yet."""
        timeout = request.args.get("timeout")
        patience: dict[str, Any] = {}
        if timeout is not None:
            patience = {"timeout": requests.seconds("timeout", timeout), "wait": True}
        found = engine.backtest(
            handle,
            model=requests.model(),
            worst=requests.integer("worst", request.args.get("worst", str(WORST))),
            **_moments(),
            **patience,
        )
        return json_answer(_plain(found))

    @route(f"{PREFIX}/datasets/<handle>/compare", methods=["GET"])
    def compare(handle: str) -> Response:
        return json_answer(_plain(engine.compare(handle, **_moments())))

    @route(f"{PREFIX}/datasets/<handle>/events", methods=["GET"])
    def events(handle: str) -> Response:
        given = {name: requests.optional(name) for name in ("k", "lead", "run", "most")}
        found = engine.events(
            handle,
            requests.number("line", request.args.get("line", "")),
            request.args.get("direction", ""),
            model=requests.model(),
            horizon=requests.horizon(),
            stretch=_stretch(),
            **{name: value for name, value in given.items() if value is not None},
        )
        return json_answer(_plain(found))

    @route(f"{PREFIX}/datasets/<handle>/slice", methods=["GET"])
    def slice_runs(handle: str) -> Response:
        key = request.args.get("slice", "")
        return json_answer({"slice": key, "runs": engine.slice_runs(handle, key)})


def _moments() -> dict[str, Any]:
    """Of which moments, and how far ahead."""
    return {"horizon": requests.horizon(), "slice": request.args.get("slice", ""), "stretch": _stretch()}


def _stretch() -> tuple[int | None, int | None] | None:
    """From one index to another, None for the file's ends."""
    ends = requests.optional("from"), requests.optional("to")
    return None if ends == (None, None) else ends


def _plain(value: Any) -> Any:
    """Records as what JSON knows, by their fields' names."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value
