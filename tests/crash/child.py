"""One life: open, look at everything, work until killed. Everything that is certain is said on a pipe at once."""

from __future__ import annotations

import json
import os
import random
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import engine.workers
import engine.writing
from engine import Engine, Settings, errors
from engine.models.base import built_in
from engine.store import Store
from tests.conftest import ToyForecaster
from tests.crash.audit import audit
from tests.crash.world import HORIZON, Known
from tests.truth import samples

PARTIAL_EVERY = 0.1  # seconds, for the engine's five
FORGOTTEN = (errors.UnknownHandle, errors.Evicted)  # somebody deleted it meanwhile
MOST = 7  # datasets at once


def say(what: str, **more: Any) -> None:
    """One line for the parent, whole even if the next instruction is the last."""
    line = json.dumps({"say": what, "at": time.monotonic(), **more}).encode() + b"\n"
    assert len(line) <= 4096
    os.write(1, line)


def live(job: dict[str, Any], world: dict[str, Known]) -> None:
    """The life that a job describes; `failed` is said where something is not as it must be."""
    try:
        _live(job, world)
    except BaseException:
        say("failed", why=traceback.format_exc()[-3000:])
        os._exit(1)


def _live(job: dict[str, Any], world: dict[str, Known]) -> None:
    for module in (engine.workers, engine.writing):
        assert hasattr(module, "PARTIAL_EVERY")
        module.PARTIAL_EVERY = PARTIAL_EVERY
    real_open = Store.open

    def open_and_look(store: Store) -> None:
        real_open(store)
        for name, found in audit(store, store._directory / "cache", world).items():
            bits = {key: np.packbits(getattr(found, key)).tobytes().hex() for key in ("rows", "claimed")}
            say("found", name=name, upload=found.upload, **bits)
        say("looked")

    Store.open = open_and_look  # type: ignore[method-assign]
    say("opening", pid=os.getpid())
    toy = SlowForecaster(job["slowness"])
    settings = Settings(
        cache_dir=Path(job["folder"]), model="toy", horizon=HORIZON, graceful_timeout=2.0, memory_budget=job["memory"]
    )
    Life(Engine(settings, built_in() | {"toy": lambda settings: toy}), job, world).work()


class SlowForecaster(ToyForecaster):
    """The toy, but every call takes a while, so that blocks are unfinished for long."""

    def __init__(self, slowness: float) -> None:
        super().__init__()
        self.slowness = slowness

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        threading.Event().wait(self.slowness)
        return super().predict(contexts, floor, horizon)


class Life:
    """What one child does. `stored` is what it believes to be stored."""

    def __init__(self, running: Engine, job: dict[str, Any], world: dict[str, Known]) -> None:
        self.engine = running
        self.world = world
        self.handles = {name: known.series.handle for name, known in world.items()}
        self.stored = {name for name in world if self._is_there(name)}
        self.chance = random.Random(job["seed"])
        self.anew = 4 * job["anew"]
        self.until = time.monotonic() + job["seconds"]
        self.last = getattr(self, job["last"]) if job["last"] else None

    def work(self) -> None:
        asker = threading.Thread(target=self._ask_on, args=(random.Random(self.chance.random()),), daemon=True)
        say("working")
        asker.start()
        acts = {
            self.upload: 5,
            self.ask: 8,
            self.force: 2,
            self.progress: 4,
            self.delete: 1,
            self.recalculate: self.anew,
        }
        while time.monotonic() < self.until:
            crowded = len(self.stored) >= MOST
            act = self.delete if crowded else self.chance.choices(list(acts), list(acts.values()))[0]
            if act == self.upload or self.stored:
                act()
        if self.last is not None and self.stored:
            self.last()
        say("closing")
        self.engine.close()
        say("closed")

    # --- acts ------------------------------------------------------------------------------------------------------

    def upload(self) -> None:
        name = self.chance.choice(sorted(self.world))
        say("begins", act="upload", name=name)
        done = self.engine.upload(self.world[name].csv)
        assert done.dataset.handle == self.handles[name]
        say("did", act="upload", name=name)
        self.stored.add(name)

    def delete(self) -> None:
        name = self._any()
        say("begins", act="delete", name=name)
        self.engine.delete(self.handles[name])
        say("did", act="delete", name=name)
        self.stored.remove(name)

    def flush(self) -> None:
        say("begins", act="flush")
        self.engine.flush()
        say("did", act="flush")
        self.stored.clear()

    def ask(self) -> None:
        with suppress(errors.Evicted):  # closed twice in a row for want of memory
            self._forecast(self._any(), self.chance)

    def force(self) -> None:
        name = self._any()
        say("begins", act="force", name=name)
        with suppress(errors.Evicted):
            self._forecast(name, self.chance, force=True)
        say("did", act="force", name=name)

    def recalculate(self) -> None:
        name = self._any()
        length = len(self.world[name].series)
        first, last = sorted(self.chance.randrange(-length + 1, 1) for _ in range(2))
        say("begins", act="recalculate", name=name)
        if self.chance.random() < 0.5:
            self.engine.recalculate(self.handles[name])
        else:
            self.engine.recalculate(self.handles[name], first, last)
        say("did", act="recalculate", name=name)

    def progress(self) -> None:
        name = self._any()
        asked = time.monotonic()
        say("done", name=name, rows=self.engine.progress(self.handles[name]).done, asked=asked)

    # --- details ---------------------------------------------------------------------------------------------------

    def _any(self) -> str:
        return self.chance.choice(sorted(self.stored))

    def _is_there(self, name: str) -> bool:
        try:
            self.engine.dataset(self.handles[name])
        except errors.UnknownHandle:
            return False
        return True

    def _forecast(self, name: str, chance: random.Random, **how: Any) -> None:
        known = self.world[name]
        at = int(chance.choice(np.flatnonzero(known.usable)))
        asked = time.monotonic()
        picture = self.engine.forecast(self.handles[name], at - len(known.series) + 1, **how)
        right = samples(known.series, at, HORIZON)
        assert np.allclose(picture.samples, right, atol=1e-4), f"another forecast of {name} at {at}"
        say("answered", name=name, row=at, asked=asked)

    def _ask_on(self, chance: random.Random) -> None:
        """A second caller, who does not know what the first one deletes."""
        try:
            while True:
                for name in sorted(self.stored):
                    try:
                        self._forecast(name, chance)
                    except FORGOTTEN:
                        continue
                    except errors.EngineClosed:
                        return
                threading.Event().wait(0.002)
        except BaseException:
            say("failed", why=traceback.format_exc()[-3000:])
