"""Weights that are not the ones this version was made with: never unpickled, never used."""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path

import pytest

from engine.errors import StartError
from engine.models.base import built_in, load
from engine.models.small.forecaster import SHA256, WEIGHTS, HindcastSmall
from engine.settings import Settings


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("pwned",)


@pytest.mark.parametrize("is_pinned", [False, True])
def test_a_pickle_in_the_place_of_the_weights_is_refused_and_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_pinned: bool
) -> None:
    """Also where its checksum is the one that is expected: the format itself runs nothing."""
    monkeypatch.chdir(tmp_path)
    raw = pickle.dumps(Bomb())
    planted = tmp_path / "weights.safetensors"
    planted.write_bytes(raw)
    digest = hashlib.sha256(raw).hexdigest() if is_pinned else SHA256
    with pytest.raises(StartError) as refusal:
        load(Settings(), built_in() | {"hindcast-small": lambda settings: HindcastSmall(settings, planted, digest)})
    assert "\n" not in refusal.value.message
    assert not (tmp_path / "pwned").exists()


def test_well_formed_weights_that_are_not_the_pinned_ones_are_refused(tmp_path: Path) -> None:
    planted = tmp_path / "weights.safetensors"
    planted.write_bytes(WEIGHTS.read_bytes()[:-1] + b"\0")
    assert planted.read_bytes() != WEIGHTS.read_bytes()
    with pytest.raises(StartError, match="are damaged"):
        load(Settings(), built_in() | {"hindcast-small": lambda settings: HindcastSmall(settings, planted)})


def test_the_weights_that_travel_with_the_code_are_the_pinned_ones() -> None:
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == SHA256
