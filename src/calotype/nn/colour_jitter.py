"""Differentiable colour jitter of what a discriminator sees."""

from __future__ import annotations

from torch import Tensor

NUMBERS = 7  # random numbers for each picture


def jitter_colours(patches: Tensor, how: Tensor, strength: float) -> Tensor:
    """Jitter brightness, saturation and contrast of patches [B, 3, S, S] by ``how`` [B, 7], times ``strength``.

    Applied to real and generated patches alike, so that the discriminator does not overfit a small set while the
    generator does not learn the jitter (Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training",
    NeurIPS 2020, sec. 4.1; here also a shift of single channels). No translation: position is what the coordinates
    encode.
    """
    if not strength:
        return patches
    how = (how * strength).view(-1, 7, 1, 1)
    patches = patches + 0.5 * how[:, :1] + 0.25 * how[:, 1:4]
    grey = patches.mean(dim=1, keepdim=True)
    patches = grey + (patches - grey) * (1 + how[:, 4:5])
    middle = patches.mean(dim=(1, 2, 3), keepdim=True)
    return middle + (patches - middle) * (1 + 0.5 * how[:, 5:6])
