"""How often a band held what happened, and what a right forecast would have shown."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri

from engine.plotdata import Floats, Kind
from engine.scoring.answers import Verdict
from engine.scoring.ranges import CONFIDENCE, FEWEST, means, widening, worth_at_most

GRID = 400  # points of each of two integrals


class Held(NamedTuple):
    """Of C columns, (C,) each: share of pairs inside the band, the ends of the 95 % range that a right forecast would
    show (NaN where n_eff is under FEWEST), and how many independent pairs it is worth."""

    share: Floats
    low: Floats
    high: Floats
    n_eff: Floats

    def verdicts(self) -> list[Verdict]:
        """Of each column."""
        return [
            "too few" if np.isnan(low) else "too narrow" if share < low else "too wide" if share > high else "right"
            for share, low, high in zip(self.share, self.low, self.high, strict=True)
        ]


def held(inside: Floats | NDArray[np.bool_], known: Floats | NDArray[np.bool_], nominal: float, block: int) -> Held:
    """Of moments on consecutive slots along the last axis: numbers of pairs inside the band (C, N) or (N,) and of pairs
    with an actual; block: see memory.block_length.

    A share p of n independent pairs has the variance p (1 - p) / n; so many pairs are worth as many independent ones as
    make it the variance found. Where all pairs or none are inside, none is found: each window counts once.
    """
    found = means(np.asarray(inside, dtype=np.float64), known, block)
    pairs = np.broadcast_to(known, np.atleast_2d(inside).shape).sum(axis=-1, dtype=np.float64)
    share = found.value
    worth = np.divide(
        share * (1 - share),
        (found.error * widening(found.dof)) ** 2,
        out=found.n_eff.copy(),
        where=found.error > 0,
    )
    n_eff = worth_at_most(np.clip(worth, np.minimum(pairs, 1.0), pairs), found.dof)
    return Held(share, *expected(nominal, n_eff), n_eff)


def expected(nominal: float, n_eff: Floats) -> tuple[Floats, Floats]:
    """Ends of the 95 % range of the share inside that a forecast shows whose band holds `nominal` in the long run, in
    n_eff (C,) independent pairs; NaN where those are under FEWEST.

    The beta distribution with the mean and the variance of the binomial share: n_eff is no whole number.
    """
    enough = n_eff >= FEWEST
    trials = np.where(enough, n_eff, FEWEST) - 1
    tail = (1 - CONFIDENCE) / 2
    low, high = (
        np.where(enough, betaincinv(nominal * trials, (1 - nominal) * trials, share), np.nan)
        for share in (tail, 1 - tail)
    )
    return low, high


@lru_cache
def nominal(low: float, high: float, num_samples: int, kind: Kind) -> float:
    """How often the band from quantile `low` to `high` = 1 - low of a right forecast holds what happens, where so many
    samples tell it (see plotdata.quantiles).

    Quantiles: high - low, as far as samples reach. Draws are a finite sample: of a normal forecast
    1 - 2 E[Phi(lower end)], the lower end being between the k-th and the next of `num_samples` draws, whose joint
    distribution is integrated over midpoints of equal probability. Ten draws: 80.7 % and 50.8 %.
    """
    if kind == "quantiles":
        edge = 0.5 / num_samples
        return min(high, 1 - edge) - max(low, edge)
    position = min(max(low * (num_samples + 1), 1.0), num_samples - 1.0)
    below = int(position)
    middles = (np.arange(GRID) + 0.5) / GRID
    first = betaincinv(below, num_samples - below + 1, middles)[:, None]
    second = 1 - (1 - first) * (1 - middles) ** (1 / (num_samples - below))
    end = (below + 1 - position) * ndtri(first) + (position - below) * ndtri(second)
    return float(1 - 2 * ndtr(end).mean())
