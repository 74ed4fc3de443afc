"""Patch losses at many scales: trained discriminators, or the sliced Wasserstein distance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.ingan.config import Config
from calotype.engines.ingan.geometry import Form, Size, warped
from calotype.engines.ingan.network import Discriminator
from calotype.image.resize import resize
from calotype.metrics.sliced import quantile_distance

# Shorter side of the coarsest scale of the photo, and the least side of a downsampled image, pixels.
COARSEST, SMALLEST_SIDE = 16, 13


class MultiScaleDiscriminator(nn.Module):
    """One discriminator per scale: section 3.2 of the paper.

    Args:
        cfg: settings.
        scales: number of scales.
    """

    def __init__(self, cfg: Config, scales: int) -> None:
        super().__init__()
        how: dict[str, Any] = {"spectral": cfg.spectral, "norm": cfg.norm, "small": cfg.average == 0}
        self.factor = cfg.factor
        self.discriminators = nn.ModuleList(Discriminator(cfg.critic_width, **how) for _ in range(scales))

    def forward(self, x: Tensor, goal: float, shares: list[float]) -> Tensor:
        """The least squares GAN loss: mean squared difference of the scores from ``goal``, section 3.3.

        Args:
            x: [1, 3, h, w], -1..1.
            goal: target score, 1 or 0.
            shares: weight of each scale, finest first.

        Returns:
            A scalar.
        """
        # The score maps of all scales are resampled to the finest one's size and summed.
        finest = self.discriminators[0](x)
        summed = shares[0] * finest
        for scale in range(1, len(shares)):
            # As published, without antialiasing.
            scores = self.discriminators[scale](at_scale(x, self.factor**scale, antialias=False))
            summed = summed + shares[scale] * F.interpolate(
                scores, size=finest.shape[2:], mode="bilinear", align_corners=False
            )
        distance: Tensor = (summed - goal).square().mean()
        return distance


@torch.no_grad()
def whitening(photo: Tensor, cfg: Config, scales: int) -> list[Tensor]:
    """The whitening matrix of the photo's patches at each scale.

    Most of the variance of patches is their mean brightness; random projections of plain patches show little else, and
    are hardly sensitive to stretching.

    Args:
        photo: [1, 3, H, W], -1..1.
        cfg: settings.
        scales: number of scales.

    Returns:
        Symmetric matrices, [n, n] each, n the number of values of a patch; finest scale first.
    """
    matrices = []
    for scale in range(scales):
        patches = F.unfold(at_scale(photo, cfg.factor**scale), cfg.patch)[0]
        patches = patches - patches.mean(1, keepdim=True)
        values, vectors = torch.linalg.eigh((patches @ patches.T / patches.shape[1]).double().cpu())
        # Regularised: directions of very low variance are mostly noise, and get less weight.
        floor = max(cfg.floor * float(values[-1]), 1e-8)
        matrices.append((vectors * (values.clamp(min=0) + floor).rsqrt() @ vectors.T).to(photo))
    return matrices


def sliced(real: Tensor, made: Tensor, cfg: Config, shares: list[float], white: Sequence[Tensor]) -> Tensor:
    """Sliced Wasserstein distance between the patches of two images, with new random projections.

    GPDM minimizes it over the pixels of one image (Elnekave and Weiss, ECCV 2022, section 3); here it trains a network,
    for all sizes.

    Args:
        real: [1, 3, H, W], -1..1.
        made: the generated image, [1, 3, h, w], -1..1.
        cfg: settings.
        shares: weight of each scale, finest first.
        white: whitening matrix of each scale, as from ``whitening``.

    Returns:
        A scalar, in standard deviations of the photo's patches.
    """
    total = torch.zeros((), device=real.device)
    for scale, share in enumerate(shares):
        directions = torch.randn(cfg.directions, 3 * cfg.patch**2, device=real.device)
        directions = directions / directions.norm(dim=1, keepdim=True) @ white[scale]
        filters = directions.view(-1, 3, cfg.patch, cfg.patch)
        a, b = (F.conv2d(at_scale(x, cfg.factor**scale), filters)[0].flatten(1) for x in (real, made))
        total = total + share * quantile_distance(a, b).mean()
    return total


def layout_distance(photo: Tensor, made: Tensor, form: Form | None, cells: int) -> Tensor:
    """Mean absolute difference between strongly downsampled copies of the result and of the resized photo.

    Args:
        photo: [1, 3, H, W], -1..1.
        made: the generated image, [1, 3, h, w], -1..1.
        form: the form of the result.
        cells: shorter side of the copies, pixels.

    Returns:
        A scalar.
    """
    height, width = photo.shape[2:]
    grid = round(cells * height / min(height, width)), round(cells * width / min(height, width))
    stretched = photo if form is None else warped(photo, (made.shape[2], made.shape[3]), form)
    return (resize(stretched, grid, mode="bilinear") - resize(made, grid, mode="bilinear")).abs().mean()


def scales_of(size: Size, cfg: Config) -> int:
    """The number of scales of the patch loss for an image."""
    return max(1, math.ceil(math.log(min(size) / COARSEST) / math.log(cfg.factor))) if min(size) > COARSEST else 1


def scale_weights(i: int, size: Size, scales: int, cfg: Config) -> list[float]:
    """The weights of the scales at step ``i``, finest first; they sum to 1.

    At the start a scale weighs ``factor`` times as much as the next finer one, at ``even_at`` of the steps all weights
    are equal, later the fine ones weigh more. The published code truncates the list for small images, without
    normalising the rest.

    Args:
        i: the step.
        size: of the smaller image.
        scales: number of scales.
        cfg: settings.
    """
    count = (
        min(scales, math.ceil(math.log(min(size) / SMALLEST_SIDE) / math.log(cfg.factor)))
        if min(size) > SMALLEST_SIDE
        else 1
    )
    even = cfg.even_at * cfg.steps
    ratio = cfg.factor ** ((even - i) / even)
    weights = [ratio**scale for scale in range(max(1, count))]
    return [weight / sum(weights) for weight in weights]


def at_scale(x: Tensor, factor: float, *, antialias: bool = True) -> Tensor:
    """Downsample by a factor, bilinearly; no side falls below ``SMALLEST_SIDE``."""
    if factor == 1:
        return x
    size = [max(SMALLEST_SIDE, round(length / factor)) for length in x.shape[2:]]
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False, antialias=antialias)


def noisy(x: Tensor, cfg: Config) -> Tensor:
    """Add uniform noise, so that quantisation does not identify real images: up to one grey level to each side, or with
    discriminators, as published, half a level.
    """
    return x + (torch.rand_like(x) * 2 - 1) / (255 if cfg.judge == "critics" else 127.5)
