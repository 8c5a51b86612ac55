"""The words of a slice: which moments `slice=hour:6` or `slice=trend:rising-fast` means, as people say it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine import Cell

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
LEVELS = {"low": "low", "middle": "middling", "high": "high"}
TRENDS = {
    "falling-fast": "after fast falls",
    "falling": "after falls",
    "steady": "while it is steady",
    "rising": "after rises",
    "rising-fast": "after fast rises",
}
TREND_NAMES = {
    "falling-fast": "falling fast",
    "falling": "falling",
    "steady": "steady",
    "rising": "rising",
    "rising-fast": "rising fast",
}
MOST_NAMED = 2  # stretches of the clock that a sentence names


def words(key: str) -> str:
    """A slice in words: `Mondays 06:00 to 07:00`, `when the level is high`; empty for a key that is none."""
    kind, _, value = key.partition(":")
    if kind == "level" and value in LEVELS:
        return f"when the level is {LEVELS[value]}"
    if kind == "trend" and value in TRENDS:
        return TRENDS[value]
    numbers = [int(part) for part in value.split("-")] if value.replace("-", "").isdigit() else []
    match kind, numbers:
        case "hour", [hour]:
            return hours(hour, hour + 1)
        case "weekday", [day] if day < len(WEEKDAYS):
            return f"{WEEKDAYS[day]}s"
        case "month", [month] if 1 <= month <= len(MONTHS):
            return f"in {MONTHS[month - 1]}"
        case "clock", [day, hour] if day < len(WEEKDAYS):
            return f"{WEEKDAYS[day]}s {hours(hour, hour + 1)}"
        case "season", [day, month] if day < len(WEEKDAYS) and 1 <= month <= len(MONTHS):
            return f"{WEEKDAYS[day]}s in {MONTHS[month - 1]}"
    return ""


def hours(first: int, end: int) -> str:
    """`06:00 to 08:00`."""
    return f"{first:02}:00 to {end:02}:00"


def hardest(cells: Sequence[Cell]) -> list[str]:
    """The slices that stand out, the worst first, in words; neighbouring hours of a day are one, and what a whole day
    or hour does is not said of its parts."""
    found = [cell for cell in cells if cell.stands_out]
    whole = {cell.key for cell in found}
    parts = [cell for cell in found if not _said_by_another(cell.key, whole)]
    runs = sorted(_runs(parts), key=lambda run: -max(cell.miss for cell in run))
    return [_run_words(run) for run in runs]


def _said_by_another(key: str, whole: set[str]) -> bool:
    kind, _, value = key.partition(":")
    if kind not in ("clock", "season"):
        return False
    day, other = value.split("-")
    return f"weekday:{day}" in whole or f"{'hour' if kind == 'clock' else 'month'}:{other}" in whole


def _runs(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells, neighbouring hours of the same day together."""
    runs: list[list[Cell]] = []
    for cell in cells:
        if runs and _next_hour(runs[-1][-1].key) == cell.key:
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return runs


def _next_hour(key: str) -> str:
    kind, _, value = key.partition(":")
    if kind == "hour":
        return f"hour:{int(value) + 1}"
    if kind == "clock":
        day, hour = value.split("-")
        return f"clock:{day}-{int(hour) + 1}"
    return ""


def _run_words(run: Sequence[Cell]) -> str:
    first, last = run[0].key, run[-1].key
    if first == last:
        return words(first)
    kind, _, value = first.partition(":")
    start, end = int(value.split("-")[-1]), int(last.split(":")[1].split("-")[-1]) + 1
    day = f"{WEEKDAYS[int(value.split('-')[0])]}s " if kind == "clock" else ""
    return f"{day}{hours(start, end)}"
