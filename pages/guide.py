"""The guide: what the picture means, which files are read, and what this cannot do. Limits come from the settings."""

from __future__ import annotations

from typing import Any

from dash import html

from engine import CONTEXT_LENGTH, MIN_OBSERVED, Settings, built_in
from pages import _address, _notation, _shell, _words
from pages._inputs import MOST_STEPS

MB = 1_000_000
WHO_SEES = {
    "token": "Who knows the access token sees everything that is stored here.",
    "users": "What you send is yours: others see it only through a link that you copy for them, and only until you end "
    "its links. Administrators see how much is stored, and may delete it.",
}
CACHE_DELETES = "“Cache” at the foot of the page shows what is stored and deletes it"
DELETES = {"users": "“Forget this file” beside the picture deletes it"}
MADE_UP = (
    "No. It was made once, from made-up series, and is the same for everybody. That is why every moment can be "
    "computed honestly: nothing of the future can have leaked into it."
)
RULE = "No. It is a rule, the same for everybody, and follows from the values before each moment alone."
OF_OTHERS = (
    "No. It was made once, and is the same for everybody. It may have seen public data like yours then; of your own "
    "file it sees what was before each moment."
)
Part = tuple[str, str, list[Any]]  # anchor, title, contents


def layout(settings: Settings, version: str) -> Any:
    """The page: what people ask, each with its answer."""
    sections = _sections(settings)
    return html.Div(
        [
            _shell.header(),
            html.Main(
                [
                    html.H1("Guide"),
                    html.P("What the pictures mean, which files are read, and what this cannot do.", className="lead"),
                    _contents(sections),
                    *(html.Section([html.H2(title), *parts], id=name) for name, title, parts in sections),
                ],
                className="plain guide",
            ),
            _shell.footer(version),
        ],
        className="shell",
    )


def _contents(sections: list[Part]) -> html.Nav:
    """A link to every section."""
    links = [html.Li(html.A(title, href=f"#{name}")) for name, title, _ in sections]
    return html.Nav(html.Ul(links), **{"aria-label": "Sections"})


def _terms(*pairs: tuple[str, str]) -> html.Dl:
    return html.Dl([part for term, words in pairs for part in (html.Dt(term), html.Dd(words))])


def _sections(settings: Settings) -> list[Part]:
    return [
        ("picture", "What the picture means", _picture(settings)),
        ("numbers", "What the numbers mean", _numbers()),
        ("files", "Which files are read", _files(settings)),
        ("limits", "What it cannot do", _limits(settings)),
        ("privacy", "Who sees what", _privacy(settings)),
        ("programs", "For programs", _programs()),
    ]


def _picture(settings: Settings) -> list[Any]:
    ours = settings.model in built_in()
    return [
        html.P(
            "Every picture stands at one moment of your file, the line named “now”. Left of it is what was known then. "
            "Right of it is what the model would have forecast from there, and the black line that shows what then "
            "happened. Drag the slider, or the picture itself, to go to another moment."
        ),
        _terms(
            ("median", "Half of the outcomes should lie above it, half below. It is not the most likely path."),
            ("5 of 10, 8 of 10", "If the model is right, what happens lies between these lines 5, or 8, times out of "
             "10, at each step for itself."),
            ("shading", "The darker, the more likely at that step. The scale is the same for the whole file."),
            ("dashed line", "A plain forecast to compare with: the same time a cycle ago (yesterday, last week, last "
             "year), or the last value where the series has no cycle."),
            ("▲", "A value that does not fit into the picture. The axis stays the same at every moment, so that "
             "pictures can be compared; press y for the range of the picture alone."),
        ),
        html.P(
            f"A forecast is {_notation.plural(settings.horizon, 'step')} long unless you choose otherwise in “Check”, "
            f"up to {MOST_STEPS}. {_words.no_peeking(CONTEXT_LENGTH if ours else None, ours=ours)}"
        ),
    ]  # fmt: skip


