"""``fill``: thin parts at once; the rest from a coarse level on, by patch-based optimization from level to level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from calotype.engines.completion.blending import Blending
from calotype.engines.completion.config import STARTS, Config
from calotype.engines.completion.holes import holes
from calotype.engines.completion.initial import initial_fill, reaches_border, singleness
from calotype.engines.completion.pyramid import Level, eroded, levels, overlapping
from calotype.engines.completion.search import LevelSearch
from calotype.engines.completion.texture import Textures, matched_texture, with_contrast
from calotype.engines.completion.thin import thin_fill, thin_part
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.run import Run
from calotype.setting_checks import at_least, odd_sides, unusable

_FROM_ONE = ("depth", "border_depth", "arranged", "overview", "offsets", "passes", "together")
_FROM_ZERO = (
    *("thin", "rim", "border_rim", "rounds", "steps", "first", "peel", "components", "texture"),
    *("edge", "last_edge", "border_edge", "screen", "border_screen"),
)
_MINIMUM = {**dict.fromkeys(_FROM_ONE, 1), **dict.fromkeys(_FROM_ZERO, 0)}


@torch.no_grad()
def fill(photos: Sequence[Tensor], cfg: Config, run: Run, *, hole: Tensor, seed: int) -> Tensor:
    """Fill the hole of a photo with plausible content.

    Args:
        photos: one, [1, C, H, W], -1..1. Its values in the hole are ignored.
        cfg: settings.
        run: progress, stopping, device.
        hole: [1, 1, H, W]; values above 0.5 are to be filled.
        seed: of the search.

    Returns:
        [1, C, H, W], -1..1; outside the hole, exactly the photo.

    Raises:
        InputError: a setting is out of range, the photo is smaller than two patches, the hole is empty, or nothing is
            left to fill it from.
        Stopped: the run was asked to stop.
    """
    photo, missing = photos[0], hole[0, 0] > 0.5
    checked(photo, missing, cfg)
    noise = torch.Generator().manual_seed(seed)
    result = photo.clone()
    thin = thin_part(missing, cfg.thin) if cfg.thin else torch.zeros_like(missing)
    for part, missing_part, method in ((thin, missing, thin_fill), (missing & ~thin, missing & ~thin, completed)):
        # Thin parts are filled first: to the others, they are known.
        found = holes(part, cfg)
        for number, one in enumerate(found):
            label = f"hole {number + 1} of {len(found)}, " if len(found) > 1 else ""
            made = method(result[one.window], missing_part[one.window[2:]], cfg, run, noise, label)
            result[one.window] = torch.where(one.own, made, result[one.window])
    return result


def check_size(size: tuple[int, int], cfg: Config) -> None:
    """Check the size (height, width) of a photo and the settings before any work is done.

    Raises:
        InputError: it is smaller than two patches, or a setting is out of range.
    """
    odd_sides(cfg, ("patch",))
    if cfg.ratio < 1.1:
        raise unusable(cfg, "ratio", "a number from 1.1 up, like 1.6")
    for name in ("start", "border_start"):
        if getattr(cfg, name) not in STARTS:
            raise unusable(cfg, name, f"one of {', '.join(STARTS)}")
    at_least(cfg, _MINIMUM)
    height, width = size
    if min(height, width) < 2 * cfg.patch:
        raise InputError(
            f"{width}x{height} pixels are too few for patches of {cfg.patch}: "
            f"both sides must be {2 * cfg.patch} or more"
        )


def checked(photo: Tensor, hole: Tensor, cfg: Config) -> None:
    """Check photo, hole and settings before any work is done."""
    check_size((hole.shape[0], hole.shape[1]), cfg)
    if not hole.any():
        raise InputError("there is nothing to fill: the mask selects nothing")
    if bool(overlapping(hole, cfg.patch).all()):
        raise InputError("too little of the photo is left to fill the rest from: paint a smaller mask")


def completed(photo: Tensor, hole: Tensor, cfg: Config, run: Run, noise: torch.Generator, label: str = "") -> Tensor:
    """Fill the hole, bool [h, w], of one window [1, C, h, w]."""
    if reaches_border(hole):
        cfg = at_border(cfg)
    if cfg.steps and not eroded(hole, cfg.depth).any():
        cfg = replace(cfg, start="smooth")
    described = levels(with_contrast(photo, hole) if cfg.texture > 0 else photo, hole, cfg)
    pyramid = [Level(level.photo[:, : photo.shape[1]], level.hole) for level in described]
    textures = Textures(described) if cfg.texture > 0 else None
    rim, texture = between(cfg.rim, 0, 0, len(pyramid)), textures.interpolated() if textures else None
    single = singles(pyramid[0], cfg)
    search = LevelSearch.of(pyramid[0], cfg, rim, texture=texture, single=single)
    start = initial_fill(pyramid[0], search.source, cfg, noise)
    picture = start.picture
    field = search.identity() if start.offsets is None else search.shifted(start.offsets)
    if texture is not None and start.offsets is not None:
        texture = matched_texture(texture, search, field)
        search = LevelSearch.of(pyramid[0], cfg, rim, texture=texture)
    for index, level in enumerate(pyramid):
        if index:
            rim, before = between(cfg.rim, 0, index, len(pyramid)), search
            if textures and texture is not None:
                texture = textures.upsampled(matched_texture(texture, before, field), index)
            if single is not None:
                single = resize(single[None, None], level.size, mode="bilinear")[0, 0].clamp_min(0)
            search = LevelSearch.of(level, cfg, rim, texture=texture, near=True, single=single)
            picture = resize(picture, level.size, clamp=False)
            field = search.upsampled(field, before)
        last = index == len(pyramid) - 1
        synthesize = synthesis(search, cfg, last)
        if index or start.offsets is not None:
            # Not the upsampled image but its patches, copied from the photo: as sharp as the photo from the start.
            picture = synthesize(field, search.known(field), picture)
        steps = cfg.peel if start.peeled and not index else between(cfg.first, cfg.steps, index, len(pyramid))
        for step in run.steps(steps, stage=f"{label}level {index + 1} of {len(pyramid)}"):
            field, score = search.matched(picture, field, cfg.passes, cfg.coherence, noise)
            if last or step < steps - 1:
                picture = synthesize(field, search.confidence(score), picture)
            run.report(preview=picture[:, : photo.shape[1]])
    if start.lift is not None:
        picture = picture + resize(start.lift, pyramid[-1].size, mode="bilinear") * hole
    return picture[:, : photo.shape[1]].clamp(-1, 1)


def singles(level: Level, cfg: Config) -> Tensor | None:
    """The cost of a copy of each pixel of a level whose first fill is smooth: [h, w]; ``None`` if there is none."""
    if cfg.start != "smooth" or cfg.single <= 0:
        return None
    return cfg.single * singleness(level.photo, level.hole)


def at_border(cfg: Config) -> Config:
    """The settings of a hole that reaches the border of the image."""
    return replace(
        cfg,
        start=cfg.border_start,
        depth=cfg.border_depth,
        rim=cfg.border_rim,
        near=cfg.border_near,
        single=cfg.border_single,
        edge=cfg.border_edge,
        screen=cfg.border_screen,
    )


def synthesis(search: LevelSearch, cfg: Config, last: bool) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """How the hole of a level is filled from its field, the weights of the patches and, where they are 0, a picture."""
    spread, edge = (cfg.last_spread, cfg.last_edge) if last else (cfg.spread, cfg.edge)
    if edge > 0:
        return Blending(search, spread, edge, cfg.screen)
    return lambda field, weights, picture: search.voted(field, weights, picture, spread)


def between(first: int, last: int, level: int, count: int) -> int:
    """A setting at one of ``count`` levels, from ``first`` at the coarsest to ``last`` at full size."""
    return round(first + (last - first) * level / (count - 1)) if count > 1 else last
