"""The models on a Ray actor: loaded once, asked batch after batch. Knows nothing of Ray, which only calls it."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from engine.catalog import Catalog
from engine.errors import StartError
from engine.excerpts import infer_excerpts, pack_answer, unpack_request
from engine.models.base import installed
from engine.settings import Settings
from engine.spec import Spec


class Actor:
    """Its models are those of the packages installed where it runs; `load` comes first."""

    def load(self, settings: Settings, wanted: Sequence[Spec]) -> None:
        """Load the settings' models. StartError if one cannot be loaded, or is not exactly the server's own: forecasts
        of two versions must not mix."""
        self._catalog = Catalog(settings, installed())
        for spec in wanted:
            if self._catalog.forecaster(spec) is None:
                here = Spec.of(next(model for model in self._catalog.loaded if model.name == spec.model), spec.horizon)
                raise StartError(
                    f"The model {spec.model} is another one on the node {socket.gethostname()}: {_about(here)}; the "
                    f"server has {_about(spec)}. Install the same versions there, or set HINDCAST_PRECISION."
                )

    def run(self, request: bytes) -> bytes:
        """Forecast a packed batch; its packed answer. StartError for a spec that is none of the loaded models'."""
        spec, parts = unpack_request(request)
        forecaster = self._catalog.forecaster(spec)
        if forecaster is None:
            raise StartError(f"The model {spec.model} with {_about(spec)} is not loaded on {socket.gethostname()}.")
        return pack_answer(infer_excerpts(parts, spec, forecaster))


def _about(spec: Spec) -> str:
    return f"digest {spec.digest[:24]}, {spec.numerics}, {spec.num_samples} samples"
