"""Which way a photo repeats itself: the displacements by which its patches are most often alike."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.matching.field import FORBIDDEN, Grid, as_seekers, as_targets

# Scores that are held in memory at a time.
BUDGET = 1 << 23


def common_offsets(source: Grid, count: int, nearest: float, samples: int, noise: torch.Generator) -> Tensor:
    """The displacements (rows, columns) that most matches of similar patches have: int64 [up to count, 2].

    He and Sun ("Statistics of patch offsets for image completion", ECCV 2012, section 3.1): each patch's most similar
    one that is not near it; the displacements of all form few sharp peaks.

    Args:
        source: the patches of the photo; those that are forbidden take no part.
        count: how many.
        nearest: least displacement, pixels; nearer than that everything is like itself.
        samples: patches whose match is looked for, drawn at random.
        noise: CPU generator.
    """
    rows, columns = source.shape
    device = source.picture.device
    known = torch.ones(rows * columns, dtype=torch.bool, device=device)
    if source.forbidden is not None:
        known = ~source.forbidden.flatten()
    places = known.nonzero()[:, 0]
    chosen = places[torch.randperm(len(places), generator=noise)[:samples].to(device)].sort().values
    seekers, targets = as_seekers(source.describe(0, rows)[chosen]), as_targets(source)
    y, x = places_of(torch.arange(rows * columns, device=device), columns)
    votes = torch.zeros(2 * rows - 1, 2 * columns - 1, device=device)
    step = max(1, BUDGET // len(targets))
    for start in range(0, len(chosen), step):
        own_y, own_x = places_of(chosen[start : start + step], columns)
        scores = seekers[start : start + step] @ targets.T
        scores[(own_y[:, None] - y).square() + (own_x[:, None] - x).square() < nearest**2] = FORBIDDEN
        least, best = scores.min(1)
        found = least < FORBIDDEN / 2
        to_y, to_x = places_of(best[found], columns)
        at = (to_y - own_y[found] + rows - 1) * votes.shape[1] + to_x - own_x[found] + columns - 1
        votes.view(-1).index_add_(0, at, torch.ones_like(at, dtype=torch.float32))
    return peaks(votes, count) - torch.tensor([rows - 1, columns - 1], device=device)


def places_of(index: Tensor, columns: int) -> tuple[Tensor, Tensor]:
    """Row and column of a place in a flat list."""
    return index // columns, index % columns


def peaks(votes: Tensor, count: int) -> Tensor:
    """The highest places of a smoothed histogram [h, w], no two of them neighbours: int64 [up to count, 2]."""
    smooth = votes[None, None]
    for _ in range(2):
        smooth = F.avg_pool2d(smooth, 3, 1, 1)
    top = (smooth == F.max_pool2d(smooth, 5, 1, 2)) & (smooth > 0)
    # Among equals on a plateau the first one counts: a little less for each further one.
    worth = torch.where(top, smooth, torch.zeros_like(smooth))[0, 0].flatten()
    best = worth.topk(min(count, int((worth > 0).sum()))).indices
    return torch.stack(places_of(best, votes.shape[1]), 1)


def covering(offsets: Tensor, hole: Tensor, spare: int, choices: int = 3) -> Tensor:
    """``offsets`` [K, 2] and further ones, so that each pixel of a hole, bool [h, w], has ``choices`` known pixels.

    At most ``spare`` more. Each is the one, of a lattice, that serves most of the pixels that still have too few, and
    rather one that leads to the side than up or down: what is as high in a photo is more often alike.
    """
    rows, columns = hole.shape
    had = landing(offsets, hole).sum(1)
    step = max(1, min(rows, columns) // 12)
    lattice = torch.cartesian_prod(
        torch.arange(-(rows // step) * step, rows, step), torch.arange(-(columns // step) * step, columns, step)
    ).to(hole.device)
    serves = landing(lattice, hole)
    liked = torch.exp(-far(lattice, (rows, columns)) * 4)
    while spare and bool((had < choices).any()):
        worth = serves[had < choices].sum(0) * liked
        best = worth.argmax()
        if not float(worth[best]) > 0:
            break
        offsets = torch.cat([offsets, lattice[best][None]])
        had = had + serves[:, best]
        liked[best] = 0
        spare -= 1
    return offsets


def far(offsets: Tensor, size: tuple[int, int]) -> Tensor:
    """How far displacements [K, 2] lead from what is likely to be alike: up or down counts more than to the side."""
    share = offsets.abs() / torch.tensor(size, device=offsets.device)
    return share[:, 0] + share[:, 1] / 4


def landing(offsets: Tensor, hole: Tensor) -> Tensor:
    """Whether each pixel of a hole, displaced by each offset, comes to a known pixel: bool [pixels, K]."""
    rows, columns = hole.shape
    place = hole.nonzero()[:, None] + offsets[None]
    inside = ((place >= 0) & (place < torch.tensor([rows, columns], device=hole.device))).all(2)
    at = place[..., 0].clamp(0, rows - 1) * columns + place[..., 1].clamp(0, columns - 1)
    return inside & ~hole.flatten()[at]
