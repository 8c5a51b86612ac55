"""What the engine's status tells of its disk."""

from __future__ import annotations

import pytest

from engine import Engine, Settings
from engine.errors import StorageFailed, UnknownHandle
from engine.models.base import Loader
from engine.store import Store
from tests.conftest import filled, to_csv, until, wave


def test_what_lies_on_the_disk_is_known_from_the_start(
    engine: Engine, settings: Settings, registry: dict[str, Loader]
) -> None:
    handle = engine.upload(to_csv(wave(3000))).dataset.handle
    until(lambda: filled(engine, handle) and engine.status().statistics.dirty_blocks == 0)
    engine.close()
    again = Engine(settings, registry)
    assert again.status().datasets == 0  # nothing was opened
    assert again.status().disk > 100_000
    again.close()


def test_an_upload_that_the_disk_refuses_is_among_the_last_errors(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "put_series", full_disk)
        with pytest.raises(StorageFailed, match="No space left"):
            engine.upload(to_csv(wave(300)))
    assert [(error.stage, error.text) for error in engine.status().errors] == [
        ("read", "OSError: No space left on device")
    ]


def test_a_callers_mistake_is_not_among_the_last_errors(engine: Engine) -> None:
    with pytest.raises(UnknownHandle):
        engine.dataset("0" * 64)
    assert engine.status().errors == ()


def test_an_error_that_cannot_be_noted_still_answers_who_waits(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Store, "put_series", out_of_memory)
    monkeypatch.setattr(engine._meter, "failed", out_of_memory)
    with pytest.raises(StorageFailed, match="MemoryError"):
        engine.upload(to_csv(wave(300)))
    assert engine.datasets() == []
