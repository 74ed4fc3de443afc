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
    return _excess(_slope(critic, share * real + (1 - share) * fake).norm(dim=1))


def picture_gradient_penalty(
    critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, share: Tensor | None = None
) -> Tensor:
    """WGAN-GP's penalty as published: how far the gradient with respect to each whole picture is from length 1.

    Gulrajani et al., eq. 3.

    Args:
        critic: [B, C, H, W] -> one score a picture.
        real: [B, C, H, W].
        fake: [B, C, H, W], without a gradient.
        share: [B, 1, 1, 1], 0..1: how much of the real picture there is between the two; ``None``: drawn.

    Returns:
        A scalar, at least 0, to be multiplied by its weight.
    """
    if share is None:
        share = torch.rand(len(fake), 1, 1, 1, device=fake.device)
    return _excess(_slope(critic, share * real + (1 - share) * fake).flatten(1).norm(dim=1))


def real_gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """R1: the squared length of the gradient at real pictures.

    Mescheder, Geiger, Nowozin, "Which Training Methods for GANs do actually Converge?", ICML 2018, eq. 9, without
    its factor of a half.

    Args:
        critic: [B, C, H, W] -> one score a picture.
        real: [B, C, H, W].

    Returns:
        A scalar, at least 0, to be multiplied by its weight.
    """
    return _slope(critic, real).flatten(1).square().sum(dim=1).mean()


def _slope(critic: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    at = at.detach().requires_grad_()
    scores = critic(at)
    (slope,) = torch.autograd.grad(scores, at, torch.ones_like(scores), create_graph=True)
    return slope


def _excess(length: Tensor) -> Tensor:
    return (length - 1).square().mean()
