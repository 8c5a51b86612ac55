"""Shelf: the datasets in memory, and when somebody last looked at each."""

from __future__ import annotations

import math
import time

from engine.dataset import Dataset


class Shelf:
    """Changed on the store thread only; any thread may look."""

    def __init__(self) -> None:
        self._datasets: dict[str, Dataset] = {}
        self._looked: dict[str, float] = {}  # handle -> monotonic seconds; also of those that memory had no room for

    def __contains__(self, handle: str) -> bool:
        return handle in self._datasets

    def __len__(self) -> int:
        return len(self._datasets)

    def look(self, handle: str) -> Dataset | None:
        """The dataset, if it is in memory; it counts as looked at."""
        dataset = self._datasets.get(handle)
        if dataset is not None:
            self._looked[handle] = time.monotonic()
        return dataset

    def put(self, dataset: Dataset) -> None:
        self._datasets[dataset.handle] = dataset
        self._looked[dataset.handle] = time.monotonic()

    def remove(self, handle: str) -> int:
        """Take a dataset out of memory, not when it was looked at. Bytes that this frees."""
        dataset = self._datasets.pop(handle, None)
        return 0 if dataset is None else _nbytes(dataset)

    def forget(self, handle: str) -> None:
        """Know nothing of a dataset any more."""
        self._datasets.pop(handle, None)
        self._looked.pop(handle, None)

    def clear(self) -> None:
        self._datasets.clear()
        self._looked.clear()

    def looked(self, handle: str) -> float:
        """When somebody last looked at a dataset, in monotonic seconds; -inf if nobody has since the start."""
        return self._looked.get(handle, -math.inf)

    def looked_utc(self, handle: str) -> float:
        """The same in seconds since 1970, UTC."""
        return time.time() - time.monotonic() + self.looked(handle)

    def looked_since(self, moment: float) -> set[str]:
        """Handles of the datasets that were looked at after a moment."""
        return {handle for handle, looked in list(self._looked.items()) if looked > moment}

    def handles(self) -> list[str]:
        """Handles of the datasets in memory, least recently looked at first."""
        return sorted(self._datasets, key=self.looked)

    @property
    def nbytes(self) -> int:
        """Bytes of all series."""
        return sum(map(_nbytes, list(self._datasets.values())))


def _nbytes(dataset: Dataset) -> int:
    return int(dataset.series.values.nbytes + dataset.usable_origins.nbytes)
