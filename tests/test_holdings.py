"""Where there are users, each has a share of the room, and nobody's uploads take the room of who has less."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from engine import Engine, ReadOptions, Settings, Upload, Visitor, acting, room
from engine.errors import NoRoom
from engine.holdings import Holdings
from engine.models.base import Loader
from tests.conftest import to_csv, wave

Start = Callable[..., Engine]


@pytest.fixture
def start(settings: Settings, registry: dict[str, Loader]) -> Iterator[Start]:
    engines: list[Engine] = []

    def make(**changed: float) -> Engine:
        engines.append(Engine(dataclasses.replace(settings, background=False, **changed), registry))  # type: ignore[arg-type]
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing counts as looked at just now."""
    monkeypatch.setattr(room, "LOOKED_AT", -1.0)


def send(engine: Engine, user: str, seed: int, length: int = 100) -> Upload:
    with acting(Visitor(user)):
        return engine.upload(to_csv(wave(length, seed=seed)))


def kept(engine: Engine, user: str) -> set[str]:
    with acting(Visitor(user)):
        return {summary.handle for summary in engine.datasets()}


@pytest.mark.usefixtures("unseen")
def test_who_sends_more_than_one_user_may_have_loses_their_own_and_is_told_which(start: Start) -> None:
    engine = start(max_datasets=6)
    his = send(engine, "bob", 0).dataset.handle  # used least lately of all
    hers = [send(engine, "ann", seed) for seed in range(1, 6)]
    handles = [sent.dataset.handle for sent in hers]
    assert kept(engine, "bob") == {his}
    assert kept(engine, "ann") == set(handles[2:])
    assert [sent.removed for sent in hers] == [(), (), (), (handles[0],), (handles[1],)]


@pytest.mark.usefixtures("unseen")
def test_when_the_room_of_all_runs_short_whoever_takes_most_makes_room_until_all_take_the_same(start: Start) -> None:
    engine = start(max_datasets=4, user_share=1)
    hers = [send(engine, "ann", seed).dataset.handle for seed in range(4)]
    his = [send(engine, "bob", seed) for seed in range(3)]
    handles = [sent.dataset.handle for sent in his]
    assert kept(engine, "ann") == set(hers[2:])
    assert kept(engine, "bob") == set(handles[1:])
    assert [sent.removed for sent in his] == [(), (), (handles[0],)], "what others have lost is not told"


def test_who_has_used_all_of_a_share_just_now_is_refused_and_nobody_else_loses_anything(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = start(max_datasets=4)
    with monkeypatch.context() as patch:
        patch.setattr(room, "LOOKED_AT", -1.0)
        his = send(engine, "bob", 0).dataset.handle
    engine._library._shelf.forget(his)  # nobody has looked at it since the start
    hers = {send(engine, "ann", seed).dataset.handle for seed in (1, 2)}
    with pytest.raises(NoRoom, match="50 % of this server's room, the most that one user may have"):
        send(engine, "ann", 3)
    object.__setattr__(engine.settings, "user_share", 1.0)
    object.__setattr__(engine.settings, "max_datasets", 3)
    with pytest.raises(NoRoom, match="no room for another"):
        send(engine, "ann", 3)
    assert (kept(engine, "ann"), kept(engine, "bob")) == (hers, {his})


def test_what_is_stored_already_is_read_again_by_who_is_beyond_a_share(start: Start) -> None:
    engine = start()
    hers = send(engine, "ann", 1)
    object.__setattr__(engine.settings, "disk_budget", 4_000)  # just its bytes
    again = send(engine, "ann", 1)
    assert (again.dataset.handle, again.known, again.removed) == (hers.dataset.handle, True, ())
    with acting(Visitor("ann")):
        assert engine.reread(again.record.upload_id, ReadOptions()).known


@pytest.mark.usefixtures("unseen")
def test_bytes_count_as_datasets_do(start: Start) -> None:
    engine = start()
    his = send(engine, "bob", 0).dataset.handle
    first, second = (send(engine, "ann", seed, 2000).dataset.handle for seed in (1, 2))
    used = engine._on_store_thread(engine._library._store.measure)
    object.__setattr__(engine.settings, "disk_budget", used)
    object.__setattr__(engine.settings, "user_share", 1.0)
    third = send(engine, "bob", 3).dataset.handle
    assert (kept(engine, "ann"), kept(engine, "bob")) == ({second}, {his, third})
    assert first not in kept(engine, "ann")


@pytest.mark.usefixtures("unseen")
def test_what_is_computed_takes_no_room_of_who_has_less(start: Start) -> None:
    engine = start()
    his = send(engine, "bob", 0).dataset.handle
    hers = [send(engine, "ann", seed).dataset.handle for seed in (1, 2, 3)]
    used = engine._on_store_thread(engine._library._store.measure)
    object.__setattr__(engine.settings, "disk_budget", used - 1)
    engine._on_store_thread(engine._library._room.trim)
    assert (kept(engine, "ann"), kept(engine, "bob")) == (set(hers[1:]), {his})
    object.__setattr__(engine.settings, "disk_budget", 1)
    engine._on_store_thread(engine._library._room.trim)
    assert kept(engine, "ann") | kept(engine, "bob") == set(), "with no room at all everybody's goes"


def test_every_byte_is_somebodys_and_an_upload_of_two_users_both_of_theirs(start: Start) -> None:
    engine = start()
    for user, seed in (("ann", 1), ("bob", 1), ("ann", 2), ("", 3)):
        handle = send(engine, user, seed).dataset.handle
        with acting(Visitor(user)):
            engine.forecast(handle, -20)
    engine._on_store_thread(lambda: None)
    store, scopes = engine._library._store, engine._on_store_thread(engine._library._lineage.scopes)

    def held() -> tuple[dict[str, float], int, int]:
        sizes = store.sizes()
        sent = {name for name, handles in store.uploads() if len(handles) > 1}
        twice = sum(size for key, size in sizes.items() if key.split("/")[1] in sent)
        settings = dataclasses.replace(engine.settings, disk_budget=1)
        return Holdings(settings, store, scopes).shares(), sum(sizes.values()), twice

    shares, stored, twice = engine._on_store_thread(held)
    assert twice > 0
    assert sum(shares.values()) == stored + twice
    assert shares["ann"] > shares["bob"] > 0
    assert shares[""] > 0
