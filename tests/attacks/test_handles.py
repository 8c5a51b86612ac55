"""Who knows a handle sees its data: so handles are long, are not told to others, and an unknown one tells nothing."""

from __future__ import annotations

from flask.testing import FlaskClient

from engine import Upload
from tests.dash_client import UNKNOWN

ALMOST = ["0" * 64, "f" * 64]


def test_every_handle_that_is_not_stored_has_the_same_answer(client: FlaskClient, upload: Upload) -> None:
    known = upload.dataset.handle
    almost = known[:-1] + ("0" if known[-1] != "0" else "1")  # all but the last digit is right
    for call in ("", "/progress", "/forecasts/0", "/forecasts/0?timeout=0", "/rail", "/scores", "/export.parquet"):
        answers = {client.get(f"/api/v1/datasets/{handle}{call}").data for handle in (*ALMOST, UNKNOWN, almost)}
        assert len(answers) == 1
        assert known[:8].encode() not in answers.pop()


def test_no_other_site_is_told_the_address_of_a_page(client: FlaskClient, upload: Upload) -> None:
    for path in (f"/explore/{upload.dataset.handle}", f"/accuracy/{upload.dataset.handle}/report"):
        assert client.get(path).headers["Referrer-Policy"] == "same-origin"


def test_what_is_told_of_data_is_kept_by_no_proxy(client: FlaskClient, upload: Upload) -> None:
    handle = upload.dataset.handle
    for call in ("", "/progress", "/forecasts/-3", "/rail", "/scores", "/blocks/4", "/series", "/export.csv"):
        kept = client.get(f"/api/v1/datasets/{handle}{call}").headers["Cache-Control"]
        assert {"no-store", "private"} & set(kept.split(", ")), call
    assert "no-store" in client.get("/api/v1/datasets").headers["Cache-Control"]
