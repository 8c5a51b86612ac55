"""What browsers remembered of files that journeys opened, and the end of what a journey leaves behind on the server."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any


class Visits:
    """By server and file. A first page, and a file that is sent and read, take as long as a journey: one of them is
    enough for all that are about something else."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Path], tuple[str, str]] = {}

    def note(self, server: str, file: Path, handle: str, remembered: str) -> None:
        self._known[server, file] = handle, remembered

    def of(self, server: str, file: Path) -> tuple[str, str] | None:
        """The handle, and what the browser of whoever dropped the file remembers; None unless the server does, too."""
        known = self._known.get((server, file))
        return known if known and _asked(f"{server}/api/v1/datasets/{known[0]}") is not None else None

    def end(self, server: str, but: Path) -> None:
        """Forget what the server still computes, but for one file: the next journey would wait for it."""
        kept = self._known.get((server, but), ("", ""))[0]
        for dataset in _asked(f"{server}/api/v1/cache")["datasets"]:
            fills = any(stored["state"] == "filling" for stored in dataset["forecasts"])
            if fills and dataset["handle"] != kept:
                _asked(f"{server}/api/v1/datasets/{dataset['handle']}", method="DELETE")


def _asked(address: str, method: str = "GET") -> Any:
    """The answer, None where there is no such thing."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method=method), timeout=120) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as refused:
        refused.close()
        if refused.code != 404:
            raise
        return None
