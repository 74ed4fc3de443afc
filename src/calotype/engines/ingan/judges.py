"""Who says how like the photo a picture is, patch by patch, at many scales: critics that learn it, or a distance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.ingan.config import Config
from calotype.engines.ingan.geometry import Form, Size, warped
from calotype.engines.ingan.network import Critic
from calotype.image.resize import resize
from calotype.metrics.sliced import quantile_distance

# Shorter side of the coarsest scale, in pixels, and of the smallest picture that is judged there.
COARSEST, LEAST = 16, 13


class Critics(nn.Module):
    """One network a scale, trained against the generator. Section 3.2 of the paper.

    Args:
        cfg: settings.
        scales: how many.
    """

    def __init__(self, cfg: Config, scales: int) -> None:
        super().__init__()
        how: dict[str, Any] = {"spectral": cfg.spectral, "norm": cfg.norm, "small": cfg.average == 0}
        self.factor = cfg.factor
        self.critics = nn.ModuleList(Critic(cfg.critic_width, **how) for _ in range(scales))

    def forward(self, x: Tensor, goal: float, shares: list[float]) -> Tensor:
        """The mean squared distance of all scores from ``goal``: least squares, section 3.3.

        Args:
            x: [1, 3, h, w], -1..1.
            goal: 1 or 0.
            shares: how much each scale counts, finest first.

        Returns:
            A scalar.
        """
        # The scores of all scales are added up place by place, at the finest one's.
        finest = self.critics[0](x)
        summed = shares[0] * finest
        for scale in range(1, len(shares)):
            scores = self.critics[scale](at_scale(x, self.factor**scale))
            summed = summed + shares[scale] * F.interpolate(
                scores, size=finest.shape[2:], mode="bilinear", align_corners=False
            )
        distance: Tensor = (summed - goal).square().mean()
        return distance


@torch.no_grad()
def whitening(photo: Tensor, cfg: Config, scales: int) -> list[Tensor]:
    """For each scale the matrix that makes the photo's patches vary as much in every direction.

    Most of what patches differ by is their plain brightness; a random direction sees little else, least of all whether
    something was stretched.

    Args:
        photo: [1, 3, H, W], -1..1.
        cfg: settings.
        scales: how many.

    Returns:
        Symmetric matrices, [n, n] each, n the values of a patch; finest scale first.
    """
    found = []
    for scale in range(scales):
        patches = F.unfold(at_scale(photo, cfg.factor**scale), cfg.patch)[0]
        patches = patches - patches.mean(1, keepdim=True)
        values, vectors = torch.linalg.eigh((patches @ patches.T / patches.shape[1]).double().cpu())
        # What hardly varies at all is mostly noise, and is not to count as much as the rest.
        floor = max(cfg.floor * float(values[-1]), 1e-8)
        found.append((vectors * (values.clamp(min=0) + floor).rsqrt() @ vectors.T).to(photo))
    return found


def sliced(real: Tensor, made: Tensor, cfg: Config, shares: list[float], white: Sequence[Tensor]) -> Tensor:
    """The sliced Wasserstein distance between the patches of two pictures, the directions drawn anew.

    What GPDM minimises in the pixels of one picture (Elnekave and Weiss, ECCV 2022, section 3) is here what a network
    learns to keep small, whatever size it is asked for.

    Args:
        real: [1, 3, H, W], -1..1.
        made: [1, 3, h, w], -1..1.
        cfg: settings.
        shares: how much each scale counts, finest first.
        white: the matrix of each scale, as from ``whitening``.

    Returns:
        A scalar; in the standard deviations of the photo's patches.
    """
    total = torch.zeros((), device=real.device)
    for scale, share in enumerate(shares):
        directions = torch.randn(cfg.directions, 3 * cfg.patch**2, device=real.device)
        directions = directions / directions.norm(dim=1, keepdim=True) @ white[scale]
        filters = directions.view(-1, 3, cfg.patch, cfg.patch)
        a, b = (F.conv2d(at_scale(x, cfg.factor**scale), filters)[0].flatten(1) for x in (real, made))
        total = total + share * quantile_distance(a, b).mean()
    return total


def displaced(photo: Tensor, made: Tensor, form: Form | None, cells: int) -> Tensor:
    """How far things are from where plain stretching would put them: mean absolute difference of very small copies.

    Args:
        photo: [1, 3, H, W], -1..1.
        made: [1, 3, h, w], -1..1.
        form: what the result fills of its size.
        cells: shorter side of the copies, pixels.

    Returns:
        A scalar.
    """
    height, width = photo.shape[2:]
    grid = round(cells * height / min(height, width)), round(cells * width / min(height, width))
    stretched = photo if form is None else warped(photo, (made.shape[2], made.shape[3]), form)
    return (resize(stretched, grid, mode="bilinear") - resize(made, grid, mode="bilinear")).abs().mean()


def scales_of(size: Size, cfg: Config) -> int:
    """How many scales a picture is judged at."""
    return max(1, math.ceil(math.log(min(size) / COARSEST) / math.log(cfg.factor))) if min(size) > COARSEST else 1


def shares_at(i: int, size: Size, scales: int, cfg: Config) -> list[float]:
    """How much each scale counts at step ``i``, finest first; they add up to 1.

    In the beginning a scale counts ``factor`` times as much as the next finer one, at ``even_at`` of the steps all are
    equal, later the fine ones count more. The published code cuts the list where the picture is small, and what is left
    adds up to less.

    Args:
        i: the step.
        size: of the smaller picture.
        scales: that there are.
        cfg: settings.
    """
    count = min(scales, math.ceil(math.log(min(size) / LEAST) / math.log(cfg.factor))) if min(size) > LEAST else 1
    even = cfg.even_at * cfg.steps
    ratio = cfg.factor ** ((even - i) / even)
    weights = [ratio**scale for scale in range(max(1, count))]
    return [weight / sum(weights) for weight in weights]


def at_scale(x: Tensor, factor: float) -> Tensor:
    """``x`` shrunk by a factor, smoothly, to no fewer pixels than are judged."""
    if factor == 1:
        return x
    size = [max(LEAST, round(length / factor)) for length in x.shape[2:]]
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False, antialias=True)


def noisy(x: Tensor) -> Tensor:
    """``x`` with noise of one grey level either way, so that nothing is told by rounding."""
    return x + (torch.rand_like(x) * 2 - 1) / 127.5
