"""The web app: `create_app` for any server, `server` for gunicorn, `python app.py` for a laptop."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
from contextlib import suppress
from functools import partial
from html import escape
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

import access
import api
import delivery
import limits
import logs
import metrics
import mounting
import security
import users
from engine import Engine, Settings, errors
from pages import _address, _first, _inputs, _shell, accuracy, cache, explore, guide, home, not_found, status
from pages._samples import Samples

CANNOT_START = 3
ROOT = Path(__file__).resolve().parent
log = logging.getLogger("hindcast")


class Hindcast(Dash):
    """Dash whose first HTML already says what the address is about, and names its files by their content."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        prefix = self.config.requests_pathname_prefix.removesuffix("/")
        self._names = delivery.Names(Path(self.config.assets_folder), prefix)
        for name, data in self._names.bundles.items():
            kind = delivery.KINDS[name.rpartition(".")[2]]
            self.server.add_url_rule(f"/assets/{name}", name, partial(Response, data, mimetype=kind))

    def interpolate_index(self, **parts: Any) -> str:
        """Dash's document, with the heading in place of its "Loading..."."""
        told = _first.first(self.server.extensions["engine"], request.path, request.query_string.decode("latin-1"))
        parts["title"] = escape(told.title)
        parts["app_entry"] = f'<div id="react-entry-point">{told.html()}</div>'
        return self._names.written_into(super().interpolate_index(**parts))


def create_app(settings: Settings, engine: Engine) -> Dash:
    """A Dash app over `engine`. Several can live in one process; the caller closes the engine."""
    server = Flask("hindcast", static_folder=None)  # its files are Dash's assets
    server.debug = False  # whatever FLASK_DEBUG says
    app = Hindcast(
        "hindcast",
        server=server,
        assets_folder=str(ROOT / "assets"),
        assets_ignore=r"^(scheme|plotly-cartesian\.min)\.js$",
        serve_locally=True,
        routes_pathname_prefix="/",
        requests_pathname_prefix=f"{settings.prefix}/",
        title="Hindcast",
        update_title=None,
        index_string=_shell.DOCUMENT,
        suppress_callback_exceptions=True,
        enable_mcp=False,
        websocket_callbacks=False,
        on_error=_callback_failed,
    )
    app.layout = _shell.layout(settings)
    app.server.extensions["engine"] = engine
    logs.follow(app.server)
    mounting.mount(app.server, settings.prefix)
    access.guard(app.server, settings)
    app.server.extensions["samples"] = samples = Samples(engine)
    users.name(app.server, settings, engine, samples.handles)
    app.server.register_blueprint(api.create_blueprint(engine))
    delivery.compress(app.server)
    metrics.measure(app.server, engine)
    app.server.register_error_handler(Exception, _malformed)
    _route(app, settings, engine)
    home.register(app)
    explore.register(app)
    accuracy.register(app)
    status.register(app)
    cache.register(app)
    security.protect(app.server, settings, app.csp_hashes())
    limits.bound(app.server, settings)
    return app


def _route(app: Dash, settings: Settings, engine: Engine) -> None:
    """One callback chooses the page by the address."""
    shown_version = version()
    app.clientside_callback(ClientsideFunction("shell", "mount"), Output("scheme", "data"), Input("scheme", "id"))

    @app.callback(Output("page", "children"), Input("url", "pathname"), Input("url", "search"))
    def show_page(pathname: Any, search: Any) -> Any:
        page, handle = _inputs.path(_address.within(pathname))
        if page == "explore" and handle:
            return explore.layout(engine, handle, search)
        if page == "accuracy" and handle:
            return accuracy.layout(engine, handle, search)
        if page == "status":
            return status.layout(engine, shown_version)
        if page == "guide":
            return guide.layout(settings, shown_version)
        if page == "cache":
            return cache.layout(engine, shown_version)
        return home.layout(settings, shown_version) if page == "home" else not_found.layout()


def version() -> str:
    """Of the installed package; empty where it is not installed."""
    try:
        return package_version("hindcast")
    except PackageNotFoundError:
        return ""


def _callback_failed(error: Exception) -> None:
    """A callback raised: one line without the person's data; the page keeps what it shows."""
    log.error("callback failed: %s at %s", type(error).__name__, _place(error))


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"


def _malformed(error: Exception) -> Any:
    """A request that Dash itself cannot read is the sender's mistake, not a failure of the server."""
    if isinstance(error, HTTPException):
        return error
    if request.path == "/_dash-update-component":
        log.warning("malformed callback request: %s", type(error).__name__)
        return "This request cannot be read.", 400
    if request.path.startswith("/_dash-component-suites/"):
        return "There is no such file.", 404
    raise error


def _serve() -> Flask:
    """The WSGI application with its engine; leaves with one line where it cannot start."""
    try:
        settings = Settings.from_env(os.environ)
        logs.configure(settings)
        server = create_app(settings, Engine(settings)).server
    except (errors.StartError, errors.SettingsError) as error:
        print(f"Hindcast cannot start: {error.message}", file=sys.stderr)  # noqa: T201
        sys.exit(CANNOT_START)
    if settings.samples:
        samples: Samples = server.extensions["samples"]
        samples.store_soon()
    return server


def __getattr__(name: str) -> Any:
    """`app:server` is built when gunicorn asks for it, once; importing this module does nothing."""
    if name == "server":
        globals()["server"] = _serve()
        return globals()["server"]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def main() -> None:
    """Run on this machine, for one person, until Ctrl+C or SIGTERM: whichever it is, what was computed is kept."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        _run(_serve())


def _run(server: Flask) -> None:
    engine: Engine = server.extensions["engine"]
    settings = engine.settings
    shown = re.sub(r"^0\.0\.0\.0$", "127.0.0.1", settings.host)
    try:
        print(f"Hindcast is at http://{shown}:{settings.port}{settings.prefix}", flush=True)  # noqa: T201
        server.run(settings.host, settings.port, threaded=True, debug=False, use_reloader=False)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it has been heard
        engine.close()


if __name__ == "__main__":
    main()
