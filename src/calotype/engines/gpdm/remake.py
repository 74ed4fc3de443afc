"""``remake`` and ``stylize``: a given image rendered with the photo's patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from calotype.engines.gpdm.config import Config
from calotype.engines.gpdm.generate import checked, plan, starting_level
from calotype.engines.gpdm.match import synthesize
from calotype.errors import InputError
from calotype.image.colours import projected
from calotype.image.resize import resize
from calotype.matching.refine import noise_map
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
    """Inject ``picture`` at the level selected by ``structure``, and synthesise from the photo's patches from there up.

    Distributions are matched at all levels. The given image keeps its shapes and takes on the photo's colours and
    textures; all of it changes, since the distribution is matched as a whole.

    Args:
        photos: [1, C, H, W] each, -1..1; the first is the photo, the patches of all are one set.
        cfg: settings.
        run: progress, stopping, device.
        picture: [1, C, H, W], -1..1, of any size; resized to that of the result.
        size: height and width of the result, pixels.
        seed: of the noise, which makes several results of one image possible, and of the projections.
        structure: injection level: 0 is the coarsest, which keeps the layout only; 1 the finest.
        net: ignored; engines with trained models take theirs here.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: the result would be smaller than two patches, a setting is out of range, or only one of photo and
            image has transparency.
        Stopped: the run was asked to stop.
    """
    return _injected(photos, cfg, run, picture, size, seed, structure, cfg.noise * (1 - structure))


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
    """Style transfer as in the paper: ``picture`` is the content, the photo the style.

    No noise is added, and the coarse levels are skipped. Colours then move to the nearest ones of the style
    (``cfg.style_palette``), since the distributions of projected patches leave noise in colours that the style does not
    have. Arguments and errors are those of ``remake``.

    Returns:
        [1, C, h, w], -1..1.
    """
    made = _injected(photos, cfg, run, picture, size, seed, structure, 0.0)
    return projected(made, photos[0], cfg.style_palette) if cfg.style_palette > 0 else made


def remaking(cfg: Config) -> Config:
    """The settings for ``remake`` and ``stylize``: distributions are matched at all levels.

    Nearest neighbours would fill foreign regions with flat colour; optimized pixels keep their shapes.
    """
    return replace(cfg, steps=cfg.remake_steps, replaced_above=0)


def _injected(
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
    start = resize(picture, here) + amount * noise_map(here, noise, picture.device)
    return synthesize(start, photos, cfg, run, levels, noise, (False, False), first)
