"""Pixel verification: whether the pixels of a picture can be traced to pixels of the picture of the identity."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_SLOPE = 0.2
_MOST = 0.5  # difference of colours, of 2, above which a pixel counts as not to be seen in the identity's picture


@dataclass(frozen=True)
class Trace:
    """Where the positions of a picture come from.

    Attributes:
        weights: of the positions of the identity's picture for each position of the picture, the last one for none of
            them, [B, n, n + 1].
        colours: what they give, [B, 3, side, side], -1..1.
        seen: share that is traced to the identity's picture at all, 0..1, [B, 1, side, side].
    """

    weights: Tensor
    colours: Tensor
    seen: Tensor


class Verification(nn.Module):
    """Attention of the positions of a picture to those of the picture of its identity, over learned features.

    Xiao, Liu, Lin, "Identity From Here, Pose From There", ICCV 2019, requires that output pixels be traceable to the
    identity's picture; this module is our own. Features are local, so that a position is found by what it looks like,
    and by about where it lies: heads are above feet. A further slot with a learned key and colour takes what the
    identity's picture does not show.

    Args:
        resolution: side of the pictures, pixels.
        side: positions on a side.
        channels: of the features.
        temperature: of the softmax.
    """

    def __init__(self, resolution: int, side: int, channels: int, temperature: float) -> None:
        super().__init__()
        self.side, self.temperature = side, temperature
        layers: list[nn.Module] = [nn.Conv2d(5, channels, 3, padding=1), nn.LeakyReLU(_SLOPE)]
        for _ in range((resolution // side).bit_length() - 1):
            layers += [nn.Conv2d(channels, channels, 4, stride=2, padding=1), nn.LeakyReLU(_SLOPE)]
        layers += [nn.Conv2d(channels, channels, 3, padding=1), nn.LeakyReLU(_SLOPE), nn.Conv2d(channels, channels, 1)]
        self.features = nn.Sequential(*layers)
        self.key = nn.Parameter(torch.randn(channels))
        self.colour = nn.Parameter(torch.zeros(3))

    def forward(self, pictures: Tensor, identity: Tensor) -> Trace:
        """Trace pictures [B, 3, H, W] to the pictures of their identities, of the same shape, both -1..1."""
        both = self.features(_with_places(torch.cat([pictures, identity]))).float()
        found, keys = F.normalize(both.flatten(2), dim=1).chunk(2)  # [B, C, n]
        none = F.normalize(self.key, dim=0).expand(len(pictures), 1, -1)
        scores = torch.cat([found.transpose(1, 2) @ keys, found.transpose(1, 2) @ none.transpose(1, 2)], 2)
        weights = (scores / self.temperature).softmax(2)
        colours = torch.cat([self.shrunk(identity).flatten(2), self.colour.expand(len(pictures), 1, 3).mT], 2)
        traced = (weights @ colours.mT).mT.unflatten(2, (self.side, self.side))  # type: ignore[no-untyped-call]
        seen = 1 - weights[:, :, -1].unflatten(1, (self.side, self.side))[:, None]  # type: ignore[no-untyped-call]
        return Trace(weights, traced, seen)

    def shrunk(self, pictures: Tensor) -> Tensor:
        """Pictures at the size of the grid."""
        return F.adaptive_avg_pool2d(pictures.float(), self.side)

    def loss(self, trace: Trace, target: Tensor, drawn: Tensor) -> Tensor:
        """Differences of traced colours from the target [B, 3, H, W] and from the picture itself, each limited."""
        of_target = (trace.colours - self.shrunk(target)).abs().mean(1).clamp(max=_MOST).mean()
        of_drawn = (trace.colours - self.shrunk(drawn)).abs().mean(1).clamp(max=_MOST).mean()
        return of_target + of_drawn

    def score(self, pictures: Tensor, identity: Tensor) -> Tensor:
        """How well each position is found in the identity's picture: [B, 1, side, side], 0..1.

        The share that is traced to it, times 1 minus the mean difference of colours over the limit of the loss.
        """
        trace = self(pictures, identity)
        difference = (trace.colours - self.shrunk(pictures)).abs().mean(1, keepdim=True)
        found: Tensor = trace.seen * (1 - (difference / _MOST).clamp(max=1))
        return found


def _with_places(pictures: Tensor) -> Tensor:
    """Pictures [B, 3, H, W] with two more channels: the place of each pixel from left to right and from top to bottom,
    -1..1.
    """
    height, width = pictures.shape[2:]
    across = torch.linspace(-1, 1, width, device=pictures.device).expand(height, width)
    down = torch.linspace(-1, 1, height, device=pictures.device)[:, None].expand(height, width)
    places = torch.stack([across, down]).to(pictures.dtype).expand(len(pictures), -1, -1, -1)
    return torch.cat([pictures, places], 1)
