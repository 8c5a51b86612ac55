"""Datasets that lie on the disk: filled by the engine with the cheapest model, and more of them made from one."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import to_csv
from engine import Engine, Series, Settings
from engine.blocks import Manifest, Rows, block_keys
from engine.lineage import Lineage
from engine.models.base import BASELINE, Forecaster, Loader, built_in
from engine.models.last_value import LastValue
from engine.scorecards import Scorecard, scorecard_names
from engine.spec import Spec
from engine.store import Store

CHEAP = LastValue.name


class Counted(LastValue):
    """last-value, and how often it was asked."""

    calls = 0

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        self.calls += 1
        return super().predict(contexts, floor, horizon)


def cheap(folder: Path) -> Settings:
    """Of an engine whose default model costs next to nothing."""
    return Settings(cache_dir=folder / "cache", model=CHEAP)


def counting(model: Counted) -> Mapping[str, Loader]:
    def loader(_: Settings) -> Forecaster:
        return model

    return {CHEAP: loader, BASELINE: built_in()[BASELINE]}


def written(engine: Engine, csv: bytes) -> str:
    """Upload a file and wait until all of its forecasts are on the disk. Its handle."""
    handle, pause = engine.upload(csv).dataset.handle, threading.Event()
    while engine.progress(handle).state != "done" or engine.status().statistics.dirty_blocks:
        pause.wait(0.02)
    return handle


class Stored(NamedTuple):
    """All that is kept of a series' forecasts under one spec."""

    series: Series
    manifest: Manifest
    rows: list[Rows]
    cards: list[Scorecard]

    @property
    def origins(self) -> int:
        return sum(len(rows.offsets) for rows in self.rows)

    def times(self, factor: float) -> Stored:
        """Of the series times a power of two: its forecasts are exactly these, times as much, since contexts are
        scaled."""
        series = Series(factor * self.series.values, self.series.step, self.series.first_slot)
        rows = [part._replace(loc=factor * part.loc, scale=factor * part.scale) for part in self.rows]
        cards = [card._replace(scores=card.scores._replace(crps=factor * card.scores.crps)) for card in self.cards]
        return Stored(series, self.manifest, rows, cards)

    def put_forecasts(self, store: Store, spec: Spec) -> None:
        """As the engine writes them, under the name of any model with samples of this shape."""
        keys = block_keys(self.series, spec)
        names = scorecard_names(self.series, spec, keys)
        for key, rows, name, card in zip(keys, self.rows, names, self.cards, strict=True):
            store.forecasts.put_block(key, rows, True, (name, card))
        store.forecasts.put_manifest(replace(self.manifest, handle=self.series.handle, spec=spec, keys=keys))

    def put(self, store: Store, spec: Spec) -> None:
        """The series, what tells its versions, and its forecasts."""
        store.put_series(self.series)
        Lineage(store).add(self.series)
        self.put_forecasts(store, spec)


def filled(series: Series, folder: Path) -> Stored:
    """A series' forecasts by the cheapest model, computed and written by the engine in this folder."""
    settings = cheap(folder)
    with closing(Engine(settings, counting(Counted(settings.num_samples)))) as engine:
        written(engine, to_csv(series))
    return read_back(series, settings)


def read_back(series: Series, settings: Settings) -> Stored:
    """What a closed engine has stored of a series, of which nothing is missing."""
    store = Store(settings.cache_dir, 1.0)
    store.open()
    with closing(store):
        (manifest,) = store.forecasts.manifests(series.handle)
        names = scorecard_names(series, manifest.spec, manifest.keys)
        rows = [part for part in map(store.forecasts.block_rows, manifest.keys) if part is not None]
        cards = [card for card in map(store.forecasts.scorecard, names) if card is not None]
        assert len(rows) == len(cards) == len(names)
        return Stored(series, manifest, rows, cards)


def bytes_on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
