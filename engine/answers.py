"""What the facade answers with, where no record of a layer below says it: an upload, what was read of it, progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from engine.dataset import Dataset
from engine.ingest import Readback
from engine.plotdata import PlotData
from engine.spec import Spec


@dataclass(frozen=True)
class UploadRecord:
    """What was read from an upload; shown to its uploader only."""

    upload_id: str
    handle: str
    readback: Readback

    @property
    def name(self) -> str:
        """A name for people, made from the columns and never from the file's name."""
        column, unit, series = str(self.readback.value_column), self.readback.unit, self.readback.series
        name = f"{column}, {unit}" if unit and unit not in column else column
        return f"{name}, {series}" if series else name


@dataclass(frozen=True)
class Upload:
    """The answer to an upload. known: the series was stored before. reused: origins whose forecasts were there.
    extends: handle of the stored series of which this one is a newer version. removed: handles of the
    series, the sender's own where there are users, that made room for it."""

    dataset: Dataset
    record: UploadRecord
    known: bool
    reused: int
    extends: str | None
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loaded:
    """The answer to an export that was loaded. known: the series was stored before. imported: how many forecasts come
    from exports. model_loaded: whether this very model is here, to compute what is missing."""

    dataset: Dataset
    spec: Spec
    known: bool
    imported: int
    model_loaded: bool


class QuickDraw(NamedTuple):
    """One forecast of a file of which nothing is kept, and how that file was read."""

    plot: PlotData
    dataset: Dataset
    readback: Readback


class Versions(NamedTuple):
    """Of a series: the stored one that it continues, and the newest stored one that continues it; None without one."""

    extends: str | None
    newer: str | None


class Progress(NamedTuple):
    """Origins of one (series, spec): done, failed, total (usable), unusable. state: filling, paused (nobody has asked
    for it since the start, or the background is off) or done. imported: of those done, how many come from exports."""

    done: int
    failed: int
    total: int
    unusable: int
    state: str
    imported: int
