"""Bytes of an exported Parquet file -> the series, spec and rows it was made from; every other file is refused.

The file comes from outside: it is held against what it may be before it is unpacked, each row against its own checksum
and the series against its handle.
"""

from __future__ import annotations

import base64
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

import numpy as np
import polars as pl

from engine.dataset import Dataset
from engine.errors import EngineError, UploadError
from engine.export import FORMAT, KEY, MOST_ROWS, VALUES, group_rows, schema
from engine.forecasting import Subject, rescored
from engine.parquet import MAGIC, Malformed, Outline, outline
from engine.rows import Forecast, Row
from engine.series import Floats, Ints, Phase, Series, Step
from engine.settings import MAX_HORIZON, Settings
from engine.spec import RESULT_FORMAT, Spec
from engine.unit_samples import Scaled, checksums, scaled
from engine.visitor import visitor

MOST_SAMPLES, MOST_CONTEXT = 1_000, 100_000
LARGEST_HEAD = 16_000_000  # characters: a series of many segments
LARGEST_GROUP = 400_000_000  # bytes a row group unpacks to
MOST_PART = 256  # rows that are scored and handed over at once
ZONE = re.compile(r"UTC|mixed|[+-]\d\d:\d\d")
NAME = re.compile(r"[\x21-\x7e]{1,200}")
YEARS = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")

T = TypeVar("T")


class Imported(NamedTuple):
    """A dataset's forecasts from a file: slots (B,), sorted, scaled samples (B, H, S), loc, scale (B,)."""

    dataset: Dataset
    spec: Spec
    slots: Ints
    samples: Scaled
    loc: Floats
    scale: Floats

    def parts(self) -> Iterator[tuple[Ints, Forecast]]:
        """Some rows at a time, scored against the series."""
        subject = Subject(self.dataset.series, self.spec, None)
        for start in range(0, len(self.slots), MOST_PART):
            part = slice(start, start + MOST_PART)
            slots = self.slots[part]
            yield slots, rescored(self.samples[part], self.loc[part], self.scale[part], slots, subject)

    def probes(self, count: int) -> Ints:
        """Positions of some rows, evenly spread."""
        return np.unique(np.linspace(0, len(self.slots) - 1, min(count, len(self.slots))).round().astype(np.int64))

    def insist_on(self, position: int, computed: Row) -> None:
        """UploadError OTHER_FORECASTS if a row is not what the spec's model makes of the series: further from it than
        a hundredth of its 80 % band, which is more than machines differ by."""
        claimed = Row(self.samples[position], float(self.loc[position]), float(self.scale[position]))
        ours, theirs = computed.unscaled(), claimed.unscaled()
        band = float(np.ptp(np.quantile(ours, (0.1, 0.9), axis=1), axis=0).max())
        if np.abs(ours - theirs).max() > 0.01 * band + 1e-6 * computed.scale:
            time = self.dataset.series.times(self.slots[position : position + 1])[0]
            raise UploadError(
                f"The forecasts in this file are not those of the model {self.spec.model}: from {time} it forecasts "
                "otherwise. Nothing of the file was kept.",
                code="OTHER_FORECASTS",
                found=str(time),
            )


def read_export(raw: bytes, settings: Settings) -> Imported:
    """UploadError NOT_AN_EXPORT, DAMAGED_EXPORT, or one of a series that cannot be used (TOO_LARGE, TOO_SHORT)."""
    if raw[:4] != MAGIC:
        raise _foreign("it is no Parquet file")
    found = _sane(lambda: outline(raw, MOST_ROWS, MAX_HORIZON * MOST_SAMPLES, LARGEST_GROUP))
    if KEY not in found.words or VALUES not in found.words:
        raise _foreign("it comes from elsewhere, or was saved again by another program")
    _insist(len(found.words[KEY]) <= LARGEST_HEAD, "a description without end")
    head = _sane(lambda: json.loads(found.words[KEY]))
    if not isinstance(head, dict) or head.get("format") != FORMAT or _spec_format(head) != RESULT_FORMAT:
        raise _foreign("it was written by another version")
    spec = _sane(lambda: _spec(head["spec"]))
    dataset = Dataset(_sane(lambda: _series(head["series"], found.words[VALUES], settings.max_slots)))
    if dataset.handle != head.get("handle"):
        raise _damaged("the series is not the one it names")
    rows = sum(group.rows for group in found.groups)
    if 4 * rows * spec.horizon * spec.num_samples > settings.memory_budget:
        raise _too_large(f"{rows} forecasts of this size are more than this server holds in memory.", rows)
    own = dataset.series.within(visitor().scope)
    return _sane(lambda: _rows(raw, found, dataset if own is dataset.series else Dataset(own), spec))


def _spec_format(head: dict[str, Any]) -> Any:
    spec = head.get("spec")
    return spec.get("format") if isinstance(spec, dict) else None


