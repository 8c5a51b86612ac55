"""Linear layers whose bfloat16 weights lie in the order oneDNN's kernels read them: else every call sorts them anew."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Packed(nn.Module):
    """A linear layer for inference; gives what the layer it is made of gives."""

    def __init__(self, layer: nn.Linear, rows: int) -> None:
        super().__init__()
        self.weight: Tensor = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), rows)
        self.bias = None if layer.bias is None else layer.bias.detach()

    def forward(self, values: Tensor) -> Tensor:
        result: Tensor = torch.ops.mkldnn._linear_pointwise(values, self.weight, self.bias, "none", [], "")
        return result


def pack(module: nn.Module, rows: int) -> None:
    """Replace every linear layer of a bfloat16 module on the processor; rows: how many it will mostly be given."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            setattr(module, name, Packed(child, rows))
        else:
            pack(child, rows)
