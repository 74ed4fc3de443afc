"""Initial images of a level: the photo randomly displaced, made tileable, or laid out by a guide."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.patches import principal_filters
from calotype.image.resize import resize
from calotype.matching import field as fields
from calotype.matching.layout import position_channels
from calotype.matching.library import at_level, sizes_at, stacked
from calotype.matching.refine import Guide, Level
from calotype.matching.vote import vote


def displaced(x: Tensor, amount: float, scale: float, noise: torch.Generator) -> Tensor:
    """Warp ``x`` [1, C, h, w] by a smooth random displacement field.

    Noise in the values alone is undone by patch matching, which finds the original patches again; objects that are
    moved, stretched and squeezed have to be synthesised anew. The image is mirrored beyond its edges.

    Args:
        x: the image.
        amount: standard deviation of the displacement, pixels.
        scale: correlation length of the displacement, pixels.
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


def tileable(x: Tensor, tile: tuple[bool, bool]) -> Tensor:
    """Make ``x`` [1, C, h, w] periodic along the axes of ``tile``.

    Towards its edges the image fades into its own centre. Patch matching corrects small errors, but only blurs layouts
    that differ on opposite sides.
    """
    for axis, wraps in zip((2, 3), tile):
        if wraps:
            length = x.shape[axis]
            place = (torch.arange(length, device=x.device) + 0.5) / length
            inner = torch.sin(math.pi * place).square().view([-1 if d == axis else 1 for d in range(4)])
            x = inner * x + (1 - inner) * x.roll(length // 2, axis)
    return x


def layout_image(
    photos: Sequence[Tensor],
    guide: Guide,
    level: Level,
    noise: torch.Generator,
    *,
    position_weight: float,
    displacement: tuple[float, float],
    components: int,
    spread: float,
) -> Tensor:
    """An initial image at ``level``: every patch is the one with the most similar guide and position.

    The position decides where the guide is ambiguous, as within one label: a sky stays darker at the top.

    Args:
        photos: [1, C, H, W] each.
        guide: guide channels of the photos and of the result.
        level: the coarsest level.
        noise: CPU generator of the displacement.
        position_weight: weight of the position, with coordinates from -1 to 1 on each axis.
        displacement: standard deviation and correlation length of the smooth random displacement of the positions,
            pixels of the level: how much two seeds differ.
        components: number of principal components of a patch descriptor; 0 for all values.
        spread: as in ``Refinement``.

    Returns:
        [1, C, h, w].
    """
    library = at_level(photos, level.factor, None, level.patch)
    kept = [(photos[i], size) for i, size in sizes_at(photos, level.factor, level.patch)]
    source = at_level(guide.source, level.factor, None, level.patch).sharp
    places = stacked([position_channels(photo.new_empty(1, 1, *size)) for photo, size in kept])
    target = resize(guide.target, level.size)
    positions = displaced(position_channels(target), *displacement, noise)
    known = torch.cat([guide.weight * source, position_weight * places], 1)
    wanted = torch.cat([guide.weight * target, position_weight * positions], 1)
    filters = principal_filters(known, level.patch, components or known.shape[1] * level.patch**2)
    query, key = fields.Grid(wanted, filters), fields.Grid(known, filters, library.forbidden)
    field = fields.exact(query, key, 0)
    return vote(field, query.shape, library.sharp, key.shape[1], level.patch, level.size, spread)
