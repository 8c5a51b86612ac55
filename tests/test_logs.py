"""What the server writes down: numbered requests, and nobody's data."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

import logs


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Everything that is logged, as JSON lines, written while it happens."""
    written: list[str] = []

    class Writer(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Writer()
    handler.setFormatter(logs.Lines("json"))
    logging.getLogger().addHandler(handler)
    caplog.set_level(logging.DEBUG)
    yield written
    logging.getLogger().removeHandler(handler)


def requests(lines: list[str]) -> list[dict[str, str]]:
    return [line for line in map(json.loads, lines) if line["logger"] == "hindcast.requests"]


def test_every_request_has_a_number_in_its_answer_and_in_its_lines(client: FlaskClient, lines: list[str]) -> None:
    first, second = (client.get("/healthz").headers["X-Request-ID"] for _ in range(2))
    assert first != second
    assert [line["request"] for line in requests(lines)] == [first, second]
    assert re.fullmatch(r"GET /healthz: 200 in \d+ ms", requests(lines)[0]["message"])


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [("proxy-7.1_a", True), ("a" * 64, True), ("a" * 65, False), ("two words", False), ("<b>", False), ("", False)],
)
def test_a_proxys_own_number_is_kept_where_it_is_harmless(client: FlaskClient, given: str, is_kept: bool) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is is_kept


def test_what_fails_is_written_down_whatever_the_level(
    client: FlaskClient, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(client.application.view_functions, "api.healthz", lambda: ("no", 500))
    client.get("/healthz")
    assert [line["level"] for line in requests(lines)] == ["ERROR"]


def test_text_lines_bear_the_number_in_brackets_and_json_lines_the_traceback() -> None:
    record = logging.LogRecord("hindcast", logging.INFO, __file__, 1, "words %d", (3,), None)
    assert logs.Lines("text").format(record).endswith("INFO hindcast: words 3")
    try:
        raise ValueError("boom")
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    found = json.loads(logs.Lines("json").format(record))
    assert (found["level"], found["logger"], found["message"]) == ("INFO", "hindcast", "words 3")
    assert "ValueError: boom" in found["error"]
    assert "request" not in found
