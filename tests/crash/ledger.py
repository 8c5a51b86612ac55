"""What is known to be stored, from what children said: the next child must find it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.crash.child import PARTIAL_EVERY
from tests.crash.world import Known

GRACE = PARTIAL_EVERY + 1.0  # seconds after which what was computed must be on the disk


@dataclass
class Dataset:
    """there, upload: True, False, or None while a child that may be killed is changing it. rows: those found stored;
    None after they were given up on purpose. answered, done: what children saw, by when they asked and were told."""

    there: bool | None = False
    upload: bool | None = False
    rows: NDArray[np.bool_] | None = None
    disturbed: float = 0.0
    answered: list[tuple[int, float, float]] = field(default_factory=list)
    done: list[tuple[int, float, float]] = field(default_factory=list)


class Ledger:
    """Of one cache directory."""

    def __init__(self, world: dict[str, Known]) -> None:
        self._world = world
        self._datasets = {name: Dataset() for name in world}
        self._found: dict[str, dict[str, Any]] = {}

    def heard(self, line: dict[str, Any], ended: float) -> None:
        """Note a line; `looked` compares what was found with what must be there. ended: when the child before was
        killed, infinite after a clean end, minus infinite if nothing was due. AssertionError."""
        what, name, at = line["say"], line.get("name", ""), line["at"]
        if what == "found":
            self._found[name] = line
        elif what == "looked":
            self._compare(ended)
        elif what == "answered":
            self._datasets[name].answered.append((line["row"], line["asked"], at))
        elif what == "done":
            self._datasets[name].done.append((line["rows"], line["asked"], at))
        elif what in ("begins", "did"):
            names = [name] if name else list(self._world)
            for one in names:
                self._change(line["act"], one, at, begins=what == "begins")

    def _change(self, act: str, name: str, at: float, begins: bool) -> None:
        dataset = self._datasets[name]
        if act == "upload":
            dataset.there = dataset.there or (None if begins else True)
            dataset.upload = dataset.upload or (None if begins else True)
        elif act in ("delete", "flush"):
            dataset.there = None if begins else False
            dataset.upload = dataset.upload if begins else False
            dataset.rows, dataset.disturbed = None, at
        else:
            for other, known in self._world.items():
                if known.family == self._world[name].family:
                    shared = self._datasets[other]
                    shared.rows, shared.disturbed = None, at

    def _compare(self, ended: float) -> None:
        for name, dataset in self._datasets.items():
            found = self._found.get(name)
            if dataset.there is not None:
                assert (found is not None) == dataset.there, f"{name}: {'lost' if dataset.there else 'back again'}"
            fresh = Dataset()
            if found is not None:
                fresh.there, fresh.rows = True, self._bits(name, found["rows"])
                fresh.upload = found["upload"] or None
                assert found["upload"] or not dataset.upload, f"{name}: its upload is lost"
                self._compare_rows(name, dataset, fresh.rows, self._bits(name, found["claimed"]), ended)
            self._datasets[name] = fresh
        self._found.clear()

    def _compare_rows(
        self, name: str, dataset: Dataset, rows: NDArray[np.bool_], claimed: NDArray[np.bool_], ended: float
    ) -> None:
        lost = 0 if dataset.rows is None else int((dataset.rows & ~rows).sum())
        assert not lost, f"{name}: {lost} rows are gone that were stored"
        assert not (claimed & ~rows).any(), f"{name}: the manifest names rows that are not stored"

        def due(asked: float, at: float) -> bool:
            return asked > dataset.disturbed and (at <= ended - GRACE or ended == math.inf)

        late = [row for row, asked, at in dataset.answered if due(asked, at) and not rows[row]]
        assert not late, f"{name}: {len(late)} rows were answered long ago and are not stored"
        least = max((done for done, asked, at in dataset.done if due(asked, at)), default=0)
        assert rows.sum() >= least, f"{name}: {rows.sum()} rows are stored of {least} that were done long ago"

    def _bits(self, name: str, packed: str) -> NDArray[np.bool_]:
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(packed), dtype=np.uint8))
        return bits.astype(bool)[: len(self._world[name].series)]
