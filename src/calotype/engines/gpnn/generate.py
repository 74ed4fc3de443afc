"""The loop: from a coarse guess to the full picture, every patch replaced by the photo's patch that suits it best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.gpnn import field as fields
from calotype.engines.gpnn import patchmatch
from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.library import Library, at_level, relatives
from calotype.engines.gpnn.vote import vote
from calotype.image.patches import principal_filters, wrap
from calotype.image.pyramid import gpnn_sizes
from calotype.image.resize import resize
from calotype.run import Run

Tile = tuple[bool, bool]


@dataclass(frozen=True)
class Level:
    """One level of the pyramid: the size of the result there, and its scale against the full size."""

    size: tuple[int, int]
    factor: float


def plan(photo: tuple[int, int], size: tuple[int, int], cfg: Config) -> list[Level]:
    """The pyramid of a result of ``size`` from a photo of ``photo`` pixels, coarsest level first."""
    sizes = gpnn_sizes(*photo, coarsest=cfg.coarsest, ratio=cfg.ratio)
    levels = []
    for h, w in sizes:
        factor = max(h / photo[0], w / photo[1])
        here = (max(cfg.patch + 1, round(size[0] * h / photo[0])), max(cfg.patch + 1, round(size[1] * w / photo[1])))
        levels.append(Level(here, factor))
    return levels


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
    """A new sample: noise over the photo at the level that ``structure`` names, then patches from there up (section 3.2).

    Args:
        photos: [1, C, H, W] each; the first is the photo, all lend patches.
        cfg: settings.
        run: progress, stopping, device.
        size: height and width of the result.
        seed: of the noise and of the search.
        structure: 0 lets the noise in at the coarsest level, where it changes the layout; 1 at the finest.
        tile: whether the result continues itself vertically and horizontally.

    Returns:
        [1, C, h, w].
    """
    noise = torch.Generator().manual_seed(seed)
    photo = photos[0]
    levels = plan((photo.shape[2], photo.shape[3]), size, cfg)
    first = min(len(levels) - 1, round(structure * (len(levels) - 1)))
    start = resize(photo, levels[first].size)
    amount = 2 * cfg.noise
    if first:
        amount = cfg.structure_noise * float(
            (resize(resize(photo, levels[first - 1].size), levels[first].size) - start).square().mean().sqrt()
        )
    start = start + amount * drawn(levels[first].size, noise, photo.device)
    return refine(start, photos, cfg, run, levels[first:], noise, tile)


def retarget(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    size: tuple[int, int],
    seed: int,
    tile: Tile = (False, False),
) -> Tensor:
    """The photo at another size: its coarsest level is stretched, then rebuilt from patches at their own size (section 4.1).

    Args and result as ``vary``; the noise is ``cfg.retarget_noise``.
    """
    noise = torch.Generator().manual_seed(seed)
    photo = photos[0]
    levels = plan((photo.shape[2], photo.shape[3]), size, cfg)
    start = resize(photo, levels[0].size) + 2 * cfg.retarget_noise * drawn(levels[0].size, noise, photo.device)
    return refine(start, photos, cfg, run, levels, noise, tile)


def refine(
    start: Tensor,
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    levels: Sequence[Level],
    noise: torch.Generator,
    tile: Tile,
) -> Tensor:
    """From ``start`` [1, C, h, w] at the first of ``levels`` to the result at the last of them."""
    wide = relatives(photos, cfg.mirror, cfg.scales, 4 * cfg.patch)
    mean = photos[0].mean((2, 3), keepdim=True)
    picture, fit = start, None
    for index, level in enumerate(levels):
        family = wide if level.size[0] * level.size[1] < cfg.wide_below else photos
        library = at_level(family, level.factor, levels[index - 1].factor if index else None, cfg.patch)
        if index:
            picture = enlarged(picture, level.size, tile)
            if cfg.restless:
                if level.size[0]*level.size[1] < cfg.restless_below: detail = (library.sharp - library.blurred).square().mean().sqrt()
                if level.size[0]*level.size[1] < cfg.restless_below: picture = picture + cfg.restless * detail * drawn(level.size, noise, picture.device)
        filters = principal_filters(library.sharp, cfg.patch, cfg.components or 10**9)
        if cfg.drop and level.size[0]*level.size[1] < cfg.drop_below:
            library = with_holes(library, cfg, noise)
        for i in run.steps(step_count(cfg, level.size, index), stage=f"level {index + 1} of {len(levels)}"):
            key_picture = library.sharp if i or library.blurred is None else library.blurred
            query = fields.describe(wrap(picture - mean, cfg.patch, tile), filters)
            key = fields.describe(key_picture - mean, filters, library.forbidden)
            fit = matched(query, key, fit, cfg, noise)
            picture = vote(fit.field, query.shape, library.sharp, key.shape[1], cfg.patch, level.size, cfg.spread)
    return picture

def with_holes(library, cfg, noise):
    H,W=library.sharp.shape[2]-cfg.patch+1,library.sharp.shape[3]-cfg.patch+1
    m=torch.rand(1,1,max(2,H//cfg.drop_size),max(2,W//cfg.drop_size),generator=noise)
    m=(F.interpolate(m,size=(H,W),mode='nearest')[0,0]<cfg.drop)
    return Library(library.sharp,library.blurred,m if library.forbidden is None else m|library.forbidden)


@dataclass(frozen=True)
class Fit:
    """Fields found so far, and the grids they join."""

    field: Tensor
    reverse: Tensor | None
    query: tuple[int, int]
    key: tuple[int, int]


def matched(query: fields.Grid, key: fields.Grid, before: Fit | None, cfg: Config, noise: torch.Generator) -> Fit:
    """The field from ``query`` to ``key``, searched as ``cfg`` says, starting from the one found before."""
    few = max(len(query.rows), len(key.rows)) < cfg.exact_below
    if cfg.search == "exact" or few or before is None:
        return Fit(fields.exact(query, key, cfg.alpha), None, query.shape, key.shape)
    field, reverse = before.field, before.reverse
    if (before.query, before.key) != (query.shape, key.shape):
        field = patchmatch.upscale(field, before.query, query.shape, before.key, key.shape)
        if reverse is not None:
            reverse = patchmatch.upscale(reverse, before.key, key.shape, before.query, query.shape)
    if reverse is None and cfg.alpha > 0:
        reverse = turned(field, len(key.rows), noise)
    field, reverse = patchmatch.search(query, key, field, reverse, cfg.alpha, cfg.passes, noise)
    return Fit(field, reverse, query.shape, key.shape)


def turned(field: Tensor, count: int, noise: torch.Generator) -> Tensor:
    """A first reverse field: back along ``field`` where it leads somewhere, at random elsewhere."""
    back = patchmatch.claim(field, torch.zeros_like(field, dtype=torch.float32), count)
    anywhere = torch.randint(0, len(field), (count,), generator=noise).to(field.device)
    return torch.where(back < 0, anywhere, back)


def step_count(cfg: Config, size: tuple[int, int], index: int) -> int:
    """How often the patches are replaced at a level."""
    if index == 0:
        return cfg.coarsest_steps
    return cfg.steps if size[0] * size[1] <= cfg.polish_above else min(cfg.steps, cfg.polish_steps)


def drawn(size: tuple[int, int], noise: torch.Generator, device: torch.device) -> Tensor:
    """Normal noise [1, 1, h, w], one value for all channels of a pixel, drawn on the CPU so that devices agree."""
    return torch.randn(1, 1, *size, generator=noise).to(device)


def enlarged(picture: Tensor, size: tuple[int, int], tile: Tile, margin: int = 4) -> Tensor:
    """Resize to ``size``; an axis that wraps round is resized with a piece of its other end on each side."""
    over = [min(margin, n) if t else 0 for t, n in zip(tile, picture.shape[2:])]
    if not any(over):
        return resize(picture, size)
    grown = [round(m * s / n) for m, s, n in zip(over, size, picture.shape[2:])]
    padded = F.pad(picture, (over[1], over[1], over[0], over[0]), mode="circular")
    large = resize(padded, (size[0] + 2 * grown[0], size[1] + 2 * grown[1]))
    return large[:, :, grown[0] : grown[0] + size[0], grown[1] : grown[1] + size[1]]
