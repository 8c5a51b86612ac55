"""The README's examples of the API do what they say, and its list of calls is the document's."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from tests.conftest import to_csv, wave
from tests.contract import DOCUMENT

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
PART = README[README.index("## The API") : README.index("## The command line")]
ADDRESS = "http://127.0.0.1:8050"


@pytest.fixture
def address(client: FlaskClient) -> Iterator[str]:
    """Where the app is served on this machine."""
    server = make_server("127.0.0.1", 0, client.application, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where somebody types the examples, with the file they speak of."""
    (tmp_path / "load.csv").write_bytes(to_csv(wave(300)))
    return tmp_path


def block(language: str) -> str:
    """The first block of code of a kind."""
    found = re.search(rf"```{language}\n(.*?)```", PART, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_line_of_curl_is_answered(address: str, folder: Path) -> None:
    handle = ""
    for line in block("").splitlines():
        command = line.replace(ADDRESS, address).replace("HANDLE", handle).replace("curl", "curl -sSf", 1)
        done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=50)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        handle = handle or re.findall(r'"handle":"([0-9a-f]{64})"', done.stdout)[0]
    assert (folder / "export.parquet").read_bytes()[:4] == b"PAR1"


def test_the_python_client_says_what_was_forecast_and_why_it_is_refused(address: str, folder: Path) -> None:
    code = block("python").replace(ADDRESS, address)
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    forecast, scores, refusal = done.stdout.splitlines()
    assert re.fullmatch(r"At \S+ the median was -?\d+\.\d, it became -?\d+\.\d+\.", forecast)
    assert re.fullmatch(r"All in all it missed by \d+\.\d\d, the baseline by \d+\.\d\d\.", scores)
    assert refusal.startswith("Index 1 is not a point of this series")


def test_its_list_of_calls_is_that_of_the_document(client: FlaskClient) -> None:
    paths = client.get(DOCUMENT).get_json()["paths"]
    assert re.findall(r"^\| `([A-Z]+) (\S+)` \| (.*?) \|$", PART, re.MULTILINE) == [
        (method.upper(), path, call["summary"]) for path, methods in paths.items() for method, call in methods.items()
    ]
