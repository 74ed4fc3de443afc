"""Image quilting: a small image of overlapping blocks of samples, each chosen to match the existing ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.resize import resize
from calotype.matching.refine import Guide, Tile

# Side of a block as a share of the sample's shorter side, and the share of a block that overlaps its neighbours.
BLOCK, OVERLAP = 0.4, 1 / 3
# A block is chosen at random among those within this factor of the least error (Efros and Freeman: within 0.1 of it).
TOLERANCE = 1.1
# Relative increase of the error for every earlier use of a position.
REUSE_PENALTY = 1.0


def quilt(
    samples: Sequence[Tensor], size: tuple[int, int], tile: Tile, guide: Guide | None, noise: torch.Generator
) -> tuple[Tensor, Tensor]:
    """An image of ``size`` composed of blocks of ``samples``, [1, C, h, w] each, and where each of its pixels is from.

    Efros and Freeman ("Image Quilting for Texture Synthesis and Transfer", SIGGRAPH 2001, section 2), except for the
    cut: it runs through the middle of the overlap, and patch matching corrects it later. Positions that were used often
    are avoided. Along a periodic axis, the last blocks also match the first ones. With a guide, blocks also have to
    match it (their section 3).

    Returns:
        the image [1, C, height, width], and int64 [3, height, width]: sample, row and column of each pixel.
    """
    side = max(3, round(BLOCK * min(min(x.shape[2:]) for x in samples)))
    step = max(1, round(side * (1 - OVERLAP)))
    channels = samples[0].shape[1]
    sources = [torch.cat([x, _places(x, i)], 1) for i, x in enumerate(samples)]
    canvas = samples[0].new_zeros(1, channels + 3, size[0] + side, size[1] + side)
    known = samples[0].new_zeros(1, 1, size[0] + side, size[1] + side)
    target_guide, source_guides = guide_channels(samples, guide, size, side)
    usage = [x.new_zeros(x.shape[2] - side + 1, x.shape[3] - side + 1) for x in samples]
    for top in starts(size[0], step, tile[0]):
        for left in starts(size[1], step, tile[1]):
            window = (slice(None), slice(None), slice(top, top + side), slice(left, left + side))
            # Each sample gets an equal share of the blocks: otherwise the smoothest one would match best everywhere.
            which = int(torch.randint(len(samples), (1,), generator=noise))
            error = overlap_error(samples[which], canvas[window][:, :channels], known[window])
            error = error + overlap_error(source_guides[which], target_guide[window], torch.ones_like(known[window]))
            y, x = choose_block(error.expand_as(usage[which]), usage[which], noise)
            usage[which][max(0, y - side // 4) : y + side // 4 + 1, max(0, x - side // 4) : x + side // 4 + 1] += 1
            place_block(canvas, known, sources[which][:, :, y : y + side, x : x + side], (top, left), size, tile)
    made = canvas[:, :, : size[0], : size[1]]
    if guide is None:  # which would fix its position
        # The border is the most constrained seam: roll it to a random position, so that it cannot be identified.
        shifts = [int(torch.randint(n, (1,), generator=noise)) if wraps else 0 for n, wraps in zip(size, tile)]
        made = made.roll(shifts, (2, 3))
    return made[:, :channels], made[0, channels:].long()


def _places(sample: Tensor, number: int) -> Tensor:
    """The number of the sample, the row and the column of each of its pixels, [1, 3, h, w]."""
    height, width = sample.shape[2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([torch.full_like(y, number), y, x])[None].to(sample)


def starts(length: int, step: int, wraps: bool) -> list[int]:
    """Block positions along an axis; evenly spaced on a periodic one, where the last block overlaps the first."""
    if not wraps:
        return list(range(0, length, step))
    count = math.ceil(length / step)
    return [round(i * length / count) for i in range(count)]


def guide_channels(
    samples: Sequence[Tensor], guide: Guide | None, size: tuple[int, int], side: int
) -> tuple[Tensor, Sequence[Tensor]]:
    """The guide at this level, of the result and of each sample; without a guide, tensors without channels."""
    if guide is None:
        return samples[0].new_zeros(1, 0, size[0] + side, size[1] + side), [x[:, :0] for x in samples]
    target = F.pad(guide.weight * resize(guide.target, size), (0, side, 0, side), mode="replicate")
    pairs = zip(guide.source, samples)
    return target, [guide.weight * resize(x, (like.shape[2], like.shape[3])) for x, like in pairs]


def overlap_error(sample: Tensor, wanted: Tensor, where: Tensor) -> Tensor:
    """Squared differences between ``wanted`` [1, C, p, p], where ``where`` [1, 1, p, p] is 1, and every block of a
    sample.

    Returns:
        [h - p + 1, w - p + 1], mean over the compared values.
    """
    if not sample.shape[1]:
        return sample.new_zeros(1, 1)
    size, side = (sample.shape[2], sample.shape[3]), wanted.shape[2]
    # |s - w|^2 = |s|^2 - 2 s.w + |w|^2; the first two are correlations, as products of spectra.
    pixels = torch.cat([sample, sample.square().sum(1, keepdim=True)], 1)
    block = torch.cat([-2 * wanted * where, where], 1)
    product = torch.fft.rfft2(pixels) * torch.fft.rfft2(block, s=size).conj()
    error: Tensor = torch.fft.irfft2(product.sum(1), s=size)[0, : size[0] - side + 1, : size[1] - side + 1]
    error = error + (wanted.square() * where).sum()
    return error.clamp_min(0) / (where.sum() * sample.shape[1]).clamp_min(1)


def choose_block(errors: Tensor, usage: Tensor, noise: torch.Generator) -> tuple[int, int]:
    """Row and column of a random block among the best matches, given the errors and the earlier uses of each."""
    cost = ((errors + 1e-4) * (1 + REUSE_PENALTY * usage)).flatten()
    candidates = (cost <= TOLERANCE * cost.min()).nonzero()[:, 0]
    place = int(candidates[int(torch.randint(len(candidates), (1,), generator=noise))])
    return place // usage.shape[1], place % usage.shape[1]


def place_block(
    canvas: Tensor, known: Tensor, block: Tensor, at: tuple[int, int], size: tuple[int, int], tile: Tile
) -> None:
    """Place a block where the canvas is empty, and on the near half of the overlap.

    Along a periodic axis, the part beyond the end is also written to the start, and the start is visible beyond the
    end.
    """
    side = block.shape[2]
    window = (slice(None), slice(None), slice(at[0], at[0] + side), slice(at[1], at[1] + side))
    there = known[window]
    share = nearness_to_free(there)
    canvas[window] = torch.where((there > 0) & (share < 0.5), canvas[window], block)
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


def nearness_to_free(there: Tensor) -> Tensor:
    """Nearness of every pixel to empty pixels, 0..1; ``there`` [1, 1, p, p] is 1 where the canvas is filled."""
    free = 1 - there
    if not bool(free.any()):
        return torch.full_like(there, 0.5)
    reach = max(1, round(there.shape[2] * OVERLAP)) | 1
    return F.avg_pool2d(F.pad(free, (reach // 2,) * 4, mode="replicate"), reach, 1).clamp_max(0.5) * 2
