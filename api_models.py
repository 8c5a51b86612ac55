"""What the API answers with, as typed models; the engine's own records say most of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api_records import Answered, Moment, Pair, Real, answered
from engine import (
    Progress,
    Readback,
    Share,
    Summary,
    Versions,
)

Reals = list[Real]


class Refusal(Answered):
    """Why a request is refused."""

    code: str = Field(description="Stable: what a program looks at.", examples=["UNKNOWN_HANDLE"])
    message: str = Field(description="What is wrong, what was found, what to do.")
    detail: dict[str, Any] = Field(description="The facts of the message.")


class Error(Answered):
    """The one shape of all refusals."""

    error: Refusal


class ReadbackAnswer(answered(Readback)):  # type: ignore[misc]
    __doc__ = Readback.__doc__
    first: tuple[str, float]
    last: tuple[str, float]
    warnings: list[str] = Field(description="The codes of the notes.")


class Metadata(answered(Summary)):  # type: ignore[misc]
    """A stored series. first_index, last_index: its oldest and its newest moment that can be forecast."""

    last_slot: int = Field(description="Number of its last point on the grid of its step.")
    season: int = Field(description="Steps of its cycle; 1 without one.")
    scale: Real = Field(description="The mean difference of its values one season apart.")


class Reused(Answered):
    """How many forecasts were there already."""

    count: int
    of: int


class UploadAnswer(Metadata):
    """A file that was read and stored."""

    upload_id: str = Field(description="By which this upload can be read again; known to its uploader only.")
    name: str = Field(description="A name for people, made from the columns.")
    model: str
    horizon: int
    readback: ReadbackAnswer
    warnings: list[str]
    reused: Reused
    extends: str | None = Field(description="Handle of the stored series of which this one is a newer version.")
    removed: list[str] = Field(
        description="Handles of the series that made room for it; of the sender's own, where there are users."
    )


class DatasetAnswer(Metadata, answered(Versions)):  # type: ignore[misc]
    """A stored series, its versions, and how far its forecasts are."""

    progress: answered(Progress)  # type: ignore[valid-type]


class DatasetList(Answered):
    """All stored series."""

    datasets: list[answered(Summary)]  # type: ignore[misc]


class NewShare(Answered):
    """A new link."""

    token: str


class ShareList(Answered):
    """The links to a series."""

    shares: list[answered(Share)]  # type: ignore[misc]


class Density(Answered):
    """Of every step, at equally spaced points from lo to hi, per unit of the data."""

    lo: float
    hi: float
    values: list[Reals]


class Context(Answered):
    """What the model saw, the newest last."""

    times: list[Moment]
    values: Reals


class Baseline(Answered):
    """The forecast to compare with. period: steps of the cycle that it repeats, 1 for the last value."""

    model: str
    period: int
    median: Reals


class ForecastScores(Answered):
    """How it came out. percentile: share of the file's scored moments that were worse, of n_compared; inside50,
    inside80: steps at which the bands held what happened."""

    crps: Real
    baseline_crps: Real
    n_scored: int
    percentile: Real
    n_compared: int
    inside50: int
    inside80: int


class Forecast(Answered):
    """What would have been forecast from one moment. samples: of every step, sorted; actuals: what happened."""

    handle: str
    index: int
    origin: Moment
    step_seconds: int | None
    step_calendar: str | None
    zone: str | None
    horizon: int
    model: str
    kind: Literal["quantiles", "draws"]
    times: list[Moment]
    samples: list[Reals]
    quantiles: dict[str, Reals] = Field(description="By level: 0.1, 0.25, 0.5, 0.75 and 0.9.")
    density: Density
    context: Context
    actuals: Reals
    baseline: Baseline
    scores: ForecastScores


class QuickForecast(Forecast):
    """One forecast of a file of which nothing is kept, and how that file was read."""

    start: Moment
    end: Moment
    length: int
    readback: ReadbackAnswer
    warnings: list[str]


class LoadAnswer(Metadata):
    """An export that was loaded. imported: forecasts that come from exports; model_loaded: whether what is missing can
    be computed here."""

    model: str
    horizon: int
    imported: int
    model_loaded: bool


class Origins(Answered):
    """How many forecasts it is about."""

    origins: int


class Datasets(Answered):
    """How many datasets there were."""

    datasets: int


class Freed(Answered):
    """Bytes that are free again."""

    bytes: int


class Runs(Answered):
    """Moments of a slice, as runs: first and last index of each, oldest first."""

    slice: str
    runs: list[Pair]


class Readiness(Answered):
    """Whether forecasts can be asked for, and if not, why."""

    ready: bool
    models: list[str]
    reasons: list[str]


class Document(Answered):
    """An OpenAPI document."""

    openapi: str
    info: dict[str, Any]
    servers: list[Any]
    tags: list[Any]
    paths: dict[str, Any]
    components: dict[str, Any]
