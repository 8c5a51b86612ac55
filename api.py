"""The REST API: one Flask blueprint over the engine. Every error is {"error": {"code", "message", "detail"}}."""

from __future__ import annotations

import gzip
import re
from typing import Any

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from engine import Dataset, Engine, Export, Loaded, ReadOptions, Status, Summary, Upload, WireBlock, errors

PREFIX = "/api/v1"
RETRY_AFTER = "2"
STATUS: dict[type[errors.EngineError], int] = {
    errors.UploadError: 422,
    errors.BadRequest: 400,
    errors.UnknownHandle: 404,
    errors.UnknownBlock: 404,
    errors.Evicted: 404,
    errors.ModelNotLoaded: 409,
    errors.IndexOutOfRange: 422,
    errors.OriginUnusable: 422,
    errors.Overloaded: 503,
    errors.EngineClosed: 503,
    errors.ModelFailed: 503,
    errors.StorageFailed: 503,
    errors.DeadlineExceeded: 504,
    errors.Superseded: 204,
    errors.Cancelled: 204,
}
MIME_TYPES = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv; charset=utf-8"}
HTTP_CODES = {400: "BAD_REQUEST", 403: "CROSS_SITE", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "TOO_LARGE"}


def create_blueprint(engine: Engine) -> Blueprint:
    """All routes of the API, /healthz and /readyz."""
    blueprint = Blueprint("api", __name__)
    route = blueprint.route

    @route(f"{PREFIX}/datasets", methods=["POST"])
    def upload() -> Response:
        model, horizon = _model(), _horizon()
        upload_id = request.args.get("upload")
        with engine.receiving():
            if upload_id is None:
                answer = engine.upload(_body(engine), _options(), model=model, horizon=horizon)
            else:
                answer = engine.reread(upload_id, _options(), model=model, horizon=horizon)
        return _json(_uploaded(answer, engine, model, horizon), 200 if answer.known else 201)

    @route(f"{PREFIX}/datasets", methods=["GET"])
    def datasets() -> Response:
        return _json({"datasets": [_summary(summary) for summary in engine.datasets()]})

    @route(f"{PREFIX}/datasets/<handle>", methods=["GET"])
    def dataset(handle: str) -> Response:
        found = engine.dataset(handle)
        progress = engine.progress(handle, model=_model(), horizon=_horizon())._asdict()
        return _json(_metadata(found) | engine.versions(handle)._asdict() | {"progress": progress})

    @route(f"{PREFIX}/datasets/<handle>", methods=["DELETE"])
    def forget(handle: str) -> Response:
        engine.delete(handle)
        return Response(status=204)

    @route(f"{PREFIX}/datasets/<handle>/progress", methods=["GET"])
    def progress(handle: str) -> Response:
        return _json(engine.progress(handle, model=_model(), horizon=_horizon())._asdict())

    @route(f"{PREFIX}/datasets/<handle>/forecasts/<index>", methods=["GET", "POST"])
    def forecast(handle: str, index: str) -> Response:
        timeout = request.args.get("timeout")
        plot = engine.forecast(
            handle,
            _integer("index", index),
            model=_model(),
            horizon=_horizon(),
            session=request.args.get("session", type=lambda text: text[:64]),
            seq=_integer("seq", request.args.get("seq", "0")),
            force=request.method == "POST",
            timeout=None if timeout is None else _seconds("timeout", timeout),
        )
        return _json(plot.to_json())

    @route(f"{PREFIX}/datasets/<handle>/blocks/<number>", methods=["GET"])
    def block(handle: str, number: str) -> Response:
        found = engine.wire_block(handle, _integer("block", number), model=_model(), horizon=_horizon())
        return _block(found)

    @route(f"{PREFIX}/datasets/<handle>/recalculate", methods=["POST"])
    def recalculate(handle: str) -> Response:
        first, last = _optional("from"), _optional("to")
        only = request.args.get("only")
        if only not in {None, "failed"}:
            raise errors.BadRequest(f"only is {only[:20]!r}; failed was expected.", field="only")
        wanted = {"failed": only == "failed", "model": _model(), "horizon": _horizon()}
        return _json({"origins": engine.recalculate(handle, first, last, **wanted)}, 202)

    @route(f"{PREFIX}/datasets/<handle>/export.<any(parquet, csv):kind>", methods=["GET"])
    def export(handle: str, kind: str) -> Response:
        return _download(engine.export(handle, kind, model=_model(), horizon=_horizon()), MIME_TYPES[kind])

    @route(f"{PREFIX}/cache/load", methods=["POST"])
    def load() -> Response:
        with engine.receiving():
            answer = engine.load(_body(engine))
        return _json(_loaded(answer), 200 if answer.known else 201)

    @route(f"{PREFIX}/quickdraw", methods=["POST"])
    def quickdraw() -> Response:
        index = _integer("index", request.args.get("index", "0"))
        force = request.args.get("force") == "1"
        model, horizon = _model(), _horizon()
        with engine.receiving():
            plot = engine.quickdraw(_body(engine), _options(), index=index, model=model, horizon=horizon, force=force)
        return _json(plot.to_json())

    @route("/healthz", methods=["GET"])
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @route("/readyz", methods=["GET"])
    def readyz() -> Response:
        status = engine.status()
        answer = {"ready": status.ready, "models": status.models, "reasons": status.reasons}
        return _json(answer, 200 if status.ready else 503)

    @route(f"{PREFIX}/status", methods=["GET"])
    def whole_status() -> Response:
        return _json(_status(engine.status()))

    @route(PREFIX, defaults={"rest": ""}, strict_slashes=False)
    @route(f"{PREFIX}/<path:rest>")
    def nothing_here(rest: str) -> Response:
        """Before the pages' own catch-all; other methods are refused by the router."""
        return _error(404, "NOT_FOUND", "The API has no such call.", {})

    blueprint.register_error_handler(errors.EngineError, _refused)
    blueprint.app_errorhandler(HTTPException)(_http_error)
    return blueprint


