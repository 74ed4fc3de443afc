"""Local group normalisation: statistics of a group of channels in windows around each pixel."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

_EPSILON = 1e-5  # added to every variance


def local_group_norm(x: Tensor, group: int, window: int) -> Tensor:
    """Normalise groups of channels by the mean and variance of windows, interpolated between their centres.

    Kotovenko, Sanakoyeu, Lang, Ommer, "Content and Style Disentanglement for Artistic Style Transfer", ICCV 2019
    (published code). Windows lie at multiples of half their side, so that a part of a picture has the same windows as
    the whole; in the code they are spread over each map anew.

    Args:
        x: [B, C, H, W].
        group: channels of a group, or all where there are fewer; C is a multiple of it.
        window: side of the windows, pixels, a multiple of 4; maps that are no larger are one window.

    Returns:
        Of the same shape.
    """
    grouped = x.reshape(len(x), -1, min(group, x.shape[1]), *x.shape[2:])
    centred = grouped - _local(grouped.mean(2), window)[:, :, None]
    variance = _local(centred.square().mean(2), window)
    return (centred * (variance + _EPSILON).rsqrt()[:, :, None]).reshape(x.shape)


def _local(x: Tensor, window: int) -> Tensor:
    """Means [B, G, H, W] or [B, G, 1, 1] of windows."""
    height, width = x.shape[2:]
    if max(height, width) <= window:
        return x.mean((2, 3), keepdim=True)
    step = max(2, window // 2)
    over = (0, -width % step, 0, -height % step)
    if any(over):
        x = F.pad(x, over, mode="replicate")
    means = F.avg_pool2d(x, 2 * step, step, step // 2, count_include_pad=False)
    return F.interpolate(means, scale_factor=step, mode="bilinear", align_corners=False)[:, :, :height, :width]
