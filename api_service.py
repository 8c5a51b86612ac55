"""The API about the service itself: whether it lives and is ready, how it is, and what it can be asked."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Response, request

from api_answers import PREFIX, json_answer
from api_calls import Answer, Calls
from api_document import document
from api_models import Document, Readiness
from api_records import answered
from api_reference import page
from engine import Engine, Status

TAG = "Service"


def add_calls(calls: Calls, engine: Engine) -> None:
    """The calls that tell of the service."""

    @cache
    def described() -> dict[str, Any]:
        return document(calls.all, engine.settings)

    @calls.add(TAG, "GET", f"{PREFIX}/status", {200: Answer("Seconds and bytes.", answered(Status))})
    def status() -> Response:
        """Say how the engine is: queues, speed, room, threads and the last errors."""
        return json_answer(_status(engine.status()))

    @calls.add(TAG, "GET", f"{PREFIX}/openapi.json", {200: Answer("This document.", Document)})
    def openapi() -> Response:
        """Describe every call (OpenAPI 3.1)."""
        return json_answer(described())

    @calls.add(TAG, "GET", f"{PREFIX}/reference", {200: Answer("A page.", kinds=("text/html",))})
    def reference() -> Response:
        """Describe every call, for people."""
        shown = page(described(), request.script_root)
        return Response(shown, mimetype="text/html", headers={"Cache-Control": "no-store"})

    @calls.add(TAG, "GET", "/healthz", {200: Answer("It does.", kinds=("text/plain",))})
    def healthz() -> Response:
        """Say whether the process answers."""
        return Response("ok\n", mimetype="text/plain")

    not_ready = Answer("It is not, and why.", Readiness)

    @calls.add(TAG, "GET", "/readyz", {200: Answer("It is.", Readiness), 503: not_ready})
    def readyz() -> Response:
        """Say whether models are loaded and workers alive."""
        found = engine.status()
        answer = {"ready": found.ready, "models": found.models, "reasons": found.reasons}
        return json_answer(answer, 200 if found.ready else 503)


def _status(status: Status) -> dict[str, Any]:
    """Times in seconds, sizes in bytes; a stage's last bucket has no upper bound: null."""
    return status._asdict() | {
        "loaded": [model._asdict() for model in status.loaded],
        "statistics": status.statistics._asdict(),
        "stages": {stage: latency._asdict() for stage, latency in status.stages.items()},
        "runner": status.runner._asdict(),
        "errors": [failure._asdict() for failure in status.errors],
    }
