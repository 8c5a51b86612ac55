"""The cache over the API: what is stored, exports of it and back, and deleting it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response

from api_answers import PREFIX, download, json_answer, metadata
from api_calls import ANY_LOAD, PARQUET, SAVED, Answer, Calls
from api_files import received
from api_models import Datasets, Freed, LoadAnswer, Origins
from api_queries import DropQuery, Which
from api_records import answered
from api_requests import Handle
from engine import CheckReport, Engine, Inventory, Loaded, errors

TAG = "Cache"
CACHE = f"{PREFIX}/cache"
ONE = f"{CACHE}/{{handle}}"
MANAGED = (errors.NotAllowed, *ANY_LOAD)
STORED = (errors.UnknownHandle, errors.Evicted, errors.ModelNotLoaded, *ANY_LOAD)


def add_calls(calls: Calls, engine: Engine) -> None:
    """The calls under /cache."""

    @calls.add(TAG, "GET", CACHE, {200: Answer("Bytes, and seconds UTC.", answered(Inventory))}, *MANAGED)
    def cache() -> Response:
        """Say what is stored, how large it is, and when it was last used.

        `own_bytes` of a dataset is what deleting it frees.
        """
        return json_answer(_inventory(engine.cache()))

    @calls.add(TAG, "POST", f"{CACHE}/save/{{handle}}", {200: Answer("The file.", None, (PARQUET,), SAVED)}, *STORED)
    def save(handle: Handle, query: Which) -> Response:
        """Save all forecasts of a series as Parquet.

        The same file as export.parquet; docs/export.md has every column.
        """
        return download(engine.export(handle, **query.which()), "parquet")

    @calls.add(
        TAG,
        "POST",
        f"{CACHE}/load",
        {200: Answer("The same, of a series that was known.", LoadAnswer), 201: Answer("What it held.", LoadAnswer)},
        errors.UploadError,
        *ANY_LOAD,
        errors.NoRoom,
        file="A Parquet export: raw, or as the field `file` of a form.",
    )
    def load() -> Response:
        """Store the series and the forecasts of an export."""
        with received(engine) as file:
            answer = engine.load(file)
        return json_answer(_loaded(answer), 200 if answer.known else 201)

    @calls.add(
        TAG,
        "DELETE",
        ONE,
        {200: Answer("How many were dropped.", Origins), 202: Answer("How many are computed anew.", Origins)},
        errors.IndexOutOfRange,
        errors.NotAllowed,
        *STORED,
    )
    def drop(handle: Handle, query: DropQuery) -> Response:
        """Forget forecasts of a series, and keep the series.

        Those of a stretch are computed anew, those of all moments when somebody asks for one.
        """
        if query.stretch() is None:
            return json_answer({"origins": engine.drop(handle, **query.which())})
        return json_answer({"origins": engine.recalculate(handle, query.from_, query.to, **query.which())}, 202)

    @calls.add(TAG, "POST", f"{CACHE}/check", {200: Answer("What was found.", answered(CheckReport))}, *MANAGED)
    def check() -> Response:
        """Look at everything that is stored, and repair what can be computed.

        Damaged and missing blocks are computed again, orphans are removed, damaged series and uploads are to be
        uploaded again.
        """
        return json_answer(asdict(engine.check()))

    @calls.add(TAG, "DELETE", f"{CACHE}/damaged", {200: Answer("What was freed.", Freed)}, *MANAGED)
    def delete_damaged() -> Response:
        """Delete the damaged caches that a start has set aside."""
        return json_answer({"bytes": engine.delete_damaged()})

    @calls.add(TAG, "DELETE", CACHE, {200: Answer("How many there were.", Datasets)}, *MANAGED)
    def flush() -> Response:
        """Delete everything that is stored, without asking again."""
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
