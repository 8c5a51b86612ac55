"""Scores the built-in models on the evalset beside its published baselines: `python -m training.evaluate`.

cov80 is the share within [q10, q90], its mean over series; <Theta the share of series with a lower SQL than AutoTheta.

    --model NAME ...   some of the built-in models instead of all of them
    --references       also computes seasonal naive and AutoTheta again (needs statsforecast)
    --out FILE.csv     writes the rows by model, series and horizon, in the columns of baselines.csv
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from engine import plotdata, windows
from engine.models.base import Forecaster, built_in
from engine.series import Series, Step
from engine.settings import Settings
from training import evalset, protocol, references
from training.evalset import Evalset, RealSeries
from training.protocol import HORIZONS, LEVELS, MAX_HORIZON, NAIVE, THETA, Floats, QuantileForecast, Scores

COLUMNS = ("MASE", "SQL", "WQL", "cov80")
PUBLISHED, HERE = " [csv]", " [here]"  # marks of rows from baselines.csv and of references computed here


def score(forecast: QuantileForecast, series: RealSeries, *horizons: int) -> dict[int, Scores]:
    """Scores of a forecast on one series by horizon (HORIZONS where none is named); the forecast is made once."""
    scored = protocol.windows(series.values, series.season)
    quantiles = forecast(scored.contexts)
    return {horizon: protocol.scores(quantiles, scored, horizon) for horizon in horizons or HORIZONS}


def table(model: str, forecasts: Iterable[tuple[RealSeries, QuantileForecast]]) -> pl.DataFrame:
    """A row per series and horizon, with the columns of baselines.csv."""
    rows = [
        (model, series.name, *scores, horizon)
        for series, forecast in forecasts
        for horizon, scores in score(forecast, series).items()
    ]
    return pl.DataFrame(rows, schema=["model", "sid", *COLUMNS, "horizon"], orient="row")


def score_all(model: str, forecast: QuantileForecast, of: Evalset) -> pl.DataFrame:
    """The table of a forecast that needs contexts alone: a built-in model or a network in training."""
    return table(model, ((series, forecast) for series in of.series))


def score_references(of: Evalset) -> pl.DataFrame:
    """The tables of seasonal naive and AutoTheta computed here, which are told each series' season."""
    made = {NAIVE: references.seasonal_naive, THETA: references.auto_theta}
    return pl.concat(table(name, ((one, told(one.season)) for one in of.series)) for name, told in made.items())


def of_model(model: Forecaster) -> QuantileForecast:
    """A model as the product uses it: contexts are scaled, samples sorted, unscaled and read as quantiles at LEVELS."""

    def forecast(contexts: Sequence[Floats]) -> Floats:
        length = model.context_length
        values = np.full((len(contexts), length), np.nan)
        for row, context in zip(values, contexts, strict=True):
            recent = context[-length:]
            row[length - len(recent) :] = recent
        # Laid end to end, each context is exactly what the product sees from its last slot.
        ends = np.arange(1, len(values) + 1) * length - 1
        made = windows.contexts(Series(values.ravel(), Step(1, "second"), 0), ends, length)
        samples = np.sort(model.predict(made.values, made.floor, MAX_HORIZON), axis=-1)
        unscaled = windows.unscale(samples, made.loc, made.scale)
        return plotdata.quantiles(unscaled, LEVELS, model.kind)

    return forecast


def report(rows: pl.DataFrame, of: Evalset, horizon: int) -> Iterator[str]:
    """Lines of the table of one horizon; models in the order of their rows."""
    groups = pl.DataFrame({"sid": [one.name for one in of.series], "group": [one.group for one in of.series]})
    relative = protocol.relative(rows.filter(pl.col("horizon") == horizon), of.published)
    relative = relative.join(groups, on="sid", how="left", maintain_order="left")
    by_group = protocol.averages(relative, ("model", "group")).rows_by_key(["model", "group"], named=True, unique=True)
    yield f"h = {horizon}: errors relative to seasonal naive, geometric means over {len(of.series)} series"
    heads = " ".join(f"{name:>7}" for name in of.groups)
    yield f"{'':<21}   MASE    SQL    WQL  cov80 <Theta | SQL {heads} | cov80 in %, same groups"
    for average in protocol.averages(relative).iter_rows(named=True):
        model = average["model"]
        means = " ".join(f"{average[name]:6.3f}" for name in (*COLUMNS, "better"))
        losses = " ".join(f"{by_group[model, group]['SQL']:7.3f}" for group in of.groups)
        shares = " ".join(f"{100 * by_group[model, group]['cov80']:3.0f}" for group in of.groups)
        yield f"{model:<21} {means} |     {losses} | {shares}"


def differences(again: pl.DataFrame, published: pl.DataFrame) -> Iterator[str]:
    """The largest relative difference of recomputed scores from the published ones, a line per model."""
    both = again.join(published, on=["model", "sid", "horizon"], suffix="_0", validate="1:1")
    for (model,), part in both.group_by("model", maintain_order=True):
        ratios = part.select((pl.col(name) / pl.col(f"{name}_0") - 1).abs().max() for name in COLUMNS).row(0)
        shown = ", ".join(f"{name} {value:.1e}" for name, value in zip(COLUMNS, ratios, strict=True))
        yield f"{model}{HERE}: largest relative differences from the published rows: {shown}"


def main(arguments: Sequence[str] | None = None) -> None:
    known = built_in()
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__.split("\n")[0])
    parser.add_argument("--model", nargs="+", choices=known, default=list(known), metavar="NAME")
    parser.add_argument("--references", action="store_true", help="compute seasonal naive and AutoTheta again")
    parser.add_argument("--out", type=Path, help="CSV file for the rows by model, series and horizon")
    options = parser.parse_args(arguments)
    try:
        real = evalset.read(evalset.location())
        again = score_references(real) if options.references else None
    except (FileNotFoundError, ImportError) as error:
        parser.exit(1, f"{error}\n")
    parts = []
    for name in options.model:
        started = time.perf_counter()
        parts.append(score_all(name, of_model(known[name](Settings())), real))
        print(f"{name}: {time.perf_counter() - started:.1f} s", flush=True)
    ours = pl.concat(parts)
    again = ours.clear() if again is None else again
    if options.out:
        pl.concat((ours, again)).write_csv(options.out)
    published = real.published.select(ours.columns).with_columns(pl.col("model") + PUBLISHED)
    shown = pl.concat((ours, published, again.with_columns(pl.col("model") + HERE)))
    for horizon in HORIZONS:
        print(*report(shown, real, horizon), "", sep="\n")
    print(*differences(again, real.published), sep="\n")


if __name__ == "__main__":
    main()
