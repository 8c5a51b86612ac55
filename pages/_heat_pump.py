"""A made-up series that looks like life: the hourly load of a heat pump over a heating season. Pure and seeded."""

from __future__ import annotations

import numpy as np

ROWS = 4_800
START = np.datetime64("2023-10-02T00:00", "h")  # a Monday
MISSING = ((812, 5), (2203, 31), (3490, 2), (4404, 9))  # (first row, rows) that the meter did not send
AWAY = (84, 85, 86, 87, 88, 89, 90, 91, 179, 180, 181, 182)  # days from the start on which nobody was at home
SPIKES = ((1507, 8.9), (2911, 9.4), (3610, 8.6))  # rows where the backup heater ran


def csv() -> bytes:
    """The series as CSV: the load follows the cold, the hour, the weekday and whether anybody is at home."""
    rng = np.random.default_rng(20231002)
    rows = np.arange(ROWS)
    hour, day = rows % 24, rows // 24
    cold = np.maximum(0.0, 17.0 - _weather(rng))
    late = 1.5 * (day % 7 >= 5)  # weekends get up later
    morning = np.exp(-0.5 * ((hour - 6.5 - late) / 1.5) ** 2)
    evening = np.exp(-0.5 * ((hour - 18.5) / 2.6) ** 2)
    night = (hour >= 23) | (hour <= 4)
    load = 0.9 + 0.3 * cold * (0.62 + 0.3 * morning + 0.22 * evening - 0.24 * night) + 1.6 * morning + 1.1 * evening
    load = np.where(np.isin(day, AWAY), 0.45 * load, load)
    load = load * np.exp(0.06 * rng.standard_normal(ROWS))
    for row, peak in SPIKES:
        load[row : row + 3] = peak * np.array([0.7, 1.0, 0.85])
    kept = np.ones(ROWS, dtype=bool)
    for first, length in MISSING:
        kept[first : first + length] = False
    times = np.datetime_as_string(START + rows, unit="m")
    lines = [f"{times[k].replace('T', ' ')},{load[k]:.2f}" for k in np.flatnonzero(kept)]
    return ("time,Heat pump load [kWh]\n" + "\n".join(lines) + "\n").encode()


def _weather(rng: np.random.Generator) -> np.ndarray:
    """Outdoor temperature in °C, hourly: the season, fronts that last days, and the sun."""
    rows = np.arange(ROWS)
    season = 6.5 + 7.0 * np.cos(2 * np.pi * (rows / 24 + 70) / 365)
    shocks = rng.standard_normal(ROWS + 400)
    fronts = np.convolve(shocks, np.exp(-np.arange(400) / 70), mode="valid")[:ROWS] * 0.42
    sun = 2.6 * np.cos(2 * np.pi * (rows % 24 - 15) / 24)
    return season + fronts + sun
