"""The server: a cached draw against a bare route with the same bytes, a trivial route idle and during a fill."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figure, meter, percentile, seconds, to_csv

ROOT = Path(__file__).parents[1]
PORT = 18_950
BARE = "import flask\nserver = flask.Flask('bare')\nbody = open({path!r}, 'rb').read()\n" + (
    "server.route('/')(lambda: flask.Response(body, mimetype='application/json'))\n"
)


@contextmanager
def serving(program: str, folder: Path, port: int) -> Iterator[http.client.HTTPConnection]:
    """A kept-alive connection to gunicorn with one worker and the product's own configuration."""
    own = {"HINDCAST_CACHE_DIR": str(folder / "cache"), "HINDCAST_PORT": str(port), "HINDCAST_SAMPLES": "0"}
    environment = os.environ | own
    if program == "app:server":
        options, home = ["--config", "gunicorn.conf.py"], ROOT
    else:
        options, home = (
            ["--bind", f"127.0.0.1:{port}", "-k", "gthread", "--threads", "64", "--keep-alive", "30"],
            folder,
        )
    command = [sys.executable, "-m", "gunicorn", "--log-level", "warning", *options, program]
    process = subprocess.Popen(command, cwd=home, env=environment)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    pause = threading.Event()
    try:
        for _ in range(300):
            try:
                get(connection, "/healthz")
                yield connection
                return
            except OSError:
                connection.close()
                pause.wait(0.1)
        raise RuntimeError(f"{program} did not start")
    finally:
        connection.close()
        process.terminate()
        process.wait(30)


def get(connection: http.client.HTTPConnection, path: str, body: bytes | None = None) -> bytes:
    connection.request("GET" if body is None else "POST", path, body)
    return connection.getresponse().read()


def run() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving("app:server", folder, PORT) as ours:
            handle = json.loads(get(ours, "/api/v1/datasets", to_csv(meter(3000))))["handle"]
            path, progress = f"/api/v1/datasets/{handle}/forecasts/-100", f"/api/v1/datasets/{handle}/progress"
            while json.loads(get(ours, progress))["state"] != "done":
                pass
            body = get(ours, path)
            (folder / "same.json").write_bytes(body)
            (folder / "bare.py").write_text(BARE.format(path=str(folder / "same.json")))
            with serving("bare:server", folder, PORT + 1) as bare:
                drawn = percentile(seconds(lambda: get(ours, path), 800), 0.5)
                plain = percentile(seconds(lambda: get(bare, "/"), 800), 0.5)
            yield Figure("cached draw, one worker", 1 / drawn, 1 / plain, "1/s", "bare Flask, same bytes", 0.5, True)

            idle = seconds(lambda: get(ours, "/healthz"), 1500)
            other = json.loads(get(ours, "/api/v1/datasets", to_csv(meter(60_000, seed=5))))["handle"]
            busy = seconds(lambda: get(ours, "/healthz"), 1500)
            state = json.loads(get(ours, f"/api/v1/datasets/{other}/progress"))["state"]
            assert state == "filling", "the fill ended before the measurement did"
            for share in (0.5, 0.95):
                value, reference = 1e3 * percentile(busy, share), 1e3 * percentile(idle, share)
                goal = 1.3 if share == 0.5 else 3.0
                yield Figure(
                    f"trivial route p{100 * share:.0f} during a fill", value, reference, "ms", "idle", goal, False
                )
