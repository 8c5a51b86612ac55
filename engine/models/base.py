"""The Forecaster contract and the registry of models by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import StartError
from engine.models.seasonal_naive import SeasonalNaive
from engine.plotdata import Kind
from engine.settings import Settings

BASELINE = SeasonalNaive.name


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

    def predict(self, contexts: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        """(B, context_length) scaled contexts, NaN = missing -> (B, horizon, num_samples), scaled.

        `predict(h)` equals the first h steps of `predict(64)`, and a context gives the same bytes in any batch.
        """
        ...


Loader = Callable[[Settings], Forecaster]


def built_in() -> dict[str, Loader]:
    """Loaders of the models that are always there."""
    return {BASELINE: lambda settings: SeasonalNaive(settings.num_samples)}


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
            loaded[name] = registry[name](settings)
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise StartError(f"The model {name!r} cannot be loaded: {reason}") from error
    return loaded
