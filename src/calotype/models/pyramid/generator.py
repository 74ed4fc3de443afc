"""The generator, which mirrors the classifier: a block for each level, to which the masked features are added."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.pyramid.classifier import CONVOLUTIONAL, levels
from calotype.models.pyramid.config import Config
from calotype.nn.attention import Attention
from calotype.nn.spectral import spectral_norm


def channels(cfg: Config) -> list[int]:
    """Channels after the block of each convolutional level, finest first."""
    return [min(cfg.max_width, cfg.width << number) for number in range(CONVOLUTIONAL)]


_GATED, _GATE = 2, 2.0  # the finest levels with a gate; what it begins with, before the logistic function


class Block(nn.Module):
    """A residual block with batch normalisation; optionally doubles the size first."""

    def __init__(self, before: int, after: int, *, up: bool, spectral: bool) -> None:
        super().__init__()
        self.up = up
        self.first = nn.BatchNorm2d(before)
        self.second = nn.BatchNorm2d(after)
        self.enter = _normed(nn.Conv2d(before, after, 3, padding=1), spectral)
        self.leave = _normed(nn.Conv2d(after, after, 3, padding=1), spectral)
        self.skip = _normed(nn.Conv2d(before, after, 1, bias=False), spectral)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, h, w] to [B, D, h, w], or twice the size."""
        y = F.relu(self.first(x))
        if self.up:
            x, y = (F.interpolate(each, scale_factor=2.0, mode="nearest") for each in (x, y))
        y = self.leave(F.relu(self.second(self.enter(y))))
        result: Tensor = self.skip(x) + y
        return result


class Generator(nn.Module):
    """Pictures from latent vectors and masked features.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        given, widths, extra = levels(cfg), channels(cfg), int(cfg.mask_channel)
        self.vectors = nn.ModuleList()
        before = cfg.latent
        for level in reversed(given[CONVOLUTIONAL:]):
            size = min(level.channels, cfg.hidden)
            self.vectors.append(_Vector(before, level.channels + extra, size, spectral=cfg.spectral))
            before = size
        height, width = cfg.side(CONVOLUTIONAL - 1)
        self.start = _normed(nn.Linear(before, widths[-1] * height * width), cfg.spectral)
        self.blocks = nn.ModuleList()
        self.features = nn.ModuleList()
        for number in reversed(range(CONVOLUTIONAL)):
            coarser = widths[min(number + 1, CONVOLUTIONAL - 1)]
            up = number < CONVOLUTIONAL - 1
            self.blocks.append(Block(coarser, widths[number], up=up, spectral=cfg.spectral))
            taken = nn.Conv2d(given[number].channels + extra, widths[number], 1, bias=False)
            self.features.append(_normed(taken, cfg.spectral))
        self.gates = nn.ParameterList(
            nn.Parameter(torch.full((widths[number], 1, 1), _GATE)) for number in range(_GATED if cfg.gated else 0)
        )
        sides = [cfg.side(number)[0] for number in reversed(range(CONVOLUTIONAL))]
        self.attended = sides.index(cfg.attention) if cfg.attention in sides else -1
        self.attention = Attention(widths[CONVOLUTIONAL - 1 - self.attended]) if self.attended >= 0 else nn.Identity()
        self.norm = nn.BatchNorm2d(widths[0])
        self.picture = _normed(nn.Conv2d(widths[0], 3, 3, padding=1), cfg.spectral)

    def forward(self, latent: Tensor, features: Sequence[Tensor], masks: Sequence[Tensor]) -> Tensor:
        """Pictures [B, 3, H, W], -1..1.

        Args:
            latent: [B, latent], of a standard normal distribution.
            features: of the references, as the classifier gives them, finest level first.
            masks: 0..1, [B, 1, h, w] for each convolutional level, [B, 1] for the others.
        """
        seen = [self._masked(each, mask) for each, mask in zip(features, masks, strict=True)]
        x = latent
        for layer, given in zip(self.vectors, reversed(seen[CONVOLUTIONAL:])):
            x = layer(x, given)
        x = self.start(x).unflatten(1, (-1, *self.cfg.side(CONVOLUTIONAL - 1)))
        coarse_to_fine = zip(self.blocks, self.features, reversed(seen[:CONVOLUTIONAL]))
        for number, (block, taken, given) in enumerate(coarse_to_fine):
            level = CONVOLUTIONAL - 1 - number
            x = block(x)
            if level < len(self.gates):
                x = x * (1 - torch.sigmoid(self.gates[level]) * masks[level])
            x = x + taken(given)
            if number == self.attended:
                x = self.attention(x)
        x = F.relu(self.norm(x))
        if self.cfg.enlarged == 1:
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return torch.tanh(self.picture(x).float())

    def _masked(self, features: Tensor, mask: Tensor) -> Tensor:
        masked = features * mask
        if not self.cfg.mask_channel:
            return masked
        return torch.cat([masked, mask.expand(-1, 1, *mask.shape[2:])], 1)


class _Vector(nn.Module):
    """A layer of the fully connected part, to which a masked vector is added."""

    def __init__(self, before: int, given: int, after: int, *, spectral: bool) -> None:
        super().__init__()
        self.enter = _normed(nn.Linear(before, after), spectral)
        self.given = _normed(nn.Linear(given, after, bias=False), spectral)

    def forward(self, x: Tensor, given: Tensor) -> Tensor:
        """[B, C] and [B, D] to [B, E]."""
        result: Tensor = F.leaky_relu(self.enter(x), 0.2) + self.given(given)
        return result


def _normed(layer: nn.Module, spectral: bool) -> nn.Module:
    return spectral_norm(layer) if spectral else layer
