"""Terms of the losses; the weights are in ``Config``."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.analogy.discriminator import DiscriminatorOutput
from calotype.image.patches import unfold


def real_loss(judgement: DiscriminatorOutput) -> Tensor:
    """Least squares GAN loss (Mao et al. 2017) against the real target 1, mean over the two score maps."""
    return torch.stack([(scores - 1).square().mean() for scores in judgement.scores]).mean()


def fake_loss(judgement: DiscriminatorOutput) -> Tensor:
    """Least squares GAN loss against the fake target 0."""
    return torch.stack([scores.square().mean() for scores in judgement.scores]).mean()


def matching_loss(made: DiscriminatorOutput, real: DiscriminatorOutput) -> Tensor:
    """Feature matching: mean absolute difference of the discriminator's features."""
    pairs = zip(made.features, real.features, strict=True)
    return torch.stack([F.l1_loss(m, r.detach()) for m, r in pairs]).mean()


def fixed_point_loss(changes: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """Deviation of scales from 1 and of shifts from 0, summed over the levels: the identity for equal maps."""
    return torch.stack([(scale - 1).abs().mean() + shift.abs().mean() for scale, shift in changes]).sum()


def segmentation_loss(predicted: Tensor, wanted: Tensor, coding: str) -> Tensor:
    """Loss between a predicted map and a target, both [B, K, h, w]: cross-entropy of classes, L1 distance of colours.

    ``wanted`` is as from ``encode_labels``.
    """
    if coding == "colours":
        return F.l1_loss(predicted, wanted)
    return F.cross_entropy(predicted, wanted.argmax(1))


def patch_coherence(
    made: Tensor,
    source: Tensor,
    at: Tensor,
    *,
    patch: int,
    nearest: int,
    made_labels: Tensor | None = None,
    source_labels: Tensor | None = None,
    semantic: float = 0.0,
) -> Tensor:
    """Mean distance of sampled patches of an image to their nearest patches of the source.

    The distance is the mean absolute difference of values. For the selection of neighbours, not for the loss,
    ``semantic`` times the fraction of pixels of another class is added: sky is compared with sky (the semantics-aware
    patch loss).

    Args:
        made: [1, D, h, w], differentiable.
        source: [1, D, H, W].
        at: [n], indices of patches of ``made``, in row-major order.
        patch: side of the patches.
        nearest: number of nearest patches of the source that each is compared with.
        made_labels: [1, h, w], class indices.
        source_labels: [1, H, W].
        semantic: see above.

    Returns:
        A scalar.
    """
    queries, keys = unfold(made, patch)[at], unfold(source, patch)
    with torch.no_grad():
        distance = torch.cdist(queries, keys, p=1) / keys.shape[1]
        if semantic and made_labels is not None and source_labels is not None:
            query_labels, key_labels = (
                unfold(labels[:, None].float(), patch) for labels in (made_labels, source_labels)
            )
            distance = distance + semantic * torch.cdist(query_labels[at], key_labels, p=0) / patch**2
        chosen = distance.topk(min(nearest, len(keys)), largest=False).indices
    return (queries[:, None] - keys[chosen]).abs().mean()
