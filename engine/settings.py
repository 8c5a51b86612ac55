"""One frozen table of every limit: default, unit, one sentence, and the environment name made from the field's name."""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import SettingsError

PREFIX = "HINDCAST_"
GIB = 1 << 30
MB = 1_000_000
MAX_HORIZON = 64  # steps: the longest forecast of any model
PRECISIONS = ("auto", "fp32", "bf16")
ACCESS = ("local", "open", "token", "users")
LEAST_TOKEN = 16  # characters
HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
RUNNER = re.compile(r"threads|ray|[A-Za-z0-9._-]+:[0-9]{1,5}")
LOG_FORMATS = ("text", "json")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def _setting(default: Any, unit: str, sentence: str, least: float | None = None, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"unit": unit, "sentence": sentence, "least": least})


def _default_cache_dir() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path("~/.cache").expanduser()) / "hindcast"


@dataclass(frozen=True)
class Settings:
    """All settings; `HINDCAST_` + the upper-cased field name is the environment variable."""

    host: str = _setting("127.0.0.1", "address", "Address the server listens on.")
    port: int = _setting(8050, "port", "Port the server listens on.", 1)
    access: str = _setting(
        "local",
        "local, open, token, users",
        "Who is let in: programs on this machine alone, everybody who reaches the server, who knows the token, or whom "
        "a proxy names; users see only what is theirs or was shared with them.",
    )
    access_token: str = _setting(
        "", "text", "The token, at least 16 characters: the password that browsers ask for.", secret=True
    )
    prefix: str = _setting("", "path", "Path under which the app lives where a proxy shares a host, /hindcast say.")
    proxies: int = _setting(
        0, "proxies", "How many proxies stand before the server; so many X-Forwarded headers are believed.", 0
    )
    user_header: str = _setting("X-Remote-User", "name", "The header in which the proxy says a user's name.")
    proxy_addresses: tuple[str, ...] = _setting(
        ("127.0.0.1", "::1"), "addresses, comma", "Addresses of proxies whose word on users is taken."
    )
    admins: tuple[str, ...] = _setting((), "names, comma", "Users who may manage what is stored of everybody.")
    cache_dir: Path = field(
        default_factory=_default_cache_dir,
        metadata={
            "unit": "folder",
            "sentence": "Where series, uploads and forecasts are kept; a local disk, used by one engine at a time.",
            "least": None,
            "shown": "~/.cache/hindcast",
        },
    )
    disk_budget: int = _setting(
        10 * GIB, "bytes", "Largest size of the cache directory, beside files that are just being received.", 1
    )
    memory_budget: int = _setting(GIB, "bytes", "Memory for series and forecasts of loaded datasets.", 1)
    wire_budget: int = _setting(256 << 20, "bytes", "Memory for blocks of forecasts as the chart reads them.", 0)
    scores_budget: int = _setting(256 << 20, "bytes", "Memory for the scores of backtests.", 1_000_000)
    model: str = _setting("hindcast-small", "name", "The model used where none is named.")
    models: tuple[str, ...] = _setting(
        (), "names, comma", "Models loaded at the start; empty means the default model alone."
    )
    horizon: int = _setting(12, "steps", "Forecast length where none is named.", 1)
    num_samples: int = _setting(10, "samples", "Samples per step of a forecast.", 2)
    precision: str = _setting(
        "auto",
        "auto, fp32, bf16",
        "Numerics of the models; auto takes a GPU if there is one, else what the processor is good at.",
    )
    runner: str = _setting(
        "threads",
        "threads, ray, host:port",
        "Where whole files are computed: in this process; on a Ray of its own on this machine; on the Ray that has "
        "this address (docs/ray.md).",
    )
    ray_actors: int = _setting(0, "actors", "Processes of Ray's that compute; 0: one for every processor there is.", 0)
    ray_gpus: float = _setting(
        0.0,
        "GPUs",
        "What each of them has of a GPU, 0.5 say; 0: a whole one where models compute on GPUs here, too.",
        0,
    )
    ray_callers: bool = _setting(False, "0 or 1", "Whether forecasts that somebody waits for are computed on Ray, too.")
    background: bool = _setting(True, "0 or 1", "Whether whole files are computed in the background.")
    samples: bool = _setting(
        True, "0 or 1", "Whether a start on an empty cache stores and computes the first page's sample series."
    )
    max_upload_bytes: int = _setting(200 * MB, "bytes", "Largest file that is read.", 1)
    max_rows: int = _setting(2_000_000, "rows", "Most rows of a file that are read.", 1)
    max_slots: int = _setting(2_000_000, "slots", "Longest time grid of a series, missing points included.", 1)
    max_columns: int = _setting(2_000, "columns", "Most columns of a file that is read.", 2)
    max_line_bytes: int = _setting(1_000_000, "bytes", "Longest line of a file that is read.", 1)
    request_timeout: float = _setting(20.0, "seconds", "Longest wait for one forecast.", 0)
    max_tickets: int = _setting(
        256, "callers", "Most callers waiting for a forecast at once; one user has at most half of the places.", 1
    )
    max_tickets_per_session: int = _setting(8, "callers", "Most waiting callers of one browser tab.", 1)
    uploads_per_minute: int = _setting(
        120,
        "files",
        "Most files that one client address may send in a minute. Where there are users, this and the next two count "
        "for each of them instead.",
        1,
    )
    max_uploads_per_address: int = _setting(4, "files", "Most files of one client address that come in at once.", 1)
    max_requests_per_address: int = _setting(
        32, "requests", "Most requests of one client address, this machine's aside, that are worked on at once.", 1
    )
    max_datasets: int = _setting(1_000, "datasets", "Most datasets kept.", 1)
    user_share: float = _setting(
        0.5,
        "part",
        "Most of the disk and of the datasets that are one user's; beyond it the least recently used ones of their own "
        "make room. When the room of all runs short, those of whoever takes most do.",
        0.01,
    )
    keep_days: float = _setting(0.0, "days", "How long a dataset is kept after its last use; 0: for ever.", 0)
    trusted_hosts: tuple[str, ...] = _setting(
        ("127.0.0.1", "localhost", "[::1]"), "names, comma", "Host names the server answers to."
    )
    threads: int = _setting(64, "threads", "Request threads; three quarters of them may wait for a forecast.", 4)
    graceful_timeout: float = _setting(5.0, "seconds", "Time to answer open requests when the server stops.", 0)
    log_level: str = _setting("INFO", "level", "Least severe log lines that are written; DEBUG has every request.")
    log_format: str = _setting(
        "text", "text, json", "How log lines are written: for people, or one JSON object a line."
    )

    def __post_init__(self) -> None:
        for spec in dataclasses.fields(self):
            least = spec.metadata["least"]
            value = getattr(self, spec.name)
            if least is not None and value < least:
                raise SettingsError(
                    f"{PREFIX}{spec.name.upper()} is {value}; it must be at least {least:g} ({spec.metadata['unit']}).",
                    setting=spec.name,
                )
        self._check_access()
        if self.prefix and not PATH.fullmatch(self.prefix):
            raise SettingsError(
                f"{PREFIX}PREFIX is {self.prefix!r}; a path such as /hindcast is needed, without a slash at its end.",
                setting="prefix",
            )
        if self.precision not in PRECISIONS:
            raise SettingsError(f"{PREFIX}PRECISION is {self.precision!r}; one of {PRECISIONS} is needed.")
        if not RUNNER.fullmatch(self.runner):
            raise SettingsError(
                f"{PREFIX}RUNNER is {self.runner!r}; threads, ray, or the address of a Ray such as 10.0.0.5:6379 is "
                "needed. An address with ray:// is not: the server's machine joins the cluster (docs/ray.md).",
                setting="runner",
            )
        if self.log_level.upper() not in LOG_LEVELS:
            raise SettingsError(f"{PREFIX}LOG_LEVEL is {self.log_level!r}; one of {LOG_LEVELS} is needed.")
        if self.log_format not in LOG_FORMATS:
            raise SettingsError(f"{PREFIX}LOG_FORMAT is {self.log_format!r}; one of {LOG_FORMATS} is needed.")
        if self.horizon > MAX_HORIZON:
            raise SettingsError(
                f"{PREFIX}HORIZON is {self.horizon}; models forecast at most {MAX_HORIZON} steps.", setting="horizon"
            )

    def _check_access(self) -> None:
        if self.access not in ACCESS:
            raise SettingsError(f"{PREFIX}ACCESS is {self.access!r}; one of {ACCESS} is needed.", setting="access")
        if self.access == "token" and len(self.access_token) < LEAST_TOKEN:
            raise SettingsError(
                f"{PREFIX}ACCESS_TOKEN has {len(self.access_token)} characters; at least {LEAST_TOKEN} are needed "
                f"with {PREFIX}ACCESS=token.",
                setting="access_token",
            )
        if not (self.access_token.isascii() and self.access_token.isprintable()):
            raise SettingsError(
                f"{PREFIX}ACCESS_TOKEN has characters that browsers do not all send alike. "
                "Use letters, digits and the signs of an American keyboard.",
                setting="access_token",
            )
        if self.access_token and self.access != "token":
            raise SettingsError(
                f"{PREFIX}ACCESS_TOKEN is set, but {PREFIX}ACCESS is {self.access}: nobody would be asked for it. "
                f"Set {PREFIX}ACCESS=token.",
                setting="access_token",
            )
        if self.access == "users" and not (self.proxies and self.proxy_addresses):
            raise SettingsError(
                f"{PREFIX}ACCESS=users takes the word of a proxy on who asks, but none is declared. "
                f"Set {PREFIX}PROXIES=1 and {PREFIX}PROXY_ADDRESSES.",
                setting="proxies",
            )
        if not HEADER.fullmatch(self.user_header):
            raise SettingsError(f"{PREFIX}USER_HEADER is {self.user_header!r}, which is no name of a header.")
        self.check_address(self.host)

    def check_address(self, host: str) -> None:
        """SettingsError if others could reach the server at this address, and nobody has said that they may."""
        if self.access == "local" and not _is_loopback(host):
            raise SettingsError(
                f"{PREFIX}HOST is {host}, where others can reach the server, and whoever does sees everything. "
                f"Say how they are let in: {PREFIX}ACCESS=token with {PREFIX}ACCESS_TOKEN, or {PREFIX}ACCESS=open.",
                setting="host",
            )

    @property
    def max_waiting(self) -> int:
        """Callers that may wait at once: a waiting caller holds a request thread, and some must stay free."""
        return min(self.max_tickets, 3 * self.threads // 4)

    @property
    def max_waiting_per_user(self) -> int:
        """Callers of one user, where there are users, that may wait at once: others find places, too."""
        return max(1, self.max_waiting // 2)

    @property
    def loaded_models(self) -> tuple[str, ...]:
        """Names of the models to load, the default one first."""
        return tuple(dict.fromkeys((self.model, *self.models)))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Settings from environment variables; an unknown HINDCAST_ name or a bad value raises SettingsError."""
        fields = {PREFIX + spec.name.upper(): spec for spec in dataclasses.fields(cls)}
        given = {name: text for name, text in environ.items() if name.startswith(PREFIX)}
        unknown = sorted(set(given) - set(fields))
        if unknown:
            raise SettingsError(
                f"There is no setting named {', '.join(unknown)}. Known settings: {', '.join(sorted(fields))}.",
                unknown=unknown,
            )
        return cls(**{fields[name].name: _parse(name, str(fields[name].type), text) for name, text in given.items()})


def _is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach an address; names other than localhost may be anything."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _parse(name: str, kind: str, text: str) -> Any:
    """The value of an environment variable, by the field's annotation."""
    try:
        if kind == "bool":
            return {"1": True, "true": True, "0": False, "false": False}[text.strip().lower()]
        if kind == "tuple[str, ...]":
            return tuple(part.strip() for part in text.split(",") if part.strip())
        if kind == "Path":
            return Path(text).expanduser()
        return {"int": int, "float": float, "str": str}[kind](text)
    except (KeyError, ValueError):
        raise SettingsError(f"{name} is {text!r}, which cannot be read as {kind}.", setting=name) from None


def markdown_table() -> Iterable[str]:
    """Lines of the README's settings table."""
    yield "| variable | default | unit | what it does |"
    yield "|---|---|---|---|"
    for spec in dataclasses.fields(Settings):
        default = spec.metadata.get("shown", spec.default)
        if isinstance(default, tuple):
            default = ",".join(default)
        if isinstance(default, bool):
            default = int(default)
        shown = f"`{default}`" if default != "" else "(empty)"
        yield f"| `{PREFIX}{spec.name.upper()}` | {shown} | {spec.metadata['unit']} | {spec.metadata['sentence']} |"
