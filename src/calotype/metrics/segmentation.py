"""Agreement of label maps: pixel accuracy and mean intersection over union (mIoU)."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.errors import InputError


def pixel_accuracy(wanted: Tensor, found: Tensor) -> float:
    """The fraction of pixels with the correct label, 0..1.

    Args:
        wanted: ground truth, integers, of any shape, such as [h, w].
        found: prediction, of the same shape.

    Raises:
        InputError: the shapes differ, or present are no pixels.
    """
    _check(wanted, found)
    return float((wanted == found).float().mean())


def mean_iou(wanted: Tensor, found: Tensor) -> float:
    """The mean intersection over union of the labels in the ground truth, 0..1.

    For each label, the pixels that have it in both maps over those that have it in either (the Jaccard index;
    Everingham et al., The Pascal Visual Object Classes Challenge, IJCV 2010). All labels have equal weights, however
    small. A label that is only in the prediction has no term of its own: its pixels count as errors of the labels it
    replaces.

    Args:
        wanted: ground truth, integers, of any shape, such as [h, w].
        found: prediction, of the same shape.

    Raises:
        InputError: the shapes differ, or present are no pixels.
    """
    _check(wanted, found)
    wanted, found = wanted.flatten().long(), found.flatten().long()
    count = int(torch.maximum(wanted.max(), found.max())) + 1
    both = torch.bincount(wanted[wanted == found], minlength=count).double()
    either = torch.bincount(wanted, minlength=count) + torch.bincount(found, minlength=count) - both
    present = torch.bincount(wanted, minlength=count) > 0
    return float((both[present] / either[present]).mean())


class Confusion:
    """The confusion matrix of a set of label maps.

    The mIoU of a set is not the mean over its maps: each label has one term, with all its pixels, as in the usual
    benchmarks.

    Args:
        classes: number of labels, counted from 0.
    """

    def __init__(self, classes: int) -> None:
        self.counts = torch.zeros(classes, classes, dtype=torch.int64)

    def add(self, wanted: Tensor, found: Tensor) -> None:
        """Add label maps of one shape; pixels where ``wanted`` is not a class, such as -1 or 255, are ignored.

        Raises:
            InputError: the shapes differ, or a predicted label is not a class.
        """
        _check(wanted, found)
        n = len(self.counts)
        counted = (wanted >= 0) & (wanted < n)
        wanted, found = wanted[counted].long().cpu(), found[counted].long().cpu()
        if len(found) and not 0 <= int(found.min()) <= int(found.max()) < n:
            raise InputError(f"a label map has labels from {int(found.min())} to {int(found.max())}: there are {n}")
        self.counts += torch.bincount(wanted * n + found, minlength=n * n).view(n, n)

    def iou(self) -> Tensor:
        """Intersection over union of every label, float64 [classes]; NaN if neither map has it."""
        right = self.counts.diag().double()
        return right / (self.counts.sum(0) + self.counts.sum(1) - right)

    def mean_iou(self) -> float:
        """The mean of ``iou`` over the labels that occur."""
        return float(self.iou().nanmean())

    def pixel_accuracy(self) -> float:
        """The fraction of pixels with the correct label."""
        return float(self.counts.diag().sum() / self.counts.sum())


def _check(wanted: Tensor, found: Tensor) -> None:
    if wanted.shape != found.shape:
        raise InputError(f"label maps of shapes {tuple(wanted.shape)} and {tuple(found.shape)} cannot be compared")
    if not wanted.numel():
        raise InputError("label maps without pixels cannot be compared")
