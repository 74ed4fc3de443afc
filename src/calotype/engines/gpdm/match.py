"""The loop: from a coarse guess to the full picture, every level's pixels moved until its patches are the photo's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from calotype.engines.gpdm.config import Config
from calotype.engines.gpdm.distance import Tile, directions, slope
from calotype.image.resize import resize, resize_wrapped
from calotype.matching.library import shrunk
from calotype.matching.refine import Level, Refinement, bounded, refine
from calotype.run import Run


def worked(
    start: Tensor,
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    levels: Sequence[Level],
    noise: torch.Generator,
    tile: Tile,
    first: int = 0,
) -> Tensor:
    """From ``start`` [1, C, h, w], at the level ``first``, to the result at the last of ``levels``.

    Up to the level where replacing begins distributions are matched; there, and above, patches are replaced.
    """
    above = replaced_from(levels, photos[0], cfg)
    picture = start
    for index in range(first, above):
        if index > first:
            picture = resize_wrapped(picture, levels[index].size, tile)
        stage = f"distribution {index + 1} of {above}"
        picture = matched(picture, at_level(photos, levels[index]), cfg, run, levels[index], noise, tile, stage)
    if above < len(levels):
        # The last level matched is the first replaced: what is enlarged from there on is sharp.
        at = max(first, above - 1)
        rest = [replace(level, patch=cfg.replaced_patch, steps=cfg.replacements) for level in levels]
        here = bounded(rest[at:], (photos[0].shape[2], photos[0].shape[3]))
        picture = refine(picture, photos, replacing(cfg), run, here, noise, tile, rest[:at])
    return tidy(picture)


def replaced_from(levels: Sequence[Level], photo: Tensor, cfg: Config) -> int:
    """The first of the levels at which distributions are not matched; as many as there are where all are."""
    if cfg.replaced_above <= 0:
        return len(levels)
    short = min(photo.shape[2:])
    large = (i for i, level in enumerate(levels) if i and short * level.factor > cfg.replaced_above)
    return next(large, len(levels))


def at_level(photos: Sequence[Tensor], level: Level) -> list[Tensor]:
    """The photos at a level; the first always, others where they are not smaller than two patches there."""
    sizes = [shrunk(photo, level.factor, level.patch) for photo in photos]
    fitting = (i for i, size in enumerate(sizes) if i == 0 or min(size) >= 2 * level.patch)
    return [resize(photos[i], sizes[i]) for i in fitting]


def replacing(cfg: Config) -> Refinement:
    """How patches are replaced, as ``cfg`` has it."""
    return Refinement(alpha=cfg.alpha, spread=cfg.spread)


def tidy(picture: Tensor) -> Tensor:
    """``picture`` with colours no further from grey than its transparency allows, as composited ones are."""
    if picture.shape[1] < 4:
        return picture
    opaque = (picture[:, 3:4] + 1) / 2
    return torch.cat([picture[:, :3].clamp(-opaque, opaque), picture[:, 3:]], 1)


def matched(
    picture: Tensor,
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    level: Level,
    noise: torch.Generator,
    tile: Tile,
    stage: str,
) -> Tensor:
    """``picture`` [1, C, h, w] after a level's steps towards the patches of ``photos``: section 3 of the paper."""
    fine = level.size[0] * level.size[1] > cfg.fine_above
    count, stride = (cfg.fine_projections, cfg.stride) if fine else (cfg.projections, 1)
    picture = picture.clone().requires_grad_()
    adam = torch.optim.Adam([picture], lr=cfg.rate)
    for _ in run.steps(level.steps, stage=stage):
        filters = directions(count, picture.shape[1], level.patch, noise, picture.device)
        down, across = (int(i) for i in torch.randint(stride, (2,), generator=noise))
        distance, picture.grad = slope(
            picture.detach(), photos, filters, tile=tile, stride=stride, offset=(down, across)
        )
        adam.step()
        run.report(distance=distance, preview=picture.detach())
    return picture.detach().clamp(-1, 1)
