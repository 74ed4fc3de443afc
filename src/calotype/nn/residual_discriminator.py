"""A discriminator of residual blocks with spectral normalisation (Miyato et al., ICLR 2018)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.attention import Attention
from calotype.nn.spectral import spectral_norm

_SMALLEST = 4  # side at which no more block halves the size


class ResidualDiscriminator(nn.Module):
    """Scores of pictures: each block halves the size, down to 4 pixels; then a mean over the positions.

    Args:
        size: height and width of the pictures, pixels.
        width: channels of the first block; each next one has twice as many, up to ``widest`` times ``width``.
        widest: see ``width``.
        attention: side after whose block self-attention follows; 0 for none.
        outputs: scores for each picture, as for several kinds of pictures.
        bounded: whether the last layer has spectral normalisation, too. Scores are small then, which suits the hinge
            loss; with the non-saturating loss a narrow network would learn slowly.
    """

    def __init__(
        self,
        size: tuple[int, int],
        width: int,
        *,
        widest: int = 16,
        attention: int = 0,
        outputs: int = 1,
        bounded: bool = True,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for after, side in blocks(size, width, widest):
            layers.append(_Block(before, after, first=before == 3))
            if side == attention:
                layers.append(Attention(after))
            before = after
        self.body = nn.Sequential(*layers)
        score = nn.Linear(before, outputs)
        self.score = spectral_norm(score) if bounded else score

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] to [B, outputs]."""
        scores: Tensor = self.score(F.relu(self.body(pictures)).mean((2, 3)))
        return scores


def blocks(size: tuple[int, int], width: int, widest: int = 16) -> list[tuple[int, int]]:
    """Channels after each block, and the shorter side of its result."""
    found, after, side = [], width, min(size)
    while side > _SMALLEST:
        side //= 2
        found.append((after, side))
        after = min(after * 2, widest * width)
    return found


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
