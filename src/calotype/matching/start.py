"""What a level can start from: the photo disturbed in place, one that continues itself, and one laid out by a guide."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.patches import principal_filters
from calotype.image.resize import resize
from calotype.matching import field as fields
from calotype.matching.layout import places
from calotype.matching.library import at_level
from calotype.matching.refine import Guide, Level
from calotype.matching.vote import vote


def swayed(x: Tensor, amount: float, scale: float, noise: torch.Generator) -> Tensor:
    """``x`` [1, C, h, w] with every pixel fetched from a place some way off, neighbours from about the same side.

    Noise in the values alone is undone by the patches, which know only one way to look right; things moved, stretched
    and squeezed have to be made anew. What lies beyond the edge is mirrored.

    Args:
        x: the picture.
        amount: standard deviation of the displacement, pixels.
        scale: distance over which it changes, pixels.
        noise: CPU generator.
    """
    height, width = x.shape[2:]
    knots = (max(2, round(height / scale) + 1), max(2, round(width / scale) + 1))
    moves = torch.randn(1, 2, *knots, generator=noise).to(x.device)
    moves = amount * F.interpolate(moves, size=(height, width), mode="bicubic", align_corners=True)[0]
    y = torch.arange(height, device=x.device)[:, None] + moves[0]
    x_ = torch.arange(width, device=x.device)[None] + moves[1]
    grid = torch.stack([(x_ + 0.5) / width * 2 - 1, (y + 0.5) / height * 2 - 1], dim=-1)[None]
    return F.grid_sample(x, grid, mode="bicubic", padding_mode="reflection", align_corners=False).clamp(-1, 1)


def seamless(x: Tensor, tile: tuple[bool, bool]) -> Tensor:
    """``x`` [1, C, h, w] made to continue itself along the axes of ``tile``.

    Towards the edges it fades into its own middle. Patches mend what is wrong in small; a layout that ends
    differently on its two sides they would only blur.
    """
    for axis, wraps in zip((2, 3), tile):
        if wraps:
            length = x.shape[axis]
            place = (torch.arange(length, device=x.device) + 0.5) / length
            inner = torch.sin(math.pi * place).square().view([-1 if d == axis else 1 for d in range(4)])
            x = inner * x + (1 - inner) * x.roll(length // 2, axis)
    return x


def laid_out(
    photo: Tensor,
    guide: Guide,
    level: Level,
    noise: torch.Generator,
    *,
    place_weight: float,
    sway: tuple[float, float],
    components: int,
    spread: float,
) -> Tensor:
    """A first picture at ``level``: every patch the one of the most alike guide, and of the most alike place.

    The place decides where the guide leaves it open, as within one label: a sky is then darker at the top where it was.

    Args:
        photo: [1, C, H, W].
        guide: what lies where in it, and is to lie where.
        level: the coarsest one.
        noise: CPU generator of the displacement.
        place_weight: how much the place counts, top to bottom and left to right being a difference of 2 each.
        sway: standard deviation of the smooth random displacement of the places, and the distance over which it
            changes, pixels of the level: how much two seeds differ.
        components: principal components that stand for a patch; 0 for all its values.
        spread: as in ``Refinement``.

    Returns:
        [1, C, h, w].
    """
    library = at_level([photo], level.factor, None, level.patch)
    source = at_level(guide.source, level.factor, None, level.patch).sharp
    target = resize(guide.target, level.size)
    here = swayed(places(target), *sway, noise)
    known = torch.cat([guide.weight * source, place_weight * places(source)], 1)
    asked = torch.cat([guide.weight * target, place_weight * here], 1)
    filters = principal_filters(known, level.patch, components or known.shape[1] * level.patch**2)
    query, key = fields.Grid(asked, filters), fields.Grid(known, filters)
    field = fields.exact(query, key, 0)
    return vote(field, query.shape, library.sharp, key.shape[1], level.patch, level.size, spread)