def _numbers() -> list[Any]:
    return [
        _terms(
            ("missed by", "The CRPS (continuous ranked probability score), the mean over the steps whose outcome is "
             "known, in the unit of your data. Of a forecast that names one value only it is the plain distance; a "
             "wider forecast pays for its width, a too narrow one for what lies outside."),
            ("held", "How often what happened lay inside a band. The 8-of-10 band should hold 8 times out of 10: less "
             "is too narrow, more is too wide. Neighbouring moments share most of their future, so a file of thousands "
             "of moments proves less than it seems; the accuracy page says how much."),
            ("surprise", "A moment among the worst 2 % of the file, at least one forecast length from a worse one."),
            ("better by", "One minus the miss divided by that of the plain forecast, over the same moments."),
        ),
        html.P(
            "One moment proves little: its steps rise and fall together. Whether the model is right for your file is "
            "on the accuracy page, where every moment counts."
        ),
    ]  # fmt: skip


def _files(settings: Settings) -> list[Any]:
    count = _notation.count
    size = f"{count(settings.max_upload_bytes // MB)} MB, {count(settings.max_rows)} rows"
    wide, long = count(settings.max_columns), count(settings.max_slots)
    return [
        html.P(
            "A table as text (CSV, TSV) with one row per time: one column of times, one of numbers. Days and months in "
            "either order, decimal commas and points, AM and PM, months and quarters, Excel's serials and seconds "
            "since 1970 are understood; so are exports of common meters and sensors. Whatever was decided is told, "
            "with its proof, under “Check”, where one click reads the file another way. Of an Excel workbook, copy two "
            "columns and paste them."
        ),
        html.Ul(
            [
                html.Li(f"Up to {size}, {wide} columns, and {long} steps from the first time to the last."),
                html.Li(f"The times need a regular step. A first forecast needs {MIN_OBSERVED} readings."),
                html.Li("Gaps stay gaps: nothing is filled in. From within a long gap there is no forecast."),
                html.Li("A longer file of the same series continues it: only what is new is computed."),
            ]
        ),
    ]  # fmt: skip


def _limits(settings: Settings) -> list[Any]:
    learns = MADE_UP if settings.model == Settings().model else RULE if settings.model in built_in() else OF_OTHERS
    return [
        _terms(
            ("Does it know holidays, the weather, promotions?", "No. The forecast knows only the series' own past. "
             "That is why holidays show up as surprises. You can select such stretches and see them apart."),
            ("Does it learn from my file?", learns),
            ("Was the file the same back then?", "If values were corrected later, the real forecast of that day may "
             "have looked different."),
            ("Are ten steps ten chances?", "Each step's band is for that step alone. The chance that all of a "
             "forecast stays inside is smaller."),
            ("Can one forecast more than one column?", "One at a time, each on its own: “Check” lists the others, and "
             "[ and ] go from one to the next at the same date."),
        ),
    ]  # fmt: skip


def _privacy(settings: Settings) -> list[Any]:
    here = WHO_SEES.get(settings.access, "Everybody who can open this page sees everything that is stored here.")
    kept = (
        f"A file nobody uses is forgotten after {settings.keep_days:g} days."
        if settings.keep_days
        else "A file stays until somebody deletes it, or until room is needed."
    )
    return [
        html.P(
            f"Your file stays on this server; nothing leaves your network. {here} The names of files and columns are "
            "shown in your own browser only. The list of recent files is your browser's, too."
        ),
        *_share(settings),
        html.P(
            f"{kept} {DELETES.get(settings.access, CACHE_DELETES)} without a trace; with “Only the latest forecast, "
            "keep nothing” nothing is stored at all."
        ),
    ]


def _share(settings: Settings) -> list[Any]:
    if settings.access != "users":
        return []
    return [
        html.P(
            f"Your series may take {100 * settings.user_share:g} % of the room that all share. A file beyond it, or a "
            "full disk of which you take most, deletes those of yours that were used least lately; you are told which. "
            "Nobody's files make room for somebody who takes more."
        )
    ]


def _programs() -> list[Any]:
    reference = html.A("reference", href=_address.at("/api/v1/reference"))
    return [html.P(["Whatever these pages do, a program can ask for, too: the API has its ", reference, "."])]
