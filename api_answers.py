"""How the API answers: JSON, downloads, and every refusal as {"error": {"code", "message", "detail"}}."""

from __future__ import annotations

import gzip
import hashlib
from typing import Any

import numpy as np
import orjson
from flask import Response, request
from werkzeug.exceptions import HTTPException

from engine import Dataset, Export, Rail, WireBlock, errors

PREFIX = "/api/v1"
RETRY_AFTER = "2"
MISS_DECIMALS = 3  # of what is in units of a series' scale
PEAK_DECIMALS = 6  # of a surprise's miss, which is said beside the same number in full
STATUS: dict[type[errors.EngineError], int] = {
    errors.UploadError: 422,
    errors.BadRequest: 400,
    errors.UnknownHandle: 404,
    errors.NotAllowed: 403,
    errors.UnknownBlock: 404,
    errors.Evicted: 404,
    errors.ModelNotLoaded: 409,
    errors.IndexOutOfRange: 422,
    errors.OriginUnusable: 422,
    errors.Overloaded: 503,
    errors.NoRoom: 503,
    errors.EngineClosed: 503,
    errors.ModelFailed: 503,
    errors.StorageFailed: 503,
    errors.DeadlineExceeded: 504,
    errors.Superseded: 204,
    errors.Cancelled: 204,
}
MIME_TYPES = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv; charset=utf-8"}
HTTP_CODES = {400: "BAD_REQUEST", 403: "CROSS_SITE", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "TOO_LARGE"}
REFUSED = {  # what is refused before the engine is asked, as the document says it
    400: "`BAD_REQUEST`: A word of the request is wrong, or it came under a name that this server does not answer to.",
    401: "`TOKEN_NEEDED`, `NO_USER`: The access token, or the proxy's word on who asks, is missing.",
    403: "`CROSS_SITE`, `NOT_THE_PROXY`: A page of another site may not write here; where there are users, only their "
    "proxy may ask.",
    413: "`TOO_LARGE`: The body is larger than this server reads.",
    429: "`TOO_MANY`: One client address, or one user, asks for more than a share.",
}
EVERY_CALL = {400, 401, 403}


def json_answer(document: Any, status: int = 200) -> Response:
    """JSON that nobody keeps; numpy arrays and times included."""
    body = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, status, mimetype="application/json", headers={"Cache-Control": "no-store"})


def rail(found: Rail) -> Response:
    """Small, and asked for again and again: 304 while nothing has changed."""
    document = found._asdict() | {
        "counts": found.counts._asdict(),
        "miss": np.round(found.miss, MISS_DECIMALS),
        "surprises": [{"index": peak.index, "miss": round(peak.miss, PEAK_DECIMALS)} for peak in found.surprises],
    }
    body = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    etag = hashlib.sha256(body).hexdigest()[:32]
    response = _zipped(gzip.compress(body, 1, mtime=0), etag, "application/json")
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)


def metadata(dataset: Dataset) -> dict[str, Any]:
    """What the API says of a dataset."""
    return dataset.summary()._asdict() | {
        "last_slot": dataset.series.last_slot,
        "season": dataset.season,
        "scale": dataset.scale,
    }


def download(export: Export, kind: str) -> Response:
    """A file to save; of a kind in MIME_TYPES."""
    headers = {"Content-Disposition": f'attachment; filename="{export.name}"', "Cache-Control": "no-store"}
    response = Response(export, content_type=MIME_TYPES[kind], headers=headers)
    if export.size is not None:
        response.content_length = export.size
    return response


def octets(data: bytes) -> Response:
    """Bytes that nobody keeps."""
    return Response(data, mimetype="application/octet-stream", headers={"Cache-Control": "no-store"})


def wire_block(block: WireBlock, *, forever: bool = False) -> Response:
    """What is incomplete is not kept by browsers, what is complete is asked for again with its ETag; only under an
    address that names that very ETag it is kept without asking, or where the address can mean nothing else: forever."""
    response = _zipped(block.data, block.etag, "application/octet-stream")
    if not block.complete:
        response.headers["Cache-Control"] = "no-store"
    elif forever or request.args.get("v") == block.etag:
        response.headers["Cache-Control"] = "private, immutable, max-age=31536000"
    else:
        response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)


def _zipped(data: bytes, etag: str, mime_type: str) -> Response:
    """What is gzipped already, for whoever accepts that, and its bytes for everybody else."""
    is_gzip = request.accept_encodings["gzip"] > 0
    response = Response(data if is_gzip else gzip.decompress(data), mimetype=mime_type)
    if is_gzip:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    response.set_etag(etag, weak=True)  # of what is encoded, whichever way
    return response


def refused(error: errors.EngineError) -> Response:
    """What the engine refuses."""
    status = 413 if error.code == "TOO_LARGE" else STATUS.get(type(error), 500)
    if status == 204:
        return Response(status=204, headers={"X-Hindcast-Code": error.code, "Cache-Control": "no-store"})
    response = error_answer(status, error.code, error.message, error.detail)
    if status == 503:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def http_error(error: HTTPException) -> Response | HTTPException:
    """werkzeug's own refusals in the API's shape; pages keep theirs."""
    if not request.path.startswith(PREFIX):
        return error
    status = error.code or 500
    response = error_answer(status, HTTP_CODES.get(status, "HTTP_ERROR"), error.description or error.name, {})
    response.headers.extend(
        (name, value) for name, value in error.get_headers() if name != "Content-Type"
    )  # Allow, say
    return response


def error_answer(status: int, code: str, message: str, detail: dict[str, Any]) -> Response:
    """The one shape of all refusals."""
    return json_answer({"error": {"code": code, "message": message, "detail": detail}}, status)
