"""Data flows one way, and so do the imports."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENGINE = sorted((ROOT / "engine").rglob("*.py"))
OUTSIDE = sorted([*(ROOT / "pages").glob("*.py"), *(set(ROOT.glob("*.py")) - {ROOT / "gunicorn.conf.py"})])
PURE = {
    "errors": set(),
    "settings": {"errors"},
    "series": set(),
    "windows": {"series"},
    "plotdata": set(),
    "scoring/pairs": {"plotdata"},
    "scoring/outcomes": {"scoring", "series"},
    "scoring/extent": {"blocks", "series"},
    "scoring/table": {"scoring", "series"},
    "scoring/sums": {"scoring", "series"},
    "scoring/memory": {"series"},
    "scoring/ranges": {"scoring", "series"},
    "scoring/held": {"plotdata", "scoring"},
    "scoring/compare": {"dataset", "models", "scoring", "series"},
    "scoring/warned": {"scoring", "series"},
    "scoring/skill": {"scoring", "series"},
    "scoring/slices": {"dataset", "errors", "series"},
    "peaks": {"series"},
    "jobs": set(),
    "meter": set(),
    "tickets": {"errors", "jobs"},
    "backlog": {"jobs"},
    "outbox": {"errors", "jobs"},
    "register": {"jobs"},
    "bells": {"jobs"},
    "outcomes": {"backlog", "bells", "errors", "jobs", "outbox", "register", "tickets"},
    "dispatch": {"backlog", "bells", "jobs", "tickets"},
    "scheduler": {"backlog", "bells", "dispatch", "errors", "jobs", "outbox", "outcomes", "register", "tickets"},
    "blocks": {"windows", "series", "spec"},
    "rows": {"series", "windows"},
    "sealed": set(),
    "disk": {"sealed"},
    "scorecards": {"blocks", "rows", "sealed", "series", "spec"},
    "forecast_store": {"blocks", "disk", "scorecards", "sealed", "series", "spec"},
    "samples": {"blocks", "rows", "series", "spec"},
    "row_states": {"blocks", "series"},
    "results": {"blocks", "row_states", "rows", "samples", "scorecards", "series", "spec"},
    "wire": {"blocks", "plotdata", "rows", "windows"},
    "baselines": {"forecasting", "models", "plotdata", "rows", "series", "windows"},
    "wire_series": {"dataset"},
    "tier": set(),
    "shelf": {"dataset"},
    "health": set(),
    "runner": {"cores", "forecasting", "jobs", "ray_runner", "settings", "spec"},
    "workers": {"errors", "forecasting", "health", "jobs", "meter", "outbox", "runner", "scheduler"},
    "status": {"jobs", "meter", "models", "runner"},
}
STANDARD_LIBRARY_ONLY = {
    "errors",
    "health",
    "settings",
    "jobs",
    "meter",
    "tickets",
    "backlog",
    "outbox",
    "register",
    "bells",
    "dispatch",
    "outcomes",
    "scheduler",
    "sealed",
    "tier",
}
ONLY_IN = {
    "diskcache": {"disk.py"},
    "torch": {"models"},
    "ray": {"ray_pool.py"},
    "dash": set(),
    "flask": set(),
    "plotly": set(),
}


def imports(path: Path) -> set[str]:
    """Dotted names of everything a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def ours(path: Path) -> set[str]:
    """First-level modules of the engine that a file imports."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("engine.")}


@pytest.mark.parametrize("module", PURE)
def test_a_core_module_imports_only_what_lies_before_it(module: str) -> None:
    assert ours(ROOT / "engine" / f"{module}.py") <= PURE[module]


@pytest.mark.parametrize("module", sorted(STANDARD_LIBRARY_ONLY))
def test_the_scheduler_and_its_words_need_the_standard_library_alone(module: str) -> None:
    foreign = {name.split(".")[0] for name in imports(ROOT / "engine" / f"{module}.py")}
    assert foreign - {"engine"} <= sys.stdlib_module_names


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_imported_in_its_own_place_only(library: str) -> None:
    users = {path for path in ENGINE if any(name.split(".")[0] == library for name in imports(path))}
    assert {path.name for path in users if not ONLY_IN[library] & set(path.parts)} <= ONLY_IN[library]


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: path.name)
def test_pages_and_api_enter_the_engine_by_its_door(path: Path) -> None:
    from engine import __all__ as door

    names = {name for name in imports(path) if name.split(".")[0] == "engine"}
    assert names <= {f"engine.{name}" for name in door}


@pytest.mark.parametrize("path", [*ENGINE, *OUTSIDE], ids=lambda path: path.name)
def test_a_module_only_defines_things_when_it_is_imported(path: Path) -> None:
    """No module-level singletons: constants are literals or pure constructors, never a thread, an engine or an app."""
    forbidden = {"Engine", "Dash", "Thread", "Store", "Scheduler", "Cache", "callback"}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr):
            called = {
                getattr(call.func, "id", getattr(call.func, "attr", ""))
                for call in ast.walk(node)
                if isinstance(call, ast.Call)
            }
            assert not called & forbidden
        decorators = {ast.unparse(d).split("(")[0] for d in getattr(node, "decorator_list", [])}
        assert not decorators & {"callback", "dash.callback"}


def test_the_product_does_not_need_the_workshop_its_model_was_made_in() -> None:
    users = [path.name for path in [*ENGINE, *OUTSIDE] if any(name.startswith("training") for name in imports(path))]
    assert not users


def test_threads_are_started_in_one_place() -> None:
    starters = {p.name for p in ENGINE if "threading.Thread(" in p.read_text(encoding="utf-8")}
    assert starters == {"workers.py"}


def test_no_test_sleeps() -> None:
    sleepers = [p.name for p in (ROOT / "tests").rglob("*.py") if "sleep" + "(" in p.read_text(encoding="utf-8")]
    assert not sleepers


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "helpers", "manager", "misc", "common"}
    assert not {path.stem.strip("_") for path in [*ENGINE, *OUTSIDE]} & vague


def test_every_file_of_the_engine_is_on_the_page_of_the_house() -> None:
    house = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert [path.name for path in (ROOT / "engine").glob("*.py") if path.name not in house] == []


def test_where_to_change_what_names_every_page_and_every_script() -> None:
    house = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = house[house.index("## Where to change what") :]
    files = [*(ROOT / "pages").glob("[!_]*.py"), *(ROOT / "pages").glob("_[!_]*.py"), *(ROOT / "assets").glob("*.js")]
    assert [path.name for path in files if path.name not in table] == []
    named = set(re.findall(r"`([\w/.]+\.(?:py|js|css))`", table))
    places = [ROOT, *(ROOT / name for name in ("pages", "assets", "engine", "engine/ingest", "engine/models"))]
    places += [ROOT / "engine" / "scoring", ROOT / "tests"]
    assert [name for name in sorted(named) if not any((place / name).exists() for place in places)] == []


def test_what_the_picture_of_the_flow_names_is_there() -> None:
    picture = (ROOT / "docs" / "flow.svg").read_text(encoding="utf-8")
    words = set(re.findall(r">([^<>]+)</text>", picture))
    named = {name for text in words for name in re.findall(r"\w+\.(?:py|js)", text)}
    files = {path.name for path in [*ENGINE, *OUTSIDE, *(ROOT / "assets").iterdir()]}
    assert len(named) > 20
    assert named <= files
    threads = (ROOT / "engine" / "workers.py").read_text(encoding="utf-8")
    assert all(name in threads for text in words for name in re.findall(r"(?:infer|calc)-[a-z]+", text))
    settings = (ROOT / "engine" / "settings.py").read_text(encoding="utf-8")
    assert all(name.lower() in settings for text in words for name in re.findall(r"HINDCAST_([A-Z_]+)", text))
