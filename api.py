"""The REST API: one Flask blueprint over the engine. Every error is {"error": {"code", "message", "detail"}}."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from werkzeug.exceptions import HTTPException

import api_cache
import api_forecasts
import api_scores
import api_service
import api_shares
from api_answers import PREFIX, error_answer, http_error, json_answer, metadata, refused, wire_block
from api_calls import ANY_LOAD, BYTES, FILE, METHODS, SERIES, UNCHANGED, Answer, Calls
from api_files import received
from api_models import DatasetAnswer, DatasetList, UploadAnswer
from api_queries import UploadQuery, Which
from api_records import answered
from api_requests import Handle
from engine import Engine, Progress, Upload, errors

DATASETS = f"{PREFIX}/datasets"
UPLOADED = Answer("How the file was read, and by which handle its forecasts are asked for.", UploadAnswer)


def create_blueprint(engine: Engine) -> Blueprint:
    """All routes of the API, /healthz and /readyz."""
    blueprint = Blueprint("api", __name__)
    calls = Calls(blueprint)
    _add_datasets(calls, engine)
    api_forecasts.add_calls(calls, engine)
    api_scores.add_calls(calls, engine)
    api_cache.add_calls(calls, engine)
    api_shares.add_calls(calls, engine)
    api_service.add_calls(calls, engine)

    @blueprint.route(PREFIX, defaults={"rest": ""}, strict_slashes=False, methods=sorted(METHODS))
    @blueprint.route(f"{PREFIX}/<path:rest>", methods=sorted(METHODS))
    def nothing_here(rest: str) -> Response:
        """Before the pages' own catch-all."""
        return error_answer(404, "NOT_FOUND", "The API has no such call.", {})

    calls.refuse_others()
    blueprint.register_error_handler(errors.EngineError, refused)
    blueprint.app_errorhandler(HTTPException)(http_error)
    return blueprint


def _add_datasets(calls: Calls, engine: Engine) -> None:
    tag = "Datasets"

    @calls.add(
        tag,
        "POST",
        DATASETS,
        {200: Answer("The same, of a series that was known.", UploadAnswer), 201: UPLOADED},
        errors.UploadError,
        errors.UnknownHandle,
        errors.ModelNotLoaded,
        *ANY_LOAD,
        errors.NoRoom,
        file=f"{FILE} A CSV with a time column and a number column, of at least 24 rows.",
    )
    def upload(query: UploadQuery) -> Response:
        """Store a file, and have all its forecasts computed in the background.

        With `step=1h&agg=sum`, or `mean`, it is read coarser. With `ask=1` dates that can be read in two ways are
        refused (`DATE_ORDER_AMBIGUOUS`, with both `ways`), and nothing is stored. With `upload`, and without a body, a
        kept upload is read again. `reused` says how many of its forecasts were there already.
        """
        if query.upload is None:
            with received(engine) as file:
                answer = engine.upload(file, query.options(), **query.which(), ask=query.ask)
        else:
            answer = engine.reread(query.upload, query.options(), **query.which())
        document = _uploaded(answer, query.model or engine.settings.model, query.horizon or engine.settings.horizon)
        return json_answer(document, 200 if answer.known else 201)

    @calls.add(tag, "GET", DATASETS, {200: Answer("The last used first.", DatasetList)}, *ANY_LOAD)
    def datasets() -> Response:
        """List the stored series."""
        return json_answer({"datasets": [summary._asdict() for summary in engine.datasets()]})

    @calls.add(tag, "GET", SERIES, {200: Answer("The series.", DatasetAnswer)}, errors.UnknownHandle, *ANY_LOAD)
    def dataset(handle: Handle, query: Which) -> Response:
        """Say what is known of a series, and how far its forecasts are.

        `extends` is the stored series of which it is a newer version, `newer` the one that is a newer version of it.
        """
        progress = engine.progress(handle, **query.which())._asdict()
        return json_answer(
            metadata(engine.dataset(handle)) | engine.versions(handle)._asdict() | {"progress": progress}
        )

    @calls.add(tag, "DELETE", SERIES, {204: Answer("It is gone.")}, errors.UnknownHandle, errors.NotAllowed, *ANY_LOAD)
    def forget(handle: Handle) -> Response:
        """Forget a series, its forecasts and its uploads."""
        engine.delete(handle)
        return Response(status=204)

    @calls.add(
        tag, "GET", f"{SERIES}/progress", {200: Answer("Counts.", answered(Progress))}, errors.UnknownHandle, *ANY_LOAD
    )
    def progress(handle: Handle, query: Which) -> Response:
        """Say how far the forecasts of a series are."""
        return json_answer(engine.progress(handle, **query.which())._asdict())

    @calls.add(
        tag,
        "GET",
        f"{SERIES}/series",
        {200: Answer("Values and times in binary, as docs/wire_series.md has it.", kinds=(BYTES,)), **UNCHANGED},
        errors.UnknownHandle,
        *ANY_LOAD,
    )
    def series(handle: Handle) -> Response:
        """Read the values and times of a series."""
        return wire_block(engine.wire_series(handle), forever=True)


def _uploaded(upload: Upload, model: str, horizon: int) -> dict[str, Any]:
    readback = upload.record.readback.to_json()
    total = int(upload.dataset.usable_origins.sum())
    return metadata(upload.dataset) | {
        "upload_id": upload.record.upload_id,
        "name": upload.record.name,
        "model": model,
        "horizon": horizon,
        "readback": readback,
        "warnings": readback["warnings"],
        "reused": {"count": upload.reused, "of": total},
        "extends": upload.extends,
        "removed": upload.removed,
    }
