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


class Confusion:
    """How often each label was found where each was wanted, over a whole set of maps.

    The mean over a set is not the mean over its maps: a label counts once, with all its pixels. That is how data sets
    of label maps are scored.

    Args:
        classes: how many labels there are, counted from 0.
    """

    def __init__(self, classes: int) -> None:
        self.counts = torch.zeros(classes, classes, dtype=torch.int64)

    def add(self, wanted: Tensor, found: Tensor) -> None:
        """Take in label maps of one shape; pixels where ``wanted`` is no class, like -1 or 255, do not count.

        Raises:
            InputError: the shapes differ, or a label that was found is no class.
        """
        _check(wanted, found)
        n = len(self.counts)
        counted = (wanted >= 0) & (wanted < n)
        wanted, found = wanted[counted].long().cpu(), found[counted].long().cpu()
        if len(found) and not 0 <= int(found.min()) <= int(found.max()) < n:
            raise InputError(f"a label map has labels from {int(found.min())} to {int(found.max())}: there are {n}")
        self.counts += torch.bincount(wanted * n + found, minlength=n * n).view(n, n)

    def iou(self) -> Tensor:
        """Intersection over union of every label, float64 [classes]; NaN where it was neither wanted nor found."""
        right = self.counts.diag().double()
        return right / (self.counts.sum(0) + self.counts.sum(1) - right)

    def mean_iou(self) -> float:
        """The mean of ``iou`` over the labels that were wanted or found."""
        return float(self.iou().nanmean())

    def pixel_accuracy(self) -> float:
        """The share of the pixels that have the label wanted."""
        return float(self.counts.diag().sum() / self.counts.sum())


def _check(wanted: Tensor, found: Tensor) -> None:
    if wanted.shape != found.shape:
        raise InputError(f"label maps of shapes {tuple(wanted.shape)} and {tuple(found.shape)} cannot be compared")
    if not wanted.numel():
        raise InputError("label maps without a pixel cannot be compared")
