"""Adversarial losses of discriminator and generator."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def discriminator_loss(real: Tensor, fake: Tensor, kind: str) -> Tensor:
    """The discriminator's loss: a scalar.

    Args:
        real: scores of real images, any shape.
        fake: scores of generated images, any shape.
        kind: ``wasserstein`` (Arjovsky, Chintala, Bottou, "Wasserstein GAN", ICML 2017, eq. 3): the difference of the
            mean scores; ``hinge`` (Lim and Ye, "Geometric GAN", 2017; Miyato et al., "Spectral Normalization for
            Generative Adversarial Networks", ICLR 2018, eq. 16): scores beyond the margin of 1 have no gradient.
    """
    if kind == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
    return fake.mean() - real.mean()


def generator_loss(fake: Tensor) -> Tensor:
    """The generator's loss, for either kind: the negative mean score of generated images."""
    return -fake.mean()
