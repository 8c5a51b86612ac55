"""The process that uses Ray, as the engine sees it: what it says is told, whatever it says or does not."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import ray_bridge
from engine.errors import StartError
from engine.ray_bridge import Bridge
from engine.ray_order import Order
from engine.settings import Settings

# In place of the process: it needs no Ray, and is there at once.
PROCESS = """
import os, sys, threading
from multiprocessing.connection import Connection, Listener
engine = Connection(int(sys.argv[1]))
folder = engine.recv().folder
print("Something ails me.", flush=True)
{how}
"""
WELL = """
with Listener(folder + "/door", "AF_UNIX") as door:
    engine.send(2)
    link = door.accept()
    while True:
        link.recv_bytes()
        link.send_bytes(b'[2, 2, 1, ""]')
"""
Started = Callable[[str], Bridge]


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """Start a process that behaves so."""
    bridges: list[Bridge] = []
    (tmp_path / "engine").mkdir()

    def start(how: str) -> Bridge:
        script = tmp_path / "process.py"
        script.write_text(PROCESS.format(how=how))
        monkeypatch.setattr(ray_bridge, "PROGRAM", (str(script),))
        bridges.append(Bridge(Order("10.0.0.5:6379", str(tmp_path), Settings(), (), 2, 0.0), threading.Event()))
        return bridges[-1]

    yield start
    for bridge in bridges:
        bridge.kill()


def test_it_tells_how_its_actors_are_and_that_all_are_lost_with_it(started: Started) -> None:
    bridge = started(WELL)
    assert bridge.wanted == 2
    assert bridge.state() == bridge.state() == (2, 2, 1, "")
    os.kill(bridge._process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, bridge._process.pid, os.WEXITED | os.WNOWAIT)
    for _ in range(2):
        assert bridge.state() == (0, 2, 3, "The process that uses Ray ended: Something ails me.")
    bridge.kill()
    bridge.kill()
    assert not bridge.running
    with pytest.raises(OSError):
        bridge.link()


def test_what_is_last_known_is_told_of_a_process_that_does_not_answer(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_bridge, "PROMPT", 0.0)
    bridge = started(WELL.replace("link.send_bytes", "threading.Event().wait"))
    assert bridge.state() == (0, 2, 0, "")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("engine.send('Connection refused')", "Ray at 10.0.0.5:6379 cannot be used: Connection refused"),
        ("", "Ray at 10.0.0.5:6379 cannot be used: its process ended: Something ails me."),
    ],
    ids=["refused", "ended"],
)
def test_a_start_that_fails_says_why_in_one_line(started: Started, how: str, said: str) -> None:
    with pytest.raises(StartError) as refused:
        started(how)
    assert refused.value.message == said


def test_a_start_without_an_answer_is_given_up(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_bridge, "LONGEST_START", 0.0)
    with pytest.raises(StartError, match=r"Ray at 10\.0\.0\.5:6379 cannot be used: it did not answer within 0 s\."):
        started("threading.Event().wait()")


def test_ray_is_told_nothing_of_the_environment_that_the_settings_do_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.9:6379")
    monkeypatch.setenv("HINDCAST_ACCESS_TOKEN", "a long long secret")
    for address in ("ray", "10.0.0.5:6379"):
        told = ray_bridge.environment(Order(address, "", Settings(), (), 2, 0.0))
        assert "RAY_ADDRESS" not in told
        assert "secret" not in str(told)
        assert told["RAY_USAGE_STATS_ENABLED"] == "0"
    assert "RAY_AUTH_TOKEN" not in told
