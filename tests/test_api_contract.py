"""The API is what its document says, whatever is sent to it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events
from schemathesis.engine.core import Engine as Runner

from engine import Engine, Settings, Upload
from tests import hostile
from tests.conftest import to_csv, wave
from tests.contract import DOCUMENT

FILE_CALLS = {"POST /api/v1/datasets", "POST /api/v1/quickdraw"}
CONFIG = {
    "seed": 1,
    "continue-on-failure": True,
    "headers": {"Accept-Encoding": "identity"},  # its client does not unpack
    "generation": {"max-examples": 12, "deterministic": True, "database": "none"},
    "checks": {
        "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "503", "504"]},  # busy, and too late
        # A schema cannot say which models there are, which indices a series has, or that from comes before to.
        "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "400", "404", "409", "422", "503", "504"]},
    },
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(cache_dir=tmp_path / "cache", model="toy", graceful_timeout=2.0, uploads_per_minute=hostile.MANY)


def found_by(schema: Any) -> list[str]:
    """What does not hold."""
    wrong = []
    for event in Runner(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            wrong.append(repr(event))
        if not isinstance(event, events.ScenarioFinished):
            continue
        for checks in event.recorder.checks.values():
            wrong += [
                f"{check.failure_info.failure}\n{check.failure_info.code_sample}"
                for check in checks
                if check.failure_info is not None
            ]
    return wrong


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("untraced")
def test_every_call_keeps_what_the_document_promises(client: FlaskClient, engine: Engine, upload: Upload) -> None:
    """By schemathesis, all of its checks: the edges of every parameter, others at random, and calls one after the other
    along the document's links."""
    csv = to_csv(wave(200))
    export = client.get(f"/api/v1/datasets/{upload.dataset.handle}/export.parquet").data
    files = st.one_of(st.just(csv), st.just(export), st.binary(max_size=200))
    for kind in ("text/csv", "application/octet-stream"):
        schemathesis.openapi.media_type(kind, files)
    config = SchemathesisConfig.from_dict(CONFIG)
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, client.application, config=config)

    @schema.hook
    def flatmap_query(context: Any, query: Any) -> st.SearchStrategy[Any]:
        """Most files are sent without options: else hardly one of them would be stored."""
        return st.sampled_from([{}, {}, query]) if context.operation.label in FILE_CALLS else st.just(query)

    wrong = found_by(schema)
    assert not wrong, "\n\n".join(wrong[:5])


def test_every_link_of_a_stored_file_leads_somewhere(client: FlaskClient, upload: Upload) -> None:
    document = client.get(DOCUMENT).get_json()
    answer = client.post("/api/v1/datasets", data=to_csv(wave(300))).get_json()
    links = document["paths"]["/api/v1/datasets"]["post"]["responses"]["200"]["links"]
    known = {
        operation["operationId"]: (path, method)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    shares = f"/api/v1/datasets/{answer['handle']}/shares"
    client.post(shares)
    (link,) = client.get(shares).get_json()["shares"]
    needed = {"events": {"line": "11", "direction": "above"}, "block": {"number": "4"}, "revoke": {"share": link["id"]}}
    ends = ["recalculate", "drop", "forget"]  # after them, for a while or for ever, there is less to answer with
    for name in [*sorted(links.keys() - ends), *ends]:
        told = {key: str(answer[said.rpartition("/")[2]]) for key, said in links[name]["parameters"].items()}
        told |= needed.get(name, {})
        path, method = known[name]
        place = {key: told.pop(key) for key in list(told) if f"{{{key}}}" in path}
        reached = client.open(path.format(**place), method=method, query_string=told)
        assert reached.status_code < 300, name


@pytest.mark.usefixtures("untraced")
def test_hostile_bodies_are_refused_or_read_and_leave_no_traceback(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    answers = hostile.send(client, 100, seed=3)
    assert not [answer for answer in answers if answer.startswith("5")]
    assert {"201", "422 DAMAGED_EXPORT", "422 NO_TIME_COLUMN"} <= set(answers)
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


def test_the_same_seed_sends_the_same_bodies() -> None:
    good = to_csv(wave(40))
    assert list(hostile.bodies(good, 20, 5)) == list(hostile.bodies(good, 20, 5))
    assert list(hostile.bodies(good, 20, 5)) != list(hostile.bodies(good, 20, 6))
