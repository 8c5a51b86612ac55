"""The acceptance corpus, where it lies beside the checkout, and what must be refused before it is parsed."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from engine.settings import Settings
from tests.conftest import door

CASES = Path(__file__).resolve().parents[2] / "shared" / "csv_cases"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    settings = Settings(cache_dir=tmp_path_factory.mktemp("corpus"), model="seasonal-naive", background=False)
    with door(settings) as client:
        yield client


def result_of(client: FlaskClient, case: dict) -> dict:
    path = CASES / case["file"]
    if not path.exists():
        raw = (",".join(f"c{n}" for n in range(100_000)) + "\n" + ",".join("1" * 100_000) + "\n").encode()
    else:
        raw = path.read_bytes()
    options = {name: str(value).lower() if value in (True, False) else value for name, value in case["options"].items()}
    answer = client.post("/api/v1/datasets", data=raw, query_string=options)
    document = answer.get_json()
    if answer.status_code in (200, 201):
        return {"ok": True, **document["readback"]}
    assert answer.status_code == 422
    assert document["error"]["message"].endswith(".")
    return {"ok": False, "error": document["error"]["code"], "message": document["error"]["message"]}


def corpus() -> list:
    if not CASES.is_dir():
        return [
            pytest.param(None, marks=pytest.mark.skip(reason="the folder of CSV cases is not beside this checkout"))
        ]
    return [pytest.param(case, id=case["id"]) for case in json.loads((CASES / "cases.json").read_text("utf-8"))]


@pytest.mark.parametrize("case", corpus())
def test_the_corpus_is_read_as_expected_or_refused(client: FlaskClient, case: dict) -> None:
    spec = importlib.util.spec_from_file_location("compare", CASES / "compare.py")
    compare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compare)
    assert compare.compare(case, result_of(client, case)) == []
