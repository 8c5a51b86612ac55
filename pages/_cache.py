"""What the cache page shows, as data for the browser: it knows the names, sorts, and renews rows in their places."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from dash import html

from engine import Dataset, Inventory, StoredDataset, StoredForecasts, visitor
from pages import _cache_words as words
from pages import _notation, _status, _status_words
from pages._live import live
from pages._notation import DAY

MINUTE = 60


class Field(NamedTuple):
    """How a time of a series is asked for: so many characters of an ISO time, which leave this numpy unit open."""

    length: int
    unit: str

    @classmethod
    def of(cls, step: _notation.Step) -> Field:
        if step.months:
            return cls(7, "M")
        if step.calendar == "weekday" or (step.seconds or 0) % DAY == 0:
            return cls(10, "D")
        return cls(16, "m") if (step.seconds or 0) % MINUTE == 0 else cls(19, "s")

    def text(self, time: np.datetime64) -> str:
        """`2024-03-05 14:00`."""
        return str(time.astype("datetime64[s]"))[: self.length].replace("T", " ")


def rooms(inventory: Inventory) -> list[Any]:
    """Memory and disk against their budgets, and what was set aside."""
    parts = [
        _status.room("Disk", inventory.disk, inventory.disk_budget),
        _status.room("Memory", inventory.memory, inventory.memory_budget),
    ]
    if inventory.damaged_folders:
        size = _status_words.size(inventory.damaged)
        parts.append(
            html.P(
                [
                    live(html.Span, "damaged", words.damaged(inventory.damaged_folders, size)),
                    " ",
                    html.Button("Delete", id="cache-damaged", className="link danger", **{"data-size": size}),
                ],
                className="aside",
            )
        )
    return parts


def rows(inventory: Inventory, models: tuple[str, ...]) -> list[dict[str, Any]]:
    """A row per dataset; "user" is whose it is where whoever looks may delete it but not open it. models: names of
    those that are loaded."""
    return [_row(dataset, models) for dataset in inventory.datasets]


def _row(dataset: StoredDataset, models: tuple[str, ...]) -> dict[str, Any]:
    step = words.step_of(dataset)
    field = Field.of(step)
    return {
        "handle": dataset.handle,
        "points": dataset.length,
        "every": f"every {_notation.every(step)}",
        "period": words.period(dataset),
        "start": int(dataset.start.astype(np.int64)),
        "size": _status_words.size(dataset.bytes),
        "bytes": dataset.bytes,
        "freed": _status_words.size(dataset.own_bytes),
        "used": MINUTE * round(dataset.last_used / MINUTE),
        "kept": dataset.upload_kept,
        "user": None if visitor().sees(dataset.user, dataset.handle) else dataset.user,
        "first": field.text(dataset.start),
        "last": field.text(dataset.end),
        "forecasts": [_forecasts(one, models) for one in dataset.forecasts],
    }


def _forecasts(forecasts: StoredForecasts, models: tuple[str, ...]) -> dict[str, Any]:
    """A model that is loaded under the same name with other weights hides these forecasts from pages and exports."""
    return {
        "model": forecasts.model,
        "horizon": forecasts.horizon,
        "label": f"{forecasts.model}, {_notation.plural(forecasts.horizon, 'step')}",
        "done": forecasts.done,
        "total": forecasts.total,
        "counts": words.done(forecasts),
        "state": words.state(forecasts),
        "size": _status_words.size(forecasts.bytes),
        "imported": forecasts.imported,
        "loaded": forecasts.model_loaded,
        "reachable": forecasts.model_loaded or forecasts.model not in models,
    }


def stretch(dataset: Dataset, start: np.datetime64, end: np.datetime64) -> tuple[int, int, int]:
    """(first index, last index, usable moments) of a dataset between two times, the unit of `end` included; a first
    index above the last where there is no point between them."""
    step = _notation.Step(dataset.series.step.seconds, dataset.series.step.calendar)
    unit = Field.of(step).unit
    until = (end.astype(f"datetime64[{unit}]") + 1).astype("datetime64[s]") - np.timedelta64(1, "s")
    first = _nearest(dataset, start)
    last = _nearest(dataset, until)
    first += first <= 0 and bool(dataset.time(first) < start)
    last -= last > -dataset.length and bool(dataset.time(last) > until)
    if first > last:
        return first, last, 0
    usable = dataset.usable_origins[first + dataset.length - 1 : last + dataset.length]
    return first, last, int(usable.sum())


def _nearest(dataset: Dataset, time: np.datetime64) -> int:
    return min(0, max(1 - dataset.length, dataset.index_at(time)))
