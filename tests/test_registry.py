"""Models of other packages: a folder with a distribution's metadata, put on the path, is all an installation is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import Engine, Settings
from engine.errors import StartError
from engine.models.base import BASELINE, GROUP, built_in, installed, load

MODULE = """
from tests.conftest import ToyForecaster

def toy(settings):
    made = ToyForecaster()
    made.num_samples = settings.num_samples
    return made

def nothing(settings):
    return None

def broken(settings):
    raise OSError("weights.safetensors:\\nno such file")
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a package that offers models: name = what it points to."""

    def add(package: str, **models: str) -> None:
        site = tmp_path / package
        metadata = site / f"{package}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (site / f"{package}_models.py").write_text(MODULE)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = [f"{name.replace('_', '-')} = {package}_models:{target}" for name, target in models.items()]
        (metadata / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines]) + "\n")
        monkeypatch.syspath_prepend(str(site))

    yield add
    for name in [name for name in sys.modules if name.endswith("_models")]:
        del sys.modules[name]


def refused(model: str) -> str:
    with pytest.raises(StartError) as error:
        load(Settings(model=model), installed())
    assert "\n" not in error.value.message
    return error.value.message


def test_the_built_in_models_are_always_there() -> None:
    assert set(built_in()) == {"hindcast-small", "seasonal-naive", "last-value", "theta"}
    assert set(built_in()) <= set(installed())
    loaded = load(Settings(num_samples=7, models=("theta", "last-value")), installed())
    assert list(loaded) == ["hindcast-small", "theta", "last-value", BASELINE]
    assert [model.num_samples for model in loaded.values()] == [7] * 4


def test_a_packages_model_is_known_and_loaded_with_the_settings(install: Install) -> None:
    install("acme", toy="toy")
    loaded = load(Settings(model="toy", num_samples=7), installed())
    assert list(loaded) == ["toy", BASELINE]
    assert loaded["toy"].num_samples == 7


def test_an_engine_finds_installed_models_by_itself(install: Install, tmp_path: Path) -> None:
    install("acme", toy="toy")
    engine = Engine(Settings(cache_dir=tmp_path / "cache", model="toy"))
    try:
        assert engine.status().models == ("toy", BASELINE)
    finally:
        engine.close()


def test_a_package_is_not_imported_before_its_model_is_asked_for(install: Install) -> None:
    install("acme", toy="toy")
    load(Settings(model=BASELINE), installed())
    assert "acme_models" not in sys.modules


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("broken", "weights.safetensors: no such file"),
        ("absent", "module 'acme_models' has no attribute 'absent'"),
        ("nothing", "its loader did not return a Forecaster"),
        ("toy", "it calls itself 'toy'"),
    ],
)
def test_a_model_that_cannot_be_loaded_ends_the_start_only_when_it_is_asked_for(
    install: Install, target: str, reason: str
) -> None:
    install("acme", bad=target)
    load(Settings(model=BASELINE), installed())
    assert refused("bad") == f"The model 'bad' cannot be loaded: {reason}"


def test_a_name_that_is_taken_ends_the_start_only_when_it_is_asked_for(install: Install) -> None:
    install("acme", theta="toy")
    load(Settings(model=BASELINE), installed())
    assert refused("theta") == (
        "The model 'theta' cannot be loaded: Hindcast itself and acme offer a model of this name. "
        "Uninstall or rename one."
    )


def test_two_packages_cannot_offer_the_same_name(install: Install) -> None:
    install("acme", toy="toy")
    install("bolt", toy="toy")
    assert "acme and bolt offer a model of this name" in refused("toy")


def test_the_models_there_are_are_named_where_one_is_not(install: Install) -> None:
    install("acme", extra_model="toy")
    assert "Known: extra-model, " in refused("no such")


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "quantile"), ("numerics", "int8"), ("num_samples", 1), ("context_length", 0), ("digest", None)],
)
def test_a_model_that_says_what_cannot_be_is_refused_by_the_field(field: str, value: object) -> None:
    model = built_in()[BASELINE](Settings())
    setattr(model, field, value)
    with pytest.raises(StartError, match=f"its {field} is {value!r}"):
        load(Settings(model=BASELINE), {BASELINE: lambda settings: model})
