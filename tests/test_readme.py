"""The README and its page about the API followed word by word, in a fresh clone: every command and example is run.

Not run is what takes minutes or hours, changes the tree or looks around in the network: LONG below. Of these `make` has
to know the target, and every program that it would start has to start (`--help`). `make test` is what runs this.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine import Settings
from tests.clone import clone, environment, started, typed
from tests.conftest import to_csv, until, wave
from tests.contract import DOCUMENT
from tests.serving import ROOT

README, API, CONTRIBUTING = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/api.md", "CONTRIBUTING.md")
)
FOUND = [
    ((re.findall(r"^## (.*)$", text[: found.start()], re.MULTILINE)[-1], found[1]), found[2])
    for text in (README, API)
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
]
BLOCKS = dict(FOUND)
PROSE = re.sub(r"^```.*?^```$", "", README + API, flags=re.DOTALL | re.MULTILINE)
TICKED = set(re.findall(r"`([^`\n]+)`", PROSE))
ADDRESS = "http://127.0.0.1:8050"
SHORT = {"run", "serve"}
LONG = {"test", "lint", "format", "clean", "audit", "soak", "mutants", "bench", "bench-ui", "cost"}
LONG |= {"picture", "show-priors", "train", "export", "evaluate"}
HELP = """
import runpy, sys
for module in sys.argv[1:]:
    sys.argv = [module, "--help"]
    try:
        runpy.run_module(module, run_name="__main__")
    except SystemExit as end:
        if not end.code:
            continue
    sys.exit(f"{module} has no --help")
"""
LINK = r"\]\(([^)#:]+)\)|src(?:set)?=\"([^\"]+)\""
CHEAP = {"HINDCAST_MODEL": "last-value"}

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a clone can be cloned")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clone, with the file that the examples speak of."""
    tree = tmp_path_factory.mktemp("clone") / "hindcast"
    clone(tree)
    (tree / "load.csv").write_bytes(to_csv(wave(300)))
    return tree


