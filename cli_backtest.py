"""`hindcast backtest FILE`: every moment of a file forecast and scored, as the accuracy page does it."""

from __future__ import annotations

import argparse
import math
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from cli_answers import progress, say, table, tell
from engine import Backtest, Engine, ReadOptions, Settings, Upload, errors, installed
from pages import _accuracy_asked, _accuracy_words, _moment, _words, report
from pages._accuracy_pictures import Pictures

KINDS = {".parquet": "parquet", ".csv": "csv"}
PAGES = {".html": "html"}
LOOK = 0.2  # seconds between two looks at the progress
DIGITS = 6  # of a score


def add_to(commands: Any) -> None:
    """The command and its options."""
    parser = commands.add_parser("backtest", help="forecast every moment of a file, and say how right it was")
    parser.add_argument("file", type=Path, help="a table with a time and a number column, as the app reads it")
    parser.add_argument("--model", help="which model; `hindcast models` lists them")
    parser.add_argument("--horizon", type=int, help="forecast length in steps (HINDCAST_HORIZON, or 12)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="the accuracy page as one file: .html")
    parser.add_argument("--out", type=Path, metavar="FILE", help="all forecasts and scores: .parquet or .csv")
    for name, words in (
        ("time", "column of the times"),
        ("value", "column of the values"),
        ("series", "which of several series under one another"),
        ("decimal", "decimal sign"),
        ("step", "read coarser, 1h say"),
        ("agg", "sum or mean of a coarser step"),
    ):
        parser.add_argument(f"--{name}", metavar=name.upper(), help=words)
    order = parser.add_mutually_exclusive_group()
    order.add_argument("--dayfirst", action="store_true", default=None, help="3/4 is the third of April")
    order.add_argument("--monthfirst", dest="dayfirst", action="store_false", help="3/4 is the fourth of March")
    parser.set_defaults(command=backtest)


def backtest(given: argparse.Namespace, settings: Settings) -> int:
    """Exit status 0; refusals are raised."""
    kind = None if given.out is None else _kind(given.out, KINDS)
    if given.report is not None:
        _kind(given.report, PAGES)
    data = _bytes_of(given.file)
    names = ("time", "value", "series", "decimal", "step", "agg", "dayfirst")
    options = ReadOptions(**{name: getattr(given, name) for name in names})
    with _engine(given, settings) as engine:
        upload = _stored(engine, data, options, given.horizon)
        _how_read(upload)
        _wait(engine, upload, given.horizon)
        found = _scores(engine, upload.dataset.handle, given.horizon)
        _summary(found, upload)
        if kind is not None:
            export = engine.export(upload.dataset.handle, kind, horizon=given.horizon)
            with closing(export), _opened(given.out) as file:
                file.writelines(export)
            say(f"Written: {given.out}")
        if given.report is not None:
            text = _page(engine, upload, given.horizon)
            with _opened(given.report) as file:
                file.write(text.encode())
            say(f"Written: {given.report}")
    return 0


def _page(engine: Engine, upload: Upload, horizon: int | None) -> str:
    """The accuracy page's report; its links would lead nowhere."""
    question = {"handle": upload.dataset.handle, "seq": 0, "h": horizon, "upload": upload.record.upload_id}
    asked = _accuracy_asked.asked(question)
    assert asked is not None, "an upload's own handle"
    return report.document(engine, asked, None, Pictures(engine), None, engine.settings.request_timeout)[1]


def _kind(out: Path, kinds: dict[str, str]) -> str:
    """What kind of file is to be written; refused before anything is computed."""
    if out.suffix.lower() not in kinds:
        named = " or ".join(kinds)
        raise errors.BadRequest(f"What is written there ends in {named}; {out.name!r} ends otherwise.")
    if not out.parent.is_dir():
        raise errors.StorageFailed(f"{out} cannot be written: there is no folder {out.parent}.")
    return kinds[out.suffix.lower()]


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise errors.UploadError(f"{file} cannot be read: {error.strerror}.", code="UNREADABLE") from None


@contextmanager
def _opened(out: Path) -> Iterator[Any]:
    try:
        with out.open("wb") as file:
            yield file
    except OSError as error:
        raise errors.StorageFailed(f"{out} cannot be written: {error.strerror}.") from None


@contextmanager
def _engine(given: argparse.Namespace, settings: Settings) -> Iterator[Engine]:
    """One that keeps nothing, in a directory of its own: the app may be running."""
    model = given.model or settings.model
    if model not in installed():
        raise errors.BadRequest(f"There is no model named {model!r}. Known: {', '.join(sorted(installed()))}.")
    with TemporaryDirectory(prefix="hindcast-") as folder:
        own = replace(settings, cache_dir=Path(folder) / "cache", model=model, models=(), background=True)
        with closing(Engine(own)) as engine:
            yield engine


def _stored(engine: Engine, data: bytes, options: ReadOptions, horizon: int | None) -> Upload:
    """The file as it is read; what could be read in two ways is refused here, too, in the words of the command line."""
    try:
        return engine.upload(data, options, horizon=horizon, ask=True)
    except errors.UploadError as refusal:
        if refusal.code != "DATE_ORDER_AMBIGUOUS":
            raise
        day, month = (f"{way['first']} to {way['last']}" for way in refusal.detail["ways"])
        raise errors.UploadError(
            "Every date in this file can be read in two ways. Say which one is right: "
            f"--dayfirst ({day}) or --monthfirst ({month}).",
            code=refusal.code,
        ) from None


def _how_read(upload: Upload) -> None:
    """What of the file was taken, and all that was decided about it without being asked."""
    dataset, readback = upload.dataset, upload.record.readback
    name = ", ".join(part for part in (readback.value_column, readback.series) if part)
    valid = int(np.isfinite(dataset.series.values).sum())
    missing = dataset.length - valid
    step = _moment.step_of(dataset)
    say(_words.plain(_words.read_as(name, step, dataset.start, dataset.end, valid, missing)))
    for note in readback.notes:
        say(note.message)


def _wait(engine: Engine, upload: Upload, horizon: int | None) -> None:
    """Until every moment is computed, or has failed."""
    pause = threading.Event()
    while True:
        now = engine.progress(upload.dataset.handle, horizon=horizon)
        progress(now.done + now.failed, now.total)
        if now.state == "done":
            break
        pause.wait(LOOK)
    if now.failed:
        say(f"{now.failed} moments could not be computed.")


def _scores(engine: Engine, handle: str, horizon: int | None) -> Backtest:
    """Of all that is computed."""
    while True:
        found = engine.backtest(handle, horizon=horizon, timeout=engine.settings.request_timeout, wait=True)
        if found.standing.complete:
            return found


def _summary(found: Backtest, upload: Upload) -> None:
    """What the accuracy page says, then its measures beside those of the simple forecasters."""
    step = _moment.step_of(upload.dataset)
    fixed = _moment.frame_of(upload.dataset, found.horizon)
    for sentence in _accuracy_words.sentences(found, step, fixed.decimals, upload.record.readback.unit or ""):
        tell(_words.plain(sentence))
    tell("")
    columns = (found.measures, found.baseline, found.last_value)
    head = ("", found.model, "seasonal-naive", "last-value")
    rows = [(name, *(_score(getattr(column, name)) for column in columns)) for name in found.measures._fields]
    table([head, *rows])


def _score(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.{DIGITS}g}"
