"""Dominant offsets: the displacements between similar patches of a photo."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.matching.field import FORBIDDEN, Grid, key_rows, query_rows

# Maximum scores in memory at a time.
BUDGET = 1 << 23


def common_offsets(source: Grid, count: int, nearest: float, samples: int, noise: torch.Generator) -> Tensor:
    """The most frequent offsets (rows, columns) between matches of similar patches: int64 [up to count, 2].

    He and Sun ("Statistics of patch offsets for image completion", ECCV 2012, section 3.1): the offset of each patch to
    its most similar one that is not too near; their histogram has few sharp peaks.

    Args:
        source: the patches of the photo; forbidden ones are ignored.
        count: maximum number of offsets.
        nearest: minimum length of an offset, pixels; shorter ones match trivially.
        samples: number of randomly sampled patches that are matched.
        noise: CPU generator.
    """
    rows, columns = source.shape
    device = source.picture.device
    known = torch.ones(rows * columns, dtype=torch.bool, device=device)
    if source.forbidden is not None:
        known = ~source.forbidden.flatten()
    positions = known.nonzero()[:, 0]
    chosen = positions[torch.randperm(len(positions), generator=noise)[:samples].to(device)].sort().values
    queries, targets = query_rows(source.describe(0, rows)[chosen]), key_rows(source)
    y, x = row_column(torch.arange(rows * columns, device=device), columns)
    votes = torch.zeros(2 * rows - 1, 2 * columns - 1, device=device)
    step = max(1, BUDGET // len(targets))
    for start in range(0, len(chosen), step):
        own_y, own_x = row_column(chosen[start : start + step], columns)
        scores = queries[start : start + step] @ targets.T
        scores[(own_y[:, None] - y).square() + (own_x[:, None] - x).square() < nearest**2] = FORBIDDEN
        least, best = scores.min(1)
        found = least < FORBIDDEN / 2
        to_y, to_x = row_column(best[found], columns)
        at = (to_y - own_y[found] + rows - 1) * votes.shape[1] + to_x - own_x[found] + columns - 1
        votes.view(-1).index_add_(0, at, torch.ones_like(at, dtype=torch.float32))
    return peaks(votes, count) - torch.tensor([rows - 1, columns - 1], device=device)


def row_column(index: Tensor, columns: int) -> tuple[Tensor, Tensor]:
    """Row and column of a flat index."""
    return index // columns, index % columns


def peaks(votes: Tensor, count: int) -> Tensor:
    """The highest local maxima of a smoothed histogram [h, w]: int64 [up to count, 2]."""
    smooth = votes[None, None]
    for _ in range(2):
        smooth = F.avg_pool2d(smooth, 3, 1, 1)
    top = (smooth == F.max_pool2d(smooth, 5, 1, 2)) & (smooth > 0)
    # Keep only local maxima.
    value = torch.where(top, smooth, torch.zeros_like(smooth))[0, 0].flatten()
    best = value.topk(min(count, int((value > 0).sum()))).indices
    return torch.stack(row_column(best, votes.shape[1]), 1)


def covering_offsets(offsets: Tensor, hole: Tensor, spare: int, choices: int = 3) -> Tensor:
    """Add offsets to ``offsets`` [K, 2] until each pixel of a hole, bool [h, w], has ``choices`` known source pixels.

    At most ``spare`` are added. Each is the lattice offset that serves most of the pixels with too few choices, with a
    preference for horizontal offsets: content depends more on height than on horizontal position.
    """
    rows, columns = hole.shape
    choices_of = leads_to_known(offsets, hole).sum(1)
    step = max(1, min(rows, columns) // 12)
    lattice = torch.cartesian_prod(
        torch.arange(-(rows // step) * step, rows, step), torch.arange(-(columns // step) * step, columns, step)
    ).to(hole.device)
    serves = leads_to_known(lattice, hole)
    preference = torch.exp(-offset_cost(lattice, (rows, columns)) * 4)
    while spare and bool((choices_of < choices).any()):
        value = serves[choices_of < choices].sum(0) * preference
        best = value.argmax()
        if not float(value[best]) > 0:
            break
        offsets = torch.cat([offsets, lattice[best][None]])
        choices_of = choices_of + serves[:, best]
        preference[best] = 0
        spare -= 1
    return offsets


def offset_cost(offsets: Tensor, size: tuple[int, int]) -> Tensor:
    """Relative cost of offsets [K, 2]: vertical components count four times as much as horizontal ones."""
    share = offsets.abs() / torch.tensor(size, device=offsets.device)
    return share[:, 0] + share[:, 1] / 4


def leads_to_known(offsets: Tensor, hole: Tensor) -> Tensor:
    """Whether each pixel of a hole, shifted by each offset, is a known pixel: bool [pixels, K]."""
    rows, columns = hole.shape
    pixel = hole.nonzero()[:, None] + offsets[None]
    inside = ((pixel >= 0) & (pixel < torch.tensor([rows, columns], device=hole.device))).all(2)
    at = pixel[..., 0].clamp(0, rows - 1) * columns + pixel[..., 1].clamp(0, columns - 1)
    return inside & ~hole.flatten()[at]
