"""A small picture laid out of overlapping pieces of samples, each chosen to go on with what is there already."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.resize import resize
from calotype.matching.refine import Guide, Tile

# The side of a piece as a share of the sample's shorter side, and the share of a piece that lies on its neighbours.
PIECE, OVERLAP = 0.4, 1 / 3
# Pieces that fit nearly as well as the best one are as good (Efros and Freeman: within 0.1 of its error).
AS_GOOD = 1.1
# A place that was used before has to fit better: by this much for every time.
WORN = 0.3


def quilted(
    samples: Sequence[Tensor], size: tuple[int, int], tile: Tile, guide: Guide | None, noise: torch.Generator
) -> Tensor:
    """A picture of ``size`` in which everything is taken from ``samples``, [1, C, h, w] each.

    Efros and Freeman ("Image Quilting for Texture Synthesis and Transfer", SIGGRAPH 2001, section 2), but for the cut:
    it goes through the middle of the overlap, and patches mend it later on. Where pieces have been taken from often,
    others are preferred. Along an axis that continues itself, the last pieces go on with the first ones too. With a
    guide, a piece has to look like it as well (their section 3).
    """
    side = max(3, round(PIECE * min(min(x.shape[2:]) for x in samples)))
    step = max(1, round(side * (1 - OVERLAP)))
    channels = samples[0].shape[1]
    canvas = samples[0].new_zeros(1, channels, size[0] + side, size[1] + side)
    known = samples[0].new_zeros(1, 1, size[0] + side, size[1] + side)
    led, lent = guides(samples, guide, size, side)
    worn = [x.new_zeros(x.shape[2] - side + 1, x.shape[3] - side + 1) for x in samples]
    for top in starts(size[0], step, tile[0]):
        for left in starts(size[1], step, tile[1]):
            window = (slice(None), slice(None), slice(top, top + side), slice(left, left + side))
            # Each sample has its share of the pieces: the dullest one fits best everywhere.
            which = int(torch.randint(len(samples), (1,), generator=noise))
            error = misfit(samples[which], canvas[window], known[window])
            error = error + misfit(lent[which], led[window], torch.ones_like(known[window]))
            y, x = chosen(error.expand_as(worn[which]), worn[which], noise)
            worn[which][max(0, y - side // 4) : y + side // 4 + 1, max(0, x - side // 4) : x + side // 4 + 1] += 1
            lay(canvas, known, samples[which][:, :, y : y + side, x : x + side], (top, left), size, tile)
    made = canvas[:, :, : size[0], : size[1]]
    if guide is not None:
        return made  # it has its place
    # The edge is a joint of pieces, and one where they had to fit on all sides: no edge is to be told from within.
    turns = [int(torch.randint(length, (1,), generator=noise)) if wraps else 0 for length, wraps in zip(size, tile)]
    return made.roll(turns, (2, 3))


def starts(length: int, step: int, wraps: bool) -> list[int]:
    """Where pieces begin along an axis: evenly, where the last has to go on with the first as with its neighbour."""
    if not wraps:
        return list(range(0, length, step))
    count = math.ceil(length / step)
    return [round(i * length / count) for i in range(count)]


def guides(
    samples: Sequence[Tensor], guide: Guide | None, size: tuple[int, int], side: int
) -> tuple[Tensor, Sequence[Tensor]]:
    """The guide at this level, what is asked for and what each sample has; nothing of either without one."""
    if guide is None:
        return samples[0].new_zeros(1, 0, size[0] + side, size[1] + side), [x[:, :0] for x in samples]
    asked = F.pad(guide.weight * resize(guide.target, size), (0, side, 0, side), mode="replicate")
    lent = zip(guide.source, samples)
    return asked, [guide.weight * resize(x, (like.shape[2], like.shape[3])) for x, like in lent]


def misfit(sample: Tensor, wanted: Tensor, where: Tensor) -> Tensor:
    """Squared differences between ``wanted`` [1, C, p, p], where ``where`` [1, 1, p, p] is 1, and every piece.

    Returns:
        [h - p + 1, w - p + 1], a mean over the values that count.
    """
    if not sample.shape[1]:
        return sample.new_zeros(1, 1)
    side = wanted.shape[2]
    count = (where.sum() * sample.shape[1]).clamp_min(1)
    square = F.conv2d(sample.square().sum(1, keepdim=True), where)
    cross = F.conv2d(sample, wanted * where)
    assert square.shape[2] == sample.shape[2] - side + 1
    error: Tensor = (square - 2 * cross)[0, 0] + (wanted.square() * where).sum()
    return error.clamp_min(0) / count


def chosen(errors: Tensor, worn: Tensor, noise: torch.Generator) -> tuple[int, int]:
    """Row and column of one of the pieces that fit best, by their errors and how often each was taken already."""
    cost = ((errors + 1e-4) * (1 + WORN * worn)).flatten()
    good = (cost <= AS_GOOD * cost.min()).nonzero()[:, 0]
    place = int(good[int(torch.randint(len(good), (1,), generator=noise))])
    return place // worn.shape[1], place % worn.shape[1]


def lay(canvas: Tensor, known: Tensor, piece: Tensor, at: tuple[int, int], size: tuple[int, int], tile: Tile) -> None:
    """Lay a piece down where nothing is yet, and on the half of the overlap next to that.

    Along an axis that continues itself what hangs over the end is laid at the beginning as well, and the beginning is
    seen beyond the end.
    """
    side = piece.shape[2]
    window = (slice(None), slice(None), slice(at[0], at[0] + side), slice(at[1], at[1] + side))
    there = known[window]
    share = nearness(there)
    canvas[window] = torch.where((there > 0) & (share < 0.5), canvas[window], piece)
    known[window] = 1
    for axis, wraps in zip((2, 3), tile):
        if wraps:
            length = size[axis - 2]
            over, start = (canvas.narrow(axis, length, side), canvas.narrow(axis, 0, side))
            over_known, start_known = known.narrow(axis, length, side), known.narrow(axis, 0, side)
            from_over = (over_known > 0) & (at[axis - 2] + side > length)
            start.copy_(torch.where(from_over, over, start))
            start_known.copy_(torch.maximum(start_known, from_over.to(known)))
            over.copy_(torch.where(start_known > 0, start, over))
            over_known.copy_(torch.maximum(over_known, start_known))


def nearness(there: Tensor) -> Tensor:
    """How near to what is free every pixel is, 0..1, where ``there`` [1, 1, p, p] says what is not."""
    free = 1 - there
    if not bool(free.any()):
        return torch.full_like(there, 0.5)
    reach = max(1, round(there.shape[2] * OVERLAP)) | 1
    return F.avg_pool2d(F.pad(free, (reach // 2,) * 4, mode="replicate"), reach, 1).clamp_max(0.5) * 2
