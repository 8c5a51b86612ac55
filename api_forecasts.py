"""Forecasts over the API: one, many at once, all of them as a file, and having them computed anew."""

from __future__ import annotations

from typing import Any

from flask import Response

from api_answers import PREFIX, download, json_answer, octets, rail, wire_block
from api_calls import ANY_LOAD, BYTES, CSV, FILE, PARQUET, SAVED, SERIES, UNCHANGED, Answer, Calls
from api_files import received
from api_models import Forecast, Origins, QuickForecast
from api_queries import BlockQuery, CsvQuery, ForecastQuery, ParquetQuery, QuickdrawQuery, RailQuery, RecalculateQuery
from api_records import answered
from api_requests import BlockNumber, Handle, Index, wants_bytes
from engine import Dataset, Engine, Rail, Readback, errors

DRAWN = Answer(
    "The forecast; as a wire block of one row, computed if it is not there, for who would rather have bytes.",
    Forecast,
    (BYTES,),
)
FORECASTING = (
    errors.UnknownHandle,
    errors.Evicted,
    errors.IndexOutOfRange,
    errors.OriginUnusable,
    errors.ModelNotLoaded,
    errors.ModelFailed,
    errors.DeadlineExceeded,
    errors.Superseded,
    errors.Cancelled,
    *ANY_LOAD,
)


TAG = "Forecasts"


def add_calls(calls: Calls, engine: Engine) -> None:
    """The calls that draw, and those that take files away."""
    _add_one(calls, engine)
    _add_many(calls, engine)
    _add_files(calls, engine)


def _add_one(calls: Calls, engine: Engine) -> None:
    path = f"{SERIES}/forecasts/{{index}}"

    @calls.add(TAG, "GET", path, {200: DRAWN}, *FORECASTING)
    def forecast(handle: Handle, index: Index, query: ForecastQuery) -> Response:
        """Say what would have been forecast from a moment, and how it came out."""
        if wants_bytes():
            return octets(engine.wire_row(handle, index, **query.which(), **query.viewer()))
        return json_answer(engine.forecast(handle, index, **query.which(), **query.viewer()).to_json())

    @calls.add(TAG, "POST", path, {200: Answer("The new forecast.", Forecast)}, errors.NotAllowed, *FORECASTING)
    def force_forecast(handle: Handle, index: Index, query: ForecastQuery) -> Response:
        """Compute a forecast anew."""
        drawn = engine.forecast(handle, index, force=True, **query.which(), **query.viewer())
        return json_answer(drawn.to_json())


def _add_many(calls: Calls, engine: Engine) -> None:
    @calls.add(
        TAG,
        "GET",
        f"{SERIES}/blocks/{{number}}",
        {200: Answer("The forecasts that are done, as docs/wire.md has it.", kinds=(BYTES,)), **UNCHANGED},
        errors.UnknownHandle,
        errors.UnknownBlock,
        errors.Evicted,
        errors.ModelNotLoaded,
        *ANY_LOAD,
    )
    def block(handle: Handle, number: BlockNumber, query: BlockQuery) -> Response:
        """Read the forecasts of 256 slots, for a chart that scrubs."""
        return wire_block(engine.wire_block(handle, number, **query.which()))

    @calls.add(
        TAG,
        "GET",
        f"{SERIES}/rail",
        {200: Answer("The columns.", answered(Rail)), **UNCHANGED},
        errors.UnknownHandle,
        errors.Evicted,
        errors.IndexOutOfRange,
        errors.ModelNotLoaded,
        *ANY_LOAD,
    )
    def whole_rail(handle: Handle, query: RailQuery) -> Response:
        """Say how a series, or a stretch of it, stands at the resolution of a screen.

        Shares of points that are `unusable`, `done` and `failed`, the mean `miss` in units of `scale`, column by
        column; `counts`, and the `surprises`.
        """
        return rail(engine.rail(handle, query.width, query.from_, query.to, **query.which()))

    @calls.add(
        TAG,
        "POST",
        f"{SERIES}/recalculate",
        {202: Answer("How many are computed anew.", Origins)},
        errors.UnknownHandle,
        errors.NotAllowed,
        errors.Evicted,
        errors.IndexOutOfRange,
        errors.ModelNotLoaded,
        *ANY_LOAD,
    )
    def recalculate(handle: Handle, query: RecalculateQuery) -> Response:
        """Have forecasts of a series computed anew.

        Without `from` and `to` those of the whole file; with `only=failed` those that failed.
        """
        wanted = {"failed": query.only == "failed", **query.which()}
        return json_answer({"origins": engine.recalculate(handle, query.from_, query.to, **wanted)}, 202)


def _add_files(calls: Calls, engine: Engine) -> None:
    stored = (errors.UnknownHandle, errors.Evicted, errors.ModelNotLoaded, *ANY_LOAD)

    @calls.add(
        TAG, "GET", f"{SERIES}/export.parquet", {200: Answer("The file.", kinds=(PARQUET,), headers=SAVED)}, *stored
    )
    def export_parquet(handle: Handle, query: ParquetQuery) -> Response:
        """Save all forecasts of a series as Parquet.

        Those that are done, with samples, outcomes and scores; docs/export.md has every column.
        """
        return download(engine.export(handle, "parquet", shape=query.shape, **query.which()), "parquet")

    @calls.add(TAG, "GET", f"{SERIES}/export.csv", {200: Answer("The file.", kinds=(CSV,), headers=SAVED)}, *stored)
    def export_csv(handle: Handle, query: CsvQuery) -> Response:
        """Save all forecasts of a series as CSV, a row per step.

        Those that are done, with samples, outcomes and scores; docs/export.md has every column.
        """
        return download(engine.export(handle, "csv", decimal=query.decimal, **query.which()), "csv")

    @calls.add(
        TAG,
        "POST",
        f"{PREFIX}/quickdraw",
        {200: Answer("The forecast, and how the file was read.", QuickForecast)},
        errors.UploadError,
        *FORECASTING,
        file=f"{FILE} A CSV as for datasets.",
    )
    def quickdraw(query: QuickdrawQuery) -> Response:
        """Draw one forecast of a file, and keep nothing of it."""
        wanted = {"index": query.index, "ask": query.ask, "force": query.force}
        with received(engine) as file:
            drawn = engine.quickdraw(file, query.options(), **wanted, **query.which())
        return json_answer(drawn.plot.to_json() | _read(drawn.dataset, drawn.readback))


def _read(dataset: Dataset, readback: Readback) -> dict[str, Any]:
    """How a file was read of which nothing is kept."""
    told = readback.to_json()
    ends = {"start": dataset.start, "end": dataset.end}
    return ends | {"length": dataset.length, "readback": told, "warnings": told["warnings"]}
