"""CONTRIBUTING.md: its examples apply to this tree, all of them together, and do what they say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PATCHES = re.findall(r"^```diff\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
THEN = re.findall(r"^Then: `pytest (.*?)`$", TEXT, re.MULTILINE)
LEFT_BEHIND = shutil.ignore_patterns(".*", "__pycache__", "runs", "*.egg-info")


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree with every example in it."""
    tree = tmp_path_factory.mktemp("patched") / "tree"
    shutil.copytree(ROOT, tree, ignore=LEFT_BEHIND)
    for patch in PATCHES:
        done = subprocess.run(["git", "apply", "-"], cwd=tree, input=patch, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
    return tree


def test_there_are_four_examples_each_with_its_tests() -> None:
    assert len(PATCHES) == len(THEN) == 4
    assert re.findall(r"^## An? (.*)$", TEXT, re.MULTILINE) == ["model", "vendor's format", "score", "page"]


@pytest.mark.parametrize("number", range(len(THEN)))
def test_an_example_passes_the_tests_it_names(patched: Path, number: int) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-cov", *shlex.split(THEN[number])]
    done = subprocess.run(command, cwd=patched, env=inherited, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    assert re.search(r"^[1-9][0-9]* passed", done.stdout, re.MULTILINE)


def test_the_patched_tree_is_as_clean_as_this_one(patched: Path) -> None:
    for check in (["check"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *check, "."], cwd=patched, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
