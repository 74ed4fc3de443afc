"""A picture that was drawn, pasted or changed, or another photo, given the patches of the photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from calotype.engines.gpdm.config import Config
from calotype.engines.gpdm.generate import checked, plan, starting_level
from calotype.engines.gpdm.match import worked
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.matching.refine import drawn
from calotype.run import Run


@torch.no_grad()
def remake(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    picture: Tensor,
    size: tuple[int, int],
    seed: int,
    structure: float,
    net: None = None,
) -> Tensor:
    """``picture`` taken in at the level that ``structure`` names, and given the photo's patches from there up.

    Distributions are matched at all levels. What is foreign keeps its shapes and takes on colours and surfaces, and the
    rest of the picture changes with it, since the patches are matched as a whole.

    Args:
        photos: [1, C, H, W] each, -1..1; the first is the photo, the patches of all are one set.
        cfg: settings.
        run: progress, stopping, device.
        picture: [1, C, H, W], -1..1, of any size: it is stretched to that of the result.
        size: height and width of the result, pixels.
        seed: of the noise by which one drawing gives several results, and of the directions.
        structure: 0 takes the picture in at the coarsest level, which keeps its layout alone; 1 at the finest.
        net: not looked at; engines that learn take their net here.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: the result would be smaller than two patches, a setting is out of range, or one of photo and picture
            has transparency and the other has not.
        Stopped: the run was asked to stop.
    """
    return _taken_in(photos, cfg, run, picture, size, seed, structure, cfg.noise * (1 - structure))


@torch.no_grad()
def stylize(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    picture: Tensor,
    size: tuple[int, int],
    seed: int,
    structure: float = 0.75,
) -> Tensor:
    """``picture``, which is the content, with the patches of the photo, the style: the paper's style transfer.

    No noise is added, and the coarse levels are left out. Arguments and errors are those of ``remake``.

    Returns:
        [1, C, h, w], -1..1.
    """
    return _taken_in(photos, cfg, run, picture, size, seed, structure, 0.0)


def remaking(cfg: Config) -> Config:
    """The settings with which a given picture is made again: distributions are matched at all levels.

    The photo's nearest patches would fill what is foreign with flat colour; moved pixels keep its shapes.
    """
    return replace(cfg, steps=cfg.remake_steps, replaced_above=0)


def _taken_in(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    picture: Tensor,
    size: tuple[int, int],
    seed: int,
    structure: float,
    amount: float,
) -> Tensor:
    checked(photos, size, cfg)
    if picture.shape[1] != photos[0].shape[1]:
        raise InputError("one of photo and picture has transparency and the other has not: give two of one kind")
    noise = torch.Generator().manual_seed(seed)
    cfg = remaking(cfg)
    levels = plan((photos[0].shape[2], photos[0].shape[3]), size, cfg)
    first = starting_level(structure, len(levels))
    here = levels[first].size
    start = resize(picture, here) + amount * drawn(here, noise, picture.device)
    return worked(start, photos, cfg, run, levels, noise, (False, False), first)
