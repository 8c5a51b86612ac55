"""Connections that say nothing, or half a line: they hold no thread for long, and everybody else is answered."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.serving import Server

THREADS = 6
LIGHT = {"HINDCAST_MODEL": "last-value", "HINDCAST_BACKGROUND": "0", "HINDCAST_THREADS": str(THREADS)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("slow") / "cache", **LIGHT) as running:
        yield running


def connected(server: Server, begun: bytes, held: ExitStack) -> socket.socket:
    """A connection on which so much has been said."""
    connection = held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
    connection.sendall(begun)
    return connection


def test_more_half_requests_than_threads_keep_nobody_from_an_answer(server: Server) -> None:
    long = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 500
    with ExitStack() as held:
        slow = [connected(server, begun, held) for _ in range(THREADS) for begun in (b"GET /heal", long, b"")]
        assert server.call("/readyz")["ready"]
        ended = [connection.recv(1000) for connection in slow[:2]]
        assert not [answer for answer in ended if b"200 OK" in answer]


def test_a_head_that_comes_in_pieces_is_answered(server: Server) -> None:
    with ExitStack() as held:
        connection = connected(server, b"GET /healthz HT", held)
        assert server.call("/readyz")["ready"]
        connection.sendall(b"TP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b"200 OK" in connection.recv(1000)
    assert "Traceback" not in Path(server.log).read_text()
