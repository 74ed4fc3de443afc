"""Similar illumination of photos: how much the colours of the labels that they share differ."""

from __future__ import annotations

import torch
from torch import Tensor

_LEAST = 0.01  # share of a photo that a label has to have for its colour to count
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
