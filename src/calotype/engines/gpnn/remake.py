"""``remake`` and ``stylize``: a given image rendered with the photo's patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.generate import checked, plan, refinement, starting_level
from calotype.errors import InputError
from calotype.image.blur import blur
from calotype.image.resize import resize
from calotype.matching.refine import Level, noise_map, refine
from calotype.run import Run

SIDE = 250  # longer side of the pictures, pixels, that widths in pixels are given for


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
    """Inject ``picture`` at the level selected by ``structure``, and synthesise from the photo's patches from there up.

    SinGAN (Shaham et al. 2019, section 4) does this with its generators for paint-to-image, harmonization and editing;
    here the patches are retrieved by nearest neighbour search. Typical values: 0.25 for a sketch in flat colours with
    rough shapes; 0.4 for a photo with parts moved about; 0.9 for an object pasted into a painting, whose shape has to
    stay.

    Args:
        photos: [1, C, H, W] each, -1..1; the first is the photo, all contribute patches.
        cfg: settings.
        run: progress, stopping, device.
        picture: [1, C, H, W], -1..1, of any size; resized to that of the result.
        size: height and width of the result, pixels.
        seed: of the search, and of the noise that makes several results of one image possible.
        structure: injection level: 0 is the coarsest, which keeps the layout only; 1 the finest.
        net: ignored; engines with trained models take theirs here.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: the result would be smaller than a patch, a setting is out of range, or only one of photo and image
            has transparency.
        Stopped: the run was asked to stop.
    """
    checked_picture(photos, picture, size, cfg)
    noise = torch.Generator().manual_seed(seed)
    photo = photos[0]
    levels = plan((photo.shape[2], photo.shape[3]), size, cfg)
    first = starting_level(structure, len(levels))
    here = levels[first].size
    amount = cfg.detail_noise * detail(photo, levels, max(first, 1))
    start = resize(picture, here) + amount * noise_map(here, noise, photo.device)
    how = replace(refinement(cfg), alpha=cfg.remake_alpha)
    return refine(start, photos, how, run, levels[first:], noise, (False, False), levels[:first])


def checked_picture(photos: Sequence[Tensor], picture: Tensor, size: tuple[int, int], cfg: Config) -> None:
    """``checked``, and that photo and picture both have transparency or both have none."""
    checked(photos, size, cfg)
    if picture.shape[1] != photos[0].shape[1]:
        raise InputError("one of photo and picture has transparency and the other has not: give two of one kind")


@torch.no_grad()
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
    """Style transfer (section 4.4 of the paper): ``picture`` is the content, the photo the style.

    Patches are retrieved by colour, so the colours of the content have to be similar to the style's already
    (``image.colours.recoloured``). A share of what is coarser than the style's texture is then the content's again,
    which the paper does not do: faces stay faces. Arguments, result and errors are those of ``remake``.
    """
    cfg = replace(cfg, spread=cfg.edit_spread) if cfg.style_shapes > 0 else cfg
    made = remake(photos, cfg, run, picture=picture, size=size, seed=seed, structure=structure)
    return with_shapes_of(made, resize(picture, size), cfg.style_detail * max(size) / SIDE, cfg.style_shapes)


def with_shapes_of(made: Tensor, picture: Tensor, detail: float, share: float = 1.0) -> Tensor:
    """``made`` with what is coarser than its texture from ``picture``, both [1, C, h, w], -1..1.

    Args:
        made: the texture.
        picture: the shapes.
        detail: standard deviation of the Gaussian that divides the two, pixels.
        share: how much of the difference is restored, 0..1.
    """
    if share <= 0:
        return made
    return (made + share * blur(picture - made, detail)).clamp(-1, 1)


def detail(photo: Tensor, levels: Sequence[Level], index: int) -> float:
    """RMS difference between the photo at level ``index`` and at the level below; 0 if there is no such level."""
    if index >= len(levels):
        return 0.0
    here = resize(photo, levels[index].size)
    return float((resize(resize(photo, levels[index - 1].size), levels[index].size) - here).square().mean().sqrt())
