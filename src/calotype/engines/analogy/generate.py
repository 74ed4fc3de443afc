"""A photo laid out anew by a trained model."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from calotype.engines.analogy.belief import begun
from calotype.engines.analogy.checks import checked_settings
from calotype.engines.analogy.config import Config
from calotype.engines.analogy.labelling import check_known, checked_labels
from calotype.engines.analogy.net import Net
from calotype.engines.analogy.sizes import factor_of, patch_levels
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.matching.layout import guides, places
from calotype.matching.refine import Guide, Refinement, refine
from calotype.run import Run

# All patches are compared with all up to so many of each (in the geometric mean) at the first level, where nothing is
# known of the matches yet.
EXACT_BELOW, EXACT_START = 4000, 14_000
# Pairs of patches compared at each replacement for those that were matched worst: about those of rare labels.
MENDED = 50_000_000


@torch.no_grad()
def relayout(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    before: Tensor,
    target: Tensor,
    seed: int,
    net: Net | None = None,
) -> Tensor:
    """The photo with the layout of ``target``.

    The net's picture, made of the photo's own patches from its own size up: those that look alike and have alike maps.

    Args:
        photos: [1, 3, H, W], -1..1: the one photo that the net was trained on.
        cfg: settings, those of the training but for what concerns patches.
        run: progress, stopping, device.
        before: [1, H, W], int64: the photo's map, class indices.
        target: [1, h, w], int64: the map wanted, in the same numbering; the result has its size.
        seed: of the noise and the search among the patches; the net itself has no chance in it.
        net: trained, perhaps not to the end.

    Returns:
        [1, 3, h, w], -1..1.

    Raises:
        InputError: there is no net, a map does not fit, or the target has a class that the photo has not.
        Stopped: the run was asked to stop.
    """
    if net is None:
        raise InputError(
            "analogy makes pictures from a trained model: train it first, with "
            "calotype train analogy PHOTO --labels MAP"
        )
    checked_settings(cfg)
    photo = photos[0]
    whole, size = (photo.shape[2], photo.shape[3]), (target.shape[-2], target.shape[-1])
    checked_labels(before, whole, cfg.classes, "the photo's map")
    checked_labels(target, size, cfg.classes, "the target")
    check_known(before, target)
    if min(size) < cfg.patch + 1:
        raise InputError(
            f"a target of {size[1]}x{size[0]} pixels is too small: both sides must be {cfg.patch + 1} or more"
        )
    before, target = before.to(photo.device), target.to(photo.device)
    made = net.eval()(photo, before, target)
    if cfg.refined:
        return _finished(made, photo, before, target, cfg, run, seed).clamp(-1, 1)
    if factor_of(whole, cfg) == 1:
        cut: Tensor = made[:, :, : size[0], : size[1]]
        return cut
    return resize(made, size)


def _finished(made: Tensor, photo: Tensor, before: Tensor, target: Tensor, cfg: Config, run: Run, seed: int) -> Tensor:
    """``made`` of the photo's patches, from its size to that of the target."""
    whole, size = (photo.shape[2], photo.shape[3]), (target.shape[1], target.shape[2])
    how = Refinement(
        restless=cfg.restless,
        alpha=cfg.alpha,
        spread=cfg.spread,
        components=cfg.components,
        passes=1,
        exact_below=EXACT_BELOW,
        exact_start=EXACT_START,
        together=cfg.together,
        mended=MENDED,
    )
    levels = patch_levels(whole, size, cfg)
    source, wanted = guides(photo, before, target)
    noise = torch.Generator().manual_seed(seed)
    start = begun(made, photo, Guide([source], wanted, cfg.label_weight), levels[0], cfg, noise)
    guide = Guide([_told(source, cfg)], _told(wanted, cfg))
    return refine(start, [photo], how, run, levels, noise, (False, False), guide=guide)


def _told(labels: Tensor, cfg: Config) -> Tensor:
    """The channels that say what belongs where: labels, and the place of every pixel."""
    return torch.cat([cfg.label_weight * labels, cfg.place_weight * places(labels)], 1)
