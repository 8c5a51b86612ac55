"""What a backtest answers with: every number of the accuracy page and of `/scores`. Plain data, no logic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from engine.series import Floats, Ints, Times

Verdict = Literal["right", "too narrow", "too wide", "too few"]
Comparison = Literal["better", "no difference", "worse", "too few"]


class Range(NamedTuple):
    """Ends of a 95 % range; both NaN where too few independent moments stand behind it (n_eff < 10)."""

    low: float
    high: float


class Measures(NamedTuple):
    """One forecaster's scores over all (origin, step) pairs of the slice that have an actual.

    In the data's unit, but for mase, wql (NaN where all actuals are 0) and the two coverages (shares). mae and rmse are
    of the median. mase: mae / Backtest.scale. bias: median minus actual, + is too high. wql: twice the pinball loss,
    its mean over the levels 0.1 ... 0.9, divided by the sum of |actuals|. interval80: Winkler's score of the 80 % band.
    """

    crps: float
    mae: float
    rmse: float
    mase: float
    bias: float
    wql: float
    interval80: float
    coverage50: float
    coverage80: float


class Coverage(NamedTuple):
    """How often a band held. nominal: what a right forecast holds in the long run, expected: the 95 % range of what it
    would show on so many independent moments."""

    held: float
    nominal: float
    expected: Range
    verdict: Verdict


class Skill(NamedTuple):
    """1 - CRPS / CRPS of the other forecaster, on the same pairs; its range is that of a ratio of paired sums."""

    value: float
    range: Range
    comparison: Comparison


class ByStep(NamedTuple):
    """Columns (H,), one entry per step ahead. crps_low, crps_high: ends of the range of crps. expected*: ends of the
    range of a coverage that a right forecast would show; NaN where n_eff < 10."""

    pairs: Ints
    n_eff: Floats
    crps: Floats
    crps_low: Floats
    crps_high: Floats
    baseline_crps: Floats
    last_value_crps: Floats
    mae: Floats
    bias: Floats
    coverage50: Floats
    coverage80: Floats
    expected50_low: Floats
    expected50_high: Floats
    expected80_low: Floats
    expected80_high: Floats


class Cell(NamedTuple):
    """A slice of a panel; `key` is what `slice=` takes. miss: mean CRPS of its moments' pairs, NaN without any.
    stands_out: its range lies wholly above the average, corrected for the number of cells that are looked at."""

    key: str
    moments: int
    n_eff: float
    miss: float
    range: Range
    baseline_miss: float
    stands_out: bool


class Panel(NamedTuple):
    """kind: "clock", "hour", "weekday", "month", "level" or "trend". The clock has a cell for each weekday and hour,
    for steps of a day or a weekday for each weekday and month, for longer ones for each month; weekday after weekday.
    edges: of level the two cuts in the data's unit, of trend the four cuts in units of the scale; else empty."""

    kind: str
    cells: tuple[Cell, ...]
    edges: tuple[float, ...]


@dataclass(frozen=True)
class OverTime:
    """C columns along the file, oldest first: index of the origin in each column's middle, its time, the mean miss of
    `window` origins around it, of the model and of the baseline, and the share of their pairs inside the 80 % band. NaN
    where nothing is scored."""

    index: Ints
    time: Times
    window: int
    crps: Floats
    baseline_crps: Floats
    coverage80: Floats


@dataclass(frozen=True)
class Stretch:
    """A local peak of the miss; no other of the list is less than a horizon away."""

    index: int
    time: np.datetime64
    miss: float
    baseline_miss: float


class Ranks(NamedTuple):
    """Rank histogram, (S + 1,) each: shares of what happened by the number of samples below it, ties split evenly;
    nominal, of a right forecast in the long run; expected_low, expected_high, the 95 % range of what it would show."""

    shares: Floats
    nominal: Floats
    expected_low: Floats
    expected_high: Floats


class Standing(NamedTuple):
    """On how many moments the numbers stand. total: usable origins of the file; done: of them computed; read: of these
    among the numbers, which lags behind; scored: of these with at least half of their future known; selected: of these
    in the slice. complete: nothing is missing that could still come."""

    total: int
    done: int
    read: int
    scored: int
    selected: int
    complete: bool


@dataclass(frozen=True)
class Backtest:
    """Scores of one forecaster over a file or a slice of it, beside seasonal-naive (the baseline) and last-value on the
    same pairs.

    slice: "" for all. stretch: first and last index it is limited to. season: steps of the MASE scale, which is
    `scale`, in the data's unit. n_eff: of the mean miss, how many independent moments these are worth. worst: the worst
    first. panels stand on all moments of the stretch, whatever the slice.
    """

    handle: str
    model: str
    kind: str
    horizon: int
    slice: str
    stretch: tuple[int, int] | None
    season: int
    season_share: float
    scale: float
    standing: Standing
    n_eff: float
    measures: Measures
    baseline: Measures
    last_value: Measures
    skill: Skill
    skill_last: Skill
    coverage50: Coverage
    coverage80: Coverage
    by_step: ByStep
    panels: tuple[Panel, ...]
    over_time: OverTime
    worst: tuple[Stretch, ...]
    ranks: Ranks


class Contender(NamedTuple):
    """A forecaster beside others. done: how many of its forecasts are computed; of one that does not take part nothing
    else is known. difference: its mean CRPS less the baseline's, on the same pairs; skill: against the baseline;
    against_best: against the one of the least CRPS. by_step (H,): mean CRPS of each step ahead."""

    model: str
    done: int
    takes_part: bool
    measures: Measures
    difference: float
    difference_range: Range
    skill: Skill
    against_best: Skill
    by_step: Floats


@dataclass(frozen=True)
class Compared:
    """Forecasters on the same pairs, the baseline first, then the last value.

    total: usable origins of the file; selected: those that all who take part have, in the slice, with at least half of
    their future known. n_eff: of the baseline's mean miss. best: who has the least CRPS of them, None without any.
    """

    handle: str
    horizon: int
    slice: str
    stretch: tuple[int, int] | None
    total: int
    selected: int
    n_eff: float
    best: str | None
    contenders: tuple[Contender, ...]
