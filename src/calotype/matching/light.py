"""Illumination of photos: how much the colours of the labels that they share differ, and what is usual for them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

_LEAST = 0.01  # share of a photo that a label has to have for its colour to count
_SOFT = 1 / 128  # width over which the change of colours at the rim of a label is spread, of the longer side
_UNKNOWN = 0.25  # difference of photos without a label in common, 0..1


def label_colours(photo: Tensor, label_map: Tensor, classes: int) -> Tensor:
    """The mean colour of each label in a photo, and its share of the pixels.

    Args:
        photo: [1, 3, H, W], -1..1.
        label_map: int64 [1, H, W]; other numbers than 0 to ``classes`` - 1 are of no label.
        classes: number of labels.

    Returns:
        [classes, 4]: red, green, blue, 0..1, and the share, 0..1; zeros for labels that are not there.
    """
    labels = label_map.flatten().to(photo.device)
    there = (labels >= 0) & (labels < classes)
    colours = (photo[0].flatten(1).T[there] + 1) / 2
    sums = colours.new_zeros(classes, 3).index_add(0, labels[there], colours)
    counts = torch.bincount(labels[there], minlength=classes)[:, None]
    return torch.cat([sums / counts.clamp_min(1), counts / max(1, len(labels))], 1)


def unlike(one: Tensor, other: Tensor) -> float:
    """How much the colours of the labels that two photos share differ, 0..1, mean over their common area.

    Args:
        one: [classes, 4], as ``label_colours`` gives.
        other: the same of another photo.
    """
    weights = _common(one, other)
    if float(weights.sum()) == 0:
        return _UNKNOWN
    differences = (one[:, :3] - other[:, :3]).abs().mean(1)
    return float((differences * weights).sum() / weights.sum())


def _common(one: Tensor, other: Tensor) -> Tensor:
    """The smaller share of each label, 0 where a photo has too little of it."""
    common = torch.minimum(one[:, 3], other[:, 3])
    return torch.where(common >= _LEAST, common, 0.0)


def usual_colours(colours: Sequence[Tensor]) -> Tensor:
    """The usual colour of each label in photos: the median of its mean colours.

    Args:
        colours: [classes, 4] of each photo, as ``label_colours`` gives.

    Returns:
        [classes, 4]: red, green, blue, 0..1, and the share of the photos that have the label; zeros for those that
        none has.
    """
    stacked = torch.stack(list(colours))
    there = stacked[..., 3] >= _LEAST
    median = torch.where(there[..., None], stacked[..., :3], torch.nan).nanquantile(0.5, 0).nan_to_num()
    return torch.cat([median, there.float().mean(0)[:, None]], 1)


def in_usual_light(photo: Tensor, label_map: Tensor, usual: Tensor, weight: float) -> Tensor:
    """A photo whose labels are moved towards their usual colours: casts of its light become weaker.

    Args:
        photo: [1, 3, H, W], -1..1.
        label_map: int64 [1, H, W].
        usual: [classes, 4], as ``usual_colours`` gives.
        weight: how far, 0..1; 1 gives each label its usual mean colour.

    Returns:
        [1, 3, H, W], -1..1.
    """
    own, usual = label_colours(photo, label_map, len(usual)), usual.to(photo)
    known = (own[:, 3] >= _LEAST) & (usual[:, 3] > 0)
    change = torch.where(known[:, None], 2 * weight * (usual[:, :3] - own[:, :3]), 0.0)
    labels = label_map[0].to(photo.device)
    inside = (labels >= 0) & (labels < len(usual))
    field = torch.where(inside[..., None], change[torch.where(inside, labels, 0)], 0.0).permute(2, 0, 1)[None]
    reach = min(1 + round(max(photo.shape[2:]) * _SOFT) // 2, *(side - 1 for side in photo.shape[2:]))
    if reach > 0:
        field = F.avg_pool2d(F.pad(field, (reach,) * 4, mode="replicate"), 2 * reach + 1, 1)
    return (photo + field).clamp(-1, 1)
