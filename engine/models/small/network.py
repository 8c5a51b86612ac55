"""The network: patches of the context and one token per 16 steps ahead; candidates mixed, monotone quantiles.

Tokens of the context see the context, those of the future also the earlier ones of the future: no step depends on a
later one. The future's tokens are computed one after the other, so that a shorter forecast is the beginning of a longer
one to the last bit, and costs less.
Transformer with pre-normalisation (Xiong et al. 2020), patches as in PatchTST (Nie et al. 2023); see MODEL_CARD.md.
"""

from __future__ import annotations

from collections.abc import Iterator
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


class Raised(nn.Linear):
    """A linear layer and what of it is above 0."""

    def forward(self, values: Tensor) -> Tensor:
        return functional.relu(super().forward(values), inplace=True)


class Block(nn.Module):
    """Attention and a feed-forward layer, each added to its input."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.before_attention = nn.LayerNorm(shape.width, bias=False)
        self.query = nn.Linear(shape.width, shape.width, bias=False)
        self.key_value = nn.Linear(shape.width, 2 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.before_hidden = nn.LayerNorm(shape.width, bias=False)
        self.up = Raised(shape.width, shape.hidden)
        self.down = nn.Linear(shape.hidden, shape.width)

    def forward(self, tokens: Tensor, before: Tensor | None, hidden_from: Tensor, first: int) -> tuple[Tensor, Tensor]:
        """The tokens from `first` on, and keys and values of all there are so far (B, before + T, 2 x width).

        tokens (B, T, width); before: keys and values of earlier ones, which they may look at, too; hidden_from
        (B, 1, 1 or T - first, before + T): added to the scores, -inf where one must not look.
        """
        normal = self.before_attention(tokens)
        known = self.key_value(normal)
        if before is not None:
            known = torch.cat((before, known), 1)
        tokens = tokens[:, first:]
        batch, count, width = tokens.shape
        size = (batch, -1, self.heads, width // self.heads)
        query = self.query(normal[:, first:].contiguous()).view(size).transpose(1, 2)
        key, value = (part.view(size).transpose(1, 2) for part in known.chunk(2, -1))
        seen = functional.scaled_dot_product_attention(query, key, value, hidden_from)
        tokens = tokens + self.out(seen.transpose(1, 2).reshape(batch, count, width))
        tokens = tokens + self.down(self.up(self.before_hidden(tokens)))
        return tokens, known


class Network(nn.Module):
    """Features -> quantiles at LEVELS of every step ahead, in the contexts' scale."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width, patch = shape.width, shape.patch
        self.patches = CONTEXT_LENGTH // patch
        self.embed = nn.Sequential(nn.Linear(CHANNELS * patch, width), nn.ReLU(), nn.Linear(width, width))
        self.skip = nn.Linear(CHANNELS * patch, width)
        self.ahead = nn.Sequential(
            nn.Linear(2 * STEPS * CANDIDATES + SUMMARY, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
        )
        self.summary = nn.Linear(SUMMARY, width)
        self.position = nn.Parameter(0.02 * torch.randn(self.patches + GROUPS, width))
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.before_head = nn.LayerNorm(width, bias=False)
        self.head = nn.Linear(width, STEPS * PER_STEP)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)

    def forward(self, given: Features) -> Tensor:
        """(B, steps, LEVELS) of as many steps as there are candidates of, a multiple of STEPS."""
        kind = self.position.dtype
        summary = given.summary.to(kind)
        about = self.summary(summary)[:, None]
        groups = self.future(given, summary, about)
        hidden = self.hidden_from(given, kind)
        known: list[Tensor | None] = [None] * len(self.blocks)
        tokens = torch.cat((self.past(given, about), next(groups)), 1)
        made = [self.last_of(tokens, known, hidden)]
        for token in groups:
            hidden = functional.pad(hidden[:, :, -1:], (0, 1))
            made.append(self.last_of(token, known, hidden))
        return quantiles(torch.cat(made, 1), given)

    def last_of(self, tokens: Tensor, known: list[Tensor | None], hidden_from: Tensor) -> Tensor:
        """The head's numbers of the last token (B, STEPS, PER_STEP); `known`, each layer's keys and values, grows."""
        for layer, block in enumerate(self.blocks):
            first = tokens.shape[1] - 1 if block is self.blocks[-1] else 0
            tokens, known[layer] = block(tokens, known[layer], hidden_from[:, :, first:], first)
        result: Tensor = self.head(self.before_head(tokens)).float().view(-1, STEPS, PER_STEP)
        return result

    def past(self, given: Features, about: Tensor) -> Tensor:
        """(B, patches, width): the context's tokens."""
        patches, patch = self.patches, self.shape.patch
        cut = given.channels.view(-1, CHANNELS, patches, patch).transpose(1, 2).flatten(2)
        cut = cut.to(about.dtype)
        result: Tensor = self.embed(cut) + self.skip(cut) + self.position[:patches] + about
        return result

    def future(self, given: Features, summary: Tensor, about: Tensor) -> Iterator[Tensor]:
        """(B, 1, width): the tokens of STEPS steps after the other."""
        relative = given.candidates - given.last[:, :, None]
        for group, coarse in enumerate(torch.split(relative, STEPS, 1)):
            fine = coarse / (3 * given.recent[:, :, None])
            looked = [squashed(part).flatten(1).to(summary.dtype) for part in (coarse, fine)]
            yield (self.ahead(torch.cat((*looked, summary), 1)) + self.position[self.patches + group])[:, None] + about

    def hidden_from(self, given: Features, kind: torch.dtype) -> Tensor:
        """(B, 1, T, T) of the context's tokens and the first of the future: -inf where one must not look: at empty
        patches, and from the past ahead."""
        patches = self.patches
        empty = given.channels[:, 1].view(-1, patches, self.shape.patch).amax(2) == 0
        hidden = functional.pad(empty, (0, 1))[:, None, None].repeat(1, 1, patches + 1, 1)
        hidden[:, :, :patches, patches] = True
        return torch.zeros(hidden.shape, dtype=kind, device=empty.device).masked_fill_(hidden, -torch.inf)


def quantiles(raw: Tensor, given: Features) -> Tensor:
    """(B, steps, LEVELS) from the head's numbers (B, steps, PER_STEP): they never cross."""
    weights = raw[..., :CANDIDATES].softmax(-1)
    centre = (weights * given.candidates).sum(-1)
    shift, log_scale = raw[..., CANDIDATES], raw[..., CANDIDATES + 1]
    scale = (log_scale + 0.5 * given.recent.log()).clamp(-9, 4).exp()
    increments = functional.softplus(raw[..., CANDIDATES + 2 :] - 1.0)
    above = increments[..., MEDIAN:].cumsum(-1)
    below = increments[..., :MEDIAN].flip(-1).cumsum(-1).flip(-1)
    shape = torch.cat((-below, torch.zeros_like(centre)[..., None], above), -1)
    return (centre + 2 * scale * shift)[..., None] + 0.6 * scale[..., None] * shape
