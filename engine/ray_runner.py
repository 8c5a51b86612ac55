"""RayRunner: the background's batches on Ray actors, whatever becomes of them. Callers' forecasts stay here."""

from __future__ import annotations

import importlib.util
import logging
import shutil
import tempfile
import threading
import time
from multiprocessing.connection import Connection

import orjson

from engine.errors import EngineClosed, ModelFailed, StartError
from engine.excerpts import pack_request, unpack_answer
from engine.forecasting import Inferred, infer
from engine.jobs import Batch, Lane
from engine.ray_bridge import Bridge
from engine.ray_order import DONE, FAILED, IN_FLIGHT, NOBODY, ONLY_NOW, WAIT, order
from engine.runner import RunnerStatus
from engine.settings import Settings
from engine.spec import Spec

log = logging.getLogger(__name__)

FIRST_ACTOR = 15.0  # seconds that a start waits for it, or for the reason why there is none
LOOK = 0.05  # seconds between looks meanwhile
SHORTEST_REST, LONGEST_REST = 0.5, 30.0  # seconds before the process that uses Ray is started again


class FailedThere(Exception):
    """What the model raised on an actor."""


class RayRunner:
    """See the module. StartError, in one line, if there is no ray, no answer, or no actor that has the same models.

    A lost actor is replaced and its batch goes to another. While Ray is away batches wait: their rows stay missing.
    """

    def __init__(self, settings: Settings, specs: tuple[Spec, ...], cores: int) -> None:
        if importlib.util.find_spec("ray") is None:
            raise StartError(
                f"HINDCAST_RUNNER is {settings.runner}, but ray is not installed. Install it: pip install hindcast[ray]"
            )
        self._where = settings.runner
        self._also_callers = settings.ray_callers
        self._unwanted = threading.Event()
        self._mending = threading.Lock()
        self._links = threading.local()
        self._lost = 0  # of processes that have ended
        self._trouble = ""
        self._folder = tempfile.mkdtemp(prefix="hindcast-")
        self._order = order(settings, specs, self._folder, cores)
        try:
            self._bridge = Bridge(self._order, self._unwanted)
            self._wait_for_an_actor()
        except BaseException:
            self.close()
            raise
        self.threads = IN_FLIGHT * self._bridge.wanted

    def _wait_for_an_actor(self) -> None:
        deadline = time.monotonic() + FIRST_ACTOR
        while (state := self._bridge.state()).actors == 0 and time.monotonic() < deadline:
            if state.trouble:
                raise StartError(f"No Ray actor can be had: {state.trouble}")
            self._unwanted.wait(LOOK)
        if state.actors == 0:
            log.warning("Ray has no room for an actor yet; nothing is computed in the background until it has")

    def run(self, batch: Batch) -> Inferred:
        """See Runner.run."""
        subject, is_callers = batch.parts[0].entry.subject, batch.lane is Lane.INTERACTIVE
        if subject.forecaster is None or (is_callers and not self._also_callers):
            return infer(batch)
        request = (ONLY_NOW if is_callers else WAIT) + pack_request(batch)
        answer = self._ask(request)
        while answer is None and not is_callers:
            self._mend()
            answer = self._ask(request)
        if answer is None or answer[:1] == NOBODY:  # nobody is made to wait for a cluster
            return infer(batch)
        if answer[:1] == FAILED:
            raise _failure(answer[1:])
        return unpack_answer(answer[len(DONE) :], batch.size, subject.spec)

    def _ask(self, request: bytes) -> bytes | None:
        """The answer; None if the process that uses Ray has ended."""
        try:
            link = self._link(self._bridge)
            link.send_bytes(request)
            return link.recv_bytes()
        except (EOFError, OSError):
            return None

    def _link(self, bridge: Bridge) -> Connection:
        """This thread's connection to the process."""
        if getattr(self._links, "to", None) is not bridge:
            self._links.link, self._links.to = bridge.link(), bridge
        link: Connection = self._links.link
        return link

    def _mend(self) -> None:
        """Start the process again if it has ended, as often as it takes. EngineClosed if that is no longer wanted."""
        with self._mending:
            rest = SHORTEST_REST
            while not self._bridge.running and not self._unwanted.is_set():
                if not self._trouble:
                    state = self._bridge.state()
                    self._lost += state.lost
                    self._trouble = state.trouble
                    log.warning("%s", self._trouble)
                    self._bridge.kill()
                try:
                    self._bridge = Bridge(self._order, self._unwanted)
                    self._trouble = ""
                except StartError as error:
                    self._trouble = error.message
                    self._unwanted.wait(rest)
                    rest = min(2 * rest, LONGEST_REST)
        if self._unwanted.is_set():
            raise EngineClosed("The server is stopping. Try again.")

    def status(self) -> RunnerStatus:
        """See Runner.status."""
        if self._trouble:
            return RunnerStatus(self._where, 0, self._bridge.wanted, self._lost, self._trouble)
        actors, wanted, lost, trouble = self._bridge.state()
        return RunnerStatus(self._where, actors, wanted, self._lost + lost, trouble)

    def close(self) -> None:
        """See Runner.close."""
        self._unwanted.set()
        with self._mending:  # nobody starts another one now
            if hasattr(self, "_bridge"):
                self._bridge.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def _failure(told: bytes) -> Exception:
    """What went wrong on an actor, as an exception here; its trace there is a note."""
    kind, line, trace = orjson.loads(told)
    error = ModelFailed(line) if kind in ("ModelFailed", "Lost") else FailedThere(f"{kind}: {line}")
    error.add_note(trace)
    return error
