"""One app for all attacks of a process: whatever they try, the next one finds it as the first one did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import app as hindcast
from engine import Engine, Settings, Upload
from engine.models.base import Loader, built_in
from tests.conftest import ToyForecaster, scored
from tests.contract import contract_client


@pytest.fixture(scope="package")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder: Path = tmp_path_factory.mktemp("attacked") / "cache"
    return Settings(cache_dir=folder, model="toy", graceful_timeout=2.0, uploads_per_minute=10_000)


@pytest.fixture(scope="package")
def toy() -> ToyForecaster:
    return ToyForecaster()


@pytest.fixture(scope="package")
def registry(toy: ToyForecaster) -> dict[str, Loader]:
    return built_in() | {"toy": lambda settings: toy}


@pytest.fixture(scope="package")
def engine(settings: Settings, registry: dict[str, Loader]) -> Iterator[Engine]:
    running = Engine(settings, registry)
    yield running
    running.close()


@pytest.fixture(scope="package")
def upload(engine: Engine) -> Upload:
    return scored(engine)


@pytest.fixture(scope="package")
def client(settings: Settings, engine: Engine) -> FlaskClient:
    """The whole app, pages and API, without a browser."""
    return contract_client(hindcast.create_app(settings, engine).server)
