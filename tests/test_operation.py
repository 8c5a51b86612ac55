"""The server as it is run: gunicorn, signals, restarts, a killed process."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
import urllib.error
from pathlib import Path

import pytest

from tests.conftest import to_csv, until, wave
from tests.serving import ROOT, Server, command, environment, reserved_port

LENGTH = 1_600
CSV = to_csv(wave(LENGTH))
DATASETS = "/api/v1/datasets"
LIGHT = {"HINDCAST_MODEL": "theta"}  # where nothing is about the network, which takes seconds to load


def upload(server: Server, csv: bytes = CSV) -> str:
    return str(server.call(DATASETS, csv)["handle"])


def refused(program: list[str], cache: Path, **extra: str) -> str:
    """What a server that must not start says on stderr; it ends with status 3."""
    with reserved_port() as held:
        environ = environment(cache, held.getsockname()[1], extra)
        started = subprocess.run(program, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=50)
    assert started.returncode == 3
    assert "Traceback" not in started.stderr
    return started.stderr


def fill_ends(server: Server, handle: str) -> None:
    until(lambda: server.call(f"{DATASETS}/{handle}/progress")["state"] == "done", every=0.1)


@pytest.mark.parametrize(("way", "model"), [("SIGTERM", {}), ("SIGINT", LIGHT), ("kill -9", LIGHT)])
def test_forecasts_survive_the_end_of_the_server_and_are_not_computed_again(
    tmp_path: Path, way: str, model: dict[str, str]
) -> None:
    cache = tmp_path / "cache"
    server = Server(cache, **model)
    with server:
        handle = upload(server)
        fill_ends(server, handle)
        before = server.call(f"{DATASETS}/{handle}/forecasts/-50")
        if way == "kill -9":
            blocks = LENGTH // 256 - 1  # full ones, which are written
            until(lambda: len(list((cache / "cache").rglob("*.val"))) >= blocks)
            server.kill()
        else:
            started = time.monotonic()
            assert server.stop(getattr(signal, way)) == 0
            assert time.monotonic() - started < 20
    with Server(cache, HINDCAST_BACKGROUND="0", **model) as again:
        answer = again.call(DATASETS, CSV)
        # Nothing is computed in the background now: what is there was there before. A killed process may lose the
        # last seconds, which are the blocks that were not full.
        least = answer["reused"]["of"] - (2 * 256 if way == "kill -9" else 0)
        assert least <= answer["reused"]["count"] <= answer["reused"]["of"]
        after = again.call(f"{DATASETS}/{handle}/forecasts/-50")
        assert after["samples"] == before["samples"]
        assert after["times"] == before["times"]


def test_a_request_that_is_still_open_does_not_keep_the_server_from_writing(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with Server(cache, HINDCAST_BACKGROUND="0", **LIGHT) as server:
        handle = upload(server)
        for index in range(-20, 0):
            server.call(f"{DATASETS}/{handle}/forecasts/{index}")
        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            slow.sendall(b"POST /api/v1/datasets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999\r\n\r\ntime,")
            server.stop(signal.SIGTERM)
    with Server(cache, HINDCAST_BACKGROUND="0", **LIGHT) as again:
        assert again.call(f"{DATASETS}/{handle}/progress")["done"] == 20


def test_a_killed_server_goes_on_with_its_fill_when_it_comes_back(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    csv = to_csv(wave(3_000))
    with Server(cache, **LIGHT) as server:
        handle = upload(server, csv)
        until(lambda: server.call(f"{DATASETS}/{handle}/progress")["done"] > 100)
        server.kill()
    with Server(cache, **LIGHT) as again:
        fill_ends(again, handle)
        progress = again.call(f"{DATASETS}/{handle}/progress")
        assert progress["done"] == progress["total"] == 3_000 - 23


def test_a_waiting_caller_is_answered_when_the_server_stops(tmp_path: Path) -> None:
    with Server(tmp_path / "cache", **LIGHT) as server:
        handle = upload(server)
        answered = threading.Event()
        outcomes: list[int] = []

        def ask() -> None:
            while not answered.is_set():
                try:
                    server.call(f"{DATASETS}/{handle}/forecasts/-30", method="POST")
                    outcomes.append(200)
                except urllib.error.HTTPError as error:
                    outcomes.append(error.code)
                except (urllib.error.URLError, ConnectionError):
                    return

        asker = threading.Thread(target=ask)
        asker.start()
        until(lambda: len(outcomes) > 3)
        started = time.monotonic()
        assert server.stop(signal.SIGTERM) == 0
        assert time.monotonic() - started < 20
        answered.set()
        asker.join(30)
        assert set(outcomes) <= {200, 503}


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGINT])
def test_the_server_of_a_laptop_ends_cleanly_however_it_is_told_to(tmp_path: Path, way: signal.Signals) -> None:
    with Server(tmp_path / "cache", program=[command()[0], "app.py"], **LIGHT) as server:
        assert (tmp_path / "cache" / "in-use").exists()
        assert server.stop(way) == 0
    assert not (tmp_path / "cache" / "in-use").exists()
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("runner", ["gunicorn", "python app.py"])
def test_a_model_that_cannot_be_loaded_ends_the_process_with_one_line_and_status_3(tmp_path: Path, runner: str) -> None:
    program = command() if runner == "gunicorn" else [command()[0], "app.py"]
    said = refused(program, tmp_path / "cache", HINDCAST_MODEL="oracle")
    (line,) = [line for line in said.splitlines() if "oracle" in line]
    assert "There is no model named 'oracle'" in line


def test_two_workers_are_refused_with_the_reason(tmp_path: Path) -> None:
    assert "Use one worker" in refused(command("--workers=2"), tmp_path / "cache")
    assert "Use one worker" in refused(command(), tmp_path / "cache", WEB_CONCURRENCY="2")


def test_an_unknown_setting_ends_the_process_with_one_line_and_status_3(tmp_path: Path) -> None:
    said = refused(command(), tmp_path / "cache", HINDCAST_HORZION="12")
    assert "There is no setting named HINDCAST_HORZION" in said


def test_a_second_server_on_the_same_folder_says_so(tmp_path: Path) -> None:
    with Server(tmp_path / "cache", **LIGHT) as first:
        for program in (command(), [command()[0], "app.py"]):
            assert "Another engine uses the cache directory" in refused(program, tmp_path / "cache")
        assert first.ready()