@pytest.fixture(scope="module")
def address(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where `make serve` serves the clone."""
    cache = tmp_path_factory.mktemp("served") / "cache"
    with started("make serve", tree, HINDCAST_CACHE_DIR=str(cache), HINDCAST_SAMPLES="0", **CHEAP) as address:
        until(lambda: answered(f"{address}/readyz")["ready"])
        yield address


def answered(address: str, **headers: str) -> Any:
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_every_block_and_every_make_is_followed_here() -> None:
    assert [where for where, _ in FOUND] == [
        ("Two commands", ""),
        ("The API", ""),
        ("The command line", ""),
        ("Deployment", ""),
        ("In Python", "python"),
    ]
    first = set(re.findall(r"^make (\S+)", BLOCKS["Two commands", ""], re.MULTILINE))
    assert first == {"run", "test"}
    named = set(re.findall(r"`make (\S+)`", README + CONTRIBUTING))
    assert first | named == SHORT | LONG
    assert named >= set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_make_run_serves_the_two_samples(tree: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with started("make run", tree, HINDCAST_CACHE_DIR=str(cache), HINDCAST_BACKGROUND="0") as address:
        until(lambda: len(answered(f"{address}/api/v1/datasets")["datasets"]) == 2)
        handle = answered(f"{address}/api/v1/datasets")["datasets"][0]["handle"]
        assert answered(f"{address}/api/v1/datasets/{handle}/forecasts/-12")["model"] == "hindcast-small"
    assert not (cache / "in-use").exists(), "Ctrl-C ends it cleanly"


def test_what_is_not_run_here_is_known_to_make_and_starts(tree: Path) -> None:
    lines = []
    for target in sorted(LONG):
        lines += typed(f"make --dry-run {target}", tree).stdout.splitlines()
    programs = {word for line in lines for word in line.split() if word.startswith(".venv/bin/")}
    assert [program for program in sorted(programs) if not (tree / program).exists()] == []
    modules = {found[1] for line in lines if (found := re.search(r"bin/python -m (\S+)", line))} - {"pytest", "pip"}
    assert len(modules) >= 8
    command = [sys.executable, "-c", HELP, *sorted(modules)]
    done = subprocess.run(command, cwd=tree, env=environment(tree), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    options = {word for line in lines if " -m training" in line for word in line.split() if word.startswith("--")}
    assert {option for option in options if option not in done.stdout} == set()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_line_of_curl_is_answered(address: str, tree: Path) -> None:
    handle = ""
    for line in BLOCKS["The API", ""].splitlines():
        command = line.replace(ADDRESS, address).replace("HANDLE", handle).replace("curl", "curl -sSf", 1)
        done = typed(command, tree)
        handle = handle or re.findall(r'"handle":"([0-9a-f]{64})"', done.stdout)[0]
    assert (tree / "export.parquet").read_bytes()[:4] == b"PAR1"


def test_the_python_client_says_what_was_forecast_and_why_it_is_refused(address: str, tree: Path) -> None:
    code = BLOCKS["In Python", "python"].replace(ADDRESS, address)
    (tree / "client.py").write_text(code, encoding="utf-8")
    forecast, scores, refusal = typed(".venv/bin/python client.py", tree).stdout.splitlines()
    assert re.fullmatch(r"At \S+ the median was -?\d+\.\d, it became -?\d+\.\d+\.", forecast)
    assert re.fullmatch(r"All in all it missed by \d+\.\d\d, the baseline by \d+\.\d\d\.", scores)
    assert refusal.startswith("Index 1 is not a point of this series")


def test_every_address_it_names_is_answered(address: str) -> None:
    named = {words.removeprefix("GET ") for words in TICKED if re.match(r"(GET )?/", words) and "{" not in words}
    assert {"/status", "/metrics", "/api/v1/reference"} <= named
    for path in named - {"/api/v1"}:
        with urllib.request.urlopen(address + path, timeout=60) as answer:
            assert b"<title>Hindcast</title>" not in answer.read(), f"{path} is the page of no address"


def test_its_list_of_calls_is_that_of_the_document(client: FlaskClient) -> None:
    paths = client.get(DOCUMENT).get_json()["paths"]
    assert re.findall(r"^\| `([A-Z]+) (\S+)` \| (.*?) \|$", API, re.MULTILINE) == [
        (method.upper(), path, call["summary"]) for path, methods in paths.items() for method, call in methods.items()
    ]


def test_every_line_of_the_command_line_does_what_it_says(tree: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    said = {}
    for line in BLOCKS["The command line", ""].splitlines():
        command = line.partition("#")[0].strip()
        said[command] = typed(line, tree, HINDCAST_CACHE_DIR=str(cache), **CHEAP).stdout
        assert cache.exists() == ("cache" in command), "only the cache's own command needs one"
    first, *rest = said.values()
    assert first.startswith("Over 271 moments the forecast missed by ")
    assert (tree / "results.parquet").read_bytes()[:4] == b"PAR1"
    assert (tree / "accuracy.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert any("hindcast-small" in words for words in rest)


def test_the_line_of_the_deployment_serves_who_knows_the_token_under_its_name(tree: Path, tmp_path: Path) -> None:
    line, token = BLOCKS["Deployment", ""], "0123456789abcdef"
    for given, own in (("/var/lib/hindcast", str(tmp_path / "cache")), ("TOKEN=...", f"TOKEN={token}")):
        assert line.count(given) == 1
        line = line.replace(given, own)
    name = re.findall(r"HINDCAST_TRUSTED_HOSTS=(\S+)", line)[0]
    with started(line, tree, HINDCAST_SAMPLES="0", **CHEAP) as address:
        knows = {"Host": name, "Authorization": f"Bearer {token}"}
        assert answered(f"{address}/api/v1/status", **knows)["ready"] is True
        for wrong, status in (({"Host": name}, 401), (knows | {"Host": "evil.example"}, 400)):
            with pytest.raises(urllib.error.HTTPError) as refusal:
                answered(f"{address}/api/v1/status", **wrong)
            with refusal.value:
                assert refusal.value.code == status


def test_every_setting_it_names_is_one() -> None:
    named = set(re.findall(r"HINDCAST_([A-Z_]+)", README))
    assert named == {name.upper() for name in Settings.__dataclass_fields__}


def test_every_file_it_names_is_in_the_clone(tree: Path) -> None:
    linked = {target for pair in re.findall(LINK, README) for target in pair if target}
    linked |= {f"docs/{target}" for pair in re.findall(LINK, API) for target in pair if target}
    named = {words for words in TICKED if re.fullmatch(r"[\w./-]+\.(py|md|conf|toml)|Procfile", words)}
    assert len(linked) > 10
    assert [name for name in sorted(linked | named) if not (tree / name).exists()] == []


def test_what_it_quotes_is_said_by_the_app(tree: Path) -> None:
    quoted = set(re.findall(r'"([A-Za-z][^"\n]{3,})"', re.sub(r"`[^`\n]+`|<[^>]*>", "", PROSE)))
    assert len(quoted) > 8
    source = [path.read_text(encoding="utf-8") for path in [*tree.glob("*.py"), *tree.glob("[aep]*/**/*.[pj]*")]
              if path.suffix in (".py", ".js")]  # fmt: skip
    said = " ".join(re.sub(r'"\s*\n\s*f?"', "", text) for text in source)
    assert [words for words in sorted(quoted) if words not in said] == []
