"""Reads wire blocks by the tables of docs/wire.md and nothing else."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import numpy as np

DOCUMENT = (Path(__file__).parents[1] / "docs" / "wire.md").read_text(encoding="utf-8")
NUMBERS = {"u8": "B", "u16": "H", "f64": "d"}
TYPES = {"u8": "u1", "i16": "<i2", "f32": "<f4", "f64": "<f8"}


def read_block(data: bytes) -> dict[str, Any]:
    """Header fields by name; each section as an array of its documented type and shape."""
    found: dict[str, Any] = {"magic": data[:4]}
    for at, kind, name in re.findall(r"^\| (\d+) \| (\w+) \| `(\w+)` \|", DOCUMENT, re.M):
        (found[name],) = struct.unpack_from("<" + NUMBERS[kind], data, int(at))
    letters = {"N": "rows", "H": "horizon", "S": "num_samples", "L": "num_levels", "G": "grid", "256": "slots"}
    sections = re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w ×]+) \|", DOCUMENT, re.M)
    offsets = struct.unpack_from(f"<{len(sections)}I", data, 32)
    for (name, kind, shape), at in zip(sections, offsets, strict=True):
        assert at % 8 == 0, "a typed array cannot lie there"
        lengths = [found[letters[letter]] for letter in shape.split(" × ")]
        count = int(np.prod(lengths))
        found[name] = np.frombuffer(data, TYPES[kind], count, at).reshape(lengths)
    return found
