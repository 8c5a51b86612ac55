"""No ratio of the bench's quick parts is several times as bad as it was on the quiet machine of docs/bench.json."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import density_figures, model_figures, wire_figures
from benchmarks.gate import worse

RECORD = Path(__file__).parents[1] / "docs" / "bench.json"


@pytest.mark.parametrize("part", [density_figures, wire_figures, model_figures], ids=["density", "wire", "model"])
def test_nothing_has_become_several_times_as_slow(part: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_figures, "ROUNDS", 10)
    then = json.loads(RECORD.read_text())["figures"]
    now = [figure.to_json() for figure in part.run()]
    assert {row["name"] for row in now} <= {row["name"] for row in then}, "the record lacks a figure: make bench"
    assert worse(then, now) == []
