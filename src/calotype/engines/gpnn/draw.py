"""A picture of a label map from patches of photos whose label maps are like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from calotype.engines.gpnn.analogy import synthesized
from calotype.engines.gpnn.config import Config
from calotype.engines.gpnn.generate import checked
from calotype.matching.layout import label_channels_of
from calotype.matching.light import in_usual_light
from calotype.matching.refine import Guide
from calotype.run import Run


@torch.no_grad()
def draw(
    photos: Sequence[Tensor],
    cfg: Config,
    run: Run,
    *,
    maps: Sequence[Tensor],
    target: Tensor,
    seed: int,
    usual: Tensor | None = None,
) -> Tensor:
    """The layout ``target``, of patches of photos: texture-by-numbers with several photos.

    Args:
        photos: [1, C, H, W] each, -1..1. The first is preferred; the others fill in what it lacks.
        cfg: settings; ``cfg.further_weight`` says how much the first is preferred.
        run: progress, stopping, device.
        maps: int64 [1, H, W] each, the label maps of the photos, in one numbering.
        target: int64 [1, h, w], the layout, in the same numbering. The result has its size.
        seed: of the search, and of the displacement that makes several results of one layout possible.
        usual: [classes, 4], the usual colours of the labels (``calotype.matching.light.usual_colours``), towards which
            ``cfg.usual_light`` moves those of the photos; ``None``: they stay.

    Returns:
        [1, C, h, w], -1..1.

    Raises:
        InputError: the result would be smaller than a patch, a map does not fit its photo, ``target`` has a label that
            no photo has, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    size = (target.shape[1], target.shape[2])
    checked(photos, size, cfg)
    if usual is not None and cfg.usual_light > 0:
        photos = [in_usual_light(x, labels, usual, cfg.usual_light) for x, labels in zip(photos, maps, strict=True)]
    labels = torch.unique(target)
    source, wanted = label_channels_of(photos, [_among(labels, each) for each in maps], _among(labels, target))
    # One more channel, in units of a label: the first photo is what is asked for.
    further = [torch.full_like(x[:, :1], min(1, i) * cfg.further_weight) for i, x in enumerate(source)]
    source = [torch.cat([x, own], 1) for x, own in zip(source, further)]
    channels = Guide(source, torch.cat([wanted, torch.zeros_like(wanted[:, :1])], 1), cfg.label_weight)
    noise = torch.Generator().manual_seed(seed)
    how = replace(cfg, analogy_alpha=0.0)  # nothing of a photo has to be used
    made = synthesized(photos, channels, size, how, run, noise, cfg.analogy_restless, cfg.relayout_together)
    return made.clamp(-1, 1)


def _among(labels: Tensor, label_map: Tensor) -> Tensor:
    """A map with the labels numbered in their order; all others are one more, as they are equally wrong."""
    found = torch.searchsorted(labels, label_map.contiguous()).clamp(max=len(labels) - 1)
    return torch.where(labels[found] == label_map, found, len(labels))
