"""What a browser gets: texts gzipped, files once and for good, and nothing from anywhere else."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from unittest.mock import patch

import plotly.offline
import pytest
from flask.testing import FlaskClient

import delivery
from engine import Upload

ROOT = Path(__file__).resolve().parents[1]
PLOTLY = ROOT / "assets" / "vendor" / "plotly-cartesian.min.js"
GZIP = {"Accept-Encoding": "gzip"}
FILE = re.compile(r'(?:src|href|content)="(/(?:assets|_dash-component-suites)/[^"]+)"')


def files(client: FlaskClient) -> list[str]:
    """Every file that the document names."""
    found = FILE.findall(client.get("/").get_data(as_text=True))
    assert len(found) > 10
    return found


def test_the_plotly_that_is_served_is_the_one_whose_figures_are_made() -> None:
    head = PLOTLY.read_text(encoding="utf-8")[:300]
    assert f"(cartesian - minified) v{plotly.offline.get_plotlyjs_version()}\n" in head
    assert "Licensed under the MIT license" in head
    assert PLOTLY.stat().st_size < 2_000_000


def test_every_file_is_gzipped_and_comes_whole(client: FlaskClient) -> None:
    for path in files(client):
        plain, zipped = client.get(path), client.get(path, headers=GZIP)
        assert zipped.headers["Vary"] == "Accept-Encoding"
        if len(plain.data) < delivery.LEAST:
            assert zipped.data == plain.data
            continue
        assert "Content-Encoding" not in plain.headers
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert int(zipped.headers["Content-Length"]) == len(zipped.data) < len(plain.data)
        assert gzip.decompress(zipped.data) == plain.data


def test_the_assets_are_kept_for_good_under_the_names_in_the_document(client: FlaskClient) -> None:
    assets = [path for path in files(client) if path.startswith("/assets/")]
    assert any("vendor/plotly" in path for path in assets)
    for path in assets:
        assert client.get(path).headers["Cache-Control"] == delivery.FOREVER
    for other in (assets[-1].partition("?")[0], f"{assets[-1]}0", f"{assets[0]}&v=0".replace("?v=", "?w=")):
        assert client.get(other).headers["Cache-Control"] == "no-cache"
    suites = [path for path in files(client) if path not in assets]
    assert all("max-age=31536000" in client.get(path).headers["Cache-Control"] for path in suites)


@pytest.mark.parametrize("kind", ["js", "css"])
def test_the_apps_own_files_come_as_one_of_each_kind_in_their_order(client: FlaskClient, kind: str) -> None:
    document = client.get("/").get_data(as_text=True)
    own = sorted((ROOT / "assets").glob(f"[0-9][0-9]_*.{kind}"))
    assert len(own) > 10
    assert not [path.name for path in own if path.name in document]
    assert document.count(f"/assets/all.{kind}?v=") == 1
    whole = client.get(f"/assets/all.{kind}").get_data(as_text=True)
    places = [whole.index(path.read_text(encoding="utf-8")) for path in own]
    assert places == sorted(places)


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_a_file_that_has_not_changed_is_not_sent_again(client: FlaskClient, accepted: str) -> None:
    headers = {"Accept-Encoding": accepted}
    for path in ("/assets/10_base.css", "/_dash-component-suites/dash/deps/prop-types@15.8.1.min.js"):
        etag = client.get(path, headers=headers).headers["ETag"]
        again = client.get(path, headers=headers | {"If-None-Match": etag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
        assert client.get(path, headers=headers | {"If-None-Match": '"other"'}).status_code == 200


def test_a_file_is_gzipped_once(client: FlaskClient) -> None:
    with patch("delivery.gzip.compress", wraps=gzip.compress) as made:
        answers = {client.get("/assets/10_base.css", headers=GZIP).data for _ in range(5)}
    assert (len(answers), made.call_count) == (1, 1)


def test_whoever_wants_no_gzip_gets_none(client: FlaskClient) -> None:
    for accepted in ("gzip;q=0", "br", ""):
        answer = client.get("/assets/10_base.css", headers={"Accept-Encoding": accepted})
        assert "Content-Encoding" not in answer.headers
        assert answer.data.startswith(b"/*")


def test_pages_and_answers_are_gzipped_and_downloads_are_not(client: FlaskClient, upload: Upload) -> None:
    for path in ("/", "/_dash-layout", "/api/v1/status"):
        plain, zipped = client.get(path), client.get(path, headers=GZIP)
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert len(gzip.decompress(zipped.data)) == pytest.approx(len(plain.data), rel=0.05)
    address = f"/api/v1/datasets/{upload.dataset.handle}"
    for path in (f"{address}/export.csv", f"{address}/export.parquet"):
        download = client.get(path, headers=GZIP)
        assert "Content-Encoding" not in download.headers
        download.close()
    row = client.get(f"{address}/forecasts/-20", headers=GZIP)
    assert gzip.decompress(row.data) == client.get(f"{address}/forecasts/-20").data


def test_a_part_of_a_file_comes_as_it_is(client: FlaskClient) -> None:
    part = client.get("/assets/10_base.css", headers=GZIP | {"Range": "bytes=0-9"})
    assert (part.status_code, len(part.data)) == (206, 10)
    part.close()
