"""What a monitor scrapes: the engine's numbers and the requests, and nobody's data."""

from __future__ import annotations

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from engine import Engine, Upload
from tests.conftest import ToyForecaster

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(client: FlaskClient) -> Samples:
    """Every sample of a scrape, as Prometheus' own reader finds it."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.get_data(as_text=True))
    found = [sample for family in families for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in found}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def test_the_engines_numbers_are_those_of_its_status(client: FlaskClient, engine: Engine, upload: Upload) -> None:
    client.get(f"/api/v1/datasets/{upload.dataset.handle}/forecasts/-12")
    samples, status = scraped(client), engine.status()
    assert value(samples, "hindcast_ready") == 1
    assert value(samples, "hindcast_datasets") == status.datasets == 1
    assert value(samples, "hindcast_forecast_requests_total", end="answered") == status.statistics.answered > 0
    assert value(samples, "hindcast_bytes", where="disk", what="budget") == status.disk_budget
    assert value(samples, "hindcast_bytes", where="memory", what="used") > 0
    assert value(samples, "hindcast_ray_actors", which="ready") == 0
    assert value(samples, "hindcast_ray_actors_lost_total") == 0
    for queue in ("queued", "in_flight", "waiting", "calculations", "dirty_blocks"):
        assert value(samples, "hindcast_queue", queue=queue) >= 0


def test_a_stages_histogram_is_cumulative_and_ends_with_all_calls(client: FlaskClient, upload: Upload) -> None:
    samples = scraped(client)
    calls = [
        (float(dict(labels)["le"]), count)
        for (name, labels), count in samples.items()
        if name == "hindcast_stage_seconds_bucket" and ("stage", "infer") in labels
    ]
    counts = [count for _, count in sorted(calls)]
    assert counts == sorted(counts)
    assert counts[-1] == value(samples, "hindcast_stage_seconds_count", stage="infer") > 0
    assert value(samples, "hindcast_stage_seconds_sum", stage="infer") > 0


def test_requests_are_counted_by_route_and_not_by_what_somebody_sends(client: FlaskClient, upload: Upload) -> None:
    handle = upload.dataset.handle
    for path in (f"/api/v1/datasets/{handle}", f"/api/v1/datasets/{handle}", "/api/v1/private-words", "/healthz"):
        client.get(path)
    client.open("/healthz", method="ZEBRA")
    samples = scraped(client)
    route = "/api/v1/datasets/<handle>"
    assert value(samples, "hindcast_requests_total", method="GET", route=route, status="200") == 2
    assert value(samples, "hindcast_request_seconds_count", route=route) == 2
    assert value(samples, "hindcast_requests_total", method="other", route="other", status="405") == 1
    text = client.get("/metrics").get_data(as_text=True)
    for private in (handle[:8], "private-words", "ZEBRA", "zebra", "kWh"):
        assert private not in text


def test_what_goes_wrong_is_counted_by_its_stage(client: FlaskClient, upload: Upload, toy: ToyForecaster) -> None:
    assert value(scraped(client), "hindcast_failures_total", stage="infer") == 0
    toy.failure = RuntimeError("boom")
    assert client.post(f"/api/v1/datasets/{upload.dataset.handle}/forecasts/-12").status_code == 503
    samples = scraped(client)
    assert value(samples, "hindcast_failures_total", stage="infer") >= 1
    assert value(samples, "hindcast_forecast_requests_total", end="failed") == 1
