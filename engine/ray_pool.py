"""The process that uses Ray, beside the engine's: `python -m engine.ray_pool`. The only file that imports ray.

Ray takes a process's signals, prints into its output, and ends it when the cluster has been away for a minute. The
server's own process must not be that one; this one may be killed at any moment and started again.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from engine.ray_actor import Actor
from engine.ray_order import DONE, FAILED, IN_FLIGHT, LOCAL, MOST_ACTORS, NOBODY, ONLY_NOW, STATE, Order, PoolState

MOST_TEXT = 300  # characters of what is told in one line
TRIES = 3  # actors that a batch may lose
ANSWERS = 5.0  # seconds an address has to take a connection
LOOK = 5.0  # seconds between looks at our own node while an actor is waited for
SHORTEST_REST, LONGEST_REST = 1.0, 30.0  # seconds before an actor is tried again that could not be had
OBJECTS = 100_000_000  # bytes of a Ray of our own: what comes and goes is small


class Lost(Exception):
    """A batch lost one actor after the other."""


class Place:
    """One actor of the pool."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor
        self.lost = threading.Event()


class Pool:
    """So many actors, each with at most IN_FLIGHT batches. Who is lost is replaced, wherever Ray finds room."""

    def __init__(self, order: Order, wanted: int) -> None:
        self._order = order
        self._wanted = wanted
        self._actor = ray.remote(Actor).options(num_cpus=1, num_gpus=order.gpus)
        self._changed = threading.Condition()
        self._free: deque[Place] = deque()
        self._ready = self._lost = 0
        self._trouble = ""

    def state(self) -> PoolState:
        with self._changed:
            return PoolState(self._ready, self._wanted, self._lost, self._trouble)

    def keep_one(self) -> None:
        """Have one actor for ever, one after the other."""
        rest = SHORTEST_REST
        while True:
            actor = self._actor.remote()
            try:
                loaded = actor.load.remote(self._order.settings, self._order.specs)
                while not ray.wait([loaded], timeout=LOOK)[0]:
                    leave_without_node()
                ray.get(loaded)
            except Exception as error:
                self._say(told(error)[1])
                end(actor)
                with self._changed:
                    self._changed.wait(rest)
                rest = min(2 * rest, LONGEST_REST)
                continue
            rest = SHORTEST_REST
            place = Place(actor)
            with self._changed:
                self._ready += 1
                self._trouble = ""
                self._free.extend([place] * IN_FLIGHT)
                self._changed.notify_all()
            place.lost.wait()
            leave_without_node()

    def run(self, request: bytes, only_now: bool) -> bytes:
        """Have an actor answer; an empty answer where nobody is there, and the caller would not wait. Lost, or what the
        model raised."""
        for _ in range(TRIES):
            place = self._take(only_now)
            if place is None:
                return b""
            try:
                answer: bytes = ray.get(place.actor.run.remote(request))
            except RayTaskError:
                self._give_back(place)
                raise
            except RayError as error:  # the actor, its node, or the answer on its way
                self._lose(place, error)
                continue
            self._give_back(place)
            return answer
        raise Lost(f"{TRIES} Ray actors ended while they computed this batch.")

    def _take(self, only_now: bool) -> Place | None:
        with self._changed:
            while True:
                while self._free:
                    place = self._free.popleft()
                    if not place.lost.is_set():
                        return place
                if only_now and not self._ready:
                    return None
                self._changed.wait()

    def _give_back(self, place: Place) -> None:
        with self._changed:
            self._free.append(place)
            self._changed.notify()

    def _lose(self, place: Place, error: RayError) -> None:
        with self._changed:
            if place.lost.is_set():
                return
            self._ready -= 1
            self._lost += 1
            self._trouble = told(error)[1]
            place.lost.set()
        end(place.actor)

    def _say(self, trouble: str) -> None:
        with self._changed:
            self._trouble = trouble


def told(error: Exception) -> tuple[str, str, str]:
    """Kind, one line and trace of what went wrong, as it was where it did."""
    trace = str(error)
    cause = getattr(error, "cause", None) or error
    line = next(iter(str(cause).strip().splitlines()), "")[:MOST_TEXT]
    return type(cause).__name__, line, trace


def end(actor: Any) -> None:
    with suppress(Exception):  # it has ended already
        ray.kill(actor)


def leave_without_node() -> None:
    """End this process, which is then started again, if Ray has no longer a node on this machine."""
    own = ray.get_runtime_context().get_node_id()
    if not any(node["NodeID"] == own and node["Alive"] for node in ray.nodes()):
        leave()


def leave() -> None:
    """End this process and all that it started."""
    os.killpg(0, signal.SIGKILL)


def connect(order: Order) -> int:
    """Start Ray, or connect to it; how many actors there shall be. OSError, RuntimeError, ValueError."""
    if order.address == LOCAL:
        ray.init(
            address="local",
            num_cpus=order.actors,
            include_dashboard=False,
            object_store_memory=OBJECTS,
            log_to_driver=False,
            _temp_dir=order.folder,
        )
        return order.actors
    host, _, port = order.address.rpartition(":")
    socket.create_connection((host, int(port)), ANSWERS).close()  # Ray itself would wait for a minute
    ray.init(address=order.address, log_to_driver=False)
    there = ray.cluster_resources()
    room = there.get("GPU", 0) / order.gpus if order.gpus else there.get("CPU", 0)
    return order.actors or max(1, min(int(room), MOST_ACTORS))


def answer(pool: Pool, message: bytes) -> bytes:
    """What one message is answered with."""
    kind, request = message[:1], message[1:]
    if kind == STATE:
        return json.dumps(pool.state()).encode()
    try:
        samples = pool.run(request, kind == ONLY_NOW)
    except Exception as error:
        return FAILED + json.dumps(told(error)).encode()
    return DONE + samples if samples else NOBODY


def serve(pool: Pool, link: Connection) -> None:
    """Answer one thread of the engine's, until it hangs up."""
    with suppress(EOFError, OSError):
        while True:
            link.send_bytes(answer(pool, link.recv_bytes()))


def main() -> None:
    """Serve the engine at the other end of the descriptor that is the first argument, until it is gone."""
    engine = Connection(int(sys.argv[1]))
    order: Order = engine.recv()
    try:
        wanted = connect(order)
    except Exception as error:
        engine.send(" ".join(str(error).split()) or type(error).__name__)
        return
    pool = Pool(order, wanted)
    links = wanted * IN_FLIGHT + IN_FLIGHT
    threads = ThreadPoolExecutor(wanted + links + 1)
    for _ in range(wanted):
        threads.submit(pool.keep_one)
    with Listener(str(Path(order.folder) / "door"), "AF_UNIX", backlog=links) as door:
        threads.submit(accept, door, pool, threads)
        engine.send(wanted)
        with suppress(EOFError, OSError):
            engine.recv()
    shutil.rmtree(order.folder, ignore_errors=True)  # the engine was killed, or it would have done so
    leave()


def accept(door: Any, pool: Pool, threads: ThreadPoolExecutor) -> None:
    """Let the engine's threads in."""
    while True:
        threads.submit(serve, pool, door.accept())


if __name__ == "__main__":
    main()