# --- requests -----------------------------------------------------------------------------------------------------


def _body(engine: Engine) -> bytes:
    """The file: a multipart field `file`, or the raw body. UploadError TOO_LARGE before it is held in memory."""
    limit = engine.settings.max_upload_bytes
    try:
        if request.mimetype == "multipart/form-data":
            if "file" not in request.files:
                raise errors.BadRequest('The form has no field "file". Send the CSV as that field, or as the raw body.')
            raw = request.files["file"].stream.read(limit + 1)
        else:
            raw = request.stream.read(limit + 1)
    except (HTTPException, errors.BadRequest):
        raise
    except Exception as error:  # the server's own errors for chunks that are no chunks, lines that never end
        raise errors.BadRequest("The body cannot be read to its end. Send it again.") from error
    if len(raw) > limit:
        raise errors.UploadError(
            f"The file is larger than {limit / 1e6:g} MB, the most this server reads. Cut the period, or ask for a "
            "higher limit.",
            code="TOO_LARGE",
            limit=limit,
        )
    return raw


def _options() -> ReadOptions:
    words = {name: request.args.get(name) or None for name in ("time", "value", "series", "decimal", "step", "agg")}
    dayfirst = request.args.get("dayfirst")
    if dayfirst not in {None, "0", "1", "true", "false"}:
        raise errors.BadRequest(f"dayfirst is {dayfirst[:20]!r}; true or false was expected.")
    return ReadOptions(**words, dayfirst=None if dayfirst is None else dayfirst in {"1", "true"})


def _model() -> str | None:
    return request.args.get("model")


def _horizon() -> int | None:
    return _optional("horizon")


def _optional(name: str) -> int | None:
    text = request.args.get(name)
    return None if text is None else _integer(name, text)


