"""`make audit`: what could not be looked up is a failure, and so is every fault that nobody has answered."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy import audit


def report(**changed: Any) -> dict[str, Any]:
    """pip-audit's words where nothing is known; changed: what it says of some packages."""
    told = {name: {"version": version, "vulns": []} for name, version in audit.needed().items()}
    return {"dependencies": [{"name": name} | changed.get(name, words) for name, words in told.items()], "fixes": []}


def fault(name: str, *aliases: str) -> dict[str, Any]:
    return {"version": "1", "vulns": [{"id": name, "aliases": list(aliases), "fix_versions": [], "description": ""}]}


def auditor(tmp_path: Path, says: str, status: int = 0) -> tuple[str, ...]:
    """A pip-audit that says something."""
    (tmp_path / "says").write_text(says)
    program = f"import sys; print(open({str(tmp_path / 'says')!r}).read()); sys.exit({status})"
    return sys.executable, "-c", program


def test_what_the_app_needs_is_found_with_what_that_needs() -> None:
    packages = audit.needed()
    assert {"dash", "flask", "werkzeug", "diskcache", "torch", "polars", "gunicorn", "jinja2"} <= set(packages)
    assert not {"pytest", "hypothesis", "mypy", "hindcast"} & set(packages)
    assert not [version for version in packages.values() if "+" in version]


def test_all_looked_up_and_nothing_known_is_well(tmp_path: Path) -> None:
    assert audit.audit(auditor(tmp_path, json.dumps(report()))) == []


def test_a_package_that_was_skipped_is_a_failure(tmp_path: Path) -> None:
    skipped = report(polars={"skip_reason": "not found"})
    (told,) = audit.audit(auditor(tmp_path, json.dumps(skipped)))
    assert told.startswith("polars ")
    assert told.endswith("could not be looked up.")
    every = {"dependencies": [{"name": name, "skip_reason": "offline"} for name in audit.needed()], "fixes": []}
    assert len(audit.audit(auditor(tmp_path, json.dumps(every)))) == len(audit.needed())


@pytest.mark.parametrize("says", ["", "No known vulnerabilities found", "{}", "[]", "null"])
def test_an_auditor_that_says_nothing_of_use_is_a_failure(tmp_path: Path, says: str) -> None:
    for status in (0, 1):
        (told,) = audit.audit(auditor(tmp_path, says, status))
        assert told.startswith("Nothing could be looked up")


def test_a_fault_is_a_failure_unless_it_has_been_answered(tmp_path: Path) -> None:
    known = report(flask=fault("GHSA-1", "CVE-2030-1"), diskcache=fault("GHSA-w8v5-vhqr-4h9v", "CVE-2025-69872"))
    (told,) = audit.audit(auditor(tmp_path, json.dumps(known), 1))
    assert told == "flask 1 has CVE-2030-1 GHSA-1; no version mends it."


def test_without_an_auditor_the_target_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit.audit, "__defaults__", ((sys.executable, "-m", "no_such_auditor"),))
    assert audit.main() == 1
    assert "No module named no_such_auditor" in capsys.readouterr().err
