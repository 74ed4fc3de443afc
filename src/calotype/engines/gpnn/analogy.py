"""A : A' :: B : B', the photo being A': its patches laid out as a target has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.generate import checked, plan, refinement
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.matching.counterparts import Counterparts, counterparts
from calotype.matching.layout import guides
from calotype.matching.refine import Guide, refine
from calotype.matching.start import laid_out
from calotype.run import Run


@torch.no_grad()
def analogy(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    before: Tensor | None,
    picture: Tensor,
    size: tuple[int, int],
    seed: int,
    guide: str = "auto",
    colours: str = "auto",
) -> Tensor:
    """What is to ``picture`` as the photo is to ``before``: Image Analogies (Hertzmann et al. 2001) by patches.

    Patches are compared by their pixels and by what lies there in ``before`` and in ``picture``; the latter stays as it
    is from the coarsest level to the finest, while the pixels are refined as in every verb of this engine. The paper
    makes the result pixel by pixel in one sweep a level; here all of it is made anew several times, so that what comes
    late can still change what came early.

    Args:
        photos: one [1, C, H, W], -1..1: A'.
        cfg: settings.
        run: progress, stopping, device.
        before: [1, 3 or 4, H, W], -1..1, a photo or a label map: A. ``None``: the photo's own blurred brightness.
        picture: [1, 3 or 4, h, w], -1..1, of any size: B, stretched to that of the result.
        size: height and width of the result, pixels.
        seed: of the search, and of the disturbance by which one target gives several results.
        guide: how ``before`` and ``picture`` are compared, see ``counterparts``.
        colours: whose colours the result has, see ``counterparts``.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: the result would be smaller than a patch, ``before`` does not fit the photo, or a setting is out of
            range.
        Stopped: the run was asked to stop.
    """
    checked(photos, size, cfg)
    if len(photos) > 1:
        raise InputError("an analogy takes its patches from one photo: leave out the others")
    photo, noise = photos[0], torch.Generator().manual_seed(seed)
    case = counterparts(photo, before, resize(picture, size), guide, colours)
    told = weighted(case, cfg, itself=before is None)
    restless = cfg.analogy_restless if case.tint is None else 0.0
    return case.coloured(guided(case.lent, told, size, cfg, run, noise, restless))


@torch.no_grad()
def relayout(photos: Sequence[Tensor], cfg: Config, run: Run, *, before: Tensor, target: Tensor, seed: int) -> Tensor:
    """The photo laid out as ``target`` has it: an analogy of label maps, as in texture-by-numbers.

    Args:
        photos: one [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        before: int64 [1, H, W], the number of the label that lies at each pixel of the photo.
        target: int64 [1, h, w], of any size: what is to lie where, in the same numbers. The result has its size.
        seed: of the search, and of the disturbance by which one target gives several results.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: the result would be smaller than a patch, ``before`` does not fit the photo, ``target`` has a label
            that it has not, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    size = (target.shape[1], target.shape[2])
    checked(photos, size, cfg)
    if len(photos) > 1:
        raise InputError("a layout takes its patches from one photo: leave out the others")
    source, wanted = guides(photos[0], before, target)
    told = Guide([source], wanted, cfg.label_weight)
    noise = torch.Generator().manual_seed(seed)
    return guided(photos[0], told, size, cfg, run, noise, cfg.analogy_restless).clamp(-1, 1)


def guided(
    lent: Tensor, told: Guide, size: tuple[int, int], cfg: Config, run: Run, noise: torch.Generator, restless: float
) -> Tensor:
    """A picture [1, C, h, w] of ``size`` made of ``lent`` [1, C, H, W], every patch where the guide wants it."""
    levels = plan((lent.shape[2], lent.shape[3]), size, cfg)
    start = laid_out(
        lent,
        told,
        levels[0],
        noise,
        place_weight=cfg.place_weight,
        sway=(cfg.analogy_sway, cfg.sway_scale),
        components=cfg.components,
        spread=cfg.analogy_spread,
    )
    how = replace(refinement(cfg), alpha=cfg.analogy_alpha, restless=restless, spread=cfg.analogy_spread)
    return refine(start, [lent], how, run, levels, noise, (False, False), guide=told)


def weighted(case: Counterparts, cfg: Config, itself: bool) -> Guide:
    """The guide that refinement asks for; ``itself``: whether the photo is its own counterpart."""
    light = cfg.texture_weight if itself else cfg.light_weight
    return Guide([case.source], case.target, cfg.label_weight if case.labelled else light)
