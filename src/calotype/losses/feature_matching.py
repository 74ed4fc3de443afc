"""Feature matching: generated pictures are to look like real ones to the layers of a discriminator."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def feature_matching_loss(real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """Mean absolute difference of the activations, summed over the layers, averaged over the scales: a scalar.

    Wang et al., "High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs", CVPR 2018, eq. 4,
    averaged over the discriminators as in Park et al., "Semantic Image Synthesis with Spatially-Adaptive
    Normalization", CVPR 2019.

    Args:
        real: for each scale the activations of the layers for real pictures; the last of them, the scores, does not
            count. They get no gradient.
        fake: the same for generated pictures, of the same shapes.

    Raises:
        ValueError: the numbers of scales or of layers differ, or a scale has no layer beside the scores.
    """
    if [len(scale) for scale in real] != [len(scale) for scale in fake] or not real:
        raise ValueError("real and generated pictures need the activations of the same scales and layers")
    if min(len(scale) for scale in real) < 2:
        raise ValueError("feature matching needs a layer beside the scores")
    sums = [
        torch.stack([(f - r.detach()).abs().mean(dtype=torch.float32) for r, f in zip(reals[:-1], fakes[:-1])]).sum()
        for reals, fakes in zip(real, fake)
    ]
    return torch.stack(sums).mean()
