"""How much one client address may ask for, or one user where there are users, so that nobody's scripts take all that
others need.

Files are counted over time and at once, everything else only while it is worked on: who scrubs asks a hundred times a
second, and is answered in milliseconds. Programs on this machine that name no user are let alone but for their files:
whoever runs them has the machine, and a proxy that is not declared stands for people who cannot be told apart.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from flask import Flask, Response, g, request

from api_answers import PREFIX, error_answer
from engine import Settings, visitor
from security import FILES

ADDRESSES = 10_000  # of which something is remembered; then the longest unseen is forgotten
IPV6_NETWORK = 64  # bits: one customer of a provider has all addresses behind them
UNBOUND = {"api.healthz", "api.readyz", "metrics"}  # for monitors
UNBOUND_PATHS = ("/assets/", "/_dash-component-suites/")  # of which a page asks for many at once
USER = "user "  # before a user's name: no address begins so
SOON = 2  # seconds until something that is worked on may be done


class Allowance:
    """So many a minute for each address: what is not used adds up to a minute's worth."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address -> how many, and since when

    def take(self, address: str) -> float:
        """One for this address, and 0; or the seconds until there is one."""
        return self._wait(address, 1)

    def wait(self, address: str) -> float:
        """The seconds until there is one for this address."""
        return self._wait(address, 0)

    def _wait(self, address: str, number: int) -> float:
        """number: how many are taken if there is one."""
        now, pace = self._clock(), self._most / 60
        with self._lock:
            left, since = self._left.pop(address, (float(self._most), now))
            left = min(self._most, left + (now - since) * pace)
            wait = max(0.0, (1 - left) / pace)
            self._left[address] = (left if wait else left - number, now)
            if len(self._left) > ADDRESSES:
                self._left.popitem(last=False)
        return wait


class Places:
    """So many at once for each address."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    def take(self, address: str) -> bool:
        """Whether there was one; then `give` it back."""
        with self._lock:
            is_free = self._taken[address] < self._most
            self._taken[address] += is_free
        return is_free

    def give(self, address: str) -> None:
        with self._lock:
            self._taken[address] -= 1
            if self._taken[address] <= 0:
                del self._taken[address]


def bound(server: Flask, settings: Settings) -> None:
    """Refuse with 429 what one address or user asks too much of. To be called last: what is refused anyway does not
    count."""
    uploads = Allowance(settings.uploads_per_minute)
    files, requests = Places(settings.max_uploads_per_address), Places(settings.max_requests_per_address)

    @server.before_request
    def begin() -> Response | None:
        if request.endpoint in UNBOUND or request.path.startswith(UNBOUND_PATHS):
            return None
        user, address = visitor().scope, network(request.remote_addr or "")
        who = f"{USER}{user}" if user else address
        if request.endpoint in FILES and request.method == "POST":
            if not files.take(who):
                return too_many(f"{settings.max_uploads_per_address} files of yours are being read already.", SOON)
            g.place = files, who
            wait = uploads.take(who)
            return too_many("You have sent many files in the last minute.", wait) if wait else None
        if not user and _is_here(address):
            return None
        if not requests.take(who):
            return too_many(f"{settings.max_requests_per_address} requests of yours are being worked on already.", SOON)
        g.place = requests, who
        return None

    @server.teardown_request
    def end(error: BaseException | None) -> None:
        places, who = g.pop("place", (None, ""))
        if places is not None:
            places.give(who)


def network(address: str) -> str:
    """Whose address it is: of version 6 the customer's network; what is no address stands for itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return "::1" if found.is_loopback else str(ipaddress.ip_network((int(found), IPV6_NETWORK), strict=False))


def _is_here(address: str) -> bool:
    """Whether it is this machine's own, or a socket in the file system, which has none."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return not address


def too_many(found: str, wait: float) -> Response:
    """429: what was found, and when to come back."""
    seconds = max(1, math.ceil(wait))
    words = f"{found} Try again in {seconds} s."
    if request.path.startswith(PREFIX):
        response = error_answer(429, "TOO_MANY", words, {"retry_after": seconds})
    else:
        response = Response(words, 429, mimetype="text/plain", headers={"Cache-Control": "no-store"})
    response.headers["Retry-After"] = str(seconds)
    return response
