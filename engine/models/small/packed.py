"""Linear layers whose bfloat16 weights lie in the order oneDNN's kernels read them: else every call sorts them anew."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.models.small.network import Raised

LONG = 512  # inputs: sums over so many are split in other ways where there are few rows, and round otherwise
LEAST = 64, 16  # contexts that such a layer is given, of one token each and of more


class Packed(nn.Module):
    """A linear layer for inference; gives what the layer it is made of gives."""

    def __init__(self, layer: nn.Linear, rows: int) -> None:
        super().__init__()
        self.weight: Tensor = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), rows)
        self.bias = None if layer.bias is None else layer.bias.detach()
        self.then = "relu" if isinstance(layer, Raised) else "none"

    def forward(self, values: Tensor) -> Tensor:
        lacks = LEAST[values.numel() > len(values) * values.shape[-1]] - len(values)
        if lacks > 0 and values.shape[-1] >= LONG:
            return self.forward(torch.cat((values, values.new_zeros(lacks, *values.shape[1:]))))[: len(values)]
        result: Tensor = torch.ops.mkldnn._linear_pointwise(values, self.weight, self.bias, self.then, [], "")
        return result


def pack(module: nn.Module, rows: int) -> None:
    """Replace every linear layer of a bfloat16 module on the processor; rows: how many it will mostly be given."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            setattr(module, name, Packed(child, rows))
        else:
            pack(child, rows)
