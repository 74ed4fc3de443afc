"""What a critic and a generator say to each other: from scores to losses."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def critic_loss(real: Tensor, fake: Tensor, kind: str) -> Tensor:
    """What the critic minimises: a scalar.

    Args:
        real: scores of real pictures, any shape.
        fake: scores of made ones.
        kind: ``wasserstein`` (Arjovsky, Chintala, Bottou, "Wasserstein GAN", ICML 2017, eq. 3): the difference of the
            means; ``hinge`` (Lim and Ye, "Geometric GAN", 2017; Miyato et al., "Spectral Normalization for Generative
            Adversarial Networks", ICLR 2018, eq. 16): only scores that are not clear enough yet count.
    """
    if kind == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
    return fake.mean() - real.mean()


def generator_loss(fake: Tensor) -> Tensor:
    """What the generator minimises, for either kind: the mean score of what it made, negative."""
    return -fake.mean()