def _sane(read: Callable[[], T]) -> T:
    """What is read, or DAMAGED_EXPORT; Polars' panics are no Exceptions."""
    try:
        return read()
    except (EngineError, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:
        reason = str(error) if isinstance(error, Malformed) else "a part of it cannot be read"
        raise _damaged(reason) from error


def _spec(told: dict[str, Any]) -> Spec:
    spec = Spec(**told)
    words = (spec.model, spec.digest, spec.numerics)
    _insist(all(isinstance(word, str) and NAME.fullmatch(word) for word in words), "names of its model")
    _insist(spec.kind in {"quantiles", "draws"}, "a kind of samples that is unknown")
    sizes = ((spec.horizon, MAX_HORIZON), (spec.num_samples, MOST_SAMPLES), (spec.context_length, MOST_CONTEXT))
    _insist(all(type(size) is int and 1 <= size <= most for size, most in sizes), "an impossible shape")
    return spec


def _series(told: dict[str, Any], packed: str, max_slots: int) -> Series:
    length, first_slot, zone = told["length"], told["first_slot"], told["zone"]
    (count, unit), phases = told["step"], tuple(Phase(*phase) for phase in told["phases"])
    numbers = [length, first_slot, count, *(number for phase in phases for number in phase)]
    _insist(all(type(number) is int and abs(number) < 1 << 40 for number in numbers), "an impossible grid")
    if length > max_slots:
        raise _too_large(f"The series has {length} steps; {max_slots} are the most this server keeps.", length)
    _insist(count > 0 and unit in {"second", "month", "weekday"} and length > 0, "an impossible step")
    _insist(zone is None or ZONE.fullmatch(zone) is not None, "an unknown zone")
    _insist(told["scope"] == "", "a series of somebody's own")
    starts = [phase.slot for phase in phases]
    _insist(
        starts == sorted(set(starts)) and starts[0] == first_slot and starts[-1] < first_slot + length, "its phases"
    )
    unpack = zlib.decompressobj()
    values = unpack.decompress(base64.b64decode(packed, validate=True), 8 * length + 1)
    _insist(len(values) == 8 * length and unpack.eof, "values of another length")
    series = Series(np.frombuffer(values, "<f8"), Step(count, unit), first_slot, zone, phases)
    ends = series.times(np.array([first_slot, series.last_slot + MAX_HORIZON]))
    _insist(bool((YEARS[0] <= ends).all() and (ends <= YEARS[1]).all()), "impossible times")
    return series


def _rows(raw: bytes, found: Outline, dataset: Dataset, spec: Spec) -> Imported:
    _insist(pl.read_parquet_schema(io.BytesIO(raw)) == schema(spec), "other columns")
    _insist(all(group.rows <= group_rows(spec) for group in found.groups), "row groups that are too long")
    _insist(sum(group.rows for group in found.groups) <= int(dataset.usable_origins.sum()), "more rows than the series")
    columns = ["index", "samples", "loc", "scale", "scaled", "check"]
    source, start, parts = pl.scan_parquet(io.BytesIO(raw)).select(columns), 0, []
    for group in found.groups:
        parts.append(_part(source.slice(start, group.rows).collect(), group.rows, dataset, spec))
        start += group.rows
    empty = np.empty(0, np.int64), np.empty((0, spec.horizon, spec.num_samples), np.float32), np.empty(0), np.empty(0)
    slots, samples, loc, scale = (np.concatenate(column) for column in zip(empty, *parts, strict=True))
    _insist(bool((np.diff(slots) > 0).all()), "rows out of order")
    return Imported(dataset, spec, slots, samples, loc, scale)


def _part(frame: pl.DataFrame, rows: int, dataset: Dataset, spec: Spec) -> tuple[Ints, Scaled, Floats, Floats]:
    """Rows of a group, each of them what it was when it was written."""
    _insist(len(frame) == rows and not frame.drop("scaled").null_count().sum_horizontal()[0], "missing values")
    index, loc, scale = (frame[name].to_numpy() for name in ("index", "loc", "scale"))
    _insist(bool(((index <= 0) & (index > -dataset.length)).all()), "a row that is no point of the series")
    _insist(bool(dataset.usable_origins[index - 1].all()), "a row that is no origin")
    _insist(bool((np.isfinite(loc) & np.isfinite(scale) & (scale > 0)).all()), "an impossible scale")
    shape = rows, spec.horizon, spec.num_samples
    values = frame["samples"].to_numpy().reshape(shape)
    _insist(bool(np.isfinite(values).all()), "samples that are no numbers")
    with np.errstate(over="ignore"):
        samples = scaled(values, loc, scale)
    given = frame["scaled"].is_not_null().to_numpy()
    if given.any():
        samples[given] = frame["scaled"].drop_nulls().to_numpy().reshape(-1, *shape[1:])
    _insist(bool(np.isfinite(samples).all() and (np.diff(samples, axis=-1) >= 0).all()), "samples that are none")
    _insist(bool((checksums(index, samples, loc, scale) == frame["check"].to_numpy()).all()), "changed forecasts")
    return index + dataset.series.last_slot, samples, loc, scale


def _insist(holds: bool, what: str) -> None:
    if not holds:
        raise _damaged(what)


def _too_large(what: str, found: int) -> UploadError:
    return UploadError(f"{what} Ask for a higher limit.", code="TOO_LARGE", found=found)


def _foreign(what: str) -> UploadError:
    return UploadError(
        f"This is not a file that Hindcast exported: {what}. Load a Parquet file that was downloaded here, unchanged; "
        "drop a CSV on the first page instead.",
        code="NOT_AN_EXPORT",
    )


def _damaged(what: str) -> UploadError:
    return UploadError(
        f"This export is damaged ({what}); nothing of it was kept. Download it again where it came from.",
        code="DAMAGED_EXPORT",
        found=what,
    )
