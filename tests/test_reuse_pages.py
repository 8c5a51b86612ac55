"""What the page says of reuse: which forecasts an upload found already there, and that a newer version is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine import Engine, Upload, errors
from engine.series import Series
from pages import _inputs, _words
from tests.conftest import to_csv, wave
from tests.dash_client import call, page

STRIP = "..read-strip.children...series-name.children.."
SERIES = wave(300)
LONGER = Series([*SERIES.values, 11.0, 12.0], SERIES.step, SERIES.first_slot)  # type: ignore[arg-type]


def strip(client: FlaskClient, known: Upload, reused: Any) -> str:
    mine = {"upload": known.record.upload_id, "reused": reused}
    answer = call(client, STRIP, {"mine.data": mine}, {"facts.data": {"handle": known.dataset.handle}})
    assert answer.status_code == 200
    return json.dumps(answer.get_json(), ensure_ascii=False)


def test_the_read_strip_says_what_was_taken_from_an_earlier_upload(client: FlaskClient, upload: Upload) -> None:
    words = strip(client, upload, {"count": 19_712, "of": 20_000})
    assert words.count("19\u202f712 of 20\u202f000 moments taken from an earlier upload.") == 2
    assert "Forecasts" in words
    for nothing in ({"count": 0, "of": 277}, None, "277", {"count": 3}, {"count": 4, "of": 3}):
        assert "earlier upload" not in strip(client, upload, nothing)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"count": 3, "of": 4}, (3, 4)),
        ({"count": 4, "of": 4}, (4, 4)),
        ({"count": 5, "of": 4}, (0, 0)),
        ({"count": -1, "of": 4}, (0, 0)),
        ({"count": True, "of": 4}, (0, 0)),
        ({"of": 4}, (0, 0)),
        ({"count": 0}, (0, 0)),
        ([3, 4], (0, 0)),
        (None, (0, 0)),
    ],
)
def test_a_share_is_two_whole_numbers_or_nothing(value: Any, expected: tuple[int, int]) -> None:
    assert _inputs.share(value) == expected


def test_one_moment_is_no_moments() -> None:
    assert _words.reused(1, 1) == "1 of 1 moment taken from an earlier upload."
    assert _words.reused(0, 1) == ""


def test_an_old_version_leads_to_the_same_moment_of_the_newer_one_while_that_is_stored(
    client: FlaskClient, engine: Engine, upload: Upload
) -> None:
    old = engine.upload(to_csv(SERIES)).dataset
    assert "A newer version" not in page(client, f"/explore/{old.handle}")
    new = engine.upload(to_csv(LONGER)).dataset
    words = page(client, f"/explore/{old.handle}", "?i=-40&model=seasonal-naive")
    assert "A newer version of this series ends Tue 24 Feb 1970, 05:00. " in words
    where = f"/explore/{new.handle}?t={old.time(-40)}&model=seasonal-naive"
    assert f'"href": "{where}"' in json.dumps(json.loads(words))
    assert f'"newer": "{new.handle}"' in json.dumps(json.loads(words))
    index = new.length - old.length
    assert f'"index":{-40 - index}' in page(client, *where.split("?", 1)).replace(" ", "")
    assert "A newer version" not in page(client, f"/explore/{new.handle}")
    engine.delete(new.handle)
    assert "A newer version" not in page(client, f"/explore/{old.handle}")


def test_the_page_opens_without_the_sentence_where_the_cache_cannot_tell(
    client: FlaskClient, engine: Engine, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(handle: str) -> None:
        raise errors.StorageFailed("The cache cannot be read.")

    monkeypatch.setattr(engine, "versions", refuse)
    assert "newer-note" not in page(client, f"/explore/{upload.dataset.handle}")
