"""The network: patches of the context and one token per 16 steps ahead; candidates mixed, monotone quantiles.

Tokens of the context see the context, those of the future also the earlier ones of the future: no step depends on a
later one. All steps are always computed, so that a shorter forecast is the beginning of a longer one to the last bit.
Transformer with pre-normalisation (Xiong et al. 2020), patches as in PatchTST (Nie et al. 2023); see MODEL_CARD.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.models.small.features import CANDIDATES, CHANNELS, SUMMARY, Features
from engine.models.small.window import squashed
from engine.settings import MAX_HORIZON
from engine.windows import CONTEXT_LENGTH

STEPS = 16  # ahead, of one token
GROUPS = MAX_HORIZON // STEPS
LEVELS = (0.01, *(round(0.05 * k, 2) for k in range(1, 20)), 0.99)
MEDIAN = LEVELS.index(0.5)
PER_STEP = CANDIDATES + 2 + len(LEVELS) - 1  # weights, shift, log scale, increments


@dataclass(frozen=True)
class Shape:
    """Sizes of the network: what the weights file records."""

    width: int = 256
    heads: int = 4
    hidden: int = 1024
    layers: int = 5
    patch: int = 32


class Block(nn.Module):
    """Attention and a feed-forward layer, each added to its input; computed for the tokens from `first` on only."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.before_attention = nn.LayerNorm(shape.width, bias=False)
        self.query = nn.Linear(shape.width, shape.width, bias=False)
        self.key_value = nn.Linear(shape.width, 2 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.before_hidden = nn.LayerNorm(shape.width, bias=False)
        self.up = nn.Linear(shape.width, shape.hidden)
        self.down = nn.Linear(shape.hidden, shape.width)

    def forward(self, tokens: Tensor, hidden_from: Tensor, first: int) -> Tensor:
        """tokens (B, T, width); hidden_from (B, 1, T, T): added to the scores, -inf where one must not look."""
        normal = self.before_attention(tokens)
        tokens = tokens[:, first:]
        batch, count, width = tokens.shape
        size = (batch, -1, self.heads, width // self.heads)
        query = self.query(normal[:, first:]).view(size).transpose(1, 2)
        key, value = (part.view(size).transpose(1, 2) for part in self.key_value(normal).chunk(2, -1))
        scores = (query @ key.transpose(2, 3)) * (width // self.heads) ** -0.5
        seen = (scores + hidden_from[:, :, first:]).softmax(-1).to(value.dtype) @ value
        tokens = tokens + self.out(seen.transpose(1, 2).reshape(batch, count, width))
        raised = functional.relu(self.up(self.before_hidden(tokens)), inplace=True)
        result: Tensor = tokens + self.down(raised)
        return result


class Network(nn.Module):
    """Features -> quantiles at LEVELS of every step ahead, in the contexts' scale."""

    order: Tensor  # (T, T): whether a token may look at another

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width, patch = shape.width, shape.patch
        self.patches = CONTEXT_LENGTH // patch
        self.tokens = self.patches + GROUPS
        order = torch.ones(self.tokens, self.tokens, dtype=torch.bool).tril()
        order[: self.patches, : self.patches] = True
        self.register_buffer("order", order, persistent=False)
        self.embed = nn.Sequential(nn.Linear(CHANNELS * patch, width), nn.ReLU(), nn.Linear(width, width))
        self.skip = nn.Linear(CHANNELS * patch, width)
        self.ahead = nn.Sequential(
            nn.Linear(2 * STEPS * CANDIDATES + SUMMARY, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
        )
        self.summary = nn.Linear(SUMMARY, width)
        self.position = nn.Parameter(0.02 * torch.randn(self.tokens, width))
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.before_head = nn.LayerNorm(width, bias=False)
        self.head = nn.Linear(width, STEPS * PER_STEP)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)

    def forward(self, given: Features) -> Tensor:
        """(B, MAX_HORIZON, LEVELS)."""
        batch = len(given.candidates)
        patch, patches = self.shape.patch, self.patches
        cut = given.channels.view(batch, CHANNELS, patches, patch).transpose(1, 2).reshape(batch, patches, -1)
        relative = given.candidates - given.last[:, :, None]
        fine = squashed(relative / (3 * given.recent[:, :, None])).view(batch, GROUPS, -1)
        coarse = squashed(relative).view(batch, GROUPS, -1)
        summary = given.summary[:, None].expand(-1, GROUPS, -1)
        kind = self.position.dtype
        cut, ahead = cut.to(kind), torch.cat((coarse, fine, summary), -1).to(kind)
        past = self.embed(cut) + self.skip(cut) + self.position[:patches]
        future = self.ahead(ahead) + self.position[patches:]
        tokens = torch.cat((past, future), 1) + self.summary(given.summary.to(kind))[:, None]
        hidden = self.hidden_from(given).to(kind)
        for block in self.blocks[:-1]:
            tokens = block(tokens, hidden, 0)
        tokens = self.blocks[-1](tokens, hidden, patches)
        raw = self.head(self.before_head(tokens)).float().view(batch, MAX_HORIZON, PER_STEP)
        return quantiles(raw, given)

    def hidden_from(self, given: Features) -> Tensor:
        """(B, 1, T, T): -inf where a token must not look: at empty patches, at later steps, ahead from the past."""
        patches = self.patches
        empty = given.channels[:, 1].view(-1, patches, self.shape.patch).amax(2) == 0
        allowed = self.order & ~functional.pad(empty, (0, GROUPS))[:, None, None]
        return torch.zeros(allowed.shape, device=empty.device).masked_fill_(~allowed, -torch.inf)


def quantiles(raw: Tensor, given: Features) -> Tensor:
    """(B, MAX_HORIZON, LEVELS) from the head's numbers (B, MAX_HORIZON, PER_STEP): they never cross."""
    weights = raw[..., :CANDIDATES].softmax(-1)
    centre = (weights * given.candidates).sum(-1)
    shift, log_scale = raw[..., CANDIDATES], raw[..., CANDIDATES + 1]
    scale = (log_scale + 0.5 * given.recent.log()).clamp(-9, 4).exp()
    increments = functional.softplus(raw[..., CANDIDATES + 2 :] - 1.0)
    above = increments[..., MEDIAN:].cumsum(-1)
    below = increments[..., :MEDIAN].flip(-1).cumsum(-1).flip(-1)
    shape = torch.cat((-below, torch.zeros_like(centre)[..., None], above), -1)
    return (centre + 2 * scale * shift)[..., None] + 0.6 * scale[..., None] * shape
