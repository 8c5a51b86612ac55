"""What the accuracy page asks, parsed as `_inputs` does: nothing here raises on bad input. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from pages import _inputs
from pages._accuracy_tables import MORE, MOST_ROWS

COUNT = re.compile(r"[1-9][0-9]?", re.ASCII)
# As the number fields of browsers give one.
NUMBER = re.compile(r"-?([0-9]{1,15}(\.[0-9]{0,9})?|\.[0-9]{1,9})([eE][+-]?[0-9]{1,2})?", re.ASCII)
MOST_RUN = 100  # readings that an event may be asked to have at least
SLICE = re.compile(r"[a-z]{1,12}:[a-z0-9-]{1,16}", re.ASCII)
ENDS = re.compile(r"(0|-[1-9][0-9]{0,9}),(0|-[1-9][0-9]{0,9})", re.ASCII)


@dataclass(frozen=True)
class Asked:
    """A look at a file's scores. slice: what may be one, else ""; stretch: two indices, the older one first. worst:
    rows of the table. seen: what the page shows already, as `mark` writes it."""

    handle: str
    model: str | None
    horizon: int | None
    slice: str
    stretch: tuple[int, int] | None
    worst: int
    seq: int
    upload_id: str | None
    dark: bool
    narrow: bool
    seen: str | None


@dataclass(frozen=True)
class Warned:
    """A question whether there was a warning. line: None where nobody has given one; side "above" or "below"; k
    samples, lead steps, run readings, as `Engine.events` has them. rows: of each list."""

    handle: str
    model: str | None
    horizon: int | None
    stretch: tuple[int, int] | None
    line: float | None
    side: str
    k: int
    lead: int
    run: int
    rows: int
    seq: int
    upload_id: str | None


def warned(value: Any) -> Warned | None:
    """A question about warnings; what is none of its numbers is the usual one."""
    question = asked(value)
    if question is None:
        return None
    line, side = value.get("line"), value.get("side")
    return Warned(
        handle=question.handle,
        model=question.model,
        horizon=question.horizon,
        stretch=question.stretch,
        line=float(line) if isinstance(line, str) and NUMBER.fullmatch(line) else None,
        side=side if side in ("above", "below") else "below",
        k=_inputs.whole(value.get("k"), 1, 100) or 3,
        lead=_inputs.whole(value.get("lead"), 1, _inputs.MOST_STEPS) or 1,
        run=_inputs.whole(value.get("run"), 1, MOST_RUN) or 1,
        rows=_inputs.whole(value.get("rows"), 1, MOST_ROWS) or MORE,
        seq=question.seq,
        upload_id=question.upload_id,
    )


def chosen_line(search: Any) -> dict[str, str]:
    """line, side, k, lead and run of an address, as far as they are some."""
    if not isinstance(search, str) or len(search) > _inputs.MOST_SEARCH:
        return {}
    fields = {name: values[0] for name, values in parse_qs(search.removeprefix("?")).items()}
    kinds = {"line": NUMBER, "side": re.compile("above|below"), **dict.fromkeys(("k", "lead", "run"), COUNT)}
    return {name: fields[name] for name, kind in kinds.items() if kind.fullmatch(fields.get(name, ""))}


def asked(value: Any) -> Asked | None:
    """A question of the page; None if it is none."""
    if not isinstance(value, dict):
        return None
    found, seq = _inputs.handle(value.get("handle")), _inputs.whole(value.get("seq"), 0, _inputs.MOST_SEQ)
    if found is None or seq is None:
        return None
    seen = value.get("seen")
    return Asked(
        handle=found,
        model=_inputs.model(value.get("model")),
        horizon=_inputs.horizon(value.get("h")),
        slice=slice_of(value.get("slice")),
        stretch=stretch_of(value.get("sel")),
        worst=_inputs.whole(value.get("worst"), 1, MOST_ROWS) or MORE,
        seq=seq,
        upload_id=_inputs.token(value.get("upload")),
        dark=_inputs.flag(value.get("dark")),
        narrow=_inputs.flag(value.get("narrow")),
        seen=seen if isinstance(seen, str) else None,
    )


def slice_of(value: Any) -> str:
    """What may be a slice's key; whether it is one of this file, the engine says."""
    return value if isinstance(value, str) and SLICE.fullmatch(value) else ""


def stretch_of(value: Any) -> tuple[int, int] | None:
    """Two indices of a text such as `-120,-37`."""
    found = ENDS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    first, last = int(found[1]), int(found[2])
    return (first, last) if first <= last else None


def chosen(search: Any) -> dict[str, str]:
    """slice, sel and i of an address, where they may be some; what is none is left out."""
    if not isinstance(search, str) or len(search) > _inputs.MOST_SEARCH:
        return {}
    fields = {name: values[0] for name, values in parse_qs(search.removeprefix("?")).items()}
    index = fields.get("i", "")
    kept = {
        "i": index if _inputs.INDEX.fullmatch(index) else "",
        "slice": slice_of(fields.get("slice")),
        "sel": fields.get("sel", "") if stretch_of(fields.get("sel")) else "",
    }
    return {name: value for name, value in kept.items() if value}
