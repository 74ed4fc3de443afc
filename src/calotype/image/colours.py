"""Per-pixel colour transfer from one image to another."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.image.luminance import luminance


def recoloured(x: Tensor, like: Tensor) -> Tensor:
    """Transfer the mean and covariance of the colours of ``like`` to ``x``.

    Of all linear maps of colours with this property, this one minimizes the mean squared displacement (Pitie and
    Kokaram, "The linear Monge-Kantorovitch linear colour mapping", CVMP 2007, eq. 10).

    Args:
        x: [1, C, H, W], -1..1; a fourth channel (alpha) is returned unchanged.
        like: [1, C, h, w], -1..1.

    Returns:
        [1, C, H, W], -1..1.
    """
    own, other = (p[0, :3].flatten(1).double() for p in (x, like))
    a, b = (torch.cov(p) + 1e-5 * torch.eye(3, dtype=p.dtype, device=p.device) for p in (own, other))
    root = _root(a)
    back = torch.linalg.inv(root)
    moved = back @ _root(root @ b @ root) @ back @ (own - own.mean(1, keepdim=True)) + other.mean(1, keepdim=True)
    colours = moved.to(x).view(1, 3, *x.shape[2:]).clamp(-1, 1)
    return torch.cat([colours, x[:, 3:]], 1)


def _root(matrix: Tensor) -> Tensor:
    """The square root of a symmetric positive-definite matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T
    return root


def with_light_of(colours: Tensor, x: Tensor) -> Tensor:
    """The chrominance of ``colours`` with the luminance of ``x``, both [1, C, H, W], -1..1."""
    return torch.cat([(colours[:, :3] + luminance(x) - luminance(colours)).clamp(-1, 1), x[:, 3:]], 1)


def ranked(x: Tensor, levels: int = 256) -> Tensor:
    """The rank of each pixel's luminance within its image: [1, 1, H, W], -1 the darkest, 1 the brightest.

    Ranks compare two images of different exposure. Equal values get equal ranks; values are quantized to ``levels``
    steps.
    """
    values = luminance(x)
    bins = ((values + 1) / 2 * (levels - 1)).round().long().clamp(0, levels - 1)
    share = torch.bincount(bins.flatten(), minlength=levels).to(x)
    middle = (share.cumsum(0) - share / 2) / share.sum()
    ranks: Tensor = middle[bins] * 2 - 1
    return ranks
