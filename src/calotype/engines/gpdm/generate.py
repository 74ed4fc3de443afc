"""``vary`` and ``retarget``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from calotype.engines.gpdm.config import Config
from calotype.engines.gpdm.match import synthesize
from calotype.errors import InputError
from calotype.image.pyramid import gpnn_sizes
from calotype.image.resize import resize
from calotype.matching.layout import height_guide
from calotype.matching.refine import Level, Tile, noise_map
from calotype.matching.start import displaced, tileable
from calotype.run import Run
from calotype.setting_checks import at_least, odd_sides, one_of, unusable


def plan(photo: tuple[int, int], size: tuple[int, int], cfg: Config) -> list[Level]:
    """The pyramid of a result of ``size`` from a photo of ``photo`` pixels (height, width), coarsest level first.

    Both are downsampled by the same factors; the authors' code measures the photo by its shorter side and the result by
    its height, so that patches of a portrait photo are compared at two scales.
    """
    levels = []
    for h, w in gpnn_sizes(*photo, coarsest=cfg.coarsest, ratio=cfg.ratio):
        factor = max(h / photo[0], w / photo[1])
        here = (max(cfg.patch + 1, round(size[0] * h / photo[0])), max(cfg.patch + 1, round(size[1] * w / photo[1])))
        levels.append(Level(here, factor, cfg.patch, cfg.steps))
    # The exact full size; photos smaller than a patch have been rejected.
    return [*levels[:-1], Level(size, 1.0, cfg.patch, cfg.steps)]


def scales(photo_size: tuple[int, int], cfg: Config) -> list[tuple[int, int]]:
    """Height and width of a result of the photo's size at each level, coarsest first: the levels ``structure`` selects
    from.

    Raises:
        InputError: a setting is out of range.
    """
    checked_settings(cfg)
    return [level.size for level in plan(photo_size, photo_size, cfg)]


@torch.no_grad()
def vary(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    size: tuple[int, int],
    seed: int,
    structure: float = 0.0,
    tile: Tile = (False, False),
) -> Tensor:
    """A new sample, from noise at the coarsest level, or from the displaced photo at a finer one.

    Args:
        photos: [1, C, H, W] each, -1..1; the first is the photo, the patches of all are one set.
        cfg: settings.
        run: progress, stopping, device.
        size: height and width of the result, pixels.
        seed: of the initial image and of the projections.
        structure: 0 starts at the coarsest level, with ``cfg.start``, as in the paper; larger values start with the
            displaced photo at the selected level; 1 is the finest.
        tile: whether the result is periodic, vertically and horizontally.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: the result would be smaller than two patches, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    checked(photos, size, cfg)
    noise = torch.Generator().manual_seed(seed)
    photo = photos[0]
    levels = plan((photo.shape[2], photo.shape[3]), size, cfg)
    first = starting_level(structure, len(levels))
    here = levels[first].size
    start = torch.zeros_like(photo[:, :, :1, :1]).expand(-1, -1, *here)
    if first or cfg.start == "photo":
        sway = cfg.sway * (1 - structure)
        start = resize(photo, here)
        start = tileable(displaced(start, sway, cfg.sway_scale, noise) if sway > 0 else start, tile)
    start = start + cfg.noise * (1 - structure) * noise_map(here, noise, photo.device)
    guide = height_guide(photos, start, cfg.height, tile)
    if not first and not any(tile):
        cfg = replace(cfg, replaced_patch=cfg.free_patch)
    return synthesize(start, photos, cfg, run, levels, noise, tile, first, guide)


def starting_level(structure: float, levels: int) -> int:
    """The injection level; 0 only for structure 0, so that ``loose`` differs from ``free`` even in a short pyramid."""
    return min(levels - 1, max(1, round(structure * (levels - 1)))) if structure > 0 else 0


@torch.no_grad()
def retarget(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    size: tuple[int, int],
    seed: int,
    tile: Tile = (False, False),
) -> Tensor:
    """The photo at another size: resized at the coarsest level, then synthesised from patches of the original size.

    Retargeting in the paper. Arguments, result and errors are those of ``vary``. The seed affects only the projections
    and the search, so results of two seeds are similar.
    """
    checked(photos, size, cfg)
    noise = torch.Generator().manual_seed(seed)
    photo = photos[0]
    levels = plan((photo.shape[2], photo.shape[3]), size, cfg)
    how = replace(cfg, alpha=cfg.retarget_alpha)
    return synthesize(tileable(resize(photo, levels[0].size), tile), photos, how, run, levels, noise, tile)


def checked(photos: Sequence[Tensor], size: tuple[int, int], cfg: Config) -> None:
    """Check photos, size and settings before any work is done."""
    check_sizes([size, *((x.shape[2], x.shape[3]) for x in photos)], cfg)
    if len({x.shape[1] for x in photos}) > 1:
        raise InputError("some of the photos have transparency and some have not: give photos of one kind")


def check_sizes(sizes: Sequence[tuple[int, int]], cfg: Config) -> None:
    """Check sizes (height, width) and settings before any work is done.

    Raises:
        InputError: one is too small, or a setting is out of range.
    """
    checked_settings(cfg)
    least = 2 * max(cfg.patch, cfg.replaced_patch, cfg.free_patch)
    for height, width in sizes:
        if min(height, width) < least:
            raise InputError(
                f"{width}x{height} pixels are too few for patches of {least // 2}: both sides must be {least} or more"
            )


def checked_settings(cfg: Config) -> None:
    """Check the settings."""
    odd_sides(cfg, ("patch", "replaced_patch", "free_patch"))
    one_of(cfg, {"start": ("blank", "photo")})
    if cfg.ratio <= 1.05:
        raise unusable(cfg, "ratio", "a number above 1.05, like 1.333")
    if not 0 < cfg.rate <= 1:
        raise unusable(cfg, "rate", "a number above 0 and up to 1, like 0.01")
    counts = ("steps", "remake_steps", "projections", "fine_projections", "stride", "replacements")
    at_least(cfg, {**dict.fromkeys(counts, 1), "coarsest": 8})
