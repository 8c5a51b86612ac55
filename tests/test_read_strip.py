"""The read strip: rows with proofs, buttons that read the file again, what else there is to choose."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine import Engine, ReadOptions, Upload
from pages import _adding, _inputs, _picker, _reread
from pages._sparkline import sparkline
from tests.conftest import to_csv, wave
from tests.dash_client import UNKNOWN, call

ASKED = {"option": "value", "find": "", "shown": 12}
STRIP = "..read-strip.children...series-name.children.."
TIMES = [f"2024-01-{1 + n // 24:02} {n % 24:02}:00" for n in range(96)]
EVEN = [f"{1 + n // 96:02}.03.2024 {n % 96 // 4:02}:{15 * (n % 4):02};{n % 50},25" for n in range(96 * 5)]


def wide(columns: int = 3) -> bytes:
    head = ",".join(["time", *(f"shop {k}" for k in range(columns))])
    rows = [",".join([time, *(str(n * (k + 2) + 0.5) for k in range(columns))]) for n, time in enumerate(TIMES)]
    return "\n".join([head, *rows]).encode()


def told(client: FlaskClient, known: Upload, **mine: Any) -> str:
    mine = {"upload": known.record.upload_id} | mine
    answer = call(client, STRIP, {"mine.data": mine}, {"facts.data": {"handle": known.dataset.handle}})
    assert answer.status_code == 200
    return json.dumps(answer.get_json(), ensure_ascii=False)


def found(client: FlaskClient, known: Upload, **changed: Any) -> str:
    asked = {
        "handle": known.dataset.handle,
        "upload": known.record.upload_id,
        "option": "value",
        "find": "",
        "shown": 12,
    }
    answer = call(client, "picker-found.children", {"picker-asked.data": asked | changed})
    assert answer.status_code in (200, 204)
    return "" if answer.status_code == 204 else json.dumps(answer.get_json())


def test_every_decision_is_told_with_its_proof_and_its_other_ways(client: FlaskClient, engine: Engine) -> None:
    words = told(client, engine.upload("\n".join(["Zeit;Last [kW]", *EVEN]).encode()))
    assert "Day first: steps are even that way" in words
    assert '"data-reread": "dayfirst=false"' in words
    assert "Comma is the decimal sign: '0,25' (row 2) cannot be read otherwise" in words
    assert "12 steps = 3 h" in words
    assert '"data-reread": "step=1h&agg=sum"' in words
    assert "Noted" not in words


def test_what_was_chosen_before_stays_chosen(engine: Engine) -> None:
    back = engine.upload(wide(), ReadOptions(value="shop 1", decimal=".")).record.readback
    assert _reread.options(back, {"step": "1d", "agg": "sum"}) == {
        "value": "shop 1",
        "decimal": ".",
        "step": "1d",
        "agg": "sum",
    }
    assert _reread.options(back, {"value": "shop 2"}) == {"value": "shop 2"}
    assert _reread.options(back, {"step": "", "agg": ""}) == {"value": "shop 1", "decimal": "."}
    assert _reread.query(back, {"dayfirst": True}) == "value=shop+1&decimal=.&dayfirst=true"


def test_the_strip_opens_by_itself_where_something_deserves_a_look_until_it_was_seen(
    client: FlaskClient, engine: Engine, upload: Upload
) -> None:
    guessed = engine.upload(wide())
    assert '"open": true' in told(client, guessed)
    assert '"open": false' in told(client, guessed, strip=False)
    assert '"open": false' in told(client, upload)
    assert '"open": true' in told(client, upload, strip=True)
    assert '"open": false' in told(client, upload, strip="yes")


def test_the_longest_gap_is_one_click_away(client: FlaskClient, engine: Engine) -> None:
    series = wave(400)
    values = series.values.copy()
    values[200:260] = float("nan")
    words = told(client, engine.upload(to_csv(dataclasses.replace(series, values=values))))
    assert "Show the longest" in words
    assert '"data-go": "-200"' in words
    assert '"title": "After ' in words


def test_columns_are_offered_with_sketches(client: FlaskClient, engine: Engine) -> None:
    known = engine.upload(wide())
    words = told(client, known)
    assert "shop 0, the first of 3 number columns" in words
    assert '"data-reread": "value=shop+2"' in words
    assert words.count('"data-neighbour": "1"') == 1
    assert '"data-neighbour": "-1"' not in words
    words = found(client, known)
    assert words.count("maskImage") == 3
    assert "Showing " in words
    assert len(words) < 12_000


def test_of_many_columns_twelve_are_shown_and_the_rest_is_found_by_name(client: FlaskClient, engine: Engine) -> None:
    known = engine.upload(wide(40))
    assert '"id": "picker-find"' in told(client, known)
    words = found(client, known)
    assert words.count("maskImage") == 12
    assert "28 more" in words
    assert found(client, known, shown=24).count("picker-card") - found(client, known).count("picker-card") == 12
    words = found(client, known, find="SHOP 39")
    assert words.count("maskImage") == 1
    assert "1 named like that." in words
    assert "No number column is named like that." in found(client, known, find="nobody")


def test_series_of_a_long_file_are_offered(client: FlaskClient, engine: Engine) -> None:
    rows = [f"{name},{time},{n % 7}.5" for name in ("a", "b") for n, time in enumerate(TIMES)]
    known = engine.upload("\n".join(["unique_id,ds,y", *rows]).encode())
    words = told(client, known)
    assert '"data-reread": "series=b"' in words
    assert '"series-name": {"children": "y, a"}' in words
    assert found(client, known, option="series").count("maskImage") == 2


def test_names_alone_are_offered_where_the_bytes_are_no_longer_kept(
    client: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = engine.upload(wide())
    monkeypatch.setattr(engine._library, "kept", lambda upload_id: None)
    words = found(client, known)
    assert "maskImage" not in words
    assert '"title": "shop 2"' in words


def test_columns_are_shown_to_the_uploader_alone(client: FlaskClient, engine: Engine) -> None:
    known = engine.upload(wide())
    for upload_id in ("f" * 32, None, 7):
        assert "shop" not in found(client, known, upload=upload_id)
    assert "shop" not in found(client, known, handle=UNKNOWN)


@pytest.mark.parametrize("field", ["handle", "upload", "option", "find", "shown"])
@pytest.mark.parametrize("value", [None, True, -1, 0, 10**9, 1.5, [], {}, "x" * 200])
def test_odd_questions_about_columns_are_none(field: str, value: Any) -> None:
    good = {"handle": UNKNOWN, "upload": "f" * 32} | ASKED
    assert _inputs.asked(good) is not None
    assert _inputs.asked(good | {field: value}) is None
    assert _inputs.asked(value) is None


def test_names_are_found_by_their_words_in_any_order_and_case() -> None:
    names = ["Main meter [kWh]", "Sub meter [kWh]", "Price"]
    assert _picker.matching(names, "KWH main") == ["Main meter [kWh]"]
    assert _picker.matching(names, "") == names
    assert _picker.matching(names, "[kwh") == names[:2]


def test_a_sparkline_breaks_where_nothing_is_known_and_is_small() -> None:
    drawn = sparkline([0, 50, None, 99] * 15).style["maskImage"]
    assert drawn.count("M") == 16
    assert len(drawn) < 4_000
    assert "maskImage" not in sparkline([None, None]).style
    assert "maskImage" not in sparkline([]).style


@pytest.mark.parametrize(
    ("unit", "adds"),
    [
        *(("kWh", True), ("m\u00b3", True), ("EUR", True), ("St\u00fcck", True)),
        *(("kW", False), ("mg/dL", False), ("\u00b0C", False), ("\u20ac/MWh", False), ("MW", False), ("%", False)),
        *(("", None), (None, None), ("widgets", None)),
    ],
)
def test_amounts_add_up_and_levels_do_not(unit: str | None, adds: bool | None) -> None:
    assert _adding.adds_up(unit) is adds


@pytest.mark.parametrize(("unit", "first"), [("kWh", "sum"), ("kW", "mean"), ("widgets", "sum")])
def test_coarser_steps_are_offered_first_in_the_way_that_fits_the_unit(
    client: FlaskClient, engine: Engine, unit: str, first: str
) -> None:
    rows = [f"2024-03-{1 + n // 96:02} {n % 96 // 4:02}:{15 * (n % 4):02},{n % 50}.5" for n in range(96 * 20)]
    text = "\n".join([f"time,load [{unit}]", *rows]).encode()
    words = told(client, engine.upload(text))
    second = {"sum": "mean", "mean": "sum"}[first]
    assert f'"children": "Read every hour ({first})"' in words
    assert f'"children": "every hour ({second})"' in words
    assert "every day" not in words
    words = told(client, engine.upload(text, ReadOptions(step="1h", agg=first)))
    assert '"children": "Read every 15 minutes"' in words


def test_a_turned_table_says_so_and_is_read_as_it_was(client: FlaskClient, engine: Engine) -> None:
    months = [f"{year}-{month:02}" for year in range(2020, 2024) for month in range(1, 13)]
    rows = [",".join([name, *(str(k * by + 0.5) for k in range(48))]) for name, by in (("tea", 2), ("jam", 5))]
    text = "\n".join([",".join(["Product", *months]), *rows]).encode()
    known = engine.upload(text, ReadOptions(turned=True, value="jam"))
    words = told(client, known)
    assert "The table was turned: 48 times across its columns, one series per row, named by Product" in words
    assert '"children": "Read as it was"' in words
    assert '"data-reread": "turned=false"' in words
    assert '"data-reread": "value=tea&turned=true"' in words
