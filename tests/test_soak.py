from __future__ import annotations

from pathlib import Path

import pytest

from tests.sim import soak


def test_a_soak_over_good_seeds_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak.main(["--seeds", "12", "--first", "5", "--workers", "1"]) == 0
    assert "12 of 12 seeds" in capsys.readouterr().out


def test_a_failing_seed_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(seed: int) -> None:
        assert seed != 7, "a caller was left waiting"

    monkeypatch.setattr(soak, "simulate", breaks)
    assert soak.failing(range(5, 9)) == [(7, "AssertionError: a caller was left waiting")]


def test_failing_seeds_are_remembered_once_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "seeds.txt"
    soak.remember([9, 3], path)
    soak.remember([3, 5], path)
    assert path.read_text().split() == ["9", "3", "5"]
