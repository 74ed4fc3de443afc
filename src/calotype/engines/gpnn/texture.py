"""A texture of any size from a sample of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.generate import checked, plan, refinement
from calotype.engines.gpnn.quilt import quilted
from calotype.image.colours import ranked
from calotype.image.luminance import luminance
from calotype.image.resize import resize
from calotype.matching.refine import Guide, Tile, refine
from calotype.run import Run

# Up to so many patches, in the geometric mean, are compared with all at the first level.
EXACT_START = 17_000
# The shorter side of the sample at the level that is quilted, pixels, or a little more.
QUILTED = 64
# How strongly brightness says what belongs where.
GUIDED = 0.7
# A guide is compared with the sample's brightness in the large: blurred over this share of its shorter side.
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
    """A picture of ``size`` that is everywhere like the samples and in no place like the whole of one.

    A small picture is quilted from pieces of the samples, and rebuilt from there up from patches, as ``vary`` does it.
    From a random or a stretched start, as GPNN has it, a result much larger than the sample falls into dull stripes:
    completeness asks for every patch once, and the rest is free to become whatever fits itself.

    Args:
        photos: [1, C, H, W] each, -1..1; the first decides the scales, all lend patches.
        cfg: settings.
        run: progress, stopping, device.
        size: height and width of the result, pixels.
        seed: of the places and of the search.
        tile: whether the result continues itself vertically and horizontally.
        guide: [1, 1 or more, h, w], -1..1: where it is bright, the result is made of what is bright in the samples.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: sample or result are smaller than two patches, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    checked(photos, size, cfg)
    noise = torch.Generator().manual_seed(seed)
    photo = photos[0]
    levels = plan((photo.shape[2], photo.shape[3]), size, cfg)
    levels = [replace(level, steps=min(level.steps, cfg.fine_steps)) for level in levels]
    first = next(
        (i for i, level in enumerate(levels) if level.factor * min(photo.shape[2:]) >= QUILTED), len(levels) - 1
    )
    small = [at_scale(x, levels[first].factor) for x in photos]
    led = None
    if guide is not None:
        led = Guide([ranked(blurred(x)) for x in photos], resize(ranked(guide), size), GUIDED)
    start = quilted(small, levels[first].size, tile, led, noise)
    # Pieces were laid without a field: all patches are compared with all, so that none is lost to a chance match.
    how = replace(refinement(cfg), alpha=cfg.texture_alpha, spread=cfg.texture_spread, exact_start=EXACT_START)
    return refine(start, photos, how, run, levels[first:], noise, tile, levels[:first], guide=led)


def at_scale(photo: Tensor, factor: float) -> Tensor:
    """``photo`` at ``factor`` times its size."""
    return resize(photo, (max(2, round(photo.shape[2] * factor)), max(2, round(photo.shape[3] * factor))))


def blurred(photo: Tensor) -> Tensor:
    """Brightness [1, 1, H, W] of a photo in the large."""
    side = max(1, round(BLUR * min(photo.shape[2:]))) | 1
    return F.avg_pool2d(F.pad(luminance(photo), (side // 2,) * 4, mode="replicate"), side, 1)
