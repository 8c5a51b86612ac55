"""The REST API: one Flask blueprint over the engine. Every error is {"error": {"code", "message", "detail"}}."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

import api_cache
import api_requests as requests
import api_scores
from api_answers import (
    PREFIX,
    download,
    error_answer,
    http_error,
    json_answer,
    metadata,
    octets,
    rail,
    refused,
    wire_block,
)
from api_files import received
from engine import Dataset, Engine, Readback, Status, Upload, errors

RAIL_WIDTH = 1000  # columns, where none are asked for


def create_blueprint(engine: Engine) -> Blueprint:
    """All routes of the API, /healthz and /readyz."""
    blueprint = Blueprint("api", __name__)
    route = blueprint.route

    @route(f"{PREFIX}/datasets", methods=["POST"])
    def upload() -> Response:
        options, model, horizon = requests.options(), requests.model(), requests.horizon()
        upload_id = request.args.get("upload")
        if upload_id is None:
            with received(engine) as file:
                answer = engine.upload(file, options, model=model, horizon=horizon, ask=requests.ask())
        else:
            answer = engine.reread(upload_id, options, model=model, horizon=horizon)
        return json_answer(_uploaded(answer, engine, model, horizon), 200 if answer.known else 201)

    @route(f"{PREFIX}/datasets", methods=["GET"])
    def datasets() -> Response:
        return json_answer({"datasets": [summary._asdict() for summary in engine.datasets()]})

    @route(f"{PREFIX}/datasets/<handle>", methods=["GET"])
    def dataset(handle: str) -> Response:
        found = engine.dataset(handle)
        progress = engine.progress(handle, model=requests.model(), horizon=requests.horizon())._asdict()
        return json_answer(metadata(found) | engine.versions(handle)._asdict() | {"progress": progress})

    @route(f"{PREFIX}/datasets/<handle>", methods=["DELETE"])
    def forget(handle: str) -> Response:
        engine.delete(handle)
        return Response(status=204)

    @route(f"{PREFIX}/datasets/<handle>/progress", methods=["GET"])
    def progress(handle: str) -> Response:
        return json_answer(engine.progress(handle, model=requests.model(), horizon=requests.horizon())._asdict())

    @route(f"{PREFIX}/datasets/<handle>/forecasts/<index>", methods=["GET", "POST"])
    def forecast(handle: str, index: str) -> Response:
        timeout = request.args.get("timeout")
        where = handle, requests.integer("index", index)
        wanted: dict[str, Any] = {
            "model": requests.model(),
            "horizon": requests.horizon(),
            "session": request.args.get("session", type=lambda text: text[:64]),
            "seq": requests.integer("seq", request.args.get("seq", "0")),
            "timeout": None if timeout is None else requests.seconds("timeout", timeout),
        }
        if request.method == "GET" and requests.wants_bytes():
            return octets(engine.wire_row(*where, **wanted))
        return json_answer(engine.forecast(*where, force=request.method == "POST", **wanted).to_json())

    @route(f"{PREFIX}/datasets/<handle>/blocks/<number>", methods=["GET"])
    def block(handle: str, number: str) -> Response:
        which = {"model": requests.model(), "horizon": requests.horizon()}
        return wire_block(engine.wire_block(handle, requests.integer("block", number), **which))

    @route(f"{PREFIX}/datasets/<handle>/rail", methods=["GET"])
    def whole_rail(handle: str) -> Response:
        width = requests.integer("width", request.args.get("width", str(RAIL_WIDTH)))
        stretch = requests.optional("from"), requests.optional("to")
        which = {"model": requests.model(), "horizon": requests.horizon()}
        return rail(engine.rail(handle, width, *stretch, **which))

    @route(f"{PREFIX}/datasets/<handle>/series", methods=["GET"])
    def series(handle: str) -> Response:
        return wire_block(engine.wire_series(handle), forever=True)

    @route(f"{PREFIX}/datasets/<handle>/recalculate", methods=["POST"])
    def recalculate(handle: str) -> Response:
        first, last = requests.optional("from"), requests.optional("to")
        only = request.args.get("only")
        if only not in {None, "failed"}:
            raise errors.BadRequest(f"only is {only[:20]!r}; failed was expected.", field="only")
        wanted = {"failed": only == "failed", "model": requests.model(), "horizon": requests.horizon()}
        return json_answer({"origins": engine.recalculate(handle, first, last, **wanted)}, 202)

    @route(f"{PREFIX}/datasets/<handle>/export.<any(parquet, csv):kind>", methods=["GET"])
    def export(handle: str, kind: str) -> Response:
        which = {"model": requests.model(), "horizon": requests.horizon()}
        how = {"decimal": request.args.get("decimal", "."), "shape": request.args.get("shape", "origins")}
        return download(engine.export(handle, kind, **how, **which), kind)

    @route(f"{PREFIX}/quickdraw", methods=["POST"])
    def quickdraw() -> Response:
        index = requests.integer("index", request.args.get("index", "0"))
        force = request.args.get("force") == "1"
        wanted = {"index": index, "model": requests.model(), "horizon": requests.horizon(), "force": force}
        options = requests.options()
        with received(engine) as file:
            drawn = engine.quickdraw(file, options, ask=requests.ask(), **wanted)
        return json_answer(drawn.plot.to_json() | _read(drawn.dataset, drawn.readback))

    @route("/healthz", methods=["GET"])
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @route("/readyz", methods=["GET"])
    def readyz() -> Response:
        status = engine.status()
        answer = {"ready": status.ready, "models": status.models, "reasons": status.reasons}
        return json_answer(answer, 200 if status.ready else 503)

    @route(f"{PREFIX}/status", methods=["GET"])
    def whole_status() -> Response:
        return json_answer(_status(engine.status()))

    @route(PREFIX, defaults={"rest": ""}, strict_slashes=False)
    @route(f"{PREFIX}/<path:rest>")
    def nothing_here(rest: str) -> Response:
        """Before the pages' own catch-all; other methods are refused by the router."""
        return error_answer(404, "NOT_FOUND", "The API has no such call.", {})

    api_cache.add_routes(blueprint, engine)
    api_scores.add_routes(blueprint, engine)
    blueprint.register_error_handler(errors.EngineError, refused)
    blueprint.app_errorhandler(HTTPException)(http_error)
    return blueprint


def _read(dataset: Dataset, readback: Readback) -> dict[str, Any]:
    """How a file was read of which nothing is kept."""
    told = readback.to_json()
    ends = {"start": dataset.start, "end": dataset.end}
    return ends | {"length": dataset.length, "readback": told, "warnings": told["warnings"]}


def _uploaded(upload: Upload, engine: Engine, model: str | None, horizon: int | None) -> dict[str, Any]:
    readback = upload.record.readback.to_json()
    total = int(upload.dataset.usable_origins.sum())
    return metadata(upload.dataset) | {
        "upload_id": upload.record.upload_id,
        "name": upload.record.name,
        "model": model or engine.settings.model,
        "horizon": horizon or engine.settings.horizon,
        "readback": readback,
        "warnings": readback["warnings"],
        "reused": {"count": upload.reused, "of": total},
        "extends": upload.extends,
    }


def _status(status: Status) -> dict[str, Any]:
    """Times in seconds, sizes in bytes; a stage's last bucket has no upper bound: null."""
    return status._asdict() | {
        "loaded": [model._asdict() for model in status.loaded],
        "statistics": status.statistics._asdict(),
        "stages": {stage: latency._asdict() for stage, latency in status.stages.items()},
        "errors": [failure._asdict() for failure in status.errors],
    }
