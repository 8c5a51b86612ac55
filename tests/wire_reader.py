"""Reads wire blocks and series by the tables of docs/wire.md and docs/wire_series.md and nothing else."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import numpy as np

DOCS = Path(__file__).parents[1] / "docs"
DOCUMENT = (DOCS / "wire.md").read_text(encoding="utf-8")
SERIES = (DOCS / "wire_series.md").read_text(encoding="utf-8")
NUMBERS = {"u8": "B", "u16": "H", "u32": "I", "f64": "d"}
TYPES = {"u8": "u1", "i16": "<i2", "f32": "<f4", "f64": "<f8"}


def read_block(data: bytes) -> dict[str, Any]:
    """Header fields by name; each section as an array of its documented type and shape."""
    found = _header(DOCUMENT, data)
    letters = {"N": "rows", "H": "horizon", "S": "num_samples", "L": "num_levels", "G": "grid", "256": "slots"}
    sections = _sections(DOCUMENT)
    offsets = struct.unpack_from(f"<{len(sections)}I", data, 32)
    for (name, kind, shape), at in zip(sections, offsets, strict=True):
        assert at % 8 == 0, "a typed array cannot lie there"
        lengths = [found[letters[letter]] for letter in shape.split(" × ")]
        found[name] = np.frombuffer(data, TYPES[kind], int(np.prod(lengths)), at).reshape(lengths)
    return found


def read_series(data: bytes) -> dict[str, Any]:
    """Header fields by name; each section as an array of its documented type and shape."""
    found, at = _header(SERIES, data), 32
    for name, kind, shape in _sections(SERIES):
        lengths = [found["length"]] if shape == "N" else [found["phases"], 4]
        found[name] = np.frombuffer(data, TYPES[kind], int(np.prod(lengths)), at).reshape(lengths)
        at += found[name].nbytes
    assert at == len(data)
    return found


def _header(document: str, data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {"magic": data[:4]}
    for at, kind, name in re.findall(r"^\| (\d+) \| (\w+) \| `(\w+)` \|", document, re.M):
        (found[name],) = struct.unpack_from("<" + NUMBERS[kind], data, int(at))
    return found


def _sections(document: str) -> list[tuple[str, str, str]]:
    return re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w ×]+) \|", document, re.M)
