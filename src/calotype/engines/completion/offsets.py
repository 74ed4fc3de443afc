"""Dominant offsets: the displacements between similar patches of a photo."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.matching.field import Grid

# Random projections by which patches are sorted, and how far apart in such an order patches are compared.
PROJECTIONS, APART = 8, 6


def common_offsets(source: Grid, count: int, nearest: float, noise: torch.Generator) -> Tensor:
    """The most frequent offsets (rows, columns) between matches of similar patches: int64 [up to count, 2].

    He and Sun ("Statistics of patch offsets for image completion", ECCV 2012, section 3.1): the offset of each patch to
    its most similar one that is not too near; their histogram has few sharp peaks.

    Args:
        source: the patches of the photo; forbidden ones are ignored.
        count: maximum number of offsets.
        nearest: minimum length of an offset, pixels; shorter ones match trivially.
        noise: CPU generator.
    """
    rows, columns = source.shape
    match = similar_patches(source, nearest, noise)
    own = (match >= 0).nonzero()[:, 0]
    y, x = row_column(own, columns)
    to_y, to_x = row_column(match[own], columns)
    votes = torch.zeros(2 * rows - 1, 2 * columns - 1, device=own.device)
    at = (to_y - y + rows - 1) * votes.shape[1] + to_x - x + columns - 1
    votes.view(-1).index_add_(0, at, torch.ones_like(at, dtype=torch.float32))
    return peaks(votes, count) - torch.tensor([rows - 1, columns - 1], device=own.device)


def similar_patches(source: Grid, nearest: float, noise: torch.Generator) -> Tensor:
    """For each patch a similar one that is ``nearest`` pixels away or farther: int64 [patches], -1 for none.

    Similar patches are near each other in any order of projections of their descriptors. A few random projections are
    sorted, and neighbours in these orders compared; then each patch also tries the matches of its neighbours in the
    photo. Time grows with n log n.
    """
    rows, columns = source.shape
    device = source.picture.device
    usable = torch.ones(rows * columns, dtype=torch.bool, device=device)
    if source.forbidden is not None:
        usable = ~source.forbidden.flatten()
    known = usable.nonzero()[:, 0]
    values = source.describe(0, rows)
    best = torch.full((rows * columns,), float("inf"), device=device)
    match = torch.full((rows * columns,), -1, dtype=torch.int64, device=device)

    def offer(own: Tensor, other: Tensor, distance: Tensor) -> None:
        better = (distance < best.index_select(0, own)).nonzero()[:, 0]
        own, other, distance = (x.index_select(0, better) for x in (own, other, distance))
        y, x = row_column(own, columns)
        to_y, to_x = row_column(other, columns)
        far = (to_y - y).square() + (to_x - x).square() >= nearest**2
        best[own[far]] = distance[far]
        match[own[far]] = other[far]

    for _ in range(PROJECTIONS):
        direction = torch.randn(values.shape[1], generator=noise).to(values)
        order = known[(values[known] @ direction).argsort()]
        ordered = values[order]
        for apart in range(1, min(APART, len(order) - 1) + 1):
            distance = (ordered[apart:] - ordered[:-apart]).square().sum(1)
            offer(order[apart:], order[:-apart], distance)
            offer(order[:-apart], order[apart:], distance)
    for step in (-columns, -1, 1, columns):
        near = known[(known + step >= 0) & (known + step < rows * columns)]
        near = near[match[near + step] >= 0]
        other = match[near + step] - step
        inside = (other >= 0) & (other < rows * columns)
        near, other = near[inside], other[inside]
        near, other = near[usable[other]], other[usable[other]]
        offer(near, other, (values[near] - values[other]).square().sum(1))
    return match


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


def covering_offsets(
    offsets: Tensor, hole: Tensor, spare: int, choices: int = 3, avoided: Tensor | None = None
) -> Tensor:
    """Add offsets to ``offsets`` [K, 2] until each pixel of a hole, bool [h, w], has ``choices`` known source pixels.

    Those that are ``avoided``, bool [h, w], do not count. At most ``spare`` are added. Each is the lattice offset that
    serves most of the pixels with too few choices, with a preference for horizontal offsets: content depends more on
    height than on horizontal position.
    """
    rows, columns = hole.shape
    choices_of = leads_to_known(offsets, hole, avoided).sum(1)
    step = max(1, min(rows, columns) // 12)
    lattice = torch.cartesian_prod(
        torch.arange(-(rows // step) * step, rows, step), torch.arange(-(columns // step) * step, columns, step)
    ).to(hole.device)
    serves = leads_to_known(lattice, hole, avoided)
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


def leads_to_known(offsets: Tensor, hole: Tensor, avoided: Tensor | None = None) -> Tensor:
    """Whether each pixel of a hole, shifted by each offset, is a known pixel: bool [pixels, K].

    ``offsets``: [K, 2], or each pixel's own [pixels, K, 2]. ``avoided``: bool [h, w], known pixels that do not count.
    """
    rows, columns = hole.shape
    pixel = hole.nonzero()[:, None] + offsets
    inside = ((pixel >= 0) & (pixel < torch.tensor([rows, columns], device=hole.device))).all(2)
    at = pixel[..., 0].clamp(0, rows - 1) * columns + pixel[..., 1].clamp(0, columns - 1)
    unusable = hole if avoided is None else hole | avoided
    return inside & ~unusable.flatten()[at]
