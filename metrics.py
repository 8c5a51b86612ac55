"""What a monitor scrapes: the engine's queues, stages and room, and the requests, as Prometheus reads them.

Names and labels are fixed words: of people's data, not even a handle is among them.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, Response, g
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

import logs
from engine import Engine, Latency

QUEUES = ("queued", "in_flight", "waiting", "calculations", "dirty_blocks")
ENDS = ("answered", "failed", "superseded", "cancelled", "evicted", "closed")
BOUNDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 20.0)  # seconds of a request


class _EngineCollector(Collector):
    """The engine at the moment of the scrape; it keeps these numbers anyway."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        status = self._engine.status()
        counts = status.statistics._asdict()
        yield GaugeMetricFamily("hindcast_ready", "1 when models are loaded and workers alive.", float(status.ready))
        yield GaugeMetricFamily("hindcast_datasets", "Datasets open in memory.", status.datasets)
        yield GaugeMetricFamily(
            "hindcast_origins_per_second", "Origins computed, over ten seconds.", status.origins_per_second
        )
        queues = GaugeMetricFamily("hindcast_queue", "Pieces of work in a queue.", labels=["queue"])
        for name in QUEUES:
            queues.add_metric([name], counts[name])
        yield queues
        ends = CounterMetricFamily("hindcast_forecast_requests", "Callers by how they ended.", labels=["end"])
        for name in ENDS:
            ends.add_metric([name], counts[name])
        yield ends
        room = GaugeMetricFamily("hindcast_bytes", "Bytes in use, and their budgets.", labels=["where", "what"])
        for where in ("memory", "disk"):
            room.add_metric([where, "used"], getattr(status, where))
            room.add_metric([where, "budget"], getattr(status, f"{where}_budget"))
        yield room
        stages = HistogramMetricFamily("hindcast_stage_seconds", "How long a stage takes.", labels=["stage"])
        for stage, latency in status.stages.items():
            stages.add_metric([stage], _cumulative(latency), latency.total)
        yield stages
        failures = CounterMetricFamily("hindcast_failures", "What went wrong, by stage.", labels=["stage"])
        for stage in status.stages:
            failures.add_metric([stage], status.failures.get(stage, 0))
        yield failures
        runner = status.runner
        actors = GaugeMetricFamily("hindcast_ray_actors", "Ray actors that compute, and wanted ones.", labels=["which"])
        actors.add_metric(["ready"], runner.actors)
        actors.add_metric(["wanted"], runner.wanted)
        yield actors
        yield CounterMetricFamily("hindcast_ray_actors_lost", "Ray actors that ended unasked.", runner.lost)


def _cumulative(latency: Latency) -> list[tuple[str, float]]:
    """Calls up to each bound, as Prometheus counts them."""
    total, found = 0, []
    for bound, calls in latency.buckets:
        total += calls
        found.append(("+Inf" if bound == float("inf") else f"{bound:g}", float(total)))
    return found


def measure(server: Flask, engine: Engine) -> None:
    """Count every request that `logs.follow` numbers by its route, and answer /metrics.

    One registry per app: two can live in one process.
    """
    registry = CollectorRegistry()
    registry.register(_EngineCollector(engine))
    requests = Counter("hindcast_requests", "Requests.", ["method", "route", "status"], registry=registry)
    seconds = Histogram("hindcast_request_seconds", "Until the answer.", ["route"], buckets=BOUNDS, registry=registry)

    @server.after_request
    def end(response: Response) -> Response:
        requests.labels(logs.method(), logs.route(), response.status_code).inc()
        if "request_began" in g:
            seconds.labels(logs.route()).observe(logs.seconds())
        return response

    @server.route("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
