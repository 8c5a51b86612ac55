"""Where the model runs. Samples are a pure function of a spec and contexts: any batch may be run again, anywhere."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from engine.cores import background_cores
from engine.forecasting import Inferred, infer
from engine.jobs import Batch
from engine.settings import Settings
from engine.spec import Spec

THREADS = "threads"  # what the setting calls them
MAX_BACKGROUND = 8  # threads that compute


class RunnerStatus(NamedTuple):
    """where: "threads", "ray" or a Ray address. actors: processes of Ray's that compute now, of so many `wanted`.
    lost: those that ended unasked since the start. trouble: why some are missing, one line; empty where none is."""

    where: str = THREADS
    actors: int = 0
    wanted: int = 0
    lost: int = 0
    trouble: str = ""


class Runner(Protocol):
    """Runs batches; safe to call from several threads at once."""

    @property
    def threads(self) -> int:
        """How many threads the background needs to keep it busy."""
        ...

    def run(self, batch: Batch) -> Inferred:
        """Forecast a batch's origins. ModelFailed; EngineClosed after the end; whatever the model raises."""
        ...

    def status(self) -> RunnerStatus:
        """It at this moment."""
        ...

    def close(self) -> None:
        """End what runs elsewhere, at once; who waits for it gets EngineClosed. Idempotent."""
        ...


class Threads:
    """The model runs in the thread that asks, in this process; `threads` of them for the background."""

    def __init__(self, threads: int) -> None:
        self.threads = min(threads, MAX_BACKGROUND)

    def run(self, batch: Batch) -> Inferred:
        return infer(batch)

    def status(self) -> RunnerStatus:
        return RunnerStatus()

    def close(self) -> None:
        """Nothing runs elsewhere."""


def chosen(settings: Settings, specs: tuple[Spec, ...], cores: int) -> Runner:
    """The runner that the settings name; specs: one of every loaded model. StartError."""
    if settings.runner == THREADS:
        return Threads(background_cores())
    from engine.ray_runner import RayRunner  # only where it is wanted

    return RayRunner(settings, specs, cores)
