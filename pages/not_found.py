"""The page for an address that leads nowhere."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from pages import _shell
from pages._address import at


def layout() -> Any:
    """A sentence and the way home."""
    return html.Div(
        [
            _shell.header(),
            html.Main(
                [
                    html.H1("There is no page at this address."),
                    html.P([dcc.Link("Start with a file", href=at("/")), ", or check the link."], className="lead"),
                ],
                className="plain",
            ),
        ],
        className="shell",
    )
