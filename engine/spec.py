"""Spec: which forecast of a series is meant. Two specs never share a stored result."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.models.base import Forecaster
from engine.plotdata import Kind

RESULT_FORMAT = 2  # of the numbers: another value makes every stored result another spec's


@dataclass(frozen=True)
class Spec:
    """Model, its weights' digest, numerics, horizon, samples per step and how to read them."""

    model: str
    digest: str
    numerics: str
    horizon: int
    num_samples: int
    context_length: int
    kind: Kind
    format: int = RESULT_FORMAT

    @classmethod
    def of(cls, forecaster: Forecaster, horizon: int) -> Spec:
        """The spec of a loaded model at a horizon."""
        return cls(
            forecaster.name,
            forecaster.digest,
            forecaster.numerics,
            horizon,
            forecaster.num_samples,
            forecaster.context_length,
            forecaster.kind,
        )

    @cached_property
    def key(self) -> str:
        """32 hex digits that name this spec in the store."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)
