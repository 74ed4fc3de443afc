"""The sliced Wasserstein distance between the patches of two images."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError

_MAX_VALUES = 1 << 24  # maximum projections in memory: 64 MiB


def sliced(
    real: Tensor, fake: Tensor, *, patch: int = 7, projections: int = 128, scales: int = 1, seed: int = 0
) -> float:
    """The sliced Wasserstein distance between the patches of two images; 0 for equal distributions, lower is better.

    The objective of GPDM (Elnekave and Weiss, ECCV 2022, section 3): all patches are projected on random unit vectors,
    and for each direction the sorted values of both images are compared by their mean absolute difference. Independent
    of patch positions. In units of the values, -1..1, times the side of a patch.

    Args:
        real: the photo, [1, C, H, W], -1..1; channels after the third (alpha) are ignored.
        fake: the image to evaluate, [1, C, h, w], -1..1; may have another size.
        patch: side of the patches, pixels.
        projections: number of directions; the same ones in each call.
        scales: number of scales to average over, with a factor of 2 between them (the first is the full size).
        seed: of the directions.

    If the numbers of patches differ, both sorted lists are linearly interpolated at the same quantiles; GPDM repeats
    random entries of the shorter one, which makes the number random.

    Raises:
        InputError: an image is smaller than one patch at the last scale.
    """
    return float(sliced_each(real, fake, patch=patch, projections=projections, scales=scales, seed=seed))


def sliced_each(
    real: Tensor, fakes: Tensor, *, patch: int = 7, projections: int = 128, scales: int = 1, seed: int = 0
) -> Tensor:
    """``sliced`` of one photo and each of several images of one size.

    Args:
        real: as in ``sliced``.
        fakes: the images to evaluate, [N, C, h, w], -1..1.
        patch: as in ``sliced``.
        projections: as in ``sliced``.
        scales: as in ``sliced``.
        seed: as in ``sliced``.

    Returns:
        [N], one distance per image.

    Raises:
        InputError: as ``sliced``.
    """
    real, fakes = real[:, :3].float(), fakes[:, :3].float()
    directions = unit_directions(projections, 3 * patch * patch, seed).view(-1, 3, patch, patch).to(real.device)
    total = torch.zeros(len(fakes), device=real.device)
    for scale in range(scales):
        if scale:
            real, fakes = _halved(real), _halved(fakes)
        for picture in (real, fakes):
            if min(picture.shape[-2:]) < patch:
                height, width = picture.shape[-2:]
                raise InputError(
                    f"{width}x{height} pixels are too few for {patch} px patches: use larger pictures or fewer scales"
                )
        total += _distances(real, fakes, directions)
    return total / scales


def unit_directions(count: int, dimensions: int, seed: int) -> Tensor:
    """Random unit vectors, [count, dimensions], float32: the same on every machine and in every version.

    numpy's legacy ``RandomState`` is frozen; the streams of torch and of numpy's newer generators may change.
    """
    vectors = np.random.RandomState(seed).standard_normal((count, dimensions))
    return torch.from_numpy(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).float()


def quantile_distance(a: Tensor, b: Tensor) -> Tensor:
    """Mean absolute difference of the quantiles of ``a`` [..., n] and ``b`` [..., m]: [...].

    For n = m it is the 1-Wasserstein distance of the two sets of values.
    """
    a, b = a.sort(-1).values, b.sort(-1).values
    count = max(a.shape[-1], b.shape[-1])
    return (_at_quantiles(a, count) - _at_quantiles(b, count)).abs().mean(-1)


def _at_quantiles(ordered: Tensor, count: int) -> Tensor:
    """Sorted rows [..., n] interpolated at ``count`` evenly spaced quantiles: [..., count]."""
    if ordered.shape[-1] == count:
        return ordered
    rows = ordered.reshape(1, -1, ordered.shape[-1])
    return F.interpolate(rows, size=count, mode="linear", align_corners=False).view(*ordered.shape[:-1], count)


def _distances(real: Tensor, fakes: Tensor, directions: Tensor) -> Tensor:
    """Between ``real`` [1, 3, H, W] and each of ``fakes`` [N, 3, h, w]: [N]."""
    # In blocks of directions: all at once would need gigabytes for a photo of 12 megapixels.
    chunk = max(1, _MAX_VALUES // max(real[0, 0].numel(), fakes[:, 0].numel()))
    with torch.no_grad():
        parts = [
            quantile_distance(F.conv2d(real, some).flatten(2), F.conv2d(fakes, some).flatten(2))
            for some in torch.split(directions, chunk)
        ]
    return torch.cat(parts, dim=1).mean(1)


def _halved(picture: Tensor) -> Tensor:
    size = [max(1, side // 2) for side in picture.shape[-2:]]
    return F.interpolate(picture, size=size, mode="bilinear", antialias=True, align_corners=False)
