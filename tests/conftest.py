"""Fixtures shared by all tests: a toy forecaster in closed form, small series, an engine in a folder of its own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from numpy.typing import NDArray

import api
import app as hindcast
import security
from engine import Engine, Settings, Upload
from engine.blocks import BLOCK
from engine.forecasting import frame_of
from engine.jobs import Entry
from engine.models.base import Loader, built_in
from engine.results import ResultFrame
from engine.series import Series, Step
from tests.contract import contract_client

HOUR = Step(3600, "second")
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_configure() -> None:
    """Properties are tried on the same examples in every run, however slow the machine is."""
    from hypothesis import HealthCheck, settings  # not at the top: servers that tests start import this module, too

    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=slow)
    settings.load_profile("suite")


class ToyForecaster:
    """The context's last value plus (level - 0.5) x step: every number can be worked out by hand.

    gate: a test may hold the model up; batches: all but what is asked for one by one; calls: contexts it was given, per
    call; entered: calls so far, held ones too.
    """

    name = "toy"
    kind = "quantiles"
    context_length = 512
    num_samples = 10
    digest = "toy-1"
    numerics = "fp32"
    licence = "MIT"
    size = "no weights"

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.entered = 0
        self.gate = threading.Event()
        self.gate.set()
        self.batches = threading.Event()
        self.batches.set()
        self.failure: BaseException | None = None

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        self.entered += 1
        assert self.gate.wait(30)
        assert len(contexts) == 1 or self.batches.wait(30)
        if self.failure is not None:
            raise self.failure
        self.calls.append(len(contexts))
        filled = np.where(np.isnan(contexts), 0, contexts)
        seen = ~np.isnan(contexts)
        last = filled[np.arange(len(filled)), contexts.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)]
        levels = (np.arange(1, self.num_samples + 1) - 0.5) / self.num_samples - 0.5
        steps = np.arange(1, horizon + 1)
        return (last[:, None, None] + steps[:, None] * levels).astype(np.float32)

    @property
    def computed(self) -> int:
        """Origins forecast so far."""
        return sum(self.calls)


def wave(length: int, season: int = 24, first_slot: int = 1000, seed: int = 0, missing: float = 0.0) -> Series:
    """A noisy daily rhythm on an hourly grid."""
    random = np.random.default_rng(seed)
    values = 10 + 3 * np.sin(2 * np.pi * np.arange(length) / season) + random.normal(0, 0.3, length)
    values[random.random(length) < missing] = np.nan
    values[-1] = 10.0
    return Series(values, HOUR, first_slot)


def to_csv(series: Series, column: str = "load") -> bytes:
    """The series as a plain CSV file."""
    times = series.times(np.arange(series.first_slot, series.last_slot + 1))
    lines = [f"time,{column}"]
    lines += [f"{t},{'' if np.isnan(v) else repr(float(v))}" for t, v in zip(times, series.values, strict=True)]
    return "\n".join(lines).encode()


def until(condition: Callable[[], bool], timeout: float = 60.0, every: float = 0.01) -> None:
    """Wait until a condition holds; it is looked at every so many seconds."""
    pause = threading.Event()
    for _ in range(int(timeout / every)):
        if condition():
            return
        pause.wait(every)
    raise AssertionError("the condition did not come true in time")


def filled(engine: Engine, handle: str, model: str | None = None) -> bool:
    """Whether the background fill of a dataset has ended."""
    return engine.progress(handle, model=model).state == "done"


def in_memory(engine: Engine, entry: Entry) -> ResultFrame:
    """All rows of an entry, brought back where they are on the disk only."""
    series: Series = entry.subject.series
    for slot in range(series.first_slot, series.last_slot + BLOCK, BLOCK):
        engine._on_store_thread(partial(engine._library.entries.fetch, entry, min(slot, series.last_slot)))
    return frame_of(entry)


def scored(engine: Engine) -> Upload:
    """A stored series of 300 hours whose forecasts are all computed; its column name must stay with its uploader."""
    done = engine.upload(to_csv(wave(300), column="zebra [kWh]"))
    until(lambda: filled(engine, done.dataset.handle))
    return done


@pytest.fixture
def untraced() -> Iterator[None]:
    """The coverage notes nothing: what is repeated thousands of times is twice as fast. (The mark no_cover of
    pytest-cov does not reach the second collector that it starts in a process of xdist.)"""
    here, threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]
    yield
    threading.settrace(threads)  # type: ignore[arg-type]
    sys.settrace(here)


@pytest.fixture
def toy() -> ToyForecaster:
    return ToyForecaster()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(cache_dir=tmp_path / "cache", model="toy", graceful_timeout=2.0)


@pytest.fixture
def registry(toy: ToyForecaster) -> dict[str, Loader]:
    return built_in() | {"toy": lambda settings: toy}


@pytest.fixture
def engine(settings: Settings, registry: dict[str, Loader]) -> Iterator[Engine]:
    running = Engine(settings, registry)
    yield running
    running.close()


@pytest.fixture
def upload(engine: Engine) -> Upload:
    return scored(engine)


@contextmanager
def door(settings: Settings) -> Iterator[FlaskClient]:
    """The API alone, in front of an engine of its own."""
    engine = Engine(settings)
    server = Flask(__name__)
    security.protect(server, settings)
    server.register_blueprint(api.create_blueprint(engine))
    with closing(engine), contract_client(server) as client:
        yield client


@pytest.fixture
def client(settings: Settings, engine: Engine) -> FlaskClient:
    """The whole app, pages and API, without a browser."""
    return contract_client(hindcast.create_app(settings, engine).server)
