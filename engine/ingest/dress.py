"""What numbers wear: a currency or a unit that every cell of a column carries, and brackets in place of a minus."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

import polars as pl

from engine.ingest.looks import is_moment
from engine.ingest.numbers import MISSING, is_missing_word
from engine.ingest.table import Table
from engine.ingest.vendors import spelled

CURRENCY = r"(?:US\$|A\$|C\$|R\$|[$€£¥₹]|EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|AUD|CAD|INR|kr\.?|Fr\.|zł|Kč)"
MEASURE = (
    r"(?:%|‰|°[CFK]?|[kMGT]?Wh|[kMGTm]W|[kM]?VArh?|[kM]VAh?|[kMG]J|[km]g|[mµ]g/[ml]|[kcm]m|[mcd][lL]|[hk]?Pa|m?bar|mV|kV|mA|"
    r"[kMG]Hz|m[23²³](?:/[hs])?|[mk]m/[sh]|mm/h|mmHg|mg/d[lL]|mmol/[lL]|pp[mbt]|dBA?|mph|kn|rpm|bpm|W/m[2²]|kcal|ct|"
    r"[kMGT]i?B)"
)
SINGLE = r"(?:[WVAJmstghlLKCF])"  # units of one letter, which only a blank tells from an id such as 1A
UNIT = rf"(?:(?:{CURRENCY}|ct)(?:/[kM]?Wh|/[a-z]{{1,4}})?|{MEASURE})"
BLANK = r"[ \u00a0\u202f\u2009]"
DRESSED = (
    rf"^(?P<open>\()?{BLANK}*(?P<sign>[+\-−])?{BLANK}*(?P<before>{CURRENCY})?{BLANK}*(?P<inner>[+\-−])?"
    rf"(?P<number>[0-9.,](?:[0-9.,'’]|{BLANK}[0-9])*(?:[eE][+\-]?[0-9]+)?)"
    rf"(?:{BLANK}*(?P<after>{UNIT})|{BLANK}+(?P<single>{SINGLE}))?{BLANK}*(?P<close>\))?$"
)
PATTERN = re.compile(DRESSED)
LOOKED_AT = 60


@dataclass(frozen=True)
class Dress:
    """unit: what every number of a column carries, None if nothing. brackets: they mean a minus. cell: an example."""

    unit: str | None
    brackets: bool
    cell: str

    def bare(self, cells: pl.Series) -> pl.Series:
        """The numbers alone; what is no number stays as it is, and one without the unit is no number."""
        parts = cells.str.strip_chars().str.extract_groups(DRESSED).struct.unnest()
        unit = pl.coalesce("before", "after", "single")
        minus = pl.coalesce(pl.when(pl.col("open").is_not_null()).then(pl.lit("-")), "sign", "inner").fill_null("")
        is_whole = pl.col("number").is_not_null() & (pl.col("open").is_null() == pl.col("close").is_null())
        is_own = is_whole & (unit.eq_missing(pl.lit(self.unit, dtype=pl.String)))
        is_bracketed = pl.col("open").is_not_null()
        is_good = is_own & ~(is_bracketed & pl.coalesce("sign", "inner").is_not_null())
        is_good &= pl.lit(self.brackets) | ~is_bracketed
        rest = pl.when(is_whole & unit.is_null()).then(pl.col("cell") + f" (without {self.unit})").otherwise("cell")
        return (
            parts.with_columns(cell=cells)
            .select(pl.when(is_good).then(minus + pl.col("number")).otherwise(rest).alias(cells.name))
            .to_series()
        )


def undress(table: Table, sample: pl.DataFrame, times: tuple[str, ...]) -> tuple[Table, pl.DataFrame]:
    """A table and its sample of which the cells are bare numbers where every number of a column wears the same."""
    found = {name: _dress(sample[name]) for name in sample.columns if name not in times}
    dresses = {name: dress for name, dress in found.items() if dress is not None}
    if not dresses:
        return table, sample
    bare = sample.with_columns(dress.bare(sample[name]) for name, dress in dresses.items())
    return dataclasses.replace(table, dresses=dresses), bare


def worn_unit(table: Table, column: str) -> str | None:
    """The unit that every number of a column carries."""
    dress = table.dresses.get(column)
    return spelled(dress.unit) if dress and dress.unit else None


def _dress(cells: pl.Series) -> Dress | None:
    """What all numbers of a column wear, None if some wear something else or all nothing."""
    head = [cell for cell in (cell.strip() for cell in cells.head(LOOKED_AT).to_list()) if not is_missing_word(cell)]
    looks = [PATTERN.match(cell) for cell in head]
    is_worn = any(found and (found["before"] or found["after"] or found["single"]) for found in looks)
    if not head or not (is_worn or cells.str.contains("(", literal=True).any()) or sum(map(is_moment, head)) > 0:
        return None
    stripped = cells.str.strip_chars()
    filled = stripped.filter(~stripped.str.to_lowercase().is_in(MISSING) & stripped.str.contains("[0-9]"))
    parts = filled.str.extract_groups(DRESSED).struct.unnest()
    units = parts.select(pl.coalesce("before", "after", "single")).to_series()
    opens, closes = parts["open"].is_not_null(), parts["close"].is_not_null()
    signs = parts.select(pl.coalesce("sign", "inner")).to_series().is_not_null()
    if parts["number"].null_count() or units.n_unique() > 1 or (opens != closes).any() or not len(filled):
        return None
    brackets = bool(opens.any())
    if brackets and (opens.all() or signs.any()):
        return None
    unit = units[0]
    if unit is None and not brackets:
        return None
    example = filled.filter(opens)[0] if brackets else filled[0]
    return Dress(unit, brackets, example[:40])
