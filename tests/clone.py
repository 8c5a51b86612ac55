"""A fresh clone of this tree, as somebody has it who follows the README, and what a terminal in it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import until
from tests.serving import ROOT, reserved_port

NOT_OURS = ("HINDCAST_", "PYTEST", "COV", "PYTHON")


def clone(tree: Path) -> None:
    """What git knows of, as it stands. .venv is this environment, link by link, so that nothing is installed again."""
    known = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, known.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((ROOT / name).read_bytes())
    (tree / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name != "installed":
            (tree / ".venv" / path.name).symlink_to(path)
    (tree / ".venv" / "installed").touch()


def environment(tree: Path, **settings: str) -> dict[str, str]:
    """Of a terminal in the clone. The installed package is the clone, which an environment of its own would know."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    return inherited | {"PYTHONPATH": str(tree)} | settings


def typed(line: str, tree: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """A line of a terminal, once it has ended well."""
    environ = environment(tree, **settings)
    done = subprocess.run(["bash", "-c", line], cwd=tree, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (line, done.stdout[-2000:], done.stderr[-2000:])
    return done


@contextmanager
def started(line: str, tree: Path, **settings: str) -> Iterator[str]:
    """The address of a server that a line of a terminal starts, on a free port; at the end Ctrl-C is pressed."""
    with reserved_port() as held, (tree / "server.log").open("w+b") as log:
        port = str(held.getsockname()[1])
        environ = environment(tree, HINDCAST_PORT=port, **settings)
        shell = subprocess.Popen(
            ["bash", "-c", line], cwd=tree, env=environ, stdout=log, stderr=log, start_new_session=True
        )
        try:
            until(lambda: shell.poll() is not None or answers(f"http://127.0.0.1:{port}/healthz"), timeout=180)
            assert shell.poll() is None, (tree / "server.log").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            if shell.poll() is None:
                os.killpg(shell.pid, signal.SIGINT)
            shell.wait(120)


def answers(address: str) -> bool:
    """Whether anything does, be it a refusal."""
    try:
        urllib.request.urlopen(address, timeout=30).close()
    except urllib.error.HTTPError as refusal:
        refusal.close()
    except (urllib.error.URLError, ConnectionError):
        return False
    return True
