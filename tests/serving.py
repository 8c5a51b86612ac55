"""A real server: gunicorn as the Procfile starts it, on a free port, with a cache folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conftest import until

ROOT = Path(__file__).parents[1]


def reserved_port() -> socket.socket:
    """A free port, as long as the socket is open: bound but not listening, it is given to nobody else who wants any
    free port, while a server, which reuses addresses, may listen there."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def command(*options: str, application: str = "app:server") -> list[str]:
    return [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", *options, application]


def environment(cache_dir: Path, port: int, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HINDCAST_")}
    mine = {"HINDCAST_CACHE_DIR": str(cache_dir), "HINDCAST_PORT": str(port), "HINDCAST_GRACEFUL_TIMEOUT": "2"}
    alone = {"HINDCAST_SAMPLES": "0"}  # tests count what is stored and computed
    return inherited | mine | alone | dict(extra or {})


class Server:
    """A running gunicorn, or another program; use it with `with`. host: the name it is called by, if it answers to no
    other."""

    def __init__(
        self,
        cache_dir: Path,
        application: str = "app:server",
        host: str = "",
        program: Sequence[str] = (),
        **extra: str,
    ) -> None:
        self.host = host
        self._reserved = reserved_port()
        self.port = int(self._reserved.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = cache_dir.parent / f"server-{self.port}.log"
        environ = environment(cache_dir, self.port, extra)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                program or command(application=application), cwd=ROOT, env=environ, stdout=log, stderr=log
            )

    def __enter__(self) -> Server:
        try:
            until(self.ready, timeout=180)  # it loads a network
        except BaseException:
            self.stop(signal.SIGKILL)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGTERM)

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return bool(self.call("/readyz")["ready"])
        except (urllib.error.URLError, ConnectionError):
            return False

    def call(self, path: str, body: bytes | None = None, method: str | None = None) -> Any:
        """The JSON answer of a call; urllib.error.HTTPError if it is refused."""
        headers = {"Host": self.host} if self.host else {}
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=120) as response:
            return json.load(response)

    def worker(self) -> int:
        """Process id of the one worker."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def stop(self, how: signal.Signals) -> int:
        """Signal the master; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self._reserved.close()
        return self.process.wait(120)

    def kill(self) -> None:
        """kill -9 of everything at once, as when the machine's power goes."""
        worker = self.worker()
        os.kill(self.process.pid, signal.SIGKILL)
        os.kill(worker, signal.SIGKILL)
        self._reserved.close()
        self.process.wait(120)
        until(lambda: not Path(f"/proc/{worker}").exists())
