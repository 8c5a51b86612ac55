"""`python -m training.show_priors [--out FILE]`: eight series of each family, on one page that needs nothing else."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from training.ingredients import LENGTH
from training.priors import FAMILIES

COLUMNS = 8


def figure(seed: int = 0) -> go.Figure:
    """A row of COLUMNS panels for each family, in its own values; panels share only the axis of time."""
    titles = [f"<b>{name}</b>: {family.sentence}" for name, family in FAMILIES.items()]
    page = make_subplots(
        rows=len(FAMILIES),
        cols=COLUMNS,
        shared_xaxes="all",
        subplot_titles=[title for row in titles for title in (row, *[""] * (COLUMNS - 1))],
        horizontal_spacing=0.02,
        vertical_spacing=0.35 / len(FAMILIES),
    )
    page.update_annotations(xanchor="left", x=0.0, font_size=14)
    rng = np.random.default_rng(seed)
    time = np.arange(LENGTH)
    for row, family in enumerate(FAMILIES.values(), start=1):
        for column, values in enumerate(family.family(rng, COLUMNS), start=1):
            line = go.Scattergl(x=time, y=values.astype(np.float32), line={"width": 1, "color": "#1f4e79"})
            page.add_trace(line, row=row, col=column)
    page.update_xaxes(range=[0, LENGTH])
    page.update_layout(
        height=210 * len(FAMILIES), width=1800, showlegend=False, template="simple_white", margin={"t": 60, "l": 50}
    )
    return page


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Plot eight series of each family of synthetic series.")
    parser.add_argument(
        "--out", type=Path, default=Path("priors.html"), help="the page to write (default: priors.html)"
    )
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other series")
    options = parser.parse_args(arguments)
    figure(options.seed).write_html(options.out, include_plotlyjs=True)


if __name__ == "__main__":
    main()
