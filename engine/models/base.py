"""The Forecaster contract and the registry of models by name: built-in ones, and those of installed packages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from engine.errors import StartError
from engine.models.last_value import LastValue
from engine.models.seasonal_naive import SeasonalNaive
from engine.models.theta import Theta
from engine.plotdata import Kind
from engine.settings import Settings
from engine.windows import MIN_OBSERVED

BASELINE = SeasonalNaive.name
SMALL = "hindcast-small"
GROUP = "hindcast.models"  # of entry points: name = a Loader


@runtime_checkable
class Forecaster(Protocol):
    """A model that is loaded and ready. It must be safe to call from several threads at once.

    kind: how its samples are to be read. digest: of its weights (or of its rules, for a model without weights): another
    digest is another spec, so stored forecasts are never taken for a different model's. numerics: fp32, bf16 or cuda.
    """

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def context_length(self) -> int: ...
    @property
    def num_samples(self) -> int: ...
    @property
    def digest(self) -> str: ...
    @property
    def numerics(self) -> str: ...
    @property
    def licence(self) -> str: ...
    @property
    def size(self) -> str: ...

    def predict(self, contexts: NDArray[np.float32], floor: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        """(B, context_length) scaled contexts, NaN = missing -> (B, horizon, num_samples), scaled.

        floor (B,): the scaled value of zero for contexts without a negative value, else -inf; no sample needs to lie
        below it. Every context has at least one observed value.
        `predict(h)` equals the first h steps of `predict(64)`, and a context gives the same bytes in any batch.
        """
        ...


Loader = Callable[[Settings], Forecaster]


def built_in() -> dict[str, Loader]:
    """Loaders of the models that are always there."""
    return {
        SMALL: _small,
        BASELINE: lambda settings: SeasonalNaive(settings.num_samples),
        LastValue.name: lambda settings: LastValue(settings.num_samples),
        Theta.name: lambda settings: Theta(settings.num_samples),
    }


def installed() -> dict[str, Loader]:
    """Loaders of all models: the built-in ones, and those that installed packages offer in the entry-point group.

    Nothing of a package is imported before its model is loaded. A name that is not one package's alone has a loader
    that raises.
    """
    loaders = built_in()
    offers: defaultdict[str, list[EntryPoint]] = defaultdict(list)
    for offer in entry_points(group=GROUP):
        offers[offer.name].append(offer)
    for name, offered in offers.items():
        owners = sorted(offer.dist.name if offer.dist else offer.value for offer in offered)
        if name in loaders:
            owners.insert(0, "Hindcast itself")
        loaders[name] = _offered(offered[0]) if len(owners) == 1 else _ambiguous(owners)
    return loaders


def load(settings: Settings, registry: Mapping[str, Loader]) -> dict[str, Forecaster]:
    """The models the settings name, and always the baseline. StartError, in one line, if one cannot be loaded."""
    loaded: dict[str, Forecaster] = {}
    for name in dict.fromkeys((*settings.loaded_models, BASELINE)):
        if name not in registry:
            raise StartError(
                f"There is no model named {name!r} (HINDCAST_MODEL, HINDCAST_MODELS). "
                f"Known: {', '.join(sorted(registry))}."
            )
        try:
            loaded[name] = _checked(name, registry[name](settings))
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise StartError(f"The model {name!r} cannot be loaded: {reason}") from error
    return loaded


def _small(settings: Settings) -> Forecaster:
    from engine.models.small.forecaster import HindcastSmall  # torch takes a second and 190 MB: only where it is used

    return HindcastSmall(settings)


def _checked(name: str, forecaster: object) -> Forecaster:
    """What a loader returned, if it is a Forecaster of that name: stored forecasts are found by it."""
    if not isinstance(forecaster, Forecaster):
        raise TypeError("its loader did not return a Forecaster")
    if forecaster.name != name:
        raise ValueError(f"it calls itself {forecaster.name!r}")
    allowed = {"kind": get_args(Kind), "numerics": ("fp32", "bf16", "cuda")}
    for field, values in allowed.items():
        if getattr(forecaster, field) not in values:
            raise ValueError(f"its {field} is {getattr(forecaster, field)!r}, not one of {', '.join(values)}")
    for field, least in {"num_samples": 2, "context_length": MIN_OBSERVED}.items():
        if type(getattr(forecaster, field)) is not int or getattr(forecaster, field) < least:
            raise ValueError(f"its {field} is {getattr(forecaster, field)!r}, not a whole number from {least} on")
    if not isinstance(forecaster.digest, str) or not forecaster.digest:
        raise ValueError(f"its digest is {forecaster.digest!r}, not a text")
    return forecaster


def _offered(offer: EntryPoint) -> Loader:
    def load_offer(settings: Settings) -> Forecaster:
        loader: Loader = offer.load()
        return loader(settings)

    return load_offer


def _ambiguous(owners: list[str]) -> Loader:
    def refuse(settings: Settings) -> Forecaster:
        raise ValueError(f"{' and '.join(owners)} offer a model of this name. Uninstall or rename one.")

    return refuse
