"""Semantic reconstruction and diversity (Shocher et al., CVPR 2020, sec. 3.3)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

_CLOSEST = 1e-2  # added to the distance of two pictures, so that equal ones give a finite loss


def reconstruction_loss(
    made: Sequence[Tensor], wanted: Sequence[Tensor], masks: Sequence[Tensor], vectors: float = 1.0
) -> Tensor:
    """Mean absolute difference of the features that were given, summed over the levels: a scalar.

    Maps and their masks are max-pooled by 2 first, so that features may move a little.

    Args:
        made: features of generated pictures, finest level first.
        wanted: features of the references, of the same shapes.
        masks: 0..1, [B, 1, h, w] for each convolutional level, [B, 1] for the others.
        vectors: weight of the others.
    """
    terms = []
    for of_made, of_wanted, mask in zip(made, wanted, masks, strict=True):
        if of_made.dim() == 4 and min(of_made.shape[2:]) > 1:
            of_made, of_wanted, mask = (F.max_pool2d(each, 2) for each in (of_made, of_wanted, mask))
        weight = 1.0 if of_made.dim() == 4 else vectors
        terms.append(weight * ((of_made - of_wanted).abs() * mask).mean())
    return torch.stack(terms).sum()


def diversity_loss(latent: Tensor, made: Tensor, depth: Tensor | None = None) -> Tensor:
    """Distance of latent vectors over that of the pictures made of them: a scalar.

    Mao et al., "Mode Seeking Generative Adversarial Networks for Diverse Image Synthesis", CVPR 2019, eq. 2, as a loss.

    Args:
        latent: [2 B, latent]; the first and the second half have the same references and masks.
        made: [2 B, 3, H, W].
        depth: how much the difference of two pictures counts in each place, [B, 1, H, W]; ``None``: the same.
    """
    first, second = latent.chunk(2)
    one, other = made.chunk(2)
    difference = (one - other).abs()
    apart = difference.mean() if depth is None else (difference * depth).mean() / depth.mean().clamp_min(_CLOSEST)
    ratio: Tensor = (first - second).abs().mean() / (apart + _CLOSEST)
    return ratio
