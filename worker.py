"""gunicorn's worker with threads, none of which waits for long until a request's head has come.

gunicorn itself waits for ever once the first byte is there: as many connections as there are threads, each with half a
line, would be the end of all answers.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

PATIENCE = 10.0  # seconds until a head has to be there
HURRY = 2.0  # seconds, while most threads wait for one
MOST = 0.75  # of the threads


class Worker(ThreadWorker):  # type: ignore[misc]
    """Hangs up on whoever takes too long over a head; how long a body may take, api_files.py says."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._heads: dict[Any, float] = {}  # connections whose head is waited for, and since when

    def handle(self, conn: Any) -> Any:
        self._heads[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._heads.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        self._heads.pop(conn, None)
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """gunicorn's main loop asks for this once a second, and in between."""
        super().murder_pending()
        heads = list(self._heads.items())
        patience = HURRY if len(heads) >= MOST * self.cfg.threads else PATIENCE
        for conn, since in heads:
            if time.monotonic() - since > patience:
                with suppress(OSError):  # it has ended
                    conn.sock.shutdown(socket.SHUT_RDWR)
