"""How far one label map agrees with another: the share of right pixels, and intersection over union."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.errors import InputError


def pixel_accuracy(wanted: Tensor, found: Tensor) -> float:
    """The share of the pixels that have the label wanted, 0..1.

    Args:
        wanted: whole numbers, of any shape, like [h, w].
        found: of the same shape.

    Raises:
        InputError: the shapes differ, or there is no pixel.
    """
    _check(wanted, found)
    return float((wanted == found).float().mean())


def mean_iou(wanted: Tensor, found: Tensor) -> float:
    """The mean, over the labels that were wanted, of their intersection over union, 0..1.

    For each label, the pixels that have it in both maps over those that have it in either (the Jaccard index;
    Everingham et al., The Pascal Visual Object Classes Challenge, IJCV 2010). Each label counts the same, however small
    it is. One that was found and not wanted has no term of its own: it is counted against those that it displaced.

    Args:
        wanted: whole numbers, of any shape, like [h, w].
        found: of the same shape.

    Raises:
        InputError: the shapes differ, or there is no pixel.
    """
    _check(wanted, found)
    wanted, found = wanted.flatten().long(), found.flatten().long()
    count = int(torch.maximum(wanted.max(), found.max())) + 1
    both = torch.bincount(wanted[wanted == found], minlength=count).double()
    either = torch.bincount(wanted, minlength=count) + torch.bincount(found, minlength=count) - both
    there = torch.bincount(wanted, minlength=count) > 0
    return float((both[there] / either[there]).mean())


def _check(wanted: Tensor, found: Tensor) -> None:
    if wanted.shape != found.shape:
        raise InputError(f"label maps of shapes {tuple(wanted.shape)} and {tuple(found.shape)} cannot be compared")
    if not wanted.numel():
        raise InputError("label maps without a pixel cannot be compared")
