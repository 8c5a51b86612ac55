"""The parts of the status page: cards of numbers that are renewed in their places."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from dash import html

from engine import Failure, Latency, ModelStatus, Status
from pages import _status_words as words
from pages._live import live
from pages._notation import count, plural


def content(status: Status, now: float) -> list[Any]:
    """Everything the page says; `now` in unix seconds."""
    return [
        live(html.H1, "health", words.health(status)),
        html.Div(
            [live(html.P, f"reason-{k}", reason) for k, reason in enumerate(status.reasons)],
            className="reasons",
            role="alert",
        )
        if status.reasons
        else live(html.P, "activity", words.activity(status), className="lead"),
        html.Div(
            [
                html.Div(
                    [
                        _card("In line", _queues(status), "queues"),
                        _card("Room", _rooms(status), "rooms"),
                        _card("Models", [*_models(status.loaded), *_elsewhere(status)], "models"),
                    ]
                ),
                html.Div(
                    [
                        _card("Speed", _stages(status.stages), "speed"),
                        _card("Last errors", _errors(status.errors, now), "errors"),
                        _card("Threads", _threads(status.threads), "threads"),
                    ]
                ),
            ],
            className="status-cards",
        ),
    ]


def _card(title: str, inside: Any, kind: str) -> html.Section:
    return html.Section([html.H2(title), *inside], className=f"card status-card {kind}")


def _queues(status: Status) -> list[Any]:
    rows = [
        part
        for k, (what, number, meaning) in enumerate(words.queues(status.statistics))
        for part in (
            html.Dt(what, title=meaning),
            live(html.Dd, f"queue-{k}", count(number), className="busy" if number else ""),
        )
    ]
    return [html.Dl(rows), live(html.P, "asked", words.asked(status.statistics), className="aside")]


def _rooms(status: Status) -> list[Any]:
    rooms = [("Memory", status.memory, status.memory_budget), ("Disk", status.disk, status.disk_budget)]
    is_full = any(used >= words.FULL * budget for _, used, budget in rooms)
    return [
        *(room(*one) for one in rooms),
        live(
            html.P,
            "full",
            words.NEARLY_FULL if is_full else f"{plural(status.datasets, 'file')} open in memory.",
            className="aside",
        ),
    ]


def room(name: str, used: int, budget: int) -> html.Div:
    """A meter: how much of a budget is used."""
    share = min(1.0, used / max(1, budget))
    return html.Div(
        [
            html.Div(
                [html.Span(name), live(html.Span, f"{name}-room", words.room(used, budget))], className="room-words"
            ),
            html.Span(
                live(
                    html.Span,
                    f"{name}-share",
                    None,
                    style={"width": f"{100 * share:.1f}%"},
                    className="full" if share >= words.FULL else "",
                ),
                className="bar",
            ),
        ],
        className="room",
    )


def _stages(stages: dict[str, Latency]) -> list[Any]:
    heads = [
        html.Th(""),
        html.Th("usual", title="Half of the latest 512 calls took at most as long."),
        html.Th("slow", title="19 of 20 of the latest 512 calls took at most as long."),
        html.Th("worst", title="Since the start."),
        html.Th("calls", title="Since the start.", className="calls"),
        html.Th(
            [html.Span("\u00bc ms"), html.Span("1 min")], title="Since the start; each bar is twice as long a time."
        ),
    ]
    return [html.Table([html.Thead(html.Tr(heads)), html.Tbody([_stage(*stage) for stage in stages.items()])])]


def _stage(stage: str, latency: Latency) -> html.Tr:
    times = [
        words.duration(seconds) if latency.count else words.NEVER
        for seconds in (latency.p50, latency.p95, latency.worst)
    ]
    return html.Tr(
        [
            html.Th(words.STAGES.get(stage, stage), title=stage, scope="row"),
            *(live(html.Td, f"{stage}-{k}", time) for k, time in enumerate(times)),
            live(html.Td, f"{stage}-calls", count(latency.count), className="calls"),
            html.Td(
                live(
                    html.Span,
                    f"{stage}-spread",
                    None,
                    className="histogram",
                    style={"clipPath": outline([number for _, number in latency.buckets])},
                    title=words.spread(latency),
                    role="img",
                )
            ),
        ],
    )


def outline(numbers: Sequence[int]) -> str:
    """A CSS polygon of bars side by side; heights grow with the square root, so that a rare slow call can be seen."""
    most = max(numbers, default=0) or 1
    points, width = ["0% 100%"], 100 / max(1, len(numbers))
    for k, number in enumerate(numbers):
        if number == 0:
            continue
        left, right, top = k * width, (k + 1) * width, 100 - max(12.0, 100 * (number / most) ** 0.5)
        points += [f"{left:.0f}% 100%", f"{left:.0f}% {top:.0f}%", f"{right:.0f}% {top:.0f}%", f"{right:.0f}% 100%"]
    return f"polygon({', '.join([*points, '100% 100%'])})"


def _errors(errors: Sequence[Failure], now: float) -> list[Any]:
    if not errors:
        return [html.P(words.NONE_YET, className="aside")]
    same = [list(group) for _, group in groupby(errors, key=lambda error: (error.stage, error.text))]
    return [html.Ul([_error(k, group[0], len(group), now) for k, group in enumerate(same)])]


def _error(k: int, error: Failure, times: int, now: float) -> html.Li:
    when = datetime.fromtimestamp(error.when, UTC).isoformat(timespec="seconds")
    return html.Li(
        [
            live(html.Time, f"when-{k}", words.happened(times, now - error.when), title=when),
            live(html.Span, f"where-{k}", words.STAGES.get(error.stage, error.stage), title=error.stage),
            live(html.Code, f"error-{k}", error.text),
        ]
    )


def _models(models: Sequence[ModelStatus]) -> list[Any]:
    return [
        part
        for model in models
        for part in (
            html.P(model.name, className="model"),
            html.P(words.about(model), className="aside"),
        )
    ]


def _elsewhere(status: Status) -> list[Any]:
    return [live(html.P, f"elsewhere-{k}", said) for k, said in enumerate(words.elsewhere(status.runner))]


def _threads(threads: dict[str, bool]) -> list[Any]:
    stopped = [name for name, alive in threads.items() if not alive]
    said = (
        f"All {count(len(threads))} run." if not stopped else f"{count(len(stopped))} of {count(len(threads))} stopped."
    )
    return [
        live(html.P, "threads", said, className="stopped" if stopped else ""),
        html.Ul(
            [
                live(
                    html.Li,
                    f"thread-{name}",
                    name if alive else f"{name}: stopped",
                    className="" if alive else "stopped",
                )
                for name, alive in threads.items()
            ]
        ),
    ]
