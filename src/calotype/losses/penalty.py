"""Penalties on a critic's gradient."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> Tensor:
    """WGAN-GP's penalty for critics that judge patches: how far the gradient at each pixel is from length 1.

    Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017, eq. 3, as SinGAN applies it: the norm is
    over the channels of one pixel, not over the whole picture, and the mean is over the pixels.

    Args:
        critic: [B, C, H, W] -> a map of scores.
        real: [B, C, H, W] or [1, C, H, W].
        fake: [B, C, H, W], without a gradient.

    Returns:
        A scalar, at least 0, to be multiplied by its weight.
    """
    share = torch.rand(len(fake), 1, 1, 1, device=fake.device)
    between = (share * real + (1 - share) * fake).requires_grad_()
    scores = critic(between)
    (slope,) = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)
    excess: Tensor = slope.norm(dim=1) - 1
    return excess.square().mean()
