"""Texture synthesis: an image of any size from samples of a texture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.generate import checked, plan, refinement
from calotype.engines.gpnn.quilt import quilt
from calotype.image.colours import ranked
from calotype.image.luminance import luminance
from calotype.image.resize import resize
from calotype.matching.field import GridShape
from calotype.matching.library import sizes_at
from calotype.matching.refine import Guide, Level, Matches, Tile, matched, refine
from calotype.run import Run

# Minimum shorter side of the sample at the quilted level, pixels.
MIN_QUILTED_SIDE = 64
# Weight of the guide.
GUIDE_WEIGHT = 0.7
# A guide is compared with the sample's luminance, blurred over this share of its shorter side.
BLUR = 0.08


@torch.no_grad()
def texture(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    size: tuple[int, int],
    seed: int,
    tile: Tile = (False, False),
    guide: Tensor | None = None,
) -> Tensor:
    """Synthesise an image of ``size`` that looks like the samples everywhere, without repeating one as a whole.

    A small image is quilted from blocks of the samples, and refined from there up by patches, as in ``vary``. From a
    random or a resized initial image, as in GPNN, results much larger than the sample degenerate to smooth stripes:
    completeness needs every patch only once, and the rest converges to whatever matches itself.

    Args:
        photos: [1, C, H, W] each, -1..1; the first determines the pyramid, all contribute patches.
        cfg: settings.
        run: progress, stopping, device.
        size: height and width of the result, pixels.
        seed: of the blocks and of the search.
        tile: whether the result is periodic, vertically and horizontally.
        guide: [1, 1 or more, h, w], -1..1: where it is bright, bright parts of the samples are used.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: sample or result are smaller than two patches, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    checked(photos, size, cfg)
    noise = torch.Generator().manual_seed(seed)
    photo = photos[0]
    levels = plan((photo.shape[2], photo.shape[3]), size, cfg, cfg.fine_alpha)
    levels = [replace(level, steps=min(level.steps, cfg.fine_steps)) for level in levels]
    first = next(
        (i for i, level in enumerate(levels) if level.factor * min(photo.shape[2:]) >= MIN_QUILTED_SIDE),
        len(levels) - 1,
    )
    small = [at_scale(x, levels[first].factor) for x in photos]
    channels = None
    if guide is not None:
        channels = Guide([ranked(blurred(x)) for x in photos], resize(ranked(guide), size), GUIDE_WEIGHT)
    start, places = quilt(small, levels[first].size, tile, channels, noise)
    how = replace(refinement(cfg), alpha=cfg.texture_alpha, spread=cfg.texture_spread)
    here = [replace(levels[first], complete=True), *levels[first + 1 :]]
    return refine(
        start, photos, how, run, here, noise, tile, guide=channels, initial=quilted(places, photos, here[0], tile)
    )


def quilted(places: Tensor, photos: Sequence[Tensor], level: Level, tile: Tile) -> Matches:
    """The matches of the patches of a quilted image: from where their first pixel is.

    Args:
        places: int64 [3, h, w], sample, row and column of each pixel.
        photos: the samples, at full size.
        level: the level of the image.
        tile: its periodic axes.
    """
    sizes = dict(sizes_at(photos, level.factor, level.patch))
    query = GridShape(level.size, level.patch, tile)
    key = GridShape((sum(h for h, _ in sizes.values()), max(w for _, w in sizes.values())), level.patch)
    which, y, x = places[:, : query.shape[0], : query.shape[1]].flatten(1)
    field, top = torch.zeros_like(y), 0
    for number, (height, width) in sizes.items():
        corner = (top + y.clamp_max(height - level.patch)) * key.shape[1] + x.clamp_max(width - level.patch)
        field, top = torch.where(which == number, corner, field), top + height
    return matched(field, query, key)


def at_scale(photo: Tensor, factor: float) -> Tensor:
    """Resample ``photo`` to ``factor`` times its size."""
    return resize(photo, (max(2, round(photo.shape[2] * factor)), max(2, round(photo.shape[3] * factor))))


def blurred(photo: Tensor) -> Tensor:
    """Blurred luminance [1, 1, H, W] of a photo."""
    side = max(1, round(BLUR * min(photo.shape[2:]))) | 1
    return F.avg_pool2d(F.pad(luminance(photo), (side // 2,) * 4, mode="replicate"), side, 1)
