"""The coarse-to-fine loop: the pixels of every level are optimized to match the photo's patch distribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from calotype.engines.gpdm.config import Config
from calotype.engines.gpdm.distance import Tile, directions, distance_and_gradient
from calotype.image.resize import resize, resize_wrapped
from calotype.matching.library import size_at
from calotype.matching.refine import Guide, Level, Refinement, limited, refine
from calotype.run import Run


def synthesize(
    start: Tensor,
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    levels: Sequence[Level],
    noise: torch.Generator,
    tile: Tile,
    first: int = 0,
    guide: Guide | None = None,
) -> Tensor:
    """From ``start`` [1, C, h, w], at the level ``first``, to the result at the last of ``levels``.

    Distributions are matched below ``cfg.replaced_above``; at the levels above patches are replaced. With a ``guide``,
    patches include its channels, which do not change.
    """
    above = first_replaced_level(levels, photos[0], cfg)
    picture = start
    for index in range(first, above):
        if index > first:
            picture = resize_wrapped(picture, levels[index].size, tile)
        stage = f"distribution {index + 1} of {above}"
        picture = match_distribution(picture, photos, cfg, run, levels[index], noise, tile, stage, guide)
    if above < len(levels):
        # The last matched level is the first replaced one, so that all images upsampled from there on are sharp.
        at = max(first, above - 1)
        rest = [replace(level, patch=cfg.replaced_patch, steps=cfg.replacements) for level in levels]
        here = limited(rest[at:], (photos[0].shape[2], photos[0].shape[3]))
        picture = refine(picture, photos, refinement(cfg), run, here, noise, tile, rest[:at], guide)
    return clamped(picture)


def first_replaced_level(levels: Sequence[Level], photo: Tensor, cfg: Config) -> int:
    """The first level at which patches are replaced; the number of levels if there is none."""
    if cfg.replaced_above <= 0:
        return len(levels)
    short = min(photo.shape[2:])
    large = (i for i, level in enumerate(levels) if i and short * level.factor > cfg.replaced_above)
    return next(large, len(levels))


def at_level(photos: Sequence[Tensor], level: Level) -> list[Tensor]:
    """The photos at a level: the first always, others unless they are smaller than two patches there."""
    sizes = [size_at(photo, level.factor, level.patch) for photo in photos]
    fitting = (i for i, size in enumerate(sizes) if i == 0 or min(size) >= 2 * level.patch)
    return [resize(photos[i], sizes[i]) for i in fitting]


def refinement(cfg: Config) -> Refinement:
    """Settings of the patch replacement."""
    return Refinement(alpha=cfg.alpha, spread=cfg.spread)


def clamped(picture: Tensor) -> Tensor:
    """Clamp colours to the range that the alpha channel allows, as in composited images."""
    if picture.shape[1] < 4:
        return picture
    opacity = (picture[:, 3:4] + 1) / 2
    return torch.cat([picture[:, :3].clamp(-opacity, opacity), picture[:, 3:]], 1)


def match_distribution(
    picture: Tensor,
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    level: Level,
    noise: torch.Generator,
    tile: Tile,
    stage: str,
    guide: Guide | None = None,
) -> Tensor:
    """Optimize ``picture`` [1, C, h, w] towards the patch distribution of ``photos``: section 3 of the paper."""
    known = at_level(photos, level)
    fixed = picture[:, :0]
    if guide is not None:
        known = [torch.cat([x, guide.weight * g], 1) for x, g in zip(known, at_level(guide.source, level))]
        fixed = guide.weight * resize(guide.target, level.size)
    fine = level.size[0] * level.size[1] > cfg.fine_above
    count, stride = (cfg.fine_projections, cfg.stride) if fine else (cfg.projections, 1)
    picture = picture.clone().requires_grad_()
    adam = torch.optim.Adam([picture], lr=cfg.rate)
    for _ in run.steps(level.steps, stage=stage):
        filters = directions(count, picture.shape[1] + fixed.shape[1], level.patch, noise, picture.device)
        down, across = (int(i) for i in torch.randint(stride, (2,), generator=noise))
        here = torch.cat([picture.detach(), fixed], 1)
        distance, gradient = distance_and_gradient(
            here, known, filters, tile=tile, stride=stride, offset=(down, across)
        )
        picture.grad = gradient[:, : picture.shape[1]].contiguous()
        adam.step()
        run.report(distance=distance, preview=picture.detach())
    return picture.detach().clamp(-1, 1)
