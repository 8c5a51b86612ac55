"""What browsers send to callbacks may be anything: no value and no body is a failure of the server."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from engine import Upload
from tests.dash_client import CALLBACK, DRAW, UNKNOWN, call, wanted

HOSTILE: list[Any] = [
    None,
    True,
    False,
    -1,
    0,
    -(10**12),
    10**300,
    1.5,
    "",
    "x",
    "x" * 100_000,
    "<script>",
    "../../etc/passwd",
    "\0",
    "\u202e\ud83d",
    "NaN",
    [],
    [[]],
    [None] * 1000,
    {},
    {"handle": UNKNOWN},
    {"handle": {}},
    {"handle": UNKNOWN, "index": "NaN", "seq": [], "session": {}},
    {"__proto__": {"x": 1}},
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_callback_values_are_no_failure(client: FlaskClient, upload: Upload, number: int) -> None:
    value, handle = HOSTILE[number], upload.dataset.handle
    fill = "..fill.children...tick.disabled...fill-seen.data.."
    strip = "..read-strip.children...series-name.children.."
    answers = [
        call(client, "page.children", {"url.pathname": value, "url.search": value}),
        call(client, "page.children", {"url.pathname": f"/explore/{handle}", "url.search": value}),
        call(client, DRAW, {"wanted.data": value}),
        call(client, DRAW, {"wanted.data": wanted(upload, index=value, session="a")}),
        call(client, fill, {"tick.n_intervals": value}, {"facts.data": value, "fill-seen.data": value}),
        call(client, fill, {"tick.n_intervals": value}, {"facts.data": {"handle": handle}, "fill-seen.data": value}),
        call(client, strip, {"mine.data": value}, {"facts.data": value}),
        call(client, strip, {"mine.data": {"upload": value}}, {"facts.data": {"handle": handle}}),
        call(client, "sample-picture.figure", {"scheme.data": value}, {"home-ready.data": value}),
        call(
            client,
            "..quick-picture.figure...quick-heading.children...quick-read.children..",
            {"quick-plot.data": value},
            {"scheme.data": value},
        ),
    ]
    assert {answer.status_code for answer in answers} <= {200, 204}


BODIES = [
    "null",
    "[]",
    "{}",
    "7",
    '"x"',
    '{"output": "nothing.here", "outputs": [], "inputs": [], "changedPropIds": []}',
    '{"output": "page.children"}',
    '{"output": null, "outputs": null, "inputs": null, "changedPropIds": null}',
    '{"output": "page.children", "outputs": {"id": "page", "property": "children"}, "inputs": 7}',
    '{"output": "page.children", "outputs": {"id": "page", "property": "children"}, "inputs": [{"id": "url", '
    '"property": "pathname", "value": 1e400}, {"id": "url", "property": "search", "value": NaN}]}',
    '{"output": "page.children", "outputs": {"id": "page", "property": "children"}, "inputs": [{"id": "url", '
    f'"property": "pathname", "value": {"9" * 5000}}}]}}',
    "not json",
    "",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "[" * 200_000,
]


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_a_malformed_callback_request_is_the_senders_mistake(client: FlaskClient, number: int) -> None:
    answer = client.post(CALLBACK, data=BODIES[number], content_type="application/json")
    assert answer.status_code < 500
    assert b"Traceback" not in answer.data


NUMBERS = ["NaN", "1e400", "-" + "9" * 5000, "0x10", "٣", "", " ", "1;2", "%00", "true", "[]"]
WHERE = [
    "forecasts/{}",
    "blocks/{}",
    "rail?width={}",
    "rail?from={}&to=0",
    "forecasts/-3?seq={}",
    "forecasts/-3?horizon={}",
    "forecasts/-3?timeout={}",
    "scores?worst={}",
    "scores?timeout={}",
    "events?line={}&direction=above",
    "events?line=1&direction={}",
    "events?line=1&direction=above&k={}",
    "slice?slice={}",
    "compare?slice={}",
    "export.csv?decimal={}",
    "export.csv?shape={}",
]


def test_hostile_numbers_in_the_apis_addresses_are_no_failure(client: FlaskClient, upload: Upload) -> None:
    for where in WHERE:
        for number in NUMBERS:
            answer = client.get(f"/api/v1/datasets/{upload.dataset.handle}/{where.format(number)}")
            assert answer.status_code < 500, (where, number)
