"""gunicorn's settings: one worker process, because the engine and its caches live in it."""

import os
import signal
import sys

from engine import Settings, errors

try:
    settings = Settings.from_env(os.environ)
except errors.SettingsError as error:
    sys.stderr.write(f"hindcast: {error.message}\n")
    sys.exit(3)

bind = f"{settings.host}:{settings.port}"
workers = 1
worker_class = "gthread"
threads = settings.threads
preload_app = False  # threads do not survive a fork
timeout = 60
graceful_timeout = max(1, int(settings.graceful_timeout))
keepalive = 30
max_requests = 0
control_socket_disable = True
loglevel = settings.log_level.lower()


def on_starting(server):  # type: ignore[no-untyped-def]
    asked = max(server.cfg.workers, int(os.environ.get("WEB_CONCURRENCY") or 1))
    if asked != 1:
        sys.stderr.write(
            f"hindcast: {asked} workers were asked for, but the engine lives in one process. "
            "Use one worker (unset WEB_CONCURRENCY, --workers 1).\n"
        )
        sys.exit(3)


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    """Before gunicorn's own handler, waiters are answered: it would otherwise wait for them."""
    settle = worker.app.callable.extensions["engine"].close_on_signal()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)}

    def stop(number, frame):  # type: ignore[no-untyped-def]
        settle()
        handlers[number](number, frame)

    for number in handlers:
        signal.signal(number, stop)


def worker_exit(server, worker):  # type: ignore[no-untyped-def]
    application = getattr(worker.app, "callable", None)
    if application is not None:
        application.extensions["engine"].close()
