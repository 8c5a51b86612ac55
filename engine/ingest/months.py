"""Names of months -> their number, in the languages of the exports that are read."""

from __future__ import annotations

NAMES = (
    "jan january januar janner janv janvier ene enero gen gennaio januari jaan janeiro sty styczen stycznia",
    "feb february februar fev fevr fevrier febrero febbraio februari fevereiro lut luty lutego",
    "mar march marz mrz mars marzo maart mrt marco marzec marca",
    "apr april avr avril abr abril aprile kwi kwiecien kwietnia",
    "may mai mayo mag maggio mei maj maio maja",
    "jun june juni juin junio giu giugno junho cze czerwiec czerwca",
    "jul july juli juil juillet julio lug luglio julho lip lipiec lipca",
    "aug august aout ago agosto augustus augusti sie sierpien sierpnia",
    "sep sept september septembre septiembre set settembre setembro wrz wrzesien wrzesnia",
    "oct october okt oktober octobre octubre ott ottobre out outubro paz pazdziernik",
    "nov november novembre noviembre novembro lis listopad listopada",
    "dec december dez dezember decembre dic diciembre dicembre dezembro gru grudzien grudnia",
)
MONTHS = {name: number for number, names in enumerate(NAMES, start=1) for name in names.split()}
LETTERS = r"(?P<name>[A-Za-z]{3,12})\.?"


def month_number(name: str) -> int:
    """1 .. 12 of a month's name or its abbreviation, accents left out; 0 of any other word."""
    return MONTHS.get(name.lower(), 0)
