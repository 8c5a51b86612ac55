"""A series as the scrubbing chart reads it: every value, every time, and who may keep it."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from flask.testing import FlaskClient

from engine import Dataset, Engine, Upload, wire_series
from engine.series import Phase, Series, Step
from tests.conftest import to_csv, wave
from tests.wire_reader import read_series


def times(series: dict, slots: np.ndarray) -> np.ndarray:
    """Times of slots by the rules of the document."""
    found = []
    for slot in slots.tolist():
        _, seconds, months, day = next(phase for phase in series["phase"][::-1] if phase[0] <= slot)
        if series["unit"] == 0:
            time = np.datetime64(int(slot * series["count"]), "s")
        elif series["unit"] == 2:
            time = np.datetime64(7 * (slot // 5) + slot % 5 - 3, "D")
        else:
            month = np.datetime64(int(slot * series["count"] + months) - 12 * 1970, "M")
            last = (month + 1).astype("datetime64[D]") - 1
            time = min(month.astype("datetime64[D]") + int(day) - 1, last)
        found.append(time.astype("datetime64[s]") + int(seconds))
    return np.array(found)


@pytest.mark.parametrize(
    ("step", "first", "phases"),
    [
        (Step(900, "second"), 1_900_000, (Phase(1_900_000, 13), Phase(1_900_050, 400))),
        (Step(3600, "second"), -50, (Phase(-50, 0),)),
        (Step(1, "month"), 12 * 1999 + 3, (Phase(12 * 1999 + 3, 3600, 0, 31),)),
        (Step(3, "month"), 4 * 1999, (Phase(4 * 1999, 0, 2, 31),)),
        (Step(1, "weekday"), 13_000, (Phase(13_000, 61_200),)),
    ],
    ids=["quarter-hours", "hours-before-1970", "month-ends", "quarters", "working-days"],
)
def test_values_and_times_are_those_of_the_series(step: Step, first: int, phases: tuple[Phase, ...]) -> None:
    values = wave(120, missing=0.1).values
    series = Series(values, step, first, phases=phases)
    read = read_series(wire_series.pack(Dataset(series)))
    np.testing.assert_array_equal(read["values"], values)
    assert (read["usable"] == Dataset(series).usable_origins).all()
    slots = np.arange(series.first_slot, series.last_slot + 1)
    assert read["first_slot"] == slots[0]
    assert (times(read, slots) == series.times(slots)).all()


def test_a_series_is_kept_by_browsers_for_ever(client: FlaskClient, upload: Upload) -> None:
    address = f"/api/v1/datasets/{upload.dataset.handle}/series"
    plain, zipped = client.get(address), client.get(address, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(zipped.data) == plain.data
    assert plain.headers["Cache-Control"] == "private, immutable, max-age=31536000"
    assert read_series(plain.data)["values"].tolist() == upload.dataset.series.values.tolist()
    assert client.get(address, headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("handle", ["0" * 64, "nothing"])
def test_a_series_that_is_not_here_is_not_found(client: FlaskClient, handle: str) -> None:
    response = client.get(f"/api/v1/datasets/{handle}/series")
    assert (response.status_code, response.get_json()["error"]["code"]) == (404, "UNKNOWN_HANDLE")


def test_what_is_kept_of_a_series_goes_with_it(engine: Engine) -> None:
    handle = engine.upload(to_csv(wave(300))).dataset.handle
    first = engine.wire_series(handle)
    assert engine.wire_series(handle) is first
    held = engine._wires.nbytes
    engine.delete(handle)
    assert held > len(first.data)
    assert engine._wires.nbytes == 0


def test_a_series_forgotten_while_it_is_packed_leaves_no_byte(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = engine.upload(to_csv(wave(300))).dataset.handle
    pack = wire_series.pack

    def forgotten(dataset: Dataset) -> bytes:
        engine.delete(handle)
        return pack(dataset)

    monkeypatch.setattr(wire_series, "pack", forgotten)
    engine.wire_series(handle)
    assert engine._wires.nbytes == 0
