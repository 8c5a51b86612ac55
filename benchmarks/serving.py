"""A real server for a bench: gunicorn with the product's own configuration, and what its worker costs."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine import Settings

ROOT = Path(__file__).parents[1]
PROGRAM = 600e6  # bytes of memory that a server needs for itself, torch above all


class Server:
    """gunicorn with one worker, and what its processes cost."""

    def __init__(self, program: str, folder: Path, port: int, **settings: str) -> None:
        place = {"HINDCAST_CACHE_DIR": str(folder), "HINDCAST_PORT": str(port)}
        environment = os.environ | place | {"HINDCAST_LOG_LEVEL": "error", "HINDCAST_SAMPLES": "0"} | settings
        command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "--log-level", "warning", program]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment)
        self.url = f"http://127.0.0.1:{port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, path: str, body: bytes | None = None) -> Any:
        self._connection.request("GET" if body is None else "POST", path, body)
        answer = self._connection.getresponse().read()
        return json.loads(answer) if answer.startswith(b"{") else answer

    def close(self) -> None:
        self._connection.close()

    def wait(self, condition: Callable[[], bool], patience: float = 120.0) -> None:
        """patience: seconds."""
        for _ in range(int(10 * patience)):
            try:
                if condition():
                    return
            except OSError:
                self._connection.close()
            time.sleep(0.1)
        raise RuntimeError("the server did not come so far")

    def _workers(self) -> list[str]:
        return Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()

    def cpu(self) -> float:
        """Seconds of processor time that the worker has taken so far."""
        fields = (Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in self._workers())
        return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Bytes of memory that the worker has."""
        pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._workers())
        return float(sum(pages) * os.sysconf("SC_PAGE_SIZE"))


def memory_budgets() -> float:
    """Bytes that a server may take: what its settings allow, and the program itself."""
    usual = Settings()
    return usual.memory_budget + usual.wire_budget + usual.scores_budget + PROGRAM


@contextmanager
def serving(program: str, folder: Path, port: int, **settings: str) -> Iterator[Server]:
    server = Server(program, folder, port, **settings)
    try:
        server.wait(lambda: bool(server.call("/")))
        yield server
    finally:
        server.process.terminate()
        server.process.wait(30)
        server.close()
