"""What the engine tells the process that uses Ray, and what that one tells of itself. Plain records."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from engine.settings import Settings
from engine.spec import Spec

LOCAL = "ray"  # in place of an address: a Ray of our own, on this machine
IN_FLIGHT = 2  # batches with an actor at once: the next one is there when one is done
MOST_ACTORS = 64

WAIT, ONLY_NOW, STATE = b"w", b"n", b"s"  # what a message asks for: a batch, one if somebody is there, `PoolState`
DONE, FAILED, NOBODY = b"+", b"-", b"0"  # what an answer begins with


class Order(NamedTuple):
    """address: LOCAL, or where Ray is. folder: of the process, short enough for sockets. specs: of every model that
    actors must have. actors: how many, 0 for as many as there are processors. gpus: of each."""

    address: str
    folder: str
    settings: Settings
    specs: tuple[Spec, ...]
    actors: int
    gpus: float


class PoolState(NamedTuple):
    """Actors that are ready, of so many wanted; how many were lost; why some are not there."""

    actors: int
    wanted: int
    lost: int
    trouble: str


def order(settings: Settings, specs: tuple[Spec, ...], folder: str, cores: int) -> Order:
    """What the settings ask for. No secret is in it, and actors do not guess the numerics: theirs are the server's."""
    numerics = {spec.numerics for spec in specs}
    precision = settings.precision
    if precision == "auto" and "cuda" not in numerics:
        precision = "bf16" if "bf16" in numerics else "fp32"
    plain = replace(settings, host="127.0.0.1", access="local", access_token="", precision=precision)
    actors = settings.ray_actors or (cores if settings.runner == LOCAL else 0)
    gpus = settings.ray_gpus or float("cuda" in numerics)
    return Order(settings.runner, folder, plain, specs, min(actors, MOST_ACTORS), gpus)
