"""Image synthesis from a target label map with a trained model."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from calotype.engines.analogy.checks import checked_settings
from calotype.engines.analogy.confidence import initial_image
from calotype.engines.analogy.config import Config
from calotype.engines.analogy.labelling import check_known, checked_labels
from calotype.engines.analogy.net import Net
from calotype.engines.analogy.sizes import check_target, factor_of, patch_levels
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.matching.layout import label_channels, position_channels
from calotype.matching.refine import Guide, Refinement, refine
from calotype.run import Run

# Exhaustive patch search up to so many patches (geometric mean of both sets); more at the first level, which has no
# initial nearest-neighbour field.
EXACT_BELOW, EXACT_START = 4000, 14_000
# Patch pairs compared per iteration in the exhaustive search for the worst matches, mostly of rare labels.
WORST_PAIRS = 50_000_000


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

    The generator's output is synthesised from the photo's own patches, matched by colours and labels.

    Args:
        photos: [1, 3, H, W], -1..1: the one photo that the model was trained on.
        cfg: settings, those of the training except for patches.
        run: progress, stopping, device.
        before: [1, H, W], int64: the photo's label map, class indices.
        target: [1, h, w], int64: the target label map, in the same numbering; the result has its size.
        seed: of the noise and the patch search; the generator is deterministic.
        net: trained, all parts or some.

    Returns:
        [1, 3, h, w], -1..1.

    Raises:
        InputError: there is no model, a map does not fit, or the target has a class that the photo does not have.
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
    check_target(size, cfg)
    before, target = before.to(photo.device), target.to(photo.device)
    made = net.eval()(photo, before, target)
    if cfg.refined:
        return _synthesised(made, photo, before, target, cfg, run, seed).clamp(-1, 1)
    if factor_of(whole, cfg) == 1:
        cropped: Tensor = made[:, :, : size[0], : size[1]]
        return cropped
    return resize(made, size)


def _synthesised(
    made: Tensor, photo: Tensor, before: Tensor, target: Tensor, cfg: Config, run: Run, seed: int
) -> Tensor:
    """Synthesise ``made`` from the photo's patches, from its size up to that of the target."""
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
        worst_pairs=WORST_PAIRS,
    )
    levels = patch_levels(whole, size, cfg)
    source, wanted = label_channels(photo, before, target)
    noise = torch.Generator().manual_seed(seed)
    start = initial_image(made, photo, Guide([source], wanted, cfg.label_weight), levels[0], cfg, noise)
    guide = Guide([_guide_channels(source, cfg)], _guide_channels(wanted, cfg))
    return refine(start, [photo], how, run, levels, noise, (False, False), guide=guide)


def _guide_channels(labels: Tensor, cfg: Config) -> Tensor:
    """Channels that guide the patch search: weighted labels and the position of every pixel."""
    return torch.cat([cfg.label_weight * labels, cfg.place_weight * position_channels(labels)], 1)
