"""A server that is told to stop, or to start anew, while it has much to do. With the settings it has by default."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import time
import urllib.error
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from engine import Engine, Settings
from engine.blocks import BLOCK, block_range
from engine.models.base import Loader
from engine.store import Store
from tests.conftest import to_csv, until, wave
from tests.serving import Server

DATASETS = "/api/v1/datasets"
LONG = to_csv(wave(60_000))
SLOW = {"application": "tests.slow_server:server", "HINDCAST_MODEL": "toy", "HINDCAST_GRACEFUL_TIMEOUT": "5"}
CALLERS = 20


class Callers:
    """Forecasts asked for at once, each by a thread; outcomes: index -> 200 or an error's code; samples: of those
    that were answered."""

    def __init__(self, server: Server, handle: str, indices: range) -> None:
        self.outcomes: dict[int, int | str] = {}
        self.samples: dict[int, Any] = {}
        self._server, self._handle = server, handle
        self._threads = [threading.Thread(target=self._ask, args=(index,)) for index in indices]
        for thread in self._threads:
            thread.start()

    def _ask(self, index: int) -> None:
        try:
            self.samples[index] = self._server.call(f"{DATASETS}/{self._handle}/forecasts/{index}")["samples"]
            self.outcomes[index] = 200
        except urllib.error.HTTPError as error:
            self.outcomes[index] = json.load(error)["error"]["code"]
        except OSError as error:
            self.outcomes[index] = f"dropped: {error}"

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)


class Senders:
    """Files that are sent piece by piece until the server stops, one after the other by each thread. stored: handles
    that were answered; others: error codes, and "closed" for a connection that ended without an answer."""

    def __init__(self, server: Server, count: int) -> None:
        self.stored: set[str] = set()
        self.others: set[str] = set()
        self._port = server.port
        self._threads = [threading.Thread(target=self._send, args=(1000 * number,)) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def _send(self, seed: int) -> None:
        while not self.others:
            seed += 1
            self._send_one(to_csv(wave(2_000, seed=seed)))

    def _send_one(self, csv: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            pieces = (csv[at : at + 5_000] for at in range(0, len(csv), 5_000))
            connection.request("POST", DATASETS, pieces, {"Content-Length": str(len(csv))})
            with connection.getresponse() as response:
                answer = json.load(response)
        except (OSError, http.client.HTTPException):
            self.others.add("closed")
            return
        finally:
            connection.close()
        if "handle" in answer:
            self.stored.add(answer["handle"])
        else:
            self.others.add(answer["error"]["code"])

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()


@contextmanager
def body_that_never_ends(server: Server) -> Iterator[None]:
    """An upload of which a byte comes now and then, for as long as the server takes them."""
    done = threading.Event()

    def send() -> None:
        with socket.create_connection(("127.0.0.1", server.port)) as connection, suppress(OSError):
            connection.sendall(f"POST {DATASETS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n".encode())
            while not done.wait(0.05):
                connection.sendall(b"1")

    sender = threading.Thread(target=send)
    sender.start()
    yield
    done.set()
    sender.join(30)


def requested(server: Server) -> int:
    """Forecasts that the server has been asked for: those requests are received."""
    return int(server.call("/api/v1/status")["statistics"]["requested"])


def stored_indices(cache: Path, handle: str) -> set[int]:
    """Indices whose forecasts are on the disk."""
    found: set[int] = set()
    store = Store(cache, lock_timeout=0)
    with closing(store):
        store.open()
        series = store.series(handle)
        assert series is not None
        (manifest,) = store.forecasts.manifests(handle)
        for number, key in zip(block_range(series), manifest.keys, strict=True):
            rows = store.forecasts.block_rows(key)
            if rows is not None:
                found.update((rows.offsets + BLOCK * number - series.last_slot).tolist())
    return found


def test_a_server_with_much_to_do_stops_in_five_seconds_answers_everybody_and_serves_the_same_afterwards(
    tmp_path: Path,
) -> None:
    cache = tmp_path / "cache"
    often = {"HINDCAST_UPLOADS_PER_MINUTE": "10000"}
    with Server(cache, **SLOW, **often) as server, body_that_never_ends(server):
        handle = str(server.call(DATASETS, LONG)["handle"])
        early = Callers(server, handle, range(-10_000, -10_000 + CALLERS))
        early.join()
        senders = Senders(server, 2)
        until(lambda: len(senders.stored) > 3)
        callers = Callers(server, handle, range(-30_000, -30_000 + CALLERS))
        until(lambda: requested(server) == 2 * CALLERS)
        started = time.monotonic()
        assert server.stop(signal.SIGTERM) == 0
        lasted = time.monotonic() - started
        callers.join()
        senders.join()
    log = server.log.read_text()
    assert lasted <= 5.0, log
    assert len(callers.outcomes) == CALLERS
    assert set(callers.outcomes.values()) <= {200, "CLOSED"}, callers.outcomes
    assert "CLOSED" in callers.outcomes.values()
    assert "closing: " in log
    assert "closed in" in log
    assert not [line for line in log.splitlines() if "SIGKILL" in line or "Traceback" in line or "ERROR" in line], log
    answered = {index for one in (early, callers) for index, outcome in one.outcomes.items() if outcome == 200}
    assert len(answered) >= CALLERS
    assert answered <= stored_indices(cache, handle)
    assert senders.others <= {"CLOSED", "closed"}
    with Server(cache, **SLOW, HINDCAST_BACKGROUND="0") as again:
        assert senders.stored <= {one["handle"] for one in again.call(DATASETS)["datasets"]}
        for index, samples in (early.samples | callers.samples).items():
            assert again.call(f"{DATASETS}/{handle}/forecasts/{index}")["samples"] == samples


def test_on_sighup_a_new_worker_takes_the_folder_over_and_nothing_is_lost(tmp_path: Path) -> None:
    with Server(tmp_path / "cache", **SLOW) as server, body_that_never_ends(server):
        handle = str(server.call(DATASETS, LONG)["handle"])
        until(lambda: server.call(f"{DATASETS}/{handle}/progress")["done"] > 2 * BLOCK)
        before = server.call(f"{DATASETS}/{handle}/forecasts/-20000")
        callers = Callers(server, handle, range(-30_000, -30_000 + CALLERS))
        until(lambda: requested(server) == 1 + CALLERS)
        done = server.call(f"{DATASETS}/{handle}/progress")["done"]
        old = server.worker()
        server.process.send_signal(signal.SIGHUP)
        until(lambda: not Path(f"/proc/{old}").exists())
        until(server.ready)
        callers.join()
        assert set(callers.outcomes.values()) <= {200, "CLOSED"}, callers.outcomes
        assert server.call(f"{DATASETS}/{handle}/progress")["done"] >= done
        assert server.call(f"{DATASETS}/{handle}/forecasts/-20000")["samples"] == before["samples"]
        assert server.call(DATASETS, LONG)["reused"]["count"] >= done
    assert "Traceback" not in server.log.read_text()


def test_fifty_engines_one_after_another_keep_no_memory_and_no_database_open(
    settings: Settings, registry: dict[str, Loader]
) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    def databases() -> int:
        folder = f"{settings.cache_dir}/cache"
        return sum(str(link).startswith(folder) for link in map(Path.resolve, Path("/proc/self/fd").iterdir()))

    csv = to_csv(wave(3000))
    sizes = []
    for _ in range(50):
        engine = Engine(settings, registry)
        handle = engine.upload(csv).dataset.handle
        engine.forecast(handle, -1000)
        engine.close()
        sizes.append(resident())
    assert (sizes[-1] - sizes[9]) / 40 < 1 << 20
    assert databases() == 0
