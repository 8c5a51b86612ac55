"""The cache page: what the server tells the browser, which draws the rows and knows the names."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from engine import CheckReport, Dataset, Engine, Inventory, StoredDataset, StoredForecasts, Upload, Visitor, acting
from engine.series import Phase, Series, Step
from pages import _cache, _cache_words
from tests.conftest import until, wave
from tests.dash_client import UNKNOWN, call, page

THIN = "\u202f"
FORECASTS = StoredForecasts("toy", 12, "toy-1", "fp32", 1240, 0, 0, 3000, "filling", True, 5_000)
DATASET = StoredDataset(
    handle="a" * 64,
    length=3_023,
    start=np.datetime64("2024-01-01T00:15:00"),
    end=np.datetime64("2024-02-01T11:45:00"),
    step_seconds=900,
    step_calendar=None,
    zone=None,
    bytes=3 << 20,
    own_bytes=1 << 20,
    last_used=1_700_000_000.0,
    upload_kept=True,
    forecasts=(FORECASTS,),
)
INVENTORY = Inventory(1 << 20, 1 << 30, 5 << 20, 10 << 30, 0, 0, (DATASET,))


def row(**changed: Any) -> dict[str, Any]:
    (found,) = _cache.rows(INVENTORY._replace(datasets=(DATASET._replace(**changed),)), ("toy", "seasonal-naive"))
    return found


def forecasts(**changed: Any) -> dict[str, Any]:
    return dict(row(forecasts=(FORECASTS._replace(**changed),))["forecasts"][0])


def test_a_row_says_everything_but_the_name() -> None:
    found = row()
    assert (found["points"], found["every"]) == (3_023, "every 15 min")
    assert found["period"] == "1 Jan 2024 00:15 to 1 Feb 2024 11:45"
    assert (found["size"], found["freed"], found["kept"]) == ("3 MiB", "1 MiB", True)
    assert (found["first"], found["last"]) == ("2024-01-01 00:15", "2024-02-01 11:45")
    assert found["used"] == 1_699_999_980  # the minute: what changes every second would be sent every time


def test_whose_a_row_is_is_said_where_it_cannot_be_opened() -> None:
    assert row()["user"] is None
    with acting(Visitor("root")):
        assert (row(user="ann")["user"], row(user="root")["user"]) == ("ann", None)
    with acting(Visitor("root", frozenset({DATASET.handle}))):
        assert row(user="ann")["user"] is None


@pytest.mark.parametrize(
    ("seconds", "calendar", "first", "every"),
    [
        (5, None, "2024-01-01 00:15:00", "every 5 s"),
        (86_400, None, "2024-01-01", "every day"),
        (None, "weekday", "2024-01-01", "every working day"),
        (None, "3 months", "2024-01", "every 3 months"),
        (None, "year", "2024-01", "every year"),
    ],
)
def test_times_are_asked_for_in_the_datas_own_notation(
    seconds: int | None, calendar: str | None, first: str, every: str
) -> None:
    found = row(step_seconds=seconds, step_calendar=calendar)
    assert (found["first"], found["every"]) == (first, every)


def test_forecasts_are_counted_and_what_is_odd_about_them_is_said() -> None:
    assert forecasts()["label"] == "toy, 12 steps"
    assert forecasts()["counts"] == f"1{THIN}240 of 3{THIN}000"
    assert forecasts()["state"] == "computing"
    assert forecasts(state="stored")["state"] == "not finished"
    assert forecasts(state="paused")["state"] == "paused"
    assert forecasts(done=3_000, state="done")["state"] == ""
    assert forecasts(done=3_000, state="stored", imported=7)["state"] == "imported"
    assert forecasts(done=2_990, failed=10, state="done")["state"] == "10 failed"
    assert forecasts(model_loaded=False, state="stored")["state"] == "not finished, model not loaded"


def test_what_other_weights_hide_can_be_deleted_and_not_saved() -> None:
    assert forecasts()["reachable"]
    assert not forecasts(model_loaded=False)["reachable"]
    assert forecasts(model_loaded=False, model="oracle")["reachable"]


def test_the_heading_counts() -> None:
    assert _cache_words.heading(0) == "Nothing is stored."
    assert _cache_words.heading(1) == "1 dataset is stored."
    assert _cache_words.heading(1_200) == f"1{THIN}200 datasets are stored."


def plain(parts: Any) -> str:
    return json.dumps(parts, default=lambda part: part.to_plotly_json())


def test_room_is_told_in_words_and_what_was_set_aside_can_be_deleted() -> None:
    words = plain(_cache.rooms(INVENTORY))
    assert "5 MiB of 10 GiB" in words
    assert "1 MiB of 1 GiB" in words
    assert "cache-damaged" not in words
    words = plain(_cache.rooms(INVENTORY._replace(damaged=3 << 20, damaged_folders=1)))
    assert "A cache could not be read at a start and was set aside: 3 MiB." in words
    assert "cache-damaged" in words
    assert "2 caches could not be read" in plain(_cache.rooms(INVENTORY._replace(damaged=1, damaged_folders=2)))


# --- a stretch by time ---


def between(dataset: Dataset, start: str, end: str) -> tuple[int, int, int]:
    return _cache.stretch(dataset, np.datetime64(start, "s"), np.datetime64(end, "s"))


HOURLY = Dataset(wave(300))  # slots 1000 .. 1299: 1970-02-11 16:00 .. 1970-02-24 03:00


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("1970-02-24T03:00", "1970-02-24T03:00", (0, 0, 1)),
        ("1970-02-24T02:01", "1970-02-24T03:00", (0, 0, 1)),
        ("1970-02-24T00:00", "1970-02-24T01:59", (-3, -2, 2)),
        ("1970-02-11T16:00", "1970-02-12T16:00", (-299, -275, 2)),
        ("1950-01-01T00:00", "2050-01-01T00:00", (-299, 0, 277)),
        ("1970-02-11T16:00", "1970-02-11T18:00", (-299, -297, 0)),
    ],
)
def test_a_stretch_by_time_holds_the_points_between_its_ends(start: str, end: str, found: tuple[int, int, int]) -> None:
    assert between(HOURLY, start, end) == found


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("1970-02-24T03:01", "2050-01-01T00:00"),
        ("1950-01-01T00:00", "1970-02-11T15:58"),
        ("1970-02-24T02:10", "1970-02-24T02:50"),
        ("0001-01-01T00:00", "0001-01-02T00:00"),
        ("9999-01-01T00:00", "9999-12-31T23:59"),
    ],
)
def test_between_two_points_and_outside_of_all_there_is_nothing(start: str, end: str) -> None:
    assert between(HOURLY, start, end)[2] == 0


def test_the_last_day_or_month_is_meant_with_all_of_it() -> None:
    daily = Dataset(Series(np.arange(60.0), Step(86_400, "second"), 19_000, phases=(Phase(19_000, 6 * 3600),)))
    day = str(daily.end)[:10]
    assert between(daily, day, day) == (0, 0, 1)
    monthly = Dataset(Series(np.arange(60.0), Step(1, "month"), 24_000, phases=(Phase(24_000, 0, 0, 31),)))
    month = str(monthly.end)[:7]
    assert between(monthly, f"{month}-01", f"{month}-01") == (0, 0, 1)


# --- over the wire ---


def told(client: FlaskClient, value: Any) -> dict[str, Any]:
    answer = call(client, "cache-stretch.data", {"cache-between.data": value})
    assert answer.status_code == 200
    return dict(json.loads(answer.get_data())["response"]["cache-stretch"]["data"])


def wish(upload: Upload, **changed: Any) -> dict[str, Any]:
    return {"handle": upload.dataset.handle, "from": "1970-02-24 00:00", "to": "1970-02-24 03:00", "asked": 4} | changed


def test_a_stretch_is_told_before_it_goes(client: FlaskClient, upload: Upload) -> None:
    assert told(client, wish(upload)) == {
        "asked": 4,
        "first": -3,
        "last": 0,
        "moments": 4,
        "words": "The forecasts of 4 moments from Tue 24 Feb 1970, 00:00 to Tue 24 Feb 1970, 03:00 are deleted, and "
        "computed anew at once.",
    }
    one = told(client, wish(upload, **{"from": "1970-02-24T03:00"}))
    assert one["words"].startswith("The forecasts of 1 moment at Tue 24 Feb 1970, 03:00 are")


def test_without_a_background_nothing_is_promised_at_once() -> None:
    assert _cache_words.anew(2, "a", "b", at_once=False).endswith("computed anew when somebody asks for them.")


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"from": "1970-02-25", "to": "1970-02-24"}, _cache_words.UNREADABLE),
        ({"from": "24.2.1970"}, _cache_words.UNREADABLE),
        ({"from": ""}, _cache_words.UNREADABLE),
        ({"to": None}, _cache_words.UNREADABLE),
        ({"to": "1970-02-24" * 100}, _cache_words.UNREADABLE),
        ({"from": "1969-01", "to": "1969-02"}, _cache_words.EMPTY),
        ({"handle": UNKNOWN}, _cache_words.GONE),
        ({"handle": "x"}, _cache_words.UNREADABLE),
    ],
)
def test_a_stretch_that_is_none_is_refused_in_words(
    client: FlaskClient, upload: Upload, changed: dict[str, Any], refused: str
) -> None:
    assert told(client, wish(upload, **changed)) == {"asked": 4, "refused": refused}


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, {"asked": "4"}, {"handle": []}, {"from": {}}], ids=repr)
def test_a_hostile_question_is_answered(client: FlaskClient, value: Any) -> None:
    assert told(client, value) == {"asked": None, "refused": _cache_words.UNREADABLE}


OUTPUT = "..cache-look.data...cache-digest.data...cache-rooms.children.."


def looked(client: FlaskClient, digest: Any = None, intervals: Any = 1) -> dict[str, Any]:
    answer = call(
        client,
        OUTPUT,
        {"cache-tick.n_intervals": intervals, "cache-wish.data": None},
        {"cache-digest.data": digest},
    )
    assert answer.status_code == 200
    return dict(json.loads(answer.get_data())["response"])


def test_a_look_sends_only_what_has_changed(client: FlaskClient, engine: Engine, upload: Upload) -> None:
    until(lambda: engine.status().statistics.dirty_blocks == 0)
    first = looked(client)
    look, digest = first["cache-look"]["data"], first["cache-digest"]["data"]
    assert look["heading"] == "1 dataset is stored."
    assert [one["handle"] for one in look["rows"]] == [upload.dataset.handle]
    again = looked(client, digest)
    assert again["cache-look"]["data"]["rows"] is None
    assert "cache-rooms" not in again
    assert again["cache-look"]["data"]["live"]["live-Disk-room"]["text"].endswith("of 10 GiB")
    engine.delete(upload.dataset.handle)
    gone = looked(client, digest)["cache-look"]["data"]
    assert (gone["heading"], gone["rows"]) == ("Nothing is stored.", [])


@pytest.mark.parametrize("odd", [3, None, "x", -1, [], {}, {"rows": []}, 10**400], ids=repr)
def test_a_look_answers_whatever_the_browser_sends(client: FlaskClient, upload: Upload, odd: Any) -> None:
    assert len(looked(client, odd, odd)["cache-look"]["data"]["rows"]) == 1


def test_the_page_is_filled_at_once_names_nobody_and_is_linked(client: FlaskClient, upload: Upload) -> None:
    words = page(client, "/cache")
    assert upload.dataset.handle in words
    assert "zebra" not in words
    assert "1 dataset is stored." in page(client, "/cache/")
    for other in ("/cache/x", "cache", "//cache", "/cache//"):
        assert "no page at this address" in page(client, other)
    for place in ("/", "/status", "/cache"):
        assert "/cache" in json.dumps(json.loads(page(client, place)))
    assert "<title>Cache \u00b7 Hindcast</title>" in client.get("/cache").get_data(as_text=True)


def test_a_cache_that_cannot_be_looked_at_says_why(client: FlaskClient, engine: Engine, upload: Upload) -> None:
    digest = looked(client)["cache-digest"]["data"]
    engine.close()
    assert "The server is stopping" in page(client, "/cache")
    answer = looked(client, digest)
    assert set(answer) == {"cache-look"}
    assert "The server is stopping" in answer["cache-look"]["data"]["error"]


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (CheckReport(), "Looked at 0 blocks, 0 datasets, 0 uploads: all is as it was written."),
        (CheckReport(1, 1, 1), "Looked at 1 block, 1 dataset, 1 upload: all is as it was written."),
        (
            CheckReport(9, 2, 2, damaged=1, orphans=1, damaged_series=1),
            "Looked at 9 blocks, 2 datasets, 2 uploads: 1 block was damaged or missing and is computed again; 1 value "
            "that nothing names is gone; 1 dataset cannot be read: drop the file again.",
        ),
        (
            CheckReport(9, 2, 2, damaged=1, missing=2, orphans=3, damaged_uploads=1),
            "Looked at 9 blocks, 2 datasets, 2 uploads: 3 blocks were damaged or missing and are computed again; 3 "
            "values that nothing names are gone; 1 upload cannot be read: it can no longer be read another way.",
        ),
    ],
)
def test_a_check_says_what_it_found(report: CheckReport, words: str) -> None:
    assert _cache_words.checked(report) == words


def checked(client: FlaskClient, clicks: Any) -> str:
    answer = call(client, "cache-checked.children", {"cache-check.n_clicks": clicks})
    assert answer.status_code in {200, 204}
    return str(answer.get_data(as_text=True))


@pytest.mark.parametrize("clicks", [1, "x", [3], 10**400], ids=repr)
def test_the_page_checks_when_it_is_asked_to(client: FlaskClient, engine: Engine, upload: Upload, clicks: Any) -> None:
    until(lambda: engine.status().statistics.dirty_blocks == 0)
    assert "1 dataset, 1 upload: all is as it was written." in checked(client, clicks)


def test_without_a_click_nothing_is_checked_and_a_stopping_server_says_so(
    client: FlaskClient, engine: Engine, upload: Upload
) -> None:
    for nothing in (None, 0):
        assert "Looked" not in checked(client, nothing)
    engine.close()
    assert "The server is stopping" in checked(client, 1)
