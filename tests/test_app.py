"""The app: two in one process, what a link says before any script, hostile requests, a start that fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flask.testing import FlaskClient

import app as hindcast
from engine import Engine, Settings, Upload
from tests.dash_client import UNKNOWN, page

ROOT = Path(__file__).resolve().parents[1]


def test_two_apps_in_one_process_answer_for_their_own_engine(
    tmp_path: Path, settings: Settings, engine: Engine, upload: Upload
) -> None:
    other_settings = Settings(cache_dir=tmp_path / "other")
    other = Engine(other_settings)
    try:
        handle = upload.dataset.handle
        clients = [
            hindcast.create_app(s, e).server.test_client() for s, e in ((settings, engine), (other_settings, other))
        ]
        pages = [page(client, f"/explore/{handle}") for client in clients]
        assert "scrub" in pages[0]
        assert "no longer stored here" in pages[1]
    finally:
        other.close()


def test_a_link_tells_its_answer_before_any_script(client: FlaskClient, upload: Upload) -> None:
    first = client.get(f"/explore/{upload.dataset.handle}?i=-40").get_data(as_text=True)
    assert "What would have been forecast on" in first
    assert "It missed by" in first
    assert "zebra" not in first.split("</head>")[0]
    assert client.get(f"/explore/{UNKNOWN}").status_code == 200
    assert "<title>Hindcast</title>" in client.get("/explore/<script>").get_data(as_text=True)


def test_an_engine_that_cannot_start_says_so_in_one_line(tmp_path: Path) -> None:
    for setting in ({"HINDCAST_NOTHING": "1"}, {"HINDCAST_MODEL": "nothing"}):
        ran = subprocess.run(
            [sys.executable, "-c", "import app; app.server"],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "HINDCAST_CACHE_DIR": str(tmp_path / "c")} | setting,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert ran.returncode == 3
        assert len(ran.stderr.strip().splitlines()) == 1


def test_importing_the_module_does_nothing() -> None:
    assert "server" not in vars(hindcast)
