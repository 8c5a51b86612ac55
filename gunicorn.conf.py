"""gunicorn's settings: one worker process, because the engine and its caches live in it."""

import logging
import os
import signal
import sys

from engine import Settings, errors
from worker import Worker

try:
    settings = Settings.from_env(os.environ)
except errors.SettingsError as error:
    sys.stderr.write(f"hindcast: {error.message}\n")
    sys.exit(3)

bind = f"{settings.host}:{settings.port}"
workers = 1
worker_class = Worker
threads = settings.threads
preload_app = False  # threads do not survive a fork
timeout = 60
graceful_timeout = max(1, int(settings.graceful_timeout))  # then the master kills the worker
keepalive = 30
max_requests = 0
control_socket_disable = True
loglevel = settings.log_level.lower()


def on_starting(server):  # type: ignore[no-untyped-def]
    for address in server.cfg.address:
        if isinstance(address, tuple):  # else a socket in the file system
            check_address(address[0])
    asked = max(server.cfg.workers, int(os.environ.get("WEB_CONCURRENCY") or 1))
    if asked != 1:
        sys.stderr.write(
            f"hindcast: {asked} workers were asked for, but the engine lives in one process. "
            "Use one worker (unset WEB_CONCURRENCY, --workers 1).\n"
        )
        sys.exit(3)


def check_address(host):  # type: ignore[no-untyped-def]
    try:
        settings.check_address(host)
    except errors.SettingsError as error:
        sys.stderr.write(f"hindcast: {error.message}\n")
        sys.exit(3)


SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
MARGIN = 2  # seconds: gunicorn's worker looks at its clock once a second, and a last one is for writing and leaving


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    """Before gunicorn's own handler, waiters are answered: it would otherwise wait for them. What is still being
    received is waited for less long than the master waits for this process, which would else be killed."""
    worker.cfg.set("graceful_timeout", max(1, graceful_timeout - MARGIN))
    settle = worker.app.callable.extensions["engine"].close_on_signal()
    handlers = {number: signal.getsignal(number) for number in SIGNALS}

    def stop(number, frame):  # type: ignore[no-untyped-def]
        settle()
        handlers[number](number, frame)

    for number in handlers:
        signal.signal(number, stop)


def worker_exit(server, worker):  # type: ignore[no-untyped-def]
    """Everything is written; a thread that still receives a request, which Python would wait for, is left behind."""
    application = getattr(worker.app, "callable", None)
    if application is None:
        return
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    application.extensions["engine"].close()
    if worker.booted and not worker.aborted:
        logging.shutdown()
        os._exit(0)
