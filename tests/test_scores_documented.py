"""docs/scores.md names what /scores answers with, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from flask.testing import FlaskClient

from engine import Upload
from engine.scoring.slices import Slices

TEXT = (Path(__file__).parents[1] / "docs" / "scores.md").read_text(encoding="utf-8")
WORDS = {"timeout", "slice=", "worst=", "HINDCAST_SCORES_BUDGET"}  # of a request, or a setting
UNNAMED = {"handle", "model", "kind", "horizon", "slice", "stretch", "cells", "time", "baseline_crps", "shares"}


def named() -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", TEXT.replace("```", "")))


def test_every_field_is_documented_and_every_documented_name_is_there(client: FlaskClient, upload: Upload) -> None:
    found = client.get(f"/api/v1/datasets/{upload.dataset.handle}/scores?timeout=20").get_json()
    parts = (found["standing"], found["measures"], found["skill"], found["coverage80"], found["ranks"])
    lists = (found["panels"][0], found["panels"][0]["cells"][0], found["over_time"], found["worst"][0])
    fields = set(found).union(*parts, *lists)
    kinds = {panel["kind"] for panel in found["panels"]}
    keys = {name for kind in (*kinds, "season") for name in Slices(upload.dataset).kind(kind).names}
    assert fields - named() == UNNAMED
    assert named() - fields - kinds - keys - WORDS <= set(found["by_step"])
