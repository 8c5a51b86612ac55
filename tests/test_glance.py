"""Before anybody chooses: what the other columns and series look like, and the question where dates tell nothing."""

from __future__ import annotations

import numpy as np
import pytest
from flask.testing import FlaskClient

from engine import Engine, ReadOptions, Settings, errors, sketch
from engine.ingest.ties import TIE

TIMES = [f"2024-01-{1 + n // 24:02} {n % 24:02}:00" for n in range(96)]
ONE_DAY = [f"04/05/2024 {n // 12:02}:{5 * n % 60:02}" for n in range(288)]


def wide(rows: list[str] | None = None) -> bytes:
    lines = [f"{time};{n},5;{95 - n};{n % 2}" for n, time in enumerate(TIMES)]
    return "\n".join(["time;up;down;saw", *(rows or lines), "Total;9999999;9999999;9999999"]).encode()


def long() -> bytes:
    rows = [f"{name},{time},{value}" for name, sign in (("a", 1), ("b", -1))
            for n, time in enumerate(TIMES) for value in [100 + sign * n]]  # fmt: skip
    return "\n".join(["unique_id,ds,y", *rows]).encode()


def tie() -> bytes:
    return "\n".join(["time,value", *(f"{time},{n % 50}" for n, time in enumerate(ONE_DAY))]).encode()


def rises(line: list[int | None]) -> bool:
    return line == sorted(line, key=lambda height: height or 0) and line[0] == 0 and line[-1] == 99


def test_a_sketch_has_few_points_and_keeps_its_gaps() -> None:
    values = np.arange(600.0)
    values[200:300] = np.nan
    line = sketch(values)
    assert (len(line), line[0], line[-1]) == (60, 0, 99)
    assert [at for at, height in enumerate(line) if height is None] == list(range(20, 30))
    assert sketch(np.full(5, np.nan)) == []
    assert sketch(np.full(5, 7.0)) == [0, 0, 0, 0, 0]
    assert sketch(np.array([np.nan, 1e300, 2e300])) == [None, 0, 99]


def test_the_columns_of_a_wide_file_are_sketched_without_its_totals(engine: Engine) -> None:
    known = engine.upload(wide())
    seen = engine.glance(known.record.upload_id, known.dataset.handle, "value", ["up", "down", "nobody", "time"])
    assert set(seen) == {"up", "down"}
    assert rises(seen["up"])
    assert rises(seen["down"][::-1])
    assert engine.glance(known.record.upload_id, known.dataset.handle, "value", ["nobody"]) == {}


def test_rows_in_any_order_give_the_same_sketch(engine: Engine) -> None:
    lines = wide().decode().splitlines()
    sorted_file, turned = engine.upload(wide()), engine.upload(wide(lines[-2:0:-1]))
    for known in (sorted_file, turned):
        assert rises(engine.glance(known.record.upload_id, known.dataset.handle, "value", ["up"])["up"])


def test_the_series_of_a_long_file_are_sketched_each_for_itself(engine: Engine) -> None:
    known = engine.upload(long())
    where = known.record.upload_id, known.dataset.handle
    seen = engine.glance(*where, "series", ["a", "b", "c"])
    assert set(seen) == {"a", "b"}
    assert rises(seen["a"])
    assert rises(seen["b"][::-1])
    assert rises(engine.glance(*where, "value", ["y"])["y"])


def test_bytes_that_are_no_longer_kept_give_no_sketch(engine: Engine) -> None:
    known = engine.upload(wide())
    with pytest.raises(errors.UnknownHandle, match="no longer kept"):
        engine.glance("0" * 32, known.dataset.handle, "value", ["up"])


def test_what_the_person_chose_is_kept_with_the_upload(engine: Engine) -> None:
    known = engine.upload(wide(), ReadOptions(value="down", decimal=","))
    kept = engine.record(known.record.upload_id, known.dataset.handle)
    assert kept is not None
    assert kept.readback.options == {"value": "down", "decimal": ","}
    assert engine.upload(wide()).record.readback.options == {}


def test_a_tie_is_asked_with_both_ways_and_nothing_is_stored_before_the_answer(
    client: FlaskClient, engine: Engine
) -> None:
    refused = client.post("/api/v1/datasets?ask=1", data=tie())
    assert refused.status_code == 422
    error = refused.get_json()["error"]
    assert error["code"] == TIE
    ways = error["detail"]["ways"]
    assert [(way["dayfirst"], way["first"], way["last"]) for way in ways] == [
        (True, "2024-05-04T00:00:00", "2024-05-04T23:55:00"),
        (False, "2024-04-05T00:00:00", "2024-04-05T23:55:00"),
    ]
    assert all(len(way["sketch"]) == 60 for way in ways)
    assert engine.datasets() == []
    quick = client.post("/api/v1/quickdraw?index=0&ask=1", data=tie())
    assert (quick.status_code, quick.get_json()["error"]["code"]) == (422, TIE)
    answered = client.post("/api/v1/datasets?ask=1&dayfirst=false", data=tie())
    assert answered.status_code == 201
    assert answered.get_json()["readback"]["first"][0] == "2024-04-05T00:00:00"


def test_nobody_is_asked_what_only_one_way_can_answer(client: FlaskClient, settings: Settings) -> None:
    assert client.post("/api/v1/datasets?ask=1", data=wide()).status_code == 201
    assert client.post("/api/v1/datasets", data=tie()).status_code == 201
