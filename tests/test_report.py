"""The accuracy page as a file: the same words and pictures, no script, nothing of the upload for strangers."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import Mock
from xml.etree import ElementTree

import numpy as np
import pytest
from dash import dcc, html
from flask.testing import FlaskClient

from engine import Dataset, Engine, Standing, Upload, errors
from pages import _accuracy_figures, _accuracy_past, _report
from pages._accuracy_asked import asked
from pages._markup import markup
from pages._svg import svg
from pages._traces import LIGHT
from tests.conftest import wave
from tests.dash_client import UNKNOWN
from tests.made_backtest import H, backtest, by_step
from tests.test_accuracy_page import complete
from tests.test_accuracy_parts import HANDLE, WORDS

SVG = "{http://www.w3.org/2000/svg}"


def made(**changed: Any) -> str:
    question = asked({"handle": HANDLE, "seq": 0})
    assert question is not None
    found = backtest(**changed)
    pictures = [None] * len(found.worst)
    return _report.report(found, Dataset(wave(300)), question, WORDS, pictures, "toy, <b>", "http://here:1", [])


def test_a_report_says_and_shows_what_the_page_does() -> None:
    text = made()
    for part in (
        "How right were the forecasts?",
        "toy, &lt;b&gt;",
        "<strong>2.4 kWh</strong>",
        "No hour, weekday or level stands out.",
        "When does it fail?",
        "Weighted quantile loss",
        'href="http://here:1/explore/',
        "@media print",
    ):
        assert part in text
    assert text.count("<svg") == 3
    assert "Show 20 more" not in text


def test_a_report_needs_no_script_and_no_network() -> None:
    text = made(slice="hour:6")
    assert "<script" not in text
    assert "<button" not in text
    assert not re.findall(r'(?:src|@import)="?http', text)
    assert "06:00 to 07:00" in text


def test_a_report_before_the_first_numbers_says_when_they_come() -> None:
    text = made(standing=Standing(300, 0, 0, 0, 0, False))
    assert "The first numbers come after 100 moments." in text
    assert "<svg" not in text


def parsed(figure: dict[str, Any]) -> ElementTree.Element:
    return ElementTree.fromstring(svg(figure, 600, 250, "a <chart>"))


def test_a_picture_draws_what_the_chart_does() -> None:
    share = np.full(H, 0.8)
    share[0] = 0.6
    found = backtest(by_step=by_step(coverage80=share))
    picture = parsed(_accuracy_figures.held(found, WORDS, LIGHT, narrow=False))
    assert picture.get("aria-label") == "a <chart>"
    assert len(picture.findall(f"{SVG}circle")) == 2 * H - 1
    assert {"+12 h", "80 %"} <= {node.text for node in picture.findall(f"{SVG}text")}
    dots = [float(node.get("cy", "nan")) for node in picture.findall(f"{SVG}circle")]
    assert all(0 < y < 250 for y in dots)
    error = svg(_accuracy_figures.error(found, WORDS, LIGHT, narrow=False), 600, 250, "")
    assert error.count("stroke-dasharray") == 1
    assert 'fill="#0072B2" opacity="0.16"' in error


def test_both_parts_of_a_picture_over_time_have_an_axis_of_their_own() -> None:
    figure = _accuracy_past.over_time(backtest(stretch=(-90, -40)), Dataset(wave(300)), WORDS, LIGHT, narrow=False)
    picture = parsed(figure)
    assert len(picture.findall(f"{SVG}rect")) == 1
    labels = [node.text for node in picture.findall(f"{SVG}text")]
    assert len(labels) == sum(len(figure["layout"][axis]["ticktext"]) for axis in ("xaxis", "yaxis", "yaxis2"))


def test_parts_become_text_and_text_stays_text() -> None:
    part = html.Div(
        [
            html.P(["5 < 6", None, 7], className="a", id="gone", style={"maxWidth": "3px"}, title='"'),
            html.Button("press", tabIndex="0", **{"data-x": "1", "aria-label": "b"}),
            dcc.Link("there", href="/x?a=1&b=2"),
            html.Img(src="data:,", alt=""),
            html.P("shown", hidden=False),
        ]
    )
    assert markup(part, "http://s") == (
        '<div><p class="a" style="max-width:3px" title="&quot;">5 &lt; 67</p><span>press</span>'
        '<a href="http://s/x?a=1&amp;b=2">there</a><img alt="" src="data:,"><p>shown</p></div>'
    )


def test_a_report_is_a_file_of_what_is_selected(client: FlaskClient, upload: Upload) -> None:
    complete(client, upload)
    address = f"/accuracy/{upload.dataset.handle}/report"
    answer = client.get(f"{address}?slice=hour:6&model=seasonal-naive")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "seasonal-naive.html" in answer.headers["Content-Disposition"]
    text = answer.get_data(as_text=True)
    assert "06:00 to 07:00" in text
    assert "zebra" not in text
    mine = client.get(f"{address}?upload={upload.record.upload_id}").get_data(as_text=True)
    assert "zebra" in mine
    assert "data:image/svg+xml" in mine


def test_a_report_says_what_the_series_is_when_it_was_made_and_what_became_of_the_line(
    client: FlaskClient, upload: Upload
) -> None:
    complete(client, upload)
    address = f"/accuracy/{upload.dataset.handle}/report"
    text = client.get(address).get_data(as_text=True)
    assert re.search(r"every hour \u00b7 made \w{3} \d{1,2} \w{3} \d{4}, \d\d:\d\d UTC", text)
    assert "<h2>Did it warn me?" not in text
    asked = client.get(f"{address}?line=10&side=above&k=2").get_data(as_text=True)
    assert "<h2>Did it warn me?" in asked
    assert "above 10" in asked
    assert "Show 20 more" not in asked
    part = client.get(f"{address}?line=10&side=above&k=2&sel=-90,-30").get_data(as_text=True)
    assert "sel=-90,-30&amp;line=10" in part, "its links lead into the stretch it is about"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/accuracy/{UNKNOWN}/report", 404),
        ("/accuracy/nothing/report", 404),
        ("/accuracy/{handle}/report?slice=hour:77", 400),
        ("/accuracy/{handle}/report?sel=-9999,-1", 400),
    ],
)
def test_what_cannot_be_reported_is_said_in_words(client: FlaskClient, upload: Upload, path: str, status: int) -> None:
    answer = client.get(path.format(handle=upload.dataset.handle))
    assert answer.status_code == status
    assert answer.mimetype == "text/plain"
    assert answer.get_data(as_text=True).strip()


def test_a_busy_engine_is_a_503(
    client: FlaskClient, engine: Engine, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "backtest", Mock(side_effect=errors.Overloaded("busy")))
    assert client.get(f"/accuracy/{upload.dataset.handle}/report").status_code == 503
