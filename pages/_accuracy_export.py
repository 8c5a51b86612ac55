"""What can be taken away from the accuracy page, and where it is to be had. Pure."""

from __future__ import annotations

from urllib.parse import urlencode

from dash import html

from pages import _export
from pages._accuracy_asked import Asked
from pages._address import at, of_file

FILES = (("CSV", "csv", "."), ("CSV for Excel in German, French, \u2026", "csv", ","), ("Parquet", "parquet", "."))


def export_row(handle: str, model: str | None, horizon: int | None) -> html.P:
    """Everything that was computed, as files."""
    links = [
        html.A(words, href=_export.address(handle, kind, model=model, horizon=horizon, decimal=sign), download="")
        for words, kind, sign in FILES
    ]
    numbers = html.A("JSON", id="scores-link")
    page = html.A("a page to keep or print (HTML)", id="report-link", download="")
    return html.P(["All forecasts and scores: ", *links, html.Span("These numbers: "), page, numbers])


def scores(asked: Asked) -> str:
    """Where these very numbers are to be had as JSON."""
    first, last = asked.stretch or (None, None)
    which = {"model": asked.model, "horizon": asked.horizon, "slice": asked.slice, "from": first, "to": last}
    query = urlencode({name: value for name, value in which.items() if value not in (None, "")}, safe=":")
    return at(f"/api/v1/datasets/{asked.handle}/scores{'?' * bool(query)}{query}")


def report(asked: Asked) -> str:
    """Where this page is to be had as a file; its unit is known to whoever sent the data."""
    which = {"model": asked.model, "h": asked.horizon, "slice": asked.slice, "sel": ends(asked)}
    return of_file("accuracy", f"{asked.handle}/report", **which, upload=asked.upload_id)


def ends(asked: Asked) -> str:
    return ",".join(map(str, asked.stretch)) if asked.stretch else ""
