"""What the cache page says of a dataset and of a stretch of it; its name only a browser knows. Pure."""

from __future__ import annotations

from engine import CheckReport, StoredDataset, StoredForecasts
from pages import _notation
from pages._notation import Step, count, plural

STATES = {"filling": "computing", "paused": "paused", "stored": "not finished", "done": ""}
NOTHING = "Nothing is stored."
EMPTY = "No moment with a forecast lies between these times."
UNREADABLE = "Write times like 2024-03-05 14:00, the earlier one first."
GONE = "This dataset is no longer stored."


def heading(datasets: int) -> str:
    """The page's first words."""
    return f"{plural(datasets, 'dataset')} {'is' if datasets == 1 else 'are'} stored." if datasets else NOTHING


def damaged(folders: int, size: str) -> str:
    """About caches that were set aside."""
    what = "A cache" if folders == 1 else f"{count(folders)} caches"
    return f"{what} could not be read at a start and {'was' if folders == 1 else 'were'} set aside: {size}."


def step_of(dataset: StoredDataset) -> Step:
    return Step(dataset.step_seconds, dataset.step_calendar)


def period(dataset: StoredDataset) -> str:
    """`1 Jan 2024 00:15 to 1 Jan 2025 00:00`."""
    return _notation.period(dataset.start, dataset.end, step_of(dataset))


def done(forecasts: StoredForecasts) -> str:
    """`12 480 of 35 100`."""
    return f"{count(forecasts.done)} of {count(forecasts.total)}"


def state(forecasts: StoredForecasts) -> str:
    """What is worth a word about forecasts that are not all there, or cannot be made here."""
    is_whole = forecasts.done + forecasts.failed >= forecasts.total
    words = [
        "" if is_whole else STATES[forecasts.state],
        f"{count(forecasts.failed)} failed" if forecasts.failed else "",
        "imported" if forecasts.imported else "",
        "" if forecasts.model_loaded else "model not loaded",
    ]
    return ", ".join(filter(None, words))


def anew(moments: int, first: str, last: str, *, at_once: bool) -> str:
    """What deleting a stretch means."""
    which = f"at {first}" if first == last else f"from {first} to {last}"
    end = "computed anew at once" if at_once else "computed anew when somebody asks for them"
    return f"The forecasts of {plural(moments, 'moment')} {which} are deleted, and {end}."


def checked(report: CheckReport) -> str:
    """What a check found, and what comes of it."""
    parts = (
        (report.blocks, "block"),
        (report.series, "dataset"),
        (report.uploads, "upload"),
    )
    looked = f"Looked at {', '.join(plural(number, what) for number, what in parts)}"
    lost = report.damaged + report.missing
    found = [
        f"{plural(lost, 'block')} {'was' if lost == 1 else 'were'} damaged or missing and "
        f"{'is' if lost == 1 else 'are'} computed again"
        if lost
        else "",
        f"{plural(report.orphans, 'value')} that nothing names {'is' if report.orphans == 1 else 'are'} gone"
        if report.orphans
        else "",
        f"{plural(report.damaged_series, 'dataset')} cannot be read: drop the file again"
        if report.damaged_series
        else "",
        f"{plural(report.damaged_uploads, 'upload')} cannot be read: it can no longer be read another way"
        if report.damaged_uploads
        else "",
    ]
    said = "; ".join(filter(None, found))
    return f"{looked}: {said}." if said else f"{looked}: all is as it was written."
