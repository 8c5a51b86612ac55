"""What a killed process may leave: every value whole, every row right, every file named, and nothing half there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.blocks import BLOCK, block_keys, block_range
from engine.sealed import unseal
from engine.spec import Spec
from engine.store import Store
from tests.conftest import ToyForecaster
from tests.crash.world import HORIZON, Known

SPEC = Spec.of(ToyForecaster(), HORIZON)


class Found(NamedTuple):
    """A stored dataset: which rows of it are stored, oldest first, which its manifest says so of, and its upload."""

    rows: NDArray[np.bool_]
    claimed: NDArray[np.bool_]
    upload: bool


def audit(store: Store, folder: Path, world: dict[str, Known]) -> dict[str, Found]:
    """Look at everything in a cache that was just opened; what is stored, by name. AssertionError."""
    _files_are_those_that_rows_name(folder)
    keys = set(store._cache.iterkeys())
    for key in keys:
        sealed = store._cache.get(key)
        assert sealed is not None, f"no value: {key}"
        unseal(sealed[:4], sealed)  # torn values raise
    names = {known.series.handle: name for name, known in world.items()}
    handles = store.handles()
    assert {key[2:66] for key in keys if key.startswith("m/")} <= set(handles), "a manifest without its series"
    uploads = {key[2:34] for key in keys if key.startswith("u/")}
    recorded = {upload: store.upload(upload) for upload in uploads}
    assert None not in recorded.values(), "the bytes of an upload without its record"
    of_uploads = {handle for record in recorded.values() for handle in record or {}}
    assert of_uploads <= set(handles), "an upload without its series"
    named: set[str] = set()
    found = {}
    for handle in handles:
        name = names[handle]
        series = store.series(handle)
        assert series is not None
        assert np.array_equal(series.values, world[name].series.values), f"other values: {name}"
        named.update(block_keys(series, SPEC))
        found[name] = _found(store, world[name], handle in of_uploads)
    blocks = {key[2:] for key in keys if key.startswith("b/")}
    assert blocks <= named, "a block that nothing names"
    return found


def _files_are_those_that_rows_name(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "cache.db")) as connection:
        rows = {name for (name,) in connection.execute("SELECT filename FROM Cache WHERE filename IS NOT NULL")}
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    files = {name for name in files if not name.startswith("cache.db")}
    assert files - rows == set(), "files that no row names"
    assert rows - files == set(), "rows without their file"
    empty = [path for path in folder.rglob("*") if path.is_dir() and not any(path.iterdir())]
    assert not empty, "empty folders"


def _right_rows(store: Store, known: Known) -> NDArray[np.bool_]:
    """Which rows are stored; each is the toy's answer, bit by bit."""
    stored = np.zeros(len(known.series), dtype=bool)
    place = np.cumsum(known.usable) - 1  # of an origin among the usable ones
    for number, key in zip(block_range(known.series), block_keys(known.series, SPEC), strict=True):
        rows = store.forecasts.block_rows(key)
        if rows is None:
            continue
        at = rows.offsets + BLOCK * number - known.series.first_slot
        assert known.usable[at].all(), "a row of an origin that cannot be forecast"
        truth = known.forecast
        for column, right in ((rows.samples, truth.samples), (rows.loc, truth.loc), (rows.scale, truth.scale)):
            assert np.array_equal(column, right[place[at]]), "a row is not what was computed"
        stored[at] = True
    return stored


def _found(store: Store, known: Known, upload: bool) -> Found:
    """Rows count as a dataset's own once its manifest names their blocks: others are not kept for it."""
    rows = _right_rows(store, known)
    manifest = store.forecasts.manifest(known.series.handle, SPEC)
    if manifest is None:
        return Found(np.zeros_like(rows), np.zeros_like(rows), upload)
    start = known.series.first_slot - BLOCK * block_range(known.series).start
    return Found(rows, manifest.done[start : start + len(known.series)], upload)
