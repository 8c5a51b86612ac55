"""The engine at one moment, as plain records: what the status page, the API and readiness look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.jobs import Statistics
from engine.meter import Failure, Latency
from engine.models.base import Forecaster
from engine.runner import RunnerStatus


class ModelStatus(NamedTuple):
    """A loaded model. digest: the first 12 characters, enough to tell two apart."""

    name: str
    numerics: str
    size: str
    licence: str
    digest: str


class Status(NamedTuple):
    """The engine at one moment.

    reasons: sentences that say why it is not ready; empty when it is. models: names, the default one first.
    device: "CPU, 2 cores" or the GPU's name. uptime: seconds. threads: name -> whether it runs.
    memory: bytes of series and results in memory; disk: bytes in the cache directory, as last known; both beside their
    budgets. datasets: open in memory. errors: newest first; failures: how many since the start, by stage. runner: where
    the background's forecasts are computed.
    """

    ready: bool
    reasons: tuple[str, ...]
    models: tuple[str, ...]
    loaded: tuple[ModelStatus, ...]
    device: str
    uptime: float
    threads: dict[str, bool]
    statistics: Statistics
    stages: dict[str, Latency]
    origins_per_second: float
    memory: int
    memory_budget: int
    disk: int
    disk_budget: int
    datasets: int
    errors: tuple[Failure, ...]
    failures: dict[str, int]
    runner: RunnerStatus = RunnerStatus()


def model_status(forecaster: Forecaster) -> ModelStatus:
    """What a model says of itself."""
    return ModelStatus(
        forecaster.name, forecaster.numerics, forecaster.size, forecaster.licence, forecaster.digest[:12]
    )


def device(forecasters: Iterable[Forecaster], cores: int) -> str:
    """What computes: the GPU as a model that runs there names it in its `device`, else the processor."""
    for forecaster in forecasters:
        if forecaster.numerics == "cuda":
            return str(getattr(forecaster, "device", "") or "GPU")
    return f"CPU, {cores} core{'' if cores == 1 else 's'}"


def reasons(*, models: Iterable[str], threads: Mapping[str, bool], failing: bool, closed: bool) -> tuple[str, ...]:
    """Why the engine is not ready, one sentence each. failing: too many batches went wrong in a row."""
    if closed:
        return ("The server is stopping.",)
    found = [] if any(True for _ in models) else ["No model is loaded."]
    dead = sorted(name for name, alive in threads.items() if not alive)
    if dead:
        stopped = f"{dead[0]} has" if len(dead) == 1 else f"{', '.join(dead[:-1])} and {dead[-1]} have"
        found.append(f"{stopped} stopped. Restart the server.")
    if failing:
        found.append("The model keeps failing. What it says is among the last errors.")
    return tuple(found)
