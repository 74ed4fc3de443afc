"""The losses of styles and contents (Kotovenko et al., ICCV 2019, section 3, and the published code)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def distance(one: Tensor, other: Tensor) -> Tensor:
    """Squared Euclidean distances of vectors: [B] of [B, n]."""
    return (one - other).square().sum(1)


def triplet_loss(first: Tensor, second: Tensor, as_first: Tensor, as_second: Tensor, margin: float) -> Tensor:
    """Fixpoint triplet loss: a result has the style of its artwork, and not that of another; a scalar.

    The mean of both directions: the anchors are the styles of both artworks.

    Args:
        first: style vectors of the artworks y1, [B, n].
        second: those of y2.
        as_first: those of the photos x1 in the style of y1.
        as_second: those of the photos x1 in the style of y2.
        margin: r.
    """
    one = F.relu(margin + distance(first, as_first) - distance(first, as_second))
    other = F.relu(margin + distance(second, as_second) - distance(second, as_first))
    return 0.5 * (one + other).mean()


def finding_loss(styles: Tensor, again: Tensor, temperature: float, same: Tensor | None = None) -> Tensor:
    """How well each result finds its artwork among those of this process's step: a scalar. It is not published.

    Cross-entropy of squared distances over a temperature, as in Sohn, "Improved Deep Metric Learning with Multi-class
    N-pair Loss Objective", NIPS 2016, where the triplet loss compares each artwork with one other.

    Args:
        styles: style vectors of the artworks y1 and then y2, [2 B, n].
        again: those of results: x1 as y1, x1 as y2, x2 as y1, [3 B, n].
        temperature: above 0.
        same: which artworks are equal, bool [2 B, 2 B]: a result need not be told from those; ``None``: none.
    """
    count = len(styles)
    wanted = torch.cat([torch.arange(count), torch.arange(count // 2)]).to(styles.device)
    likeness = -(again[:, None] - styles[None]).square().sum(2) / temperature
    if same is not None:
        others = same & ~torch.eye(count, dtype=torch.bool, device=same.device)
        likeness = likeness.masked_fill(others[wanted], -torch.inf)
    return F.cross_entropy(likeness, wanted)


def disentangling_loss(first: Tensor, as_first: Tensor, as_first_too: Tensor) -> Tensor:
    """Results of different photos in one style differ no more in style than one does from the artwork; a scalar.

    Args:
        first: style vectors of the artworks y1, [B, n].
        as_first: those of the photos x1 in that style.
        as_first_too: those of the photos x2 in that style.
    """
    return F.relu(distance(as_first, as_first_too) - distance(as_first, first)).mean()


def content_loss(before: Tensor, after: Tensor) -> Tensor:
    """Distance of the contents of photos and results, by the angle of their features: a scalar.

    Args:
        before: [B, C, h, w].
        after: of the same shape.
    """
    return (1 - F.cosine_similarity(before.flatten(1), after.flatten(1))).square().mean()


def pixel_loss(photo: Tensor, result: Tensor, blur: int) -> Tensor:
    """Mean squared difference of averages over squares of ``blur`` pixels: a scalar."""
    side = min(blur, *photo.shape[2:])
    return F.avg_pool2d(photo - result, side, 1).square().mean()


def class_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Mean binary cross-entropy of logits [B, n] or [B, n, h, w] and one-hot classes int64 [B]: a scalar."""
    wanted = F.one_hot(classes, logits.shape[1]).to(logits.dtype)
    if logits.dim() == 4:
        wanted = wanted[:, :, None, None].expand_as(logits)
    return F.binary_cross_entropy_with_logits(logits, wanted)
