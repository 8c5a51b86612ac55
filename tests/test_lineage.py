"""Which stored series is a newer version of which: what an upload extends, and what its predecessor is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from flask.testing import FlaskClient

from engine import Engine, Settings
from engine.lineage import STRETCH, Version, continues
from engine.models.base import Loader
from engine.series import Phase, Series, Step
from tests.conftest import HOUR, to_csv, wave

WHOLE = wave(2000, missing=0.01)
MONTHS = Series(np.random.default_rng(3).normal(100, 9, 60).round(), Step(1, "month"), 24_000)


def part(start: int, stop: int, series: Series = WHOLE) -> Series:
    return Series(series.values[start:stop], series.step, series.first_slot + start)


def edited(series: Series, *positions: int) -> Series:
    values = series.values.copy()
    values[list(positions)] = 99.0
    return dataclasses.replace(series, values=values)


def put(engine: Engine, series: Series) -> tuple[str, str | None]:
    """(handle, what it extends) of an uploaded series."""
    done = engine.upload(to_csv(series))
    assert done.dataset.handle == series.handle
    return done.dataset.handle, done.extends


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, background=False)


@pytest.mark.parametrize(
    ("later", "earlier", "expected"),
    [
        (WHOLE, part(0, 1500), True),
        (WHOLE, part(300, 1500), True),
        (WHOLE, WHOLE, False),
        (part(0, 1500), WHOLE, False),
        (part(100, 2000), part(0, 1500), False),
        (edited(WHOLE, 400), part(0, 1500), True),
        (edited(WHOLE, *range(400, 414)), part(0, 1500), True),
        (edited(WHOLE, *range(400, 416)), part(0, 1500), False),
        (edited(WHOLE, 1500 - STRETCH), part(0, 1500), False),
        (edited(WHOLE, 1499), part(0, 1500), False),
        (edited(WHOLE, 1500 - STRETCH - 1), part(0, 1500), True),
        (dataclasses.replace(WHOLE, zone="UTC"), part(0, 1500), False),
        (dataclasses.replace(WHOLE, scope="ada"), part(0, 1500), False),
        (dataclasses.replace(WHOLE, step=Step(1800, "second")), part(0, 1500), False),
        (dataclasses.replace(WHOLE, phases=(Phase(WHOLE.first_slot, 60),)), part(0, 1500), False),
        (MONTHS, part(0, 48, MONTHS), True),
    ],
)
def test_a_newer_version_begins_no_later_ends_later_and_agrees(later: Series, earlier: Series, expected: bool) -> None:
    assert continues(later, earlier) is expected
    if expected:
        assert Version.of(later).may_continue(Version.of(earlier))


def test_where_little_happens_nothing_may_be_corrected() -> None:
    flat = np.full(1500, 7.0)
    spare = flat.copy()
    spare[[300, 700]] = 8.0
    longer, shorter = Series(np.append(flat, 9.0), HOUR, 0), Series(flat, HOUR, 0)
    assert continues(longer, shorter)
    assert not continues(longer, Series(spare, HOUR, 0))


def test_an_upload_names_what_it_extends_and_the_old_one_names_the_newer(client: FlaskClient) -> None:
    old = client.post("/api/v1/datasets", data=to_csv(part(0, 1500))).get_json()
    new = client.post("/api/v1/datasets", data=to_csv(WHOLE)).get_json()
    assert (old["extends"], new["extends"]) == (None, old["handle"])
    again = client.post("/api/v1/datasets", data=to_csv(WHOLE))
    assert (again.status_code, again.get_json()["extends"]) == (200, old["handle"])

    def versions(of: str) -> tuple[str | None, str | None]:
        found = client.get(f"/api/v1/datasets/{of}").get_json()
        return found["extends"], found["newer"]

    assert versions(old["handle"]) == (None, new["handle"])
    assert versions(new["handle"]) == (old["handle"], None)
    client.delete(f"/api/v1/datasets/{new['handle']}")
    assert versions(old["handle"]) == (None, None)


@pytest.mark.parametrize("series", [WHOLE, MONTHS], ids=["hours", "months"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_versions_find_one_another_in_whatever_order_they_come(
    engine: Engine, order: tuple[int, ...], series: Series
) -> None:
    ends = (len(series) * 3 // 5, len(series) * 4 // 5, len(series))
    versions = [part(0, end, series) for end in ends]
    for number in order:
        put(engine, versions[number])
    handles = [version.handle for version in versions]
    assert [engine.versions(handle).newer for handle in handles] == [handles[2], handles[2], None]
    assert [engine.upload(to_csv(version)).extends for version in versions] == [None, *handles[:2]]
    engine.delete(handles[1])
    assert (engine.versions(handles[0]).newer, put(engine, versions[2])[1]) == (handles[2], handles[0])
    engine.delete(handles[2])
    assert engine.versions(handles[0]).newer is None


def test_two_histories_of_one_series_are_continued_by_the_same_upload(engine: Engine) -> None:
    long, short = put(engine, part(0, 1400))[0], put(engine, part(300, 1500))[0]
    assert engine.versions(long).newer is None
    whole, extends = put(engine, WHOLE)
    assert extends == short
    assert engine.versions(long).newer == engine.versions(short).newer == whole


def test_of_two_continuations_that_part_the_one_that_ends_last_is_named(engine: Engine) -> None:
    old, _ = put(engine, part(0, 1500))
    one, _ = put(engine, part(0, 1600))
    other, extends = put(engine, edited(part(0, 1700), 1590))
    assert (extends, engine.versions(old).newer) == (old, other)
    engine.delete(other)
    assert engine.versions(old).newer == one


def test_strangers_with_the_same_end_are_not_mistaken_for_versions(engine: Engine) -> None:
    """Thirty meters of one house: the same hours, the same zeros at the end, other readings before."""
    values = np.random.default_rng(0).normal(50, 9, (30, 1200)).round(1)
    values[:, -STRETCH:] = 0.0
    stored = [put(engine, Series(one, HOUR, 5000))[0] for one in values]
    new, extends = put(engine, Series(np.append(values[17], 1.0), HOUR, 5000))
    assert extends in {None, stored[17]}
    assert {engine.versions(handle).newer for handle in stored} <= {None, new}
    assert [handle for handle in stored if engine.versions(handle).newer] in ([], [stored[17]])


def test_a_short_series_is_told_from_longer_strangers(engine: Engine) -> None:
    for change in (1.0, 2.0):
        put(engine, dataclasses.replace(MONTHS, values=MONTHS.values + change))
    short, extends = put(engine, part(0, 48, MONTHS))
    assert (extends, engine.versions(short).newer) == (None, None)
    whole, _ = put(engine, MONTHS)
    assert engine.versions(short).newer == whole


@pytest.mark.parametrize("damage", ["nothing", "one lost", "one damaged", "all lost", "points nowhere", "and one lost"])
def test_versions_are_known_after_a_restart_however_the_index_fared(
    engine: Engine, settings: Settings, registry: dict[str, Loader], damage: str
) -> None:
    (old, _), (new, _) = put(engine, part(0, 1500)), put(engine, WHOLE)
    store = engine._library._store
    gone = Version.of(part(0, 1500))._replace(newer="0" * 64)
    damages: dict[str, Callable[[], object]] = {
        "nothing": lambda: None,
        "one lost": lambda: store._cache.delete(f"v/{old}"),
        "one damaged": lambda: store._cache.set(f"v/{new}", b"HCV1 damaged"),
        "all lost": lambda: [store._cache.delete(f"v/{handle}") for handle in (old, new)],
        "points nowhere": lambda: store.put_version(old, gone),
        "and one lost": lambda: [store.put_version(old, gone), store._cache.delete(f"v/{new}")],
    }
    engine._on_store_thread(damages[damage])
    engine.close()
    again = Engine(settings, registry)
    assert (again.versions(old).newer, again.versions(new).newer) == (new, None)
    again.close()


def test_a_damaged_series_is_nobodys_version(engine: Engine, settings: Settings, registry: dict[str, Loader]) -> None:
    (old, _), (new, _) = put(engine, part(0, 1500)), put(engine, WHOLE)
    store = engine._library._store
    engine._on_store_thread(lambda: [store._cache.set(f"{kind}/{new}", b"damaged") for kind in "sv"])
    engine.close()
    again = Engine(settings, registry)
    assert (again.versions(old).newer, again.versions(new).newer) == (None, None)
    again.close()


def test_after_everything_is_forgotten_nothing_is_extended(engine: Engine) -> None:
    put(engine, part(0, 1500))
    engine.flush()
    assert put(engine, WHOLE)[1] is None
    assert engine.versions("0" * 64) == (None, None)
