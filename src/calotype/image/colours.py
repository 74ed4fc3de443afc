"""Per-pixel colour transfer from one image to another."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.luminance import luminance

# Number of colours of a palette, and of values of each channel in a table of colours.
_PALETTE, _GRID = 8000, 17


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


def projected(x: Tensor, palette: Tensor, share: float = 0.005) -> Tensor:
    """Move every colour to the nearest colours of another image: to the mean of the nearest ``share`` of its pixels.

    Hues count twice as much as brightness. Computed on a grid of colours and interpolated, so that the time does not
    grow with the number of colours.

    Args:
        x: [1, C, H, W], -1..1; a fourth channel (alpha) is returned unchanged.
        palette: [1, C, h, w], -1..1.
        share: of the pixels of ``palette``, 0..1.

    Returns:
        [1, C, H, W], -1..1.
    """
    colours = palette[0, :3].flatten(1).T
    colours = colours[:: max(1, len(colours) // _PALETTE)]
    axis = torch.linspace(-1, 1, _GRID, device=x.device)
    grid = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1).flatten(0, 2)
    nearest = torch.cdist(_opponent(grid), _opponent(colours)).topk(max(1, round(share * len(colours))), largest=False)
    table = colours[nearest.indices].mean(1).T.view(1, 3, _GRID, _GRID, _GRID)
    # The first channel is the first, slowest axis of the table, which grid_sample calls the last coordinate.
    at = x[:, :3].flip(1).permute(0, 2, 3, 1)[:, None]
    moved = F.grid_sample(table, at, mode="bilinear", padding_mode="border", align_corners=True)[:, :, 0]
    return torch.cat([moved, x[:, 3:]], 1)


def _opponent(colours: Tensor) -> Tensor:
    """Brightness and twice two differences of colours, of RGB colours [N, 3]."""
    r, g, b = colours.unbind(1)
    return torch.stack([(r + g + b) / 3, r - g, r + g - 2 * b], 1) * torch.tensor([1.0, 1.0, 0.5], device=r.device)


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
