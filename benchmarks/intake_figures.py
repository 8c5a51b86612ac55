"""The server while it reads files of a million rows: how others fare meanwhile, and how much memory that takes."""

from __future__ import annotations

import http.client
import json
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figures import Figure, meter, percentile, seconds, to_csv
from benchmarks.ingest_figures import DIALECTS, file
from benchmarks.server_figures import PORT, get, serving

TURNS = 6
BEATS = 150  # of every call, while nothing is read
PAUSE = 0.005  # seconds: somebody who scrubs, not somebody who floods
FREEZE = 150.0  # ms that nobody should wait longer for
DATASETS = "/api/v1/datasets"

Took = dict[str, list[float]]


def run() -> Iterator[Figure]:
    files = [file(dialect) for dialect in DIALECTS[:2]]
    with tempfile.TemporaryDirectory() as name, serving("app:server", Path(name), PORT + 2) as server:
        handle = json.loads(get(server, DATASETS, to_csv(meter(3000))))["handle"]
        while json.loads(get(server, f"{DATASETS}/{handle}/progress"))["state"] != "done":
            pass
        block = json.loads(get(server, f"{DATASETS}/{handle}"))["last_slot"] // 256 - 3
        calls = {
            "trivial route": "/healthz",
            "cached draw": f"{DATASETS}/{handle}/forecasts/-100",
            "wire block": f"{DATASETS}/{handle}/blocks/{block}",
        }
        idle: Took = {call: [] for call in calls}
        busy: Took = {call: [] for call in calls}
        beat(server, calls, idle, BEATS)
        for times in idle.values():
            times.clear()  # what is made once is no part of it
        peaks = []
        for turn in range(TURNS):
            beat(server, calls, idle, BEATS)
            raw = files[turn % 2].replace(b"value", b"value %d" % turn, 1)
            before = high_water(reset=True)
            sent = _Sent(PORT + 2, raw)
            beat(server, calls, busy, until=sent.is_done)
            peaks.append((high_water() - before) / len(raw))
            server.request("DELETE", f"{DATASETS}/{sent.handle()}")
            server.getresponse().read()
    for call in calls:
        for share, goal in ((0.5, 3.0), (0.95, 3.0)):
            value, reference = (1e3 * percentile(took[call], share) for took in (busy, idle))
            title = f"{call} p{100 * share:.0f} while a million rows are read"
            yield Figure(title, value, reference, "ms", "idle", goal, False)
        worst = 1e3 * max(busy[call])
        yield Figure(f"{call}, the longest meanwhile", worst, FREEZE, "ms", f"{FREEZE:g} ms", 1.0, False)
    yield Figure("server's memory above idle, a million rows", max(peaks), 1.0, "files", "the file", 3.0, False)


class _Sent:
    """A file on its way to the server, from a thread of its own."""

    def __init__(self, port: int, raw: bytes) -> None:
        self._answer = b""
        self._thread = threading.Thread(target=self._send, args=(port, raw))
        self._thread.start()

    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def handle(self) -> str:
        self._thread.join()
        return str(json.loads(self._answer)["handle"])

    def _send(self, port: int, raw: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._answer = get(connection, DATASETS, raw)
        connection.close()


def beat(
    server: http.client.HTTPConnection,
    calls: dict[str, str],
    took: Took,
    times: int = 0,
    until: Callable[[], bool] | None = None,
) -> None:
    """Make all calls in turn, so many times or until something is."""
    pause, beat = threading.Event(), 0
    while not until() if until else beat < times:
        for call, path in calls.items():
            took[call] += seconds(lambda path=path: _ask(server, path), 1)  # type: ignore[misc]
        pause.wait(PAUSE)
        beat += 1


def _ask(server: http.client.HTTPConnection, path: str) -> None:
    """As a browser asks."""
    server.request("GET", path, headers={"Accept-Encoding": "gzip"})
    server.getresponse().read()


def high_water(reset: bool = False) -> int:
    """Most bytes that the server's worker has held in memory, from now on if it is reset (Linux)."""
    process = Path("/proc") / _child(_child("self"))
    if reset:
        (process / "clear_refs").write_text("5")
    found = re.search(r"VmHWM:\s+([0-9]+) kB", (process / "status").read_text())
    assert found
    return 1024 * int(found[1])


def _child(process: str) -> str:
    """The one child of a process that is gunicorn's, which any of its threads may have started."""
    tasks = (Path("/proc") / process / "task").iterdir()
    children = " ".join((task / "children").read_text() for task in tasks).split()
    return next(child for child in children if b"gunicorn" in (Path("/proc") / child / "cmdline").read_bytes())
