"""Gradient penalties for discriminators."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def pixel_gradient_penalty(discriminator: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> Tensor:
    """WGAN-GP penalty for patch discriminators: the mean squared deviation of per-pixel gradient norms from 1.

    Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017, eq. 3, as SinGAN applies it: the norm is
    over the channels of a pixel, not over the whole image, and the mean is over the pixels.

    Args:
        discriminator: the discriminator, [B, C, H, W] -> a map of scores.
        real: [B, C, H, W] or [1, C, H, W].
        fake: [B, C, H, W], detached.

    Returns:
        A scalar, at least 0, not yet weighted.
    """
    share = torch.rand(len(fake), 1, 1, 1, device=fake.device)
    return _squared_deviation(_gradient(discriminator, share * real + (1 - share) * fake).norm(dim=1))


def image_gradient_penalty(
    discriminator: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, share: Tensor | None = None
) -> Tensor:
    """WGAN-GP penalty as published: the mean squared deviation of per-image gradient norms from 1.

    Gulrajani et al., eq. 3.

    Args:
        discriminator: the discriminator, [B, C, H, W] -> one score per image.
        real: [B, C, H, W].
        fake: [B, C, H, W], detached.
        share: [B, 1, 1, 1], 0..1: weight of the real image in the interpolation; ``None``: drawn.

    Returns:
        A scalar, at least 0, not yet weighted.
    """
    if share is None:
        share = torch.rand(len(fake), 1, 1, 1, device=fake.device)
    return _squared_deviation(_gradient(discriminator, share * real + (1 - share) * fake).flatten(1).norm(dim=1))


def real_gradient_penalty(discriminator: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """R1 penalty: the mean squared norm of the gradient at real images.

    Mescheder, Geiger, Nowozin, "Which Training Methods for GANs do actually Converge?", ICML 2018, eq. 9, without its
    factor 1/2.

    Args:
        discriminator: the discriminator, [B, C, H, W] -> one score per image.
        real: [B, C, H, W].

    Returns:
        A scalar, at least 0, not yet weighted.
    """
    return _gradient(discriminator, real).flatten(1).square().sum(dim=1).mean()


def _gradient(discriminator: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    at = at.detach().requires_grad_()
    scores = discriminator(at)
    (gradient,) = torch.autograd.grad(scores, at, torch.ones_like(scores), create_graph=True)
    return gradient


def _squared_deviation(length: Tensor) -> Tensor:
    return (length - 1).square().mean()
