"""The same engine without a browser: `hindcast serve`, `backtest`, `models`, `cache`.

Answers go to the standard output, progress and refusals to the standard error. Exit status: 0 done, 1 refused (the
file, an option, a full disk), 2 the command line is wrong, 3 the engine cannot start, 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace

import app
import cli_backtest
from cli_answers import say, table
from engine import Engine, Settings, built_in, errors, installed

REFUSED, CANNOT_START, INTERRUPTED = 1, 3, 130
MB = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    given = _parser().parse_args(arguments)
    try:
        settings = Settings.from_env(os.environ)
        logging.basicConfig(level="WARNING", format="%(levelname)s %(name)s: %(message)s")
        command: Callable[[argparse.Namespace, Settings], int] = given.command
        return command(given, settings)
    except (errors.StartError, errors.SettingsError) as error:
        say(f"Hindcast cannot start: {error.message}")
        return CANNOT_START
    except errors.EngineError as error:
        say(error.message)
        return REFUSED
    except KeyboardInterrupt:
        say("Interrupted.")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hindcast",
        description="What would have been forecast at every moment of a series, and how right it was.",
        epilog="Settings are environment variables; the README lists them.",
    )
    parser.add_argument("--version", action="version", version=f"hindcast {app.version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="the app, for one person; a server runs it behind gunicorn")
    serve.set_defaults(command=_serve)
    cli_backtest.add_to(commands)
    models = commands.add_parser("models", help="which models there are, and whether they can be loaded")
    models.set_defaults(command=_models)
    cache = commands.add_parser("cache", help="what is stored; not while a server uses the same cache directory")
    what = cache.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="look at everything stored, and say what is damaged")
    what.add_argument("--delete", metavar="HANDLE", help="forget a series, its uploads and its forecasts")
    cache.set_defaults(command=_cache)
    return parser


def _serve(given: argparse.Namespace, settings: Settings) -> int:
    app.main()
    return 0


def _models(given: argparse.Namespace, settings: Settings) -> int:
    """Each model is loaded, as a start of the server would."""
    rows = [("model", "licence", "numerics", "size")]
    failed = 0
    for name, loader in sorted(installed().items()):
        try:
            model = loader(settings)
            rows.append((name, model.licence, model.numerics, model.size))
        except Exception as error:  # a package's loader may raise anything
            failed += 1
            rows.append((name, "", "", f"cannot be loaded: {' '.join(str(error).split())}"))
    table(rows)
    return REFUSED if failed else 0


def _cache(given: argparse.Namespace, settings: Settings) -> int:
    with closing(_quiet(settings)) as engine:
        if given.delete:
            engine.delete(given.delete)
        elif given.check:
            report = engine.check()
            table([("what", "count"), *((name.replace("_", " "), str(count)) for name, count in vars(report).items())])
            return REFUSED if report.damaged or report.damaged_series or report.damaged_uploads else 0
        stock = engine.cache()
        rows = [("handle", "values", "from", "to", "MB", "forecasts")]
        for dataset in stock.datasets:
            done = ", ".join(f"{kept.done} of {kept.total} by {kept.model}" for kept in dataset.forecasts)
            ends = (str(dataset.start), str(dataset.end))
            rows.append((dataset.handle, str(dataset.length), *ends, f"{dataset.bytes / MB:.1f}", done or "none"))
        table(rows)
        say(f"{stock.disk / MB:.1f} of {stock.disk_budget / MB:.0f} MB in use.")
    return 0


def _quiet(settings: Settings) -> Engine:
    """An engine that computes nothing of its own accord and loads the cheapest model."""
    return Engine(replace(settings, background=False, model="last-value", models=()), built_in())


if __name__ == "__main__":
    sys.exit(main())
