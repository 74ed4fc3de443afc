"""``vary`` and ``retarget``, and the pyramid and checks of all verbs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import torch
from torch import Tensor

from calotype.engines.gpnn.config import Config
from calotype.errors import InputError
from calotype.image.pyramid import gpnn_sizes
from calotype.image.resize import resize
from calotype.image.seams import with_seams
from calotype.image.warp import warped
from calotype.matching.layout import height_guide
from calotype.matching.refine import Level, Refinement, Tile, limited, noise_map, refine
from calotype.matching.start import displaced, tileable
from calotype.run import Run
from calotype.setting_checks import at_least, odd_sides, one_of, unusable, within

_LARGEST = 2.5  # factor above which everything would be stretched, whether by seams or a warp


def plan(photo: tuple[int, int], size: tuple[int, int], cfg: Config, fine_alpha: bool = True) -> list[Level]:
    """The pyramid of a result of ``size`` from a photo of ``photo`` pixels (height, width), coarsest level first.

    ``fine_alpha`` tells whether completeness counts at the fine levels.
    """
    levels = []
    for h, w in gpnn_sizes(*photo, coarsest=cfg.coarsest, ratio=cfg.ratio):
        factor = max(h / photo[0], w / photo[1])
        patch = cfg.fine_patch if h * w > cfg.fine_above else cfg.patch
        here = (max(patch + 1, round(size[0] * h / photo[0])), max(patch + 1, round(size[1] * w / photo[1])))
        fine = h * w > cfg.fine_steps_above
        steps = min(cfg.steps, cfg.fine_steps) if fine else cfg.steps
        levels.append(Level(here, factor, patch, steps, fine_alpha or not fine))
    # The exact full size; photos smaller than a patch have been rejected.
    levels[-1] = replace(levels[-1], size=size, factor=1.0)
    return limited(levels, photo, cfg.searched)


def scales(photo_size: tuple[int, int], cfg: Config) -> list[tuple[int, int]]:
    """Height and width of a result of the photo's size at each level, coarsest first: the levels ``structure`` selects
    from.

    Raises:
        InputError: a setting is out of range.
    """
    _checked_settings(cfg)
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
    """A new sample: the photo perturbed at the level selected by ``structure``, and synthesised from there up.

    Args:
        photos: [1, C, H, W] each, -1..1; the first is the photo, all contribute patches.
        cfg: settings.
        run: progress, stopping, device.
        size: height and width of the result, pixels.
        seed: of the perturbation and of the search.
        structure: 0 perturbs the coarsest level, which determines the layout (section 3.2 of the paper); 1 the finest.
        tile: whether the result is periodic, vertically and horizontally.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: the result would be smaller than a patch, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    checked(photos, size, cfg)
    noise = torch.Generator().manual_seed(seed)
    photo = photos[0]
    levels = plan((photo.shape[2], photo.shape[3]), size, cfg, cfg.fine_alpha)
    first = starting_level(structure, len(levels))
    here = levels[first]
    start = resize(photo, here.size)
    amount = 2 * cfg.noise
    if first:
        detail = resize(resize(photo, levels[first - 1].size), here.size) - start
        amount = cfg.detail_noise * float(detail.square().mean().sqrt())
    sway = cfg.sway * (1 - structure)
    if sway > 0:
        start = displaced(start, sway, cfg.sway_scale, noise)
    start = tileable(start, tile) + amount * noise_map(here.size, noise, photo.device)
    guide = height_guide(photos, start, cfg.height, tile)
    return refine(start, photos, refinement(cfg), run, levels[first:], noise, tile, levels[:first], guide)


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

    Section 4.1 of the paper. A size that is up to 2.5 times as large in any direction instead starts from the photo
    with ``cfg.enlarge``, so that what is distinct keeps its shape; not so a tile. A warp follows an enlargement of the
    whole photo by as much as both directions share. Arguments, result and errors are
    those of ``vary``. The seed affects only the search, so results of two seeds are similar or equal.
    """
    checked(photos, size, cfg)
    noise = torch.Generator().manual_seed(seed)
    photo = photos[0]
    before = (photo.shape[2], photo.shape[3])
    levels = plan(before, size, cfg)
    if not is_larger(before, size, cfg) or any(tile):
        how = replace(refinement(cfg), alpha=cfg.retarget_alpha)
        return refine(tileable(resize(photo, levels[0].size), tile), photos, how, run, levels, noise, tile)
    if is_warped([(x.shape[2], x.shape[3]) for x in photos], size, cfg):
        for _ in run.steps(1, stage="warp"):
            made = warped(_enlarged(photo, size), size)
            run.report(preview=made if made.shape[1] > 1 else made.expand(-1, 3, -1, -1))
        return made
    first = starting_level(cfg.seam_level, len(levels))
    here = levels[first]
    small = resize(photo, (max(1, round(before[0] * here.factor)), max(1, round(before[1] * here.factor))))
    how = replace(refinement(cfg), alpha=cfg.seam_alpha)
    return refine(with_seams(small, here.size), photos, how, run, levels[first:], noise, tile, levels[:first])


def _enlarged(photo: Tensor, size: tuple[int, int]) -> Tensor:
    """A photo [1, C, h, w] enlarged as a whole by the smaller factor of both directions."""
    before = (photo.shape[2], photo.shape[3])
    factor = min(size[0] / before[0], size[1] / before[1])
    whole = [min(after, round(side * factor)) for side, after in zip(before, size)]
    return photo if factor <= 1 else resize(photo, (whole[0], whole[1]))


def is_larger(before: tuple[int, int], size: tuple[int, int], cfg: Config) -> bool:
    """Whether ``retarget`` to ``size`` (height, width) starts from the photo with distinct parts kept in shape."""
    largest = max(size[0] / before[0], size[1] / before[1])
    return cfg.enlarge != "resize" and cfg.seam_level > 0 and 1 < largest <= _LARGEST


def is_warped(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> bool:
    """Whether ``retarget`` to ``size`` (height, width), not as a tile, is a warp of the only photo."""
    larger = all(after >= before for before, after in zip(photo_sizes[0], size))
    return cfg.enlarge == "warp" and len(photo_sizes) == 1 and larger and is_larger(photo_sizes[0], size, cfg)


def seedless(photo_sizes: Sequence[tuple[int, int]], size: tuple[int, int], cfg: Config) -> str | None:
    """A line for the user if ``retarget`` to ``size`` (height, width) makes the same picture of all seeds."""
    if not is_warped(photo_sizes, size, cfg):
        return None
    return "the pictures will be equal, as a warp has no random part: give --set enlarge=seams for different ones"


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
    _checked_settings(cfg)
    least = 2 * max(cfg.patch, cfg.fine_patch)
    for height, width in sizes:
        if min(height, width) < least:
            raise InputError(
                f"{width}x{height} pixels are too few for patches of {least // 2}: both sides must be {least} or more"
            )


def _checked_settings(cfg: Config) -> None:
    odd_sides(cfg, ("patch", "fine_patch"))
    one_of(cfg, {"search": ("fast", "exact"), "enlarge": ("warp", "seams", "resize")})
    within(cfg, {"seam_level": (0, 1), "usual_light": (0, 1)})
    if cfg.ratio <= 1.05:
        raise unusable(cfg, "ratio", "a number above 1.05, like 1.333")
    at_least(cfg, {"steps": 1, "fine_steps": 1, "passes": 1, "components": 0, "coarsest": 8, "searched": 1})


def refinement(cfg: Config) -> Refinement:
    """Settings of the patch replacement."""
    shared = {field.name for field in fields(Refinement)} & {field.name for field in fields(cfg)}
    return Refinement(exact_start=cfg.exact_below, **{name: getattr(cfg, name) for name in shared})
