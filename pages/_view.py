"""How a picture is shown, beside its moment, model and length: layers, history, the value axis. Pure.

The address names what differs from the usual: `hide=shading,baseline,truth`, `show=paths,ghosts`, `y=window`, `past=1`.
Whatever is none of these is left out, and the usual is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from pages._frame import MOST_PAST, Frame

MOST_QUERY = 2_000  # characters that are looked at
PAST = re.compile(r"-?[1-9]", re.ASCII)


@dataclass(frozen=True)
class View:
    """shading, baseline, truth, paths, ghosts: whether a layer is drawn; truth is all that happened after the moment.
    window: the value axis spans what is in the picture, not the whole file. past: how often the history is doubled."""

    shading: bool = True
    baseline: bool = True
    truth: bool = True
    paths: bool = False
    ghosts: bool = False
    window: bool = False
    past: int = 0

    def frame(self, fixed: Frame) -> Frame:
        """A file's frame with this view's history."""
        return replace(fixed, past=self.past) if self.past else fixed


USUAL = View()


def view(query: Any) -> View:
    """What a query string asks for."""
    if not isinstance(query, str) or len(query) > MOST_QUERY:
        return USUAL
    fields = parse_qs(query.removeprefix("?"))
    hidden, shown = (fields.get(name, [""])[0].split(",") for name in ("hide", "show"))
    past = fields.get("past", [""])[0]
    doublings = int(past) if PAST.fullmatch(past) else 0
    return View(
        shading="shading" not in hidden,
        baseline="baseline" not in hidden,
        truth="truth" not in hidden,
        paths="paths" in shown,
        ghosts="ghosts" in shown,
        window=fields.get("y") == ["window"],
        past=doublings if abs(doublings) <= MOST_PAST else 0,
    )
