"""The identity code: which positions of a picture show each part, and what the parts look like."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.idpose.config import Config

SLOPE = 0.2
_COLOURS = 3
_HALF_SEEN = 0.5  # positions of a part at which its own look and its usual one count alike


@dataclass(frozen=True)
class Parts:
    """The parts of pictures.

    Attributes:
        shares: of each position that belong to each part, [B, parts, n], sums over parts are 1.
        looks: what parts look like, [B, parts, channels]; the last three channels are mean colours, -1..1.
        seen: whether a part is shown, 0..1, [B, parts].
    """

    shares: Tensor
    looks: Tensor
    seen: Tensor

    @property
    def code(self) -> Tensor:
        """The identity code, [B, parts * channels]."""
        return self.looks.flatten(1)

    def of(self, rows: slice) -> Parts:
        """The parts of some of the pictures."""
        return Parts(self.shares[rows], self.looks[rows], self.seen[rows])


class PartEncoder(nn.Module):
    """A picture to its parts, learned without labels.

    Convolutions halve the picture to 4 pixels and go back up to the grid, joined with what they found on the way down;
    by what they find there, each position is shared out to the parts. A part looks like the weighted mean of its
    positions, where it is seen, and else like what is learned and the parts that are seen suggest. Looks are local, so
    that no part can look like the whole picture.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg, self.channels = cfg, cfg.identity // cfg.parts
        widths = [cfg.width, *cfg.widths]
        self.levels = levels = (cfg.resolution // cfg.trace_side).bit_length() - 1
        self.first = nn.Conv2d(3, cfg.width, 3, padding=1)
        self.downs = nn.ModuleList(nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in pairwise(widths))
        self.ups = nn.ModuleList(nn.Conv2d(a + b, b, 3, padding=1) for a, b in pairwise(widths[levels:][::-1]))
        wide = widths[levels]
        self.shares = nn.Conv2d(wide, cfg.parts, 1)
        self.looks = nn.Conv2d(wide, self.channels - _COLOURS, 1)
        self.usual = nn.Parameter(torch.zeros(cfg.parts, self.channels))
        self.suggested = nn.Linear(cfg.identity, cfg.identity)

    def forward(self, pictures: Tensor) -> Parts:
        """Parts of pictures [B, 3, side, side], -1..1."""
        x = F.leaky_relu(self.first(pictures), SLOPE)
        found = [x]
        for down in self.downs:
            x = F.leaky_relu(down(x), SLOPE)
            found.append(x)
        local = found[self.levels]
        for up, below in zip(self.ups, found[-2::-1]):
            x = F.leaky_relu(up(torch.cat([F.interpolate(x, scale_factor=2.0), below], 1)), SLOPE)
        shares = self.shares(x).float().flatten(2).softmax(1)
        colours = F.adaptive_avg_pool2d(pictures.float(), self.cfg.trace_side)
        values = torch.cat([self.looks(local).float(), colours], 1).flatten(2)
        area = shares.sum(2)
        looks = shares @ values.mT / (area[:, :, None] + 1e-3)
        seen = area / (area + _HALF_SEEN)
        own = seen[:, :, None] * looks
        suggested = self.usual + self.suggested(own.flatten(1)).float().view_as(own)
        return Parts(shares, own + (1 - seen[:, :, None]) * suggested, seen)
