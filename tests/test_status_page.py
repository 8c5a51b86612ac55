"""The status page: its words and numbers, what it shows of a healthy engine and of one that is not."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine import Engine, Failure, Latency, ModelStatus, RunnerStatus, Statistics, Status, Upload
from pages import _live, _status, _status_words
from tests.conftest import ToyForecaster
from tests.dash_client import call, draw, page, wanted

THIN = "\u202f"
IDLE = Statistics(*([0] * len(Statistics._fields)))
NEVER = Latency(0, 0.0, 0.0, 0.0, 0.0, ((0.001, 0), (0.002, 0), (math.inf, 0)))
HEALTHY = Status(
    ready=True,
    reasons=(),
    models=("hindcast-small", "seasonal-naive"),
    loaded=(ModelStatus("hindcast-small", "bf16", "4.9 million weights", "MIT", "cba173107732"),),
    device="CPU, 2 cores",
    uptime=3.4 * 3600,
    threads={"infer-interactive": True, "store": True},
    statistics=IDLE,
    stages={"infer": Latency(41, 0.0012, 0.012, 2.5, 2.9, ((0.001, 0), (0.002, 40), (math.inf, 1))), "parse": NEVER},
    origins_per_second=0.0,
    memory=222_298_112,
    memory_budget=1 << 30,
    disk=0,
    disk_budget=10 << 30,
    datasets=3,
    errors=(),
    failures={},
)


def said(status: Status, now: float = 1_700_000_000.0) -> str:
    """Everything on the page, as the browser is told."""
    return json.dumps([part.to_plotly_json() for part in _status.content(status, now)], default=_plain)


def _plain(component: Any) -> Any:
    return component.to_plotly_json()


def test_the_first_sentence_says_that_all_is_well_and_where() -> None:
    assert _status_words.health(HEALTHY) == "All is well: hindcast-small on the CPU, 2 cores, up for 3 h."
    there = HEALTHY._replace(device="NVIDIA H200", uptime=50 * 86400)
    assert _status_words.health(there) == "All is well: hindcast-small on NVIDIA H200, up for 50 days."


def test_an_engine_that_is_not_ready_says_why_in_an_alert() -> None:
    ill = HEALTHY._replace(ready=False, reasons=("store has stopped. Restart the server.",))
    words = said(ill._replace(threads={"infer-interactive": True, "store": False}))
    assert "Not everything is well." in words
    assert '"role": "alert"' in words
    assert "store has stopped. Restart the server." in words
    assert "store: stopped" in words
    assert "1 of 2 stopped." in words
    assert '"role": "alert"' not in said(HEALTHY)


@pytest.mark.parametrize(
    ("rate", "waiting", "sentence"),
    [
        (0.0, 0, "Nothing is being computed; nobody waits."),
        (1240.4, 0, f"Computing 1{THIN}240 moments a second; nobody waits."),
        (1.2, 1, "Computing 1 moment a second; 1 caller waits."),
        (0.0, 3, "Nothing is being computed; 3 callers wait."),
    ],
)
def test_the_second_sentence_says_what_it_does(rate: float, waiting: int, sentence: str) -> None:
    busy = HEALTHY._replace(origins_per_second=rate, statistics=IDLE._replace(waiting=waiting))
    assert _status_words.activity(busy) == sentence


def test_it_says_how_many_actors_compute_elsewhere_and_what_is_wrong_with_them() -> None:
    assert "Ray" not in said(HEALTHY)
    own = RunnerStatus("ray", 2, 2, 0, "")
    assert _status_words.elsewhere(own) == ["Files are computed on Ray on this machine: 2 of 2 actors."]
    away = RunnerStatus("10.0.0.5:6379", 0, 8, 3, "Ray at 10.0.0.5:6379 cannot be used: Connection refused")
    words = said(HEALTHY._replace(runner=away))
    assert "Files are computed on Ray at 10.0.0.5:6379: 0 of 8 actors, 3 lost since the start." in words
    assert away.trouble in words


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({}, "Nobody has asked for a forecast since the start."),
        ({"requested": 1, "answered": 1}, "Every forecast that was asked for since the start was answered: 1."),
        (
            {"requested": 1204, "answered": 1200, "superseded": 3, "failed": 1},
            f"Since the start 1{THIN}204 forecasts were asked for: 1{THIN}200 answered, 3 overtaken by a newer wish, "
            "1 failed.",
        ),
        ({"requested": 1, "waiting": 1}, "Since the start 1 forecast was asked for."),
    ],
)
def test_how_requests_ended_is_said_in_a_sentence(counts: dict[str, int], sentence: str) -> None:
    assert _status_words.asked(IDLE._replace(**counts)) == sentence


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 ms"),
        (0.00001, "under 0.1 ms"),
        (0.00025, "0.2 ms"),
        (0.0042, "4.2 ms"),
        (0.00996, "10 ms"),
        (0.1234, "123 ms"),
        (0.9996, "1.0 s"),
        (2.44, "2.4 s"),
        (45.0, "45 s"),
        (130.0, "2 min"),
    ],
)
def test_short_times_are_for_people(seconds: float, words: str) -> None:
    assert _status_words.duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (59.9, "59 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (172800, "2 days"),
    ],
)
def test_long_times_are_rough(seconds: float, words: str) -> None:
    assert _status_words.span(seconds) == words


@pytest.mark.parametrize(
    ("nbytes", "words"),
    [
        (0, "0 bytes"),
        (1023, f"1{THIN}023 bytes"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (222_298_112, "212 MiB"),
        (1 << 30, "1 GiB"),
        ((1 << 30) - 1, "1 GiB"),
        (10 << 30, "10 GiB"),
        (5 << 50, f"5{THIN}120 TiB"),
    ],
)
def test_sizes_are_for_people(nbytes: int, words: str) -> None:
    assert _status_words.size(nbytes) == words


def test_room_is_shown_against_its_budget_and_said_when_it_runs_out() -> None:
    words = said(HEALTHY)
    assert "212 MiB of 1 GiB" in words
    assert '"width": "20.7%"' in words
    assert "3 files open in memory." in words
    full = said(HEALTHY._replace(disk=11 << 30))
    assert '"width": "100.0%"' in full
    assert "Nearly full" in full


def test_a_histogram_is_told_in_words_too() -> None:
    infer = HEALTHY.stages["infer"]
    assert _status_words.spread(infer) == "41 calls; 40 of them took 1.0 ms to 2.0 ms."
    assert _status_words.spread(NEVER) == "No calls yet."
    slow = Latency(2, 70.0, 70.0, 70.0, 140.0, ((65.536, 0), (math.inf, 2)))
    assert _status_words.spread(slow) == "2 calls; 2 of them took over 66 s."
    quick = Latency(1, 0.0001, 0.0001, 0.0001, 0.0001, ((0.00025, 1), (math.inf, 0)))
    assert _status_words.spread(quick) == "1 call; 1 of them took 0 ms to 0.2 ms."


def test_a_histogram_has_a_bar_per_bucket_that_was_hit_and_rare_ones_can_be_seen() -> None:
    assert _status.outline([0, 0]) == "polygon(0% 100%, 100% 100%)"
    assert _status.outline([]) == "polygon(0% 100%, 100% 100%)"
    bars = _status.outline([0, 10_000, 0, 1])
    assert bars == (
        "polygon(0% 100%, 25% 100%, 25% 0%, 50% 0%, 50% 100%, 75% 100%, 75% 88%, 100% 88%, 100% 100%, 100% 100%)"
    )


def test_the_same_error_again_and_again_is_listed_once() -> None:
    errors = [Failure(1_699_999_900.0 - k, "infer", "odd") for k in range(7)] + [Failure(1.6e9, "write", "odd")]
    words = said(HEALTHY._replace(errors=tuple(errors)))
    assert "7 times, last 100 s ago" in words
    assert words.count('"odd"') == 2


def test_errors_are_listed_with_their_age_and_their_stage() -> None:
    assert "None since the start." in said(HEALTHY)
    errors = (Failure(1_699_999_995.0, "infer", "ValueError: odd"), Failure(1_699_992_000.0, "other", "OSError"))
    words = said(HEALTHY._replace(errors=errors))
    for part in ("just now", "The model, one batch", "ValueError: odd", "2 h ago", "other", "2023-11-14T22:13:15"):
        assert part in words
    assert "None since the start." not in words


@pytest.mark.parametrize(
    ("digest", "words"),
    [("cba173107732", "small \u00b7 fp32 \u00b7 MIT \u00b7 cba173107732"), ("toy-1", "small \u00b7 fp32 \u00b7 MIT")],
)
def test_a_model_is_told_apart_by_the_digest_of_its_weights(digest: str, words: str) -> None:
    assert _status_words.about(ModelStatus("m", "fp32", "small", "MIT", digest)) == words


def test_the_page_is_filled_at_once_and_linked_from_home(client: FlaskClient, upload: Upload) -> None:
    words = page(client, "/status")
    assert "All is well: toy on the CPU" in words
    assert "status-tick" in words
    assert "All is well" in page(client, "/status/")
    assert "no page at this address" in page(client, "/status/x")
    assert "/status" in json.dumps(json.loads(page(client, "/")))
    assert "<title>Status \u00b7 Hindcast</title>" in client.get("/status").get_data(as_text=True)


def refreshed(client: FlaskClient, intervals: Any = 1, shape: Any = None) -> dict[str, Any]:
    answer = call(
        client,
        "..status-body.children...status-shape.data...status-look.data..",
        {"status-tick.n_intervals": intervals},
        {"status-shape.data": shape},
    )
    assert answer.status_code == 200
    return dict(json.loads(answer.get_data())["response"])


@pytest.mark.parametrize("odd", [3, None, "x", -1, [], {}, 10**400], ids=repr)
def test_a_look_answers_whatever_the_browser_sends(client: FlaskClient, upload: Upload, odd: Any) -> None:
    told = refreshed(client, odd, odd)
    assert "All is well" in json.dumps(told["status-body"])
    assert told["status-look"]["data"]["live"] == {}


def test_a_look_that_finds_the_same_parts_sends_only_what_they_say(client: FlaskClient, upload: Upload) -> None:
    shape = refreshed(client)["status-shape"]["data"]
    told = refreshed(client, 2, shape)
    assert set(told) == {"status-look"}
    live = told["status-look"]["data"]["live"]
    assert " ".join(live) == shape
    assert live["live-health"]["text"].startswith("All is well: toy on ")
    assert live["live-queue-0"] == {"text": "0", "className": ""}
    assert live["live-infer-spread"]["style"]["clipPath"].startswith("polygon(")


def test_every_live_part_has_a_name_of_its_own_and_only_words() -> None:
    errors = tuple(Failure(1_699_999_995.0 - k, "infer", f"odd {k}") for k in range(10))
    ill = HEALTHY._replace(ready=False, reasons=("One.", "Two."), errors=errors)
    for status in (HEALTHY, ill):
        parts = _status.content(status, 1_700_000_000.0)
        names = re.findall(r'"id": "(live-[^"]*)"', said(status, 1_700_000_000.0))
        assert len(names) == len(set(names))
        assert " ".join(names) == _live.look(parts).shape
        assert {type(part["text"]) for part in _live.look(parts).live.values()} <= {str, type(None)}


def test_the_page_follows_the_engine(client: FlaskClient, engine: Engine, upload: Upload, toy: ToyForecaster) -> None:
    first = refreshed(client)
    assert "None since the start." in json.dumps(first)
    toy.failure = ValueError("the weights are gone")
    draw(client, wanted(upload, force=True))
    toy.failure = None
    second = refreshed(client, 2, first["status-shape"]["data"])
    assert "ValueError: the weights are gone" in json.dumps(second["status-body"])
    for told in (first, second):
        assert "zebra" not in json.dumps(told)
        assert upload.dataset.handle[:9] not in json.dumps(told)
    engine.close()
    assert "The server is stopping." in json.dumps(refreshed(client, 3, second["status-shape"]["data"]))
