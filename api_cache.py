"""The cache over the API: what is stored, exports of it and back, and deleting it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response

import api_requests as requests
from api_answers import PREFIX, download, json_answer, metadata
from api_files import received
from engine import Engine, Inventory, Loaded


def add_routes(blueprint: Blueprint, engine: Engine) -> None:
    """The routes under /cache."""
    route = blueprint.route

    @route(f"{PREFIX}/cache", methods=["GET"])
    def cache() -> Response:
        return json_answer(_inventory(engine.cache()))

    @route(f"{PREFIX}/cache/save/<handle>", methods=["POST"])
    def save(handle: str) -> Response:
        return download(engine.export(handle, model=requests.model(), horizon=requests.horizon()), "parquet")

    @route(f"{PREFIX}/cache/load", methods=["POST"])
    def load() -> Response:
        with received(engine) as file:
            answer = engine.load(file)
        return json_answer(_loaded(answer), 200 if answer.known else 201)

    @route(f"{PREFIX}/cache/<handle>", methods=["DELETE"])
    def drop(handle: str) -> Response:
        """Forecasts only. Those of a range are computed anew, those of all moments when somebody asks for one."""
        first, last = requests.optional("from"), requests.optional("to")
        which = {"model": requests.model(), "horizon": requests.horizon()}
        if first is None and last is None:
            return json_answer({"origins": engine.drop(handle, **which)})
        return json_answer({"origins": engine.recalculate(handle, first, last, **which)}, 202)

    @route(f"{PREFIX}/cache/check", methods=["POST"])
    def check() -> Response:
        return json_answer(asdict(engine.check()))

    @route(f"{PREFIX}/cache/damaged", methods=["DELETE"])
    def delete_damaged() -> Response:
        return json_answer({"bytes": engine.delete_damaged()})

    @route(f"{PREFIX}/cache", methods=["DELETE"])
    def flush() -> Response:
        return json_answer({"datasets": engine.flush()})


def _inventory(inventory: Inventory) -> dict[str, Any]:
    """Sizes in bytes, times of use in seconds, UTC."""
    datasets = [
        dataset._asdict() | {"forecasts": [forecasts._asdict() for forecasts in dataset.forecasts]}
        for dataset in inventory.datasets
    ]
    return inventory._asdict() | {"datasets": datasets}


def _loaded(loaded: Loaded) -> dict[str, Any]:
    return metadata(loaded.dataset) | {
        "model": loaded.spec.model,
        "horizon": loaded.spec.horizon,
        "imported": loaded.imported,
        "model_loaded": loaded.model_loaded,
    }
