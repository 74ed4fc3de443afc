"""Confidence in the generator's output: it is kept where it looks like the requested label."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.analogy.config import Config
from calotype.image.resize import resize
from calotype.matching.library import at_level
from calotype.matching.refine import Guide, Level
from calotype.matching.start import layout_image

# Neighbours of the k-nearest-neighbour classification of a pixel, and the side of the compared patches.
_NEIGHBOURS, _PATCH = 9, 3
# The fallback layout: weight of the position, and its random displacement (standard deviation and correlation length,
# pixels of the level), as in GPNN.
_POSITION_WEIGHT, _DISPLACEMENT = 0.3, (1.0, 10.0)


def initial_image(
    made: Tensor, photo: Tensor, guide: Guide, level: Level, cfg: Config, noise: torch.Generator
) -> Tensor:
    """The initial image of the patch synthesis: ``made``, replaced by photo content of the requested label where it
    differs.

    After minutes of training the generator paints over old content only faintly: a tree that has moved is an outline
    with the old sky in it, and the patches most similar to that are those of its ragged edge.

    Args:
        made: [1, 3, h', w'], the generator's output.
        photo: [1, 3, H, W].
        guide: labels, about one channel per class.
        level: the level at which the patch synthesis starts.
        cfg: settings.
        noise: CPU generator.

    Returns:
        [1, 3, h, w], of the level's size.
    """
    small = resize(made, level.size)
    if not cfg.believed:
        return small
    known = at_level([photo], level.factor, None, level.patch).sharp
    labels = at_level(guide.source, level.factor, None, level.patch).sharp
    confidence = likelihood(small, known, labels, resize(guide.target, level.size)) ** cfg.believed
    fallback = layout_image(
        [photo],
        guide,
        level,
        noise,
        position_weight=_POSITION_WEIGHT,
        displacement=_DISPLACEMENT,
        components=0,
        spread=cfg.spread,
    )
    return confidence * small + (1 - confidence) * fallback


def likelihood(picture: Tensor, photo: Tensor, labels: Tensor, wanted: Tensor) -> Tensor:
    """Likelihood of the requested label at each pixel, given its colours, relative to the most likely label.

    Args:
        picture: [1, 3, h, w], -1..1.
        photo: [1, 3, H, W], -1..1.
        labels: [1, G, H, W], the photo's labels, about one channel per class, 0..1.
        wanted: [1, G, h, w], the requested labels.

    Returns:
        [1, 1, h, w], 0..1.
    """
    distance = torch.cdist(_descriptors(picture), _descriptors(photo))
    nearest = distance.topk(min(_NEIGHBOURS, distance.shape[1]), largest=False).indices
    found = labels[0].flatten(1).T[nearest].mean(1)
    asked = wanted[0].flatten(1).T
    most = (found.amax(1) * asked.amax(1)).clamp(min=1e-3)
    return ((found * asked).sum(1) / most).clamp(0, 1).view(1, 1, *picture.shape[2:])


def _descriptors(picture: Tensor) -> Tensor:
    """The patch around every pixel: [h * w, 27]."""
    return F.unfold(F.pad(picture, (_PATCH // 2,) * 4, mode="replicate"), _PATCH)[0].T
