"""docs/security.md: every threat has its tests, every test that is named exists, every file here is named."""

from __future__ import annotations

import ast
import re

from tests.serving import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([0-9]+) \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[a-z_/]+\.py)(?:::(test_[a-z0-9_]+))?`")


def test_every_threat_has_a_mitigation_and_a_test() -> None:
    rows = ROW.findall(PAGE)
    assert [int(number) for number, *_ in rows] == list(range(1, 23))
    for number, threat, mitigation, tests in rows:
        assert threat.strip(), number
        assert mitigation.strip(), number
        assert NAMED.search(tests), number


def test_every_test_that_is_named_exists() -> None:
    for file, name in NAMED.findall(PAGE):
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name in names if name else any(one.startswith("test_") for one in names), (file, name)


def test_every_file_of_attacks_is_named() -> None:
    named = {file for file, _ in NAMED.findall(PAGE)} | {"tests/attacks/test_security_page.py"}
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "attacks").glob("test_*.py")}
    assert here <= named
