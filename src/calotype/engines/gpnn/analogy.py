"""Image analogies A : A' :: B : B', where A' is the photo: its patches in the layout of a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.generate import checked, plan, refinement
from calotype.errors import InputError
from calotype.image.resize import resize
from calotype.matching.analogy import AnalogyInputs, analogy_inputs
from calotype.matching.layout import label_channels
from calotype.matching.refine import Guide, refine
from calotype.matching.start import layout_image
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
    """Image analogy A : A' applied to B (Hertzmann et al., Image Analogies, SIGGRAPH 2001), by patches.

    Patches are compared by their pixels and by the channels of ``before`` and ``picture``; the latter are the same at
    all levels, while the pixels are refined as in every verb of this engine. The paper synthesises pixel by pixel in
    one scan per level; here all patches are replaced several times, so that late decisions can still change early ones.

    Args:
        photos: A': one [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        before: A: [1, 3 or 4, H, W], -1..1, a photo or a label map. ``None``: the photo's own blurred luminance.
        picture: B: [1, 3 or 4, h, w], -1..1, of any size; resized to that of the result.
        size: height and width of the result, pixels.
        seed: of the search, and of the displacement that makes several results of one target possible.
        guide: how ``before`` and ``picture`` are compared, see ``analogy_inputs``.
        colours: whose colours the result has, see ``analogy_inputs``.

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
    inputs = analogy_inputs(photo, before, resize(picture, size), guide, colours)
    channels = guide_of(inputs, cfg, itself=before is None)
    restless = cfg.analogy_restless if inputs.tint is None else 0.0
    return inputs.coloured(synthesized([inputs.exemplar], channels, size, cfg, run, noise, restless))


@torch.no_grad()
def relayout(photos: Sequence[Tensor], cfg: Config, run: Run, *, before: Tensor, target: Tensor, seed: int) -> Tensor:
    """The photo in the layout of ``target``: an analogy of label maps, as in texture-by-numbers.

    Args:
        photos: one [1, C, H, W], -1..1.
        cfg: settings.
        run: progress, stopping, device.
        before: int64 [1, H, W], the label map of the photo, class indices.
        target: int64 [1, h, w], of any size: the target label map, in the same numbering. The result has its size.
        seed: of the search, and of the displacement that makes several results of one target possible.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: the result would be smaller than a patch, ``before`` does not fit the photo, ``target`` has a label
            that the photo does not have, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    size = (target.shape[1], target.shape[2])
    checked(photos, size, cfg)
    if len(photos) > 1:
        raise InputError("a layout takes its patches from one photo: leave out the others")
    source, wanted = label_channels(photos[0], before, target)
    channels = Guide([source], wanted, cfg.label_weight)
    noise = torch.Generator().manual_seed(seed)
    return synthesized(photos, channels, size, cfg, run, noise, cfg.analogy_restless, cfg.relayout_together).clamp(
        -1, 1
    )


def synthesized(
    exemplars: Sequence[Tensor],
    channels: Guide,
    size: tuple[int, int],
    cfg: Config,
    run: Run,
    noise: torch.Generator,
    restless: float,
    together: float = 0.0,
) -> Tensor:
    """An image [1, C, h, w] of ``size`` from patches of exemplars [1, C, H, W], laid out by the guide."""
    levels = plan((exemplars[0].shape[2], exemplars[0].shape[3]), size, cfg)
    start = layout_image(
        exemplars,
        channels,
        levels[0],
        noise,
        position_weight=cfg.place_weight,
        displacement=(cfg.analogy_sway, cfg.sway_scale),
        components=cfg.components,
        spread=cfg.analogy_spread,
    )
    how = replace(refinement(cfg), alpha=cfg.analogy_alpha, restless=restless, spread=cfg.analogy_spread)
    how = replace(how, together=together)
    return refine(start, exemplars, how, run, levels, noise, (False, False), guide=channels)


def guide_of(inputs: AnalogyInputs, cfg: Config, itself: bool) -> Guide:
    """The weighted guide; ``itself``: whether the photo is its own counterpart."""
    light = cfg.texture_weight if itself else cfg.light_weight
    return Guide([inputs.source], inputs.target, cfg.label_weight if inputs.labelled else light)
