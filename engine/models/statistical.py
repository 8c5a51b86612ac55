"""What the models without weights say of themselves alike; each has a name, a digest of its rules and its `predict`."""

from __future__ import annotations

from engine.plotdata import Kind
from engine.windows import CONTEXT_LENGTH


class Statistical:
    """`kind` is quantiles: the samples are the levels (k - 0.5) / S of the forecast distribution."""

    kind: Kind = "quantiles"
    context_length = CONTEXT_LENGTH
    numerics = "fp32"
    licence = "MIT"
    size = "no weights"

    def __init__(self, num_samples: int = 10) -> None:
        self.num_samples = num_samples
