"""A picture that was drawn, pasted or changed, made anew in the manner of the photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.generate import checked, plan, refinement, starting_level
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.matching.refine import Level, drawn, refine
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
    """``picture`` taken in at the level that ``structure`` names, and rebuilt from the photo's patches from there up.

    SinGAN (Shaham et al. 2019, section 4) does this with its generators for paint-to-image, harmonization and editing;
    here the patches are looked up. What suits: 0.25 for a sketch in flat colours, whose shapes are only meant; 0.4 for
    a photo with pieces moved about; 0.9 for a thing pasted into a painting, whose shape is to stay.

    Args:
        photos: [1, C, H, W] each, -1..1; the first is the photo, all lend patches.
        cfg: settings.
        run: progress, stopping, device.
        picture: [1, C, H, W], -1..1, of any size: it is stretched to that of the result.
        size: height and width of the result, pixels.
        seed: of the search, and of the noise by which one drawing gives several results.
        structure: 0 takes the picture in at the coarsest level, which keeps its layout alone; 1 at the finest.
        net: not looked at; engines that learn take their net here.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: the result would be smaller than a patch, a setting is out of range, or one of photo and picture has
            transparency and the other has not.
        Stopped: the run was asked to stop.
    """
    checked(photos, size, cfg)
    if picture.shape[1] != photos[0].shape[1]:
        raise InputError("one of photo and picture has transparency and the other has not: give two of one kind")
    noise = torch.Generator().manual_seed(seed)
    photo = photos[0]
    levels = plan((photo.shape[2], photo.shape[3]), size, cfg)
    first = starting_level(structure, len(levels))
    here = levels[first].size
    amount = cfg.detail_noise * detail(photo, levels, max(first, 1))
    start = resize(picture, here) + amount * drawn(here, noise, photo.device)
    how = replace(refinement(cfg), alpha=cfg.remake_alpha)
    return refine(start, photos, how, run, levels[first:], noise, (False, False), levels[:first])


def stylize(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    picture: Tensor,
    size: tuple[int, int],
    seed: int,
    structure: float = 0.55,
) -> Tensor:
    """``picture``, which is the content, rebuilt from patches of the photo, the style (section 4.4 of the paper).

    The patches are looked up by their colours: those of the content have to be like the style's already
    (``image.colours.recoloured``). Arguments, result and errors are those of ``remake``.
    """
    return remake(photos, cfg, run, picture=picture, size=size, seed=seed, structure=structure)


def detail(photo: Tensor, levels: Sequence[Level], index: int) -> float:
    """What the level ``index`` shows of the photo and the one below does not (root mean square); 0 if there is none."""
    if index >= len(levels):
        return 0.0
    here = resize(photo, levels[index].size)
    return float((resize(resize(photo, levels[index - 1].size), levels[index].size) - here).square().mean().sqrt())
