"""A column named like a formula: what is downloaded runs nothing in a spreadsheet, and its name is not the user's."""

from __future__ import annotations

import dataclasses
import re

import pytest
from flask.testing import FlaskClient

from engine import Engine, Upload
from tests.conftest import filled, to_csv, until, wave
from tests.test_export import exported

FORMULAS = ["=1+1", "=cmd|' /C calc'!A0", "@SUM(1)", "+1|x", "-2+3", "\t=1", '=HYPERLINK("https://example.org")']


@pytest.mark.parametrize("column", FORMULAS[:2])
def test_no_cell_of_a_csv_is_run_by_a_spreadsheet(engine: Engine, column: str) -> None:
    below = wave(300)
    raw = to_csv(dataclasses.replace(below, values=below.values - 20), column=f'"{column}"')
    handle = engine.upload(raw).dataset.handle
    until(lambda: filled(engine, handle))
    for sign, between in ((".", ","), (",", ";")):
        head, *lines = exported(engine, handle, "csv", decimal=sign).decode().splitlines()
        assert not set(head) & set("=+-@")
        for cell in {cell for line in lines for cell in line.split(between)}:
            assert cell[:1] not in set("=+@\t\r\0")
            assert not cell.startswith("-") or float(cell.replace(",", "."))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_download_is_named_by_the_server_and_saved_rather_than_opened(
    client: FlaskClient, upload: Upload, kind: str
) -> None:
    answer = client.get(f"/api/v1/datasets/{upload.dataset.handle}/export.{kind}")
    assert re.fullmatch(r'attachment; filename="[0-9a-f]{12}-[A-Za-z0-9._-]+"', answer.headers["Content-Disposition"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert b"zebra" not in answer.data
