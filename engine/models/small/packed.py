"""Linear layers whose bfloat16 weights lie in the order oneDNN's kernels read them: else every call sorts them anew."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.models.small.network import Raised

LONG = 512  # inputs: sums over so many are split in other ways where there are few rows, and round otherwise
Number = int | float | complex  # what the operation calls a scalar
LEAST = 64, 16  # contexts that such a layer is given, of one token each and of more


class Packed(nn.Module):
    """A linear layer for inference; gives what the layer it is made of gives. To be scripted: the operation's list of
    numbers is more than a trace can record."""

    def __init__(self, layer: nn.Linear, rows: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), rows))
        self.bias = None if layer.bias is None else layer.bias.detach()
        self.then = "relu" if isinstance(layer, Raised) else "none"
        self.least = LEAST if layer.in_features >= LONG else (0, 0)

    def forward(self, values: Tensor) -> Tensor:
        count = values.shape[0]
        least = self.least[0] if values.numel() == count * values.shape[-1] else self.least[1]
        if count < least:
            values = functional.pad(values, [0, 0] * (values.dim() - 1) + [0, least - count])
        none = torch.jit.annotate(list[Number | None], [])  # type: ignore[no-untyped-call]
        result: Tensor = torch.ops.mkldnn._linear_pointwise(values, self.weight, self.bias, self.then, none, "")
        return result[:count]


def pack(module: nn.Module, rows: int) -> None:
    """Replace every linear layer of a bfloat16 module on the processor; rows: how many it will mostly be given."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            setattr(module, name, torch.jit.script(Packed(child, rows)))
        else:
            pack(child, rows)
