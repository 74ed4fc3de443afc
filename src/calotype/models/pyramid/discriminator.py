"""The discriminator: residual blocks with spectral normalisation, self-attention and a sum over positions."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.pyramid.config import Config
from calotype.models.pyramid.generator import Attention
from calotype.nn.spectral import spectral_norm

_SMALLEST = 4  # side at which no more block halves the size


class Discriminator(nn.Module):
    """Scores of pictures.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before, after, side = 3, cfg.discriminator_width, min(cfg.size)
        while side > _SMALLEST:
            layers.append(_Block(before, after, first=before == 3))
            side //= 2
            if side == cfg.attention:
                layers.append(Attention(after))
            before, after = after, min(after * 2, 16 * cfg.discriminator_width)
        self.body = nn.Sequential(*layers)
        self.score = spectral_norm(nn.Linear(before, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] to [B, 1]."""
        scores: Tensor = self.score(F.relu(self.body(pictures)).mean((2, 3)))
        return scores


class _Block(nn.Module):
    def __init__(self, before: int, after: int, *, first: bool) -> None:
        super().__init__()
        self.first = first
        self.enter = spectral_norm(nn.Conv2d(before, after, 3, padding=1))
        self.leave = spectral_norm(nn.Conv2d(after, after, 3, padding=1))
        self.skip = spectral_norm(nn.Conv2d(before, after, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, D, H / 2, W / 2]."""
        y = self.enter(x if self.first else F.relu(x))
        y = F.avg_pool2d(self.leave(F.relu(y)), 2)
        skipped: Tensor = self.skip(F.avg_pool2d(x, 2))
        return skipped + y
