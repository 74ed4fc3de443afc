"""What the generator is taught by, term by term; the weights are in ``Config``."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.analogy.critic import Judgement
from calotype.image.patches import unfold


def real_loss(judgement: Judgement) -> Tensor:
    """How far scores are from those of a real picture: least squares (Mao et al. 2017), mean over the two maps."""
    return torch.stack([(scores - 1).square().mean() for scores in judgement.scores]).mean()


def fake_loss(judgement: Judgement) -> Tensor:
    """How far scores are from those of a made picture."""
    return torch.stack([scores.square().mean() for scores in judgement.scores]).mean()


def matching_loss(made: Judgement, real: Judgement) -> Tensor:
    """Mean absolute difference of the critic's features."""
    pairs = zip(made.features, real.features, strict=True)
    return torch.stack([F.l1_loss(m, r.detach()) for m, r in pairs]).mean()


def fixed_point_loss(changes: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """How far scales are from 1 and shifts from 0, sum over the levels: at equal maps nothing is to change."""
    return torch.stack([(scale - 1).abs().mean() + shift.abs().mean() for scale, shift in changes]).sum()


def segmentation_loss(found: Tensor, wanted: Tensor, coding: str) -> Tensor:
    """How far what S found is from a map, both [B, K, h, w]: cross-entropy of classes, absolute difference of colours.

    ``wanted`` is as ``coded`` gives it.
    """
    if coding == "colours":
        return F.l1_loss(found, wanted)
    return F.cross_entropy(found, wanted.argmax(1))


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
    """Mean over some patches of a picture of their distance to the most alike patches of the source.

    The distance is the mean absolute difference of values. For choosing the nearest, not for the loss, the share of
    pixels of another class is added, ``semantic`` times: a sky is compared with sky (the semantics-aware patch loss).

    Args:
        made: [1, D, h, w], what has gradients.
        source: [1, D, H, W].
        at: [n], which patches of ``made``, numbered row by row.
        patch: side of the patches.
        nearest: how many patches of the source each is compared with.
        made_labels: [1, h, w], class indices.
        source_labels: [1, H, W].
        semantic: see above.

    Returns:
        A scalar.
    """
    asked, known = unfold(made, patch)[at], unfold(source, patch)
    with torch.no_grad():
        distance = torch.cdist(asked, known, p=1) / known.shape[1]
        if semantic and made_labels is not None and source_labels is not None:
            there, here = (unfold(labels[:, None].float(), patch) for labels in (made_labels, source_labels))
            distance = distance + semantic * torch.cdist(there[at], here, p=0) / patch**2
        chosen = distance.topk(min(nearest, len(known)), largest=False).indices
    return (asked[:, None] - known[chosen]).abs().mean()
