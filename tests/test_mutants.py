"""That the mutants are still mutants of this engine, and that a few of them are noticed; `make mutants` plays all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.__main__ import main
from tests.mutants.mutant import ROOT, SIMULATION, Mutant, copy, failure, verdict
from tests.mutants.table import MUTANTS

FEW = ("silent-fail", "no-bump", "no-id", "fence-removed", "half-lost", "callers-unheard")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mutants")
    copy(folder)
    return folder


def test_every_mutant_applies_to_one_place_and_changes_it() -> None:
    assert [mutant.name for mutant in MUTANTS.values() if not mutant.applies()] == []
    assert [mutant.name for mutant in MUTANTS.values() if mutant.old == mutant.new] == []
    assert len(MUTANTS) >= 30


def test_every_killer_is_there() -> None:
    killers = {killer.split("::")[0] for mutant in MUTANTS.values() for killer in mutant.killers} - {SIMULATION}
    assert [killer for killer in killers if not (ROOT / "tests" / killer).is_file()] == []


@pytest.mark.parametrize("name", FEW)
def test_the_simulation_notices(copied: Path, name: str) -> None:
    mutant = MUTANTS[name]
    before = (copied / "engine" / mutant.file).read_text()
    found = verdict(mutant._replace(killers=(SIMULATION,)), copied)
    assert found.killed_by is not None
    assert found.killed_by.startswith(SIMULATION)
    assert (copied / "engine" / mutant.file).read_text() == before


def test_a_mutant_that_harms_nothing_survives(copied: Path) -> None:
    harmless = Mutant("harmless", "jobs.py", "Plain records;", "Mere records;", "nothing", ("test_backlog.py",))
    assert verdict(harmless, copied).killed_by is None


def test_a_failing_test_is_named_and_one_that_does_not_start_is_not_a_failure(copied: Path) -> None:
    (copied / "tests" / "test_red.py").write_text("def test_red() -> None:\n    assert False\n")
    (copied / "tests" / "test_broken.py").write_text("import nothing_of_that_name\n")
    assert failure(copied, "test_red.py") == "test_red.py::test_red"
    assert failure(copied, "test_broken.py") == ""


def test_a_mutant_that_does_not_apply_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = Mutant("lost", "jobs.py", "no such text", "", "nothing")
    monkeypatch.setitem(MUTANTS, "lost", lost)
    assert main(["lost"]) == 1
    assert "lost" in capsys.readouterr().out
