"""The loop: from a coarse guess to the full picture, every patch replaced by the photo's patch that suits it best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.gpnn import field as fields
from calotype.engines.gpnn import patchmatch
from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.library import at_level
from calotype.engines.gpnn.start import drawn, seamless, swayed
from calotype.engines.gpnn.vote import vote
from calotype.errors import InputError
from calotype.image.patches import principal_filters, wrap
from calotype.image.pyramid import gpnn_sizes
from calotype.image.resize import resize
from calotype.run import Run

Tile = tuple[bool, bool]

# Of photos, all channels together, values from -1 to 1: a standard deviation of 0.45.
USUAL_VARIANCE = 0.2


@dataclass(frozen=True)
class Level:
    """One level of the pyramid.

    Attributes:
        size: height and width of the result at this level.
        factor: scale of the photos at this level against their full size.
        patch: side of the patches.
        steps: replacements of every patch.
    """

    size: tuple[int, int]
    factor: float
    patch: int
    steps: int


def plan(photo: tuple[int, int], size: tuple[int, int], cfg: Config) -> list[Level]:
    """The pyramid of a result of ``size`` from a photo of ``photo`` pixels (height, width), coarsest level first."""
    levels = []
    for h, w in gpnn_sizes(*photo, coarsest=cfg.coarsest, ratio=cfg.ratio):
        factor = max(h / photo[0], w / photo[1])
        patch = cfg.fine_patch if h * w > cfg.fine_above else cfg.patch
        here = (max(patch + 1, round(size[0] * h / photo[0])), max(patch + 1, round(size[1] * w / photo[1])))
        steps = min(cfg.steps, cfg.fine_steps) if h * w > cfg.fine_steps_above else cfg.steps
        levels.append(Level(here, factor, patch, steps))
    # At full size nothing is rounded, and a photo thinner than a patch has been refused.
    return [*levels[:-1], Level(size, 1.0, levels[-1].patch, levels[-1].steps)]


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
    """A new sample: the photo disturbed at the level that ``structure`` names, and rebuilt from patches from there up.

    Args:
        photos: [1, C, H, W] each, -1..1; the first is the photo, all lend patches.
        cfg: settings.
        run: progress, stopping, device.
        size: height and width of the result, pixels.
        seed: of the disturbance and of the search.
        structure: 0 disturbs the coarsest level, where the layout is decided (section 3.2 of the paper); 1 the finest.
        tile: whether the result continues itself vertically and horizontally.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: the result would be smaller than a patch, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    checked(photos, size, cfg)
    noise = torch.Generator().manual_seed(seed)
    photo = photos[0]
    levels = plan((photo.shape[2], photo.shape[3]), size, cfg)
    first = starting_level(structure, len(levels))
    here = levels[first]
    start = resize(photo, here.size)
    amount = 2 * cfg.noise
    if first:
        detail = resize(resize(photo, levels[first - 1].size), here.size) - start
        amount = cfg.detail_noise * float(detail.square().mean().sqrt())
    sway = cfg.sway * (1 - structure)
    if sway > 0:
        start = swayed(start, sway, cfg.sway_scale, noise)
    start = seamless(start, tile) + amount * drawn(here.size, noise, photo.device)
    return refine(start, photos, cfg, run, levels[first:], noise, tile)


def starting_level(structure: float, levels: int) -> int:
    """The level that is disturbed: 0 only where ``structure`` is, so that a short pyramid does not make loose free."""
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
    """The photo at another size: its coarsest level is stretched, then rebuilt from patches of their own size.

    Section 4.1 of the paper. Arguments, result and errors are those of ``vary``. The seed moves only the search, so
    results of two seeds are close.
    """
    checked(photos, size, cfg)
    noise = torch.Generator().manual_seed(seed)
    photo = photos[0]
    levels = plan((photo.shape[2], photo.shape[3]), size, cfg)
    cfg = replace(cfg, alpha=cfg.retarget_alpha)
    return refine(seamless(resize(photo, levels[0].size), tile), photos, cfg, run, levels, noise, tile)


