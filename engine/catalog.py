"""Catalog: the models there are, those loaded, and the spec that a model's name and a horizon mean."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import BadRequest, EngineClosed, ModelNotLoaded
from engine.models.base import BASELINE, Forecaster, Loader, load
from engine.settings import MAX_HORIZON, Settings
from engine.spec import Spec


class Catalog:
    """Loads the models the settings name; StartError, in one line, if one cannot be loaded."""

    def __init__(self, settings: Settings, registry: Mapping[str, Loader]) -> None:
        self._settings = settings
        self._registry = registry
        self._loaded = load(settings, registry)
        self._specs: dict[tuple[str, int], Spec] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the loaded models, the default one first."""
        return tuple(self._loaded)

    @property
    def loaded(self) -> tuple[Forecaster, ...]:
        """The loaded models, the default one first."""
        return tuple(self._loaded.values())

    def unload(self) -> None:
        """Let the models go; what still runs keeps its own."""
        self._loaded = {}
        self._specs = {}

    @property
    def default(self) -> str:
        """The model that is meant where none is named, be it loaded or not."""
        return self._settings.model

    def name(self, model: str | None) -> str:
        """The model meant; BadRequest if there is none of that name."""
        name = self.default if model is None else model
        if name not in self._registry:
            known = ", ".join(sorted(self._registry))
            raise BadRequest(f"There is no model named {name[:40]!r}. Known: {known}.", code="UNKNOWN_MODEL")
        return name

    def horizon(self, horizon: int | None) -> int:
        """The horizon meant; BadRequest if it cannot be forecast."""
        steps = self._settings.horizon if horizon is None else horizon
        if not 1 <= steps <= MAX_HORIZON:
            raise BadRequest(f"The horizon is {steps} steps; 1 to {MAX_HORIZON} can be forecast.", horizon=steps)
        return steps

    def spec(self, model: str | None, horizon: int | None) -> Spec:
        """The spec of a loaded model; BadRequest, ModelNotLoaded, EngineClosed."""
        name, steps = self.name(model), self.horizon(horizon)
        loaded = self._loaded  # once: it may be emptied at any moment
        if not loaded:
            raise EngineClosed("The server is stopping. Try again.")
        if name not in loaded:
            raise ModelNotLoaded(f"The model {name} is not loaded. Loaded: {', '.join(loaded)}.")
        spec = self._specs.get((name, steps))
        if spec is None:
            spec = self._specs[name, steps] = Spec.of(loaded[name], steps)
        return spec

    def baseline(self, horizon: int | None) -> Spec:
        """The spec of the forecasts that every score is compared with."""
        return self.spec(BASELINE, horizon)

    def spec_of(self, key: str) -> Spec | None:
        """The spec with this key, if a loaded model computes it."""
        specs = (Spec.of(model, steps) for model in self._loaded.values() for steps in range(1, MAX_HORIZON + 1))
        return next((spec for spec in specs if spec.key == key), None)

    def obsolete(self, spec: Spec) -> bool:
        """Whether a spec's model is loaded, but with other weights or numerics: nobody can ask for it any more."""
        return spec.model in self._loaded and self.forecaster(spec) is None

    def forecaster(self, spec: Spec) -> Forecaster | None:
        """The loaded model that computes exactly this spec: same weights, same numerics."""
        model = self._loaded.get(spec.model)
        return model if model is not None and Spec.of(model, spec.horizon) == spec else None
