"""The identity code: what the parts of a picture look like."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.idpose.config import START, Config

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
        whole: what is said of the whole identity, [B, whole].
    """

    shares: Tensor
    looks: Tensor
    seen: Tensor
    whole: Tensor

    @property
    def code(self) -> Tensor:
        """The identity code, [B, parts * channels + whole]."""
        return torch.cat([self.looks.flatten(1), self.whole], 1)

    def of(self, rows: slice) -> Parts:
        """The parts of some of the pictures."""
        return Parts(self.shares[rows], self.looks[rows], self.seen[rows], self.whole[rows])


class PartEncoder(nn.Module):
    """What the parts of a picture look like, where the parts lie being known.

    A part looks like the weighted mean of its positions, where it is seen, and else like what is learned and the parts
    that are seen suggest. Looks are local, so that no part can look like the whole picture. A vector of the whole
    picture says what the identity wears and carries.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg, self.channels = cfg, cfg.identity // cfg.parts
        self.levels = (cfg.resolution // cfg.trace_side).bit_length() - 1
        widths = [cfg.width, *cfg.widths]
        local = widths[self.levels]
        self.first = nn.Conv2d(3, cfg.width, 3, padding=1)
        self.downs = nn.ModuleList(nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in pairwise(widths))
        self.last = nn.Conv2d(local, local, 3, padding=1)
        self.looks = nn.Conv2d(local, self.channels - _COLOURS, 1)
        self.whole = nn.Linear(widths[-1] * START**2, cfg.whole)
        self.usual = nn.Parameter(torch.zeros(cfg.parts, self.channels))
        self.suggested = nn.Linear(cfg.identity, cfg.identity)

    def forward(self, pictures: Tensor, shares: Tensor) -> Parts:
        """Parts of pictures [B, 3, side, side], -1..1, from the shares of their positions [B, parts, n]."""
        x = F.leaky_relu(self.first(pictures), SLOPE)
        for conv in self.downs[: self.levels]:
            x = F.leaky_relu(conv(x), SLOPE)
        smaller = x
        for conv in self.downs[self.levels :]:
            smaller = F.leaky_relu(conv(smaller), SLOPE)
        x = F.leaky_relu(self.last(x), SLOPE)
        colours = F.adaptive_avg_pool2d(pictures.float(), self.cfg.trace_side)
        values = torch.cat([self.looks(x).float(), colours], 1).flatten(2)
        area = shares.sum(2)
        seen = area / (area + _HALF_SEEN)
        own = seen[:, :, None] * (shares @ values.mT) / (area[:, :, None] + 1e-3)
        suggested = self.usual + self.suggested(own.flatten(1)).float().view_as(own)
        return Parts(shares, own + (1 - seen[:, :, None]) * suggested, seen, self.whole(smaller.flatten(1)).float())