def checked(photos: Sequence[Tensor], size: tuple[int, int], cfg: Config) -> None:
    """Refuse what cannot work, before any of it is done."""
    for name in ("patch", "fine_patch"):
        side = getattr(cfg, name)
        if side < 3 or side % 2 == 0:
            raise InputError(f"{name}={side} cannot be used: give an odd number of pixels from 3 up, like {name}=7")
    if cfg.ratio <= 1.05:
        raise InputError(f"ratio={cfg.ratio:g} cannot be used: give a number above 1.05, like ratio=1.333")
    if cfg.search not in ("exact", "fast"):
        raise InputError(f"search={cfg.search} cannot be used: give search=fast or search=exact")
    for name, least in (("steps", 1), ("fine_steps", 1), ("passes", 1), ("components", 0), ("coarsest", 8)):
        if getattr(cfg, name) < least:
            raise InputError(f"{name}={getattr(cfg, name)} cannot be used: give a whole number from {least} up")
    least = 2 * max(cfg.patch, cfg.fine_patch)
    for height, width in [size] + [(x.shape[2], x.shape[3]) for x in photos]:
        if min(height, width) < least:
            raise InputError(
                f"{width}x{height} pixels are too few for patches of {least // 2}: both sides must be {least} or more"
            )
    if len({x.shape[1] for x in photos}) > 1:
        raise InputError("some of the photos have transparency and some have not: give photos of one kind")


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
    family = [*photos, *(photo.flip(3) for photo in photos)] if cfg.mirror else photos
    mean = photos[0].mean((2, 3), keepdim=True)
    picture, fit = start, None
    for index, level in enumerate(levels):
        library = at_level(family, level.factor, levels[index - 1].factor if index else None, level.patch)
        if index:
            picture = enlarged(picture, level.size, tile)
        if library.blurred is not None and cfg.restless > 0:
            detail = (library.sharp - library.blurred).square().mean().sqrt()
            picture = picture + cfg.restless * detail * drawn(level.size, noise, picture.device)
        here = cfg
        if cfg.relative_alpha:
            # Never 0, which would switch completeness off: a photo of one colour has nothing to lose.
            here = replace(cfg, alpha=cfg.alpha * max(float(library.sharp.var()), 1e-6) / USUAL_VARIANCE)
        filters = principal_filters(library.sharp, level.patch, cfg.components or picture.shape[1] * level.patch**2)
        for step in run.steps(level.steps, stage=f"level {index + 1} of {len(levels)}"):
            like_query = library.sharp if step or library.blurred is None else library.blurred
            query = fields.Grid(wrap(picture - mean, level.patch, tile), filters)
            key = fields.Grid(like_query - mean, filters, library.forbidden)
            fit = matched(query, key, fit, here, noise)
            picture = vote(fit.field, query.shape, library.sharp, key.shape[1], level.patch, level.size, cfg.spread)
    return picture


@dataclass(frozen=True)
class Fit:
    """Fields found so far, and the grids of patches they join (rows, columns)."""

    field: Tensor
    reverse: Tensor | None
    query: tuple[int, int]
    key: tuple[int, int]


def matched(query: fields.Grid, key: fields.Grid, before: Fit | None, cfg: Config, noise: torch.Generator) -> Fit:
    """The field from ``query`` to ``key``; the fast search starts from the one found ``before``."""
    few = max(len(query), len(key)) < cfg.exact_below
    if cfg.search == "exact" or few:
        found = fields.exact(query, key, cfg.alpha)
        # Only the fast search, which takes over at larger levels, has a use for the other direction.
        back = fields.exact_reverse(query, key) if cfg.search == "fast" else None
        return Fit(found, back, query.shape, key.shape)
    field, reverse = carried(query, key, before, noise)
    field, reverse = patchmatch.search(query, key, field, reverse, cfg.alpha, cfg.passes, noise)
    return Fit(field, reverse, query.shape, key.shape)


def carried(query: fields.Grid, key: fields.Grid, before: Fit | None, noise: torch.Generator) -> tuple[Tensor, Tensor]:
    """The fields found before, on the grids of now; at random where there were none."""
    if before is None or before.reverse is None:
        there = torch.randint(0, len(key), (len(query),), generator=noise)
        back = torch.randint(0, len(query), (len(key),), generator=noise)
        return there.to(query.picture.device), back.to(query.picture.device)
    if (before.query, before.key) == (query.shape, key.shape):
        return before.field, before.reverse
    return (
        patchmatch.upscale(before.field, before.query, query.shape, before.key, key.shape),
        patchmatch.upscale(before.reverse, before.key, key.shape, before.query, query.shape),
    )


def enlarged(picture: Tensor, size: tuple[int, int], tile: Tile, margin: int = 4) -> Tensor:
    """Resize to ``size``; an axis that wraps round is resized with a piece of its other end on each side."""
    over = [min(margin, n) if t else 0 for t, n in zip(tile, picture.shape[2:])]
    if not any(over):
        return resize(picture, size)
    grown = [round(m * s / n) for m, s, n in zip(over, size, picture.shape[2:])]
    padded = F.pad(picture, (over[1], over[1], over[0], over[0]), mode="circular")
    large = resize(padded, (size[0] + 2 * grown[0], size[1] + 2 * grown[1]))
    return large[:, :, grown[0] : grown[0] + size[0], grown[1] : grown[1] + size[1]]
