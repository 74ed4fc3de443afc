"""Pixel verification: whether the pixels of a picture can be traced to pixels of the picture of the identity."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.models.idpose.parts import Parts

_SPREAD = 1.0  # positions, standard deviation of where a position of a part is looked for
_ELSEWHERE = 1e-3  # weight of the part's other positions, relative to the one that is looked for
_MOST = 1.0  # difference of colours, of 2, above which a pixel counts as not to be seen in the identity's picture


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


def traced(shares: Tensor, parts: Parts, identity: Tensor, *, within: bool = False) -> Trace:
    """Trace positions to the picture of the identity, through the parts that both show.

    Xiao, Liu, Lin, "Identity From Here, Pose From There", ICCV 2019, requires that output pixels be traceable to the
    identity's picture; this form is our own. A position leads to the parts that it belongs to, and a part to its
    positions in the picture of the identity, as far as it is seen there.

    Args:
        shares: of the parts at each position, [B, parts, n], sums over parts are 1.
        parts: of the picture of the identity.
        identity: that picture, [B, 3, H, W], -1..1.
        within: prefer the position of a part that lies as far from the middle of the part as in the picture that is
            traced. Training does without, as this compares all pairs of positions, which takes time.
    """
    side = round(shares.shape[2] ** 0.5)
    places = parts.shares / (parts.shares.sum(2, keepdim=True) + 1e-6)
    weights = shares.mT @ (places * parts.seen[:, :, None])
    none = (shares.mT @ (1 - parts.seen)[:, :, None]).clamp(min=0)
    colours = shrunk(identity, side).flatten(2)
    if within:
        weights = weights * (_nearness(shares, places) + _ELSEWHERE)
        weights = weights / (weights.sum(2, keepdim=True) + 1e-9)
        given = (weights @ colours.mT).mT.unflatten(2, (side, side))  # type: ignore[no-untyped-call]
        weights = weights * (1 - none)
    else:
        given = (shares.mT @ (places @ colours.mT)).mT.unflatten(2, (side, side))  # type: ignore[no-untyped-call]
    seen = (1 - none).mT.unflatten(2, (side, side))  # type: ignore[no-untyped-call]
    return Trace(torch.cat([weights, none], 2), given, seen)


def _nearness(shares: Tensor, places: Tensor) -> Tensor:
    """How near each position of the identity's picture is to where a position is looked for, 0..1, [B, n, n].

    That is the position itself, moved as the middles of its parts have moved; parts are not turned.
    """
    side = round(shares.shape[2] ** 0.5)
    line = torch.arange(side, device=shares.device, dtype=shares.dtype)
    grid = torch.cartesian_prod(line, line)
    middles = (shares / (shares.sum(2, keepdim=True) + 1e-6)) @ grid
    wanted = grid + shares.mT @ (places @ grid - middles)
    return torch.exp(-torch.cdist(wanted, grid[None]).square() / (2 * _SPREAD**2))


def shrunk(pictures: Tensor, side: int) -> Tensor:
    """Pictures at the size of the grid."""
    return F.adaptive_avg_pool2d(pictures.float(), side)


def trace_loss(trace: Trace, target: Tensor, drawn: Tensor) -> Tensor:
    """Differences of traced colours from the target [B, 3, H, W] and from the picture itself, each limited."""
    side = trace.colours.shape[2]
    found = [(trace.colours - shrunk(x, side)).abs().mean(1).clamp(max=_MOST).mean() for x in (target, drawn)]
    return torch.stack(found).sum()


def trace_score(trace: Trace, pictures: Tensor) -> Tensor:
    """How well each position is found in the identity's picture: [B, 1, side, side], 0..1.

    The share that is traced to it, times 1 minus the mean difference of colours over the limit of the loss.
    """
    difference = (trace.colours - shrunk(pictures, trace.colours.shape[2])).abs().mean(1, keepdim=True)
    found: Tensor = trace.seen * (1 - (difference / _MOST).clamp(max=1))
    return found
