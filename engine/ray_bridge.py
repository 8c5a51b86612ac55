"""The process that uses Ray, as the engine sees it: started, asked, killed."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Client, Connection
from pathlib import Path

import orjson

from engine.errors import StartError
from engine.ray_order import LOCAL, STATE, Order, PoolState

PROGRAM = ("-m", "engine.ray_pool")
LONGEST_START = 30.0  # seconds; a Ray of our own takes five
LOOK = 0.1  # seconds between looks whether a start is still wanted
MOST_TEXT = 300  # characters of its last line
PROMPT = 0.5  # seconds: a process that takes longer to say how it stands is not asked again and again


class Bridge:
    """A running process; StartError, in one line, if it cannot be had. Threads ask it by links of their own."""

    def __init__(self, order: Order, unwanted: threading.Event) -> None:
        self._door = str(Path(order.folder) / "door")
        Path(self._door).unlink(missing_ok=True)
        self._output = Path(order.folder) / "output"
        self._asking = threading.Lock()
        self._inquiry: Connection | None = None
        self._killed = False
        self._state = PoolState(0, order.actors, 0, "")
        self._end, theirs = Pipe()
        with theirs, self._output.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, *PROGRAM, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment(order),
                start_new_session=True,  # Ctrl-C is not for it; and all that it starts can be ended with it
            )
        try:
            self._end.send(order)
            wanted = self._answer(time.monotonic() + LONGEST_START, unwanted)
            if isinstance(wanted, str):
                raise StartError(f"{_place(order)} cannot be used: {wanted}")
        except BaseException:
            self.kill()
            raise
        self.wanted = wanted

    def _answer(self, deadline: float, unwanted: threading.Event) -> int | str:
        while not self._end.poll(LOOK):
            if unwanted.is_set() or time.monotonic() > deadline:
                return f"it did not answer within {LONGEST_START:.0f} s. {self._last_words()}"
        try:
            answer: int | str = self._end.recv()
        except EOFError:
            return f"its process ended: {self._last_words()}"
        return answer

    def link(self) -> Connection:
        """A connection for one thread. OSError if the process has ended."""
        return Client(self._door, "AF_UNIX")

    def state(self) -> PoolState:
        """How its actors are; what was last known if it does not say so at once. With it all of them end."""
        with self._asking, suppress(EOFError, OSError):
            if not self.running:
                last, why = self._state, f"The process that uses Ray ended: {self._last_words()}"
                self._state = PoolState(0, last.wanted, last.lost + last.actors, why)
                return self._state
            if self._inquiry is None:
                self._inquiry = self.link()
            self._inquiry.send_bytes(STATE)
            if self._inquiry.poll(PROMPT):
                self._state = PoolState(*orjson.loads(self._inquiry.recv_bytes()))
            else:
                self._inquiry = None  # its answer would be taken for the next one's
        return self._state

    @property
    def running(self) -> bool:
        """Whether it runs; one that has ended keeps its number, which `kill` needs."""
        return not self._killed and os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def _last_words(self) -> str:
        """The last line the process wrote."""
        lines = self._output.read_text(errors="replace").split("\n")
        return next((line.strip()[:MOST_TEXT] for line in reversed(lines) if line.strip()), "It said nothing.")

    def kill(self) -> None:
        """End it and everything it started, at once. Who waits for an answer gets EOFError or OSError. Idempotent."""
        if not self._killed:
            self._killed = True
            os.killpg(self._process.pid, signal.SIGKILL)  # Ray's own processes, too: left alone, some of them stay
            self._process.wait()
            self._end.close()


def environment(order: Order) -> dict[str, str]:
    """Of the process: modules are found as they are here, and Ray listens to nothing but the settings."""
    kept = {name: value for name, value in os.environ.items() if name not in ("RAY_ADDRESS", "HINDCAST_ACCESS_TOKEN")}
    kept |= {"PYTHONPATH": os.pathsep.join(sys.path), "RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1"}
    if order.address == LOCAL:
        kept |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}  # else Ray keeps one in the home
        kept |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}  # on Linux it has Ray listen on the loopback device alone
    return kept


def _place(order: Order) -> str:
    return "Ray on this machine" if order.address == LOCAL else f"Ray at {order.address}"
