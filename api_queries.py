"""What may stand behind an address of the API, call by call: models whose fields are the document's parameters."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api_requests import Index, Nothing, Number, Seconds, Truth, Whole, one_of, only_failed
from engine import ReadOptions

MOST_NAME = 64  # characters of a viewer's name that count
RAIL_WIDTH = 1000  # columns, where none are asked for
WORST = 20  # stretches, where no number is asked for
# What the engine holds its callers to, with sentences of its own:
HORIZONS = {"minimum": 1, "maximum": 64}
LISTED = {"minimum": 0, "maximum": 1000}
FROM_ONE = {"minimum": 1}


class Which(BaseModel):
    """Which forecasts are meant."""

    model_config = ConfigDict(protected_namespaces=())

    model: str | Nothing = Field(None, description="Name of the model; without it the default one.")
    horizon: Whole | Nothing = Field(
        None, description="Forecast length in steps; without it the server's own.", json_schema_extra=HORIZONS
    )

    def which(self) -> dict[str, Any]:
        """As the engine is asked."""
        return {"model": self.model, "horizon": self.horizon}


class Between(BaseModel):
    """A stretch of the series."""

    from_: Whole | Nothing = Field(None, alias="from", description="Index of its first moment; else the file's first.")
    to: Whole | Nothing = Field(None, description="Index of its last moment, inclusive; else the file's last.")

    def stretch(self) -> tuple[int | None, int | None] | None:
        """From one index to another, None for the file's ends."""
        ends = self.from_, self.to
        return None if ends == (None, None) else ends


class Reading(BaseModel):
    """How a file is to be read; what is not said is decided by what the file shows."""

    time: str | Nothing = Field(None, description="Name of the time column.")
    value: str | Nothing = Field(None, description="Name of the value column.")
    series: str | Nothing = Field(None, description="Id of the series, in a file that holds several below each other.")
    dayfirst: Truth | Nothing = Field(None, description="Whether the day stands before the month in dates.")
    decimal: Annotated[str, one_of(".", ",")] | Nothing = Field(None, description="The decimal sign.")
    turned: Truth | Nothing = Field(None, description="Whether the times run across the columns.")
    step: str | Nothing = Field(None, description="A coarser step, such as 1h; together with agg.", examples=["1h"])
    agg: Annotated[str, one_of("sum", "mean")] | Nothing = Field(
        None, description="How readings are put together at the coarser step."
    )
    ask: Truth = Field(
        False, description="Refuse dates that can be read in two ways (DATE_ORDER_AMBIGUOUS) instead of choosing."
    )
    filename: str | Nothing = Field(None, description="Taken, and neither kept nor looked at.")

    def options(self) -> ReadOptions:
        """As the engine is asked."""
        words = {name: getattr(self, name) or None for name in ("time", "value", "series", "decimal", "step", "agg")}
        return ReadOptions(**words, dayfirst=self.dayfirst, turned=self.turned)


class UploadQuery(Reading, Which):
    """A file that is to be stored."""

    upload: str | Nothing = Field(
        None, description="Read this kept upload again, by its upload_id; the request then has no body."
    )


class QuickdrawQuery(Reading, Which):
    """A file of which nothing is to be kept."""

    index: Index = 0
    force: Truth = Field(False, description="Compute it even if the same forecast is stored.")


class ForecastQuery(Which):
    """One forecast."""

    session: str | Nothing = Field(
        None, description=f"Name of a viewer, of which {MOST_NAME} characters count: a newer request takes the place "
        "of an older one that still waits."
    )  # fmt: skip
    seq: Whole = Field(0, description="Number of the request among those of its session.")
    timeout: Seconds | Nothing = Field(None, description="Seconds to wait at most; the server's own limit stays.")

    def viewer(self) -> dict[str, Any]:
        """As the engine is asked."""
        session = None if self.session is None else self.session[:MOST_NAME]
        return {"session": session, "seq": self.seq, "timeout": self.timeout}


class BlockQuery(Which):
    """A block for a chart that scrubs."""

    v: str | Nothing = Field(None, description="The ETag: with it the answer may be kept for ever.")


class RailQuery(Between, Which):
    """How a stretch stands."""

    width: Whole = Field(RAIL_WIDTH, description="Columns.", json_schema_extra={"minimum": 16, "maximum": 4096})


class RecalculateQuery(Between, Which):
    """What is to be computed anew."""

    only: Annotated[str, BeforeValidator(only_failed), one_of("failed")] | Nothing = Field(
        None, description="Only those that failed."
    )


class DropQuery(Between, Which):
    """Which forecasts are to be forgotten."""


class CsvQuery(Which):
    """How the numbers are written."""

    decimal: Annotated[str, one_of(".", ",")] = Field(".", description="The decimal sign.")


class ParquetQuery(Which):
    """What a row is."""

    shape: Annotated[str, one_of("origins", "steps")] = Field(
        "origins", description="A row per moment, or a row per step of each."
    )


class MomentsQuery(Between):
    """Of which moments the scores are."""

    horizon: Whole | Nothing = Field(None, description="Forecast length in steps.", json_schema_extra=HORIZONS)
    slice: str = Field(
        "",
        description="Moments alike: hour:6, weekday:0 (Monday), month:1, clock:0-6, season:0-3, level:low, middle or "
        "high, trend:falling-fast, falling, steady, rising or rising-fast.",
        examples=["hour:6"],
    )

    def moments(self) -> dict[str, Any]:
        """As the engine is asked."""
        return {"horizon": self.horizon, "slice": self.slice, "stretch": self.stretch()}


class ScoresQuery(MomentsQuery, Which):
    """Scores of one model."""

    worst: Whole = Field(WORST, description="How many of the worst stretches are listed.", json_schema_extra=LISTED)
    timeout: Seconds | Nothing = Field(
        None, description="Seconds to wait at most for what is not computed yet; without it nothing is waited for."
    )


class SliceQuery(BaseModel):
    """Moments alike."""

    slice: str = Field("", description="As in scores; empty for all.", examples=["hour:6"])


class EventsQuery(Between, Which):
    """What is to be warned of."""

    line: Number = Field(description="The line, in the data's unit.")
    direction: Annotated[str, one_of("above", "below")] = Field(description="On which side of it lies what matters.")
    k: Whole | Nothing = Field(
        None, description="So many samples of one step beyond the line warn; 3.", json_schema_extra=FROM_ONE
    )
    lead: Whole | Nothing = Field(
        None, description="A warning comes so many steps before; 1.", json_schema_extra=FROM_ONE
    )
    run: Whole | Nothing = Field(
        None, description="An event is so many readings beyond the line or more; 1.", json_schema_extra=FROM_ONE
    )
    most: Whole | Nothing = Field(
        None, description="So many of the newest events and warnings are listed; 1000.", json_schema_extra=LISTED
    )

    def bounds(self) -> dict[str, int]:
        """What was said of them; the rest is as the engine has it."""
        given = {name: getattr(self, name) for name in ("k", "lead", "run", "most")}
        return {name: value for name, value in given.items() if value is not None}