def _integer(name: str, text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise errors.BadRequest(f"{name} is {text[:20]!r}; a whole number was expected.", field=name)
    return int(text)


def _seconds(name: str, text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise errors.BadRequest(f"{name} is {text[:20]!r}; a number of seconds was expected.", field=name)
    return float(text)


# --- answers ------------------------------------------------------------------------------------------------------


def _json(document: Any, status: int = 200) -> Response:
    body = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, status, mimetype="application/json", headers={"Cache-Control": "no-store"})


def _summary(summary: Summary) -> dict[str, Any]:
    return {name: getattr(summary, name) for name in Summary._fields}


def _metadata(dataset: Dataset) -> dict[str, Any]:
    return _summary(dataset.summary()) | {
        "last_slot": dataset.series.last_slot,
        "season": dataset.season,
        "scale": dataset.scale,
    }


def _uploaded(upload: Upload, engine: Engine, model: str | None, horizon: int | None) -> dict[str, Any]:
    readback = upload.record.readback.to_json()
    total = int(upload.dataset.usable_origins.sum())
    return _metadata(upload.dataset) | {
        "upload_id": upload.record.upload_id,
        "name": upload.record.name,
        "model": model or engine.settings.model,
        "horizon": horizon or engine.settings.horizon,
        "readback": readback,
        "warnings": readback["warnings"],
        "reused": {"count": upload.reused, "of": total},
        "extends": upload.extends,
    }


def _loaded(loaded: Loaded) -> dict[str, Any]:
    return _metadata(loaded.dataset) | {
        "model": loaded.spec.model,
        "horizon": loaded.spec.horizon,
        "imported": loaded.imported,
        "model_loaded": loaded.model_loaded,
    }


def _download(export: Export, mime_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{export.name}"', "Cache-Control": "no-store"}
    response = Response(export, content_type=mime_type, headers=headers)
    if export.size is not None:
        response.content_length = export.size
    return response


def _block(block: WireBlock) -> Response:
    """What is incomplete is not kept by browsers, what is complete is asked for again with its ETag; only under an
    address that names that very ETag it is kept without asking."""
    is_gzip = request.accept_encodings["gzip"] > 0
    response = Response(block.data if is_gzip else gzip.decompress(block.data), mimetype="application/octet-stream")
    if is_gzip:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    response.set_etag(block.etag, weak=True)  # of what is encoded, whichever way
    if not block.complete:
        response.headers["Cache-Control"] = "no-store"
    elif request.args.get("v") == block.etag:
        response.headers["Cache-Control"] = "private, immutable, max-age=31536000"
    else:
        response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)


def _status(status: Status) -> dict[str, Any]:
    """Times in seconds, sizes in bytes; a stage's last bucket has no upper bound: null."""
    return status._asdict() | {
        "loaded": [model._asdict() for model in status.loaded],
        "statistics": status.statistics._asdict(),
        "stages": {stage: latency._asdict() for stage, latency in status.stages.items()},
        "errors": [failure._asdict() for failure in status.errors],
    }


def _refused(error: errors.EngineError) -> Response:
    status = 413 if error.code == "TOO_LARGE" else STATUS.get(type(error), 500)
    if status == 204:
        return Response(status=204, headers={"X-Hindcast-Code": error.code, "Cache-Control": "no-store"})
    response = _error(status, error.code, error.message, error.detail)
    if status == 503:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def _http_error(error: HTTPException) -> Response | HTTPException:
    """werkzeug's own refusals in the API's shape; pages keep theirs."""
    if not request.path.startswith(PREFIX):
        return error
    status = error.code or 500
    return _error(status, HTTP_CODES.get(status, "HTTP_ERROR"), error.description or error.name, {})


def _error(status: int, code: str, message: str, detail: dict[str, Any]) -> Response:
    return _json({"error": {"code": code, "message": message, "detail": detail}}, status)
