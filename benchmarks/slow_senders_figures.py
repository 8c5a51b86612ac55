"""The server while four people send large files over slow lines: what is stored, how much memory that takes, and how
somebody else fares who scrubs meanwhile."""

from __future__ import annotations

import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure, meter, percentile, to_csv
from benchmarks.intake_figures import DATASETS, Took, beat, high_water
from benchmarks.server_figures import PORT, get, serving
from engine.ingest import ReadOptions, read
from engine.settings import Settings

SENDERS = 4
SIZE = 150_000_000  # bytes of a file
PACE = 5_000_000  # bytes a second of a sender
PIECE = 250_000  # bytes
LINE = 79  # bytes of a row: a time, a value, and columns that are not read
IDLE = 400  # calls, before anybody sends
ROOM = 300_000_000  # bytes beside the files


def run(size: int = SIZE, pace: int = PACE, port: int = PORT + 3) -> Iterator[Figure]:
    """size: bytes of a file; pace: bytes a second."""
    files = [large(size, seed) for seed in range(SENDERS)]
    right = [read(raw, ReadOptions(), Settings()).series.handle for raw in files]
    with tempfile.TemporaryDirectory() as name, serving("app:server", Path(name), port) as server:
        handle = json.loads(get(server, DATASETS, to_csv(meter(3000))))["handle"]
        while json.loads(get(server, f"{DATASETS}/{handle}/progress"))["state"] != "done":
            pass
        draw = {"cached draw": f"{DATASETS}/{handle}/forecasts/-100"}
        idle: Took = {call: [] for call in draw}
        busy: Took = {call: [] for call in draw}
        beat(server, draw, idle, IDLE // 4)
        idle["cached draw"].clear()  # what is made once is no part of it
        beat(server, draw, idle, IDLE)
        before = high_water(reset=True)
        senders = [_Sender(port, raw, pace) for raw in files]
        beat(server, draw, busy, until=lambda: all(sender.is_done for sender in senders))
        peak = high_water()
    stored = sum(sender.handle == handle for sender, handle in zip(senders, right, strict=True))
    told = f"{SENDERS} files of {size / 1e6:g} MB"
    yield Figure(f"stored as they are, of {told}", stored, SENDERS, "files", "those sent", 1.0, True)
    yield Figure(
        "server's whole memory meanwhile", peak / 1e6, (3 * size + ROOM) / 1e6, "MB", "3 files + 300 MB", 1, False
    )
    yield Figure(
        "server's memory above idle meanwhile", (peak - before) / 1e6, size / 1e6, "MB", "one file", 3.0, False
    )
    times = [1e3 * percentile(took["cached draw"], 0.95) for took in (busy, idle)]
    yield Figure("cached draw p95 while they send and are read", *times, "ms", "idle", 2.0, False)


def large(size: int, seed: int) -> bytes:
    """A minute series of about so many bytes, with columns beside the first that nobody asks for."""
    rows = size // LINE
    random = np.random.default_rng(seed)
    times = np.datetime64("2019-01-01T00:00:00") + np.arange(rows) * np.timedelta64(60, "s")
    values = 50 + 20 * np.sin(np.arange(rows) / 229) + random.normal(0, 1, rows)
    others = ",".join(f"{other:8.4f}" for other in random.normal(20, 2, 6))
    lines = (f"{at},{value:.3f},{others}" for at, value in zip(np.datetime_as_string(times), values, strict=True))
    return ("time,value,a,b,c,d,e,f\n" + "\n".join(lines)).encode()


class _Sender:
    """A file on its way, piece by piece, from a thread of its own. handle: of what was stored, "" if it was not."""

    def __init__(self, port: int, raw: bytes, pace: int) -> None:
        self.handle = ""
        self._thread = threading.Thread(target=self._send, args=(port, raw, pace))
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def _send(self, port: int, raw: bytes, pace: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        connection.request("POST", DATASETS, _slowly(raw, pace), {"Content-Length": str(len(raw))})
        answer = json.load(connection.getresponse())
        self.handle = answer.get("handle", "")
        connection.close()


def _slowly(raw: bytes, pace: int) -> Iterator[bytes]:
    started, pause = time.monotonic(), threading.Event()
    for at in range(0, len(raw), PIECE):
        pause.wait(max(0.0, started + at / pace - time.monotonic()))
        yield raw[at : at + PIECE]
