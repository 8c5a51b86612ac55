"""Whether readings of a unit add up over time, as energy does, or are levels, as power is, of which a mean is taken."""

from __future__ import annotations

AMOUNTS = frozenset(
    (
        *("wh", "kwh", "mwh", "gwh", "twh", "kvarh", "j", "kj", "mj", "gj", "kcal", "kal", "btu"),
        *("m3", "m\u00b3", "l", "litre", "litres", "liter", "gal"),
        *("\u20ac", "eur", "$", "usd", "\u00a3", "gbp", "chf", "sek", "nok", "dkk", "pln", "jpy"),
        *("pcs", "pieces", "units", "items", "orders", "visits", "steps", "stk", "st\u00fcck", "ie", "iu"),
    )
)
LEVELS = frozenset(
    (
        *("w", "kw", "mw", "gw", "tw", "va", "kva", "mva", "var", "kvar", "mvar", "v", "kv", "a", "ma", "hz"),
        *("\u00b0c", "\u00b0f", "degc", "degf", "k", "%", "pa", "hpa", "kpa", "bar", "mbar", "psi"),
        *("ppm", "ppb", "db", "lx", "lux", "bpm", "rpm"),
    )
)


def adds_up(unit: str | None) -> bool | None:
    """True for amounts, False for levels and for everything per something else, None where the unit does not tell."""
    name = (unit or "").casefold().replace(" ", "").replace("\u2103", "\u00b0c")
    if name in AMOUNTS:
        return True
    return False if name in LEVELS or "/" in name else None


def favoured(unit: str | None) -> tuple[tuple[str, ...], str | None]:
    """(ways to put readings together, the fitting one first; why)."""
    adds = adds_up(unit)
    if adds is None:
        return ("sum", "mean"), None
    return (("sum", "mean"), f"{unit} adds up: its sum") if adds else (("mean", "sum"), f"{unit} is a level: its mean")
