"""Every sentence and number of the status page. Pure."""

from __future__ import annotations

import math
import re

from engine import Latency, ModelStatus, RunnerStatus, Statistics, Status
from pages._notation import count, plural

MINUTE, HOUR, DAY = 60, 3600, 86400
STAGES = {
    "wait": "Waiting for a forecast",
    "infer": "The model, one batch",
    "calculate": "Scoring, one batch",
    "write": "Writing a block",
    "read": "A look into the cache",
    "draw": "Drawing a forecast",
    "parse": "Reading a file",
}
ENDS = {
    "answered": "answered",
    "superseded": "overtaken by a newer wish",
    "cancelled": "not waited for",
    "evicted": "of a file forgotten meanwhile",
    "failed": "failed",
    "closed": "ended by the stop",
}
NONE_YET = "None since the start."
NEARLY_FULL = "Nearly full: what nobody has looked at for longest makes room for what is new."
NO_FORECAST = "Nobody has asked for a forecast since the start."
NEVER = "\u2013"
FULL = 0.95  # share of a budget from which it is worth a word


def health(status: Status) -> str:
    """The page's heading."""
    if not status.ready:
        return "Not everything is well."
    where = f"the {status.device}" if status.device.startswith("CPU") else status.device
    return f"All is well: {status.models[0]} on {where}, up for {span(status.uptime)}."


def activity(status: Status) -> str:
    """What the engine does at this moment."""
    rate, waiting = round(status.origins_per_second), status.statistics.waiting
    pace = f"Computing {plural(rate, 'moment')} a second" if rate else "Nothing is being computed"
    callers = f"{plural(waiting, 'caller')} {'waits' if waiting == 1 else 'wait'}" if waiting else "nobody waits"
    return f"{pace}; {callers}."


def elsewhere(runner: RunnerStatus) -> list[str]:
    """Where files are computed and what is wrong with that, a sentence each; none where it is this process."""
    if runner.where == "threads":
        return []
    place = "Ray on this machine" if runner.where == "ray" else f"Ray at {runner.where}"
    lost = f", {count(runner.lost)} lost since the start" if runner.lost else ""
    where = f"Files are computed on {place}: {count(runner.actors)} of {plural(runner.wanted, 'actor')}{lost}."
    return [where, runner.trouble] if runner.trouble else [where]


def queues(counts: Statistics) -> list[tuple[str, int, str]]:
    """(what, how many, what that means) of everything that can pile up."""
    return [
        ("Callers who wait for a forecast", counts.waiting, "Each holds one of the server's threads."),
        ("Moments in line", counts.queued, "Asked for by somebody, and not begun. Newest first."),
        ("Moments in work", counts.in_flight, "Asked for by somebody, and being computed."),
        ("Batches still to be scored", counts.calculations, "Forecast by the model; not yet sorted and scored."),
        ("Blocks still to be written", counts.dirty_blocks, "Up to 256 moments each. Unfinished ones every 5 s."),
    ]


def asked(counts: Statistics) -> str:
    """How the requests since the start ended."""
    if counts.requested == 0:
        return NO_FORECAST
    if counts.answered == counts.requested:
        return f"Every forecast that was asked for since the start was answered: {count(counts.answered)}."
    ends = [f"{count(getattr(counts, end))} {words}" for end, words in ENDS.items() if getattr(counts, end)]
    begin = (
        f"Since the start {plural(counts.requested, 'forecast')} {'was' if counts.requested == 1 else 'were'} asked for"
    )
    return f"{begin}: {', '.join(ends)}." if ends else f"{begin}."


def room(used: int, budget: int) -> str:
    """`212 MiB of 1 GiB`."""
    return f"{size(used)} of {size(budget)}"


def about(model: ModelStatus) -> str:
    """`4.9 million weights · bf16 · MIT · cba173107732`; the digest of weights, not that of rules, is a number."""
    weights = model.digest if re.fullmatch(r"[0-9a-f]{12}", model.digest) else ""
    return " \u00b7 ".join(filter(None, (model.size, model.numerics, model.licence, weights)))


def spread(latency: Latency) -> str:
    """What the tiny histogram shows, in words."""
    if latency.count == 0:
        return "No calls yet."
    most = max(range(len(latency.buckets)), key=lambda k: latency.buckets[k][1])
    upper, number = latency.buckets[most]
    lower = latency.buckets[most - 1][0] if most else 0.0
    between = f"over {duration(lower)}" if math.isinf(upper) else f"{duration(lower)} to {duration(upper)}"
    return f"{plural(latency.count, 'call')}; {count(number)} of them took {between}."


def duration(seconds: float) -> str:
    """A short time, two digits: `0.3 ms`, `12 ms`, `1.4 s`, `3 min`."""
    if seconds >= 2 * MINUTE:
        return span(seconds)
    unit, amount = ("s", seconds) if seconds >= 0.9995 else ("ms", 1000 * seconds)
    if amount == 0:
        return "0 ms"
    if amount < 0.095:
        return "under 0.1 ms"
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{count(round(amount))} {unit}"


def span(seconds: float) -> str:
    """A long time, roughly: `40 s`, `12 min`, `3 h`, `5 days`."""
    if seconds < 2 * MINUTE:
        return f"{math.floor(seconds)} s"
    if seconds < 2 * HOUR:
        return f"{math.floor(seconds / MINUTE)} min"
    if seconds < 2 * DAY:
        return f"{math.floor(seconds / HOUR)} h"
    return f"{count(math.floor(seconds / DAY))} days"


def ago(seconds: float) -> str:
    """How long ago something was."""
    return "just now" if seconds < 10 else f"{span(seconds)} ago"


def happened(times: int, last: float) -> str:
    """When something that is listed once was, and how often; `last` in seconds ago."""
    return ago(last) if times == 1 else f"{times} times, last {ago(last)}"


def size(nbytes: int) -> str:
    """Bytes for people: `212 MiB`, `1.4 GiB`."""
    amount, unit = float(nbytes), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1023.5:
            break
        amount, unit = amount / 1024, larger
    text = f"{amount:.1f}".removesuffix(".0") if amount < 9.95 and unit != "bytes" else count(round(amount))
    return f"{text} {unit}"
