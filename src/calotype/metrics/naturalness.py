"""No-reference quality: distance of an image's local statistics from those of given photos.

Follows NIQE (Mittal, Soundararajan and Bovik, "Making a 'Completely Blind' Image Quality Analyzer", IEEE SPL 2013), but
the numbers are not NIQE's: the published model was fitted to 125 photos that do not come with the package. Here the
model is fitted to given photos, for example the low-resolution photo itself. Further differences: blocks are smaller
and overlap, so that a small photo has enough of them, neighbours do not wrap around a block's edge, and the covariance
is regularised, since it is estimated from few blocks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError

BLOCK = 32  # side of the blocks at full size, pixels; half of it at half size
_SHARP = 0.75  # threshold relative to the sharpest block of a photo: blocks below are not used
_MIN_FRACTION = 0.25  # minimum fraction of a photo's blocks that are used, the sharpest
_REGULARISATION = 0.05  # relative regularisation of each variance
_LUMA = (0.299, 0.587, 0.114)
_WINDOW, _SIGMA = 7, 7 / 6  # of the local mean and deviation, pixels
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
_FEATURES = 36
_SHAPES = torch.arange(0.2, 10.0005, 0.001, dtype=torch.float64)  # candidate shapes of the generalized Gaussians


@dataclass(frozen=True)
class Statistics:
    """A Gaussian over block features.

    Attributes:
        mean: [36], float64.
        covariance: [36, 36], float64.
        blocks: number of blocks it was fitted to.
    """

    mean: Tensor
    covariance: Tensor
    blocks: int


def natural_statistics(photos: Iterable[Tensor]) -> Statistics:
    """Fit the model: the features of the sharp blocks of some photos.

    Args:
        photos: [1, C, H, W] each, -1..1, at least 32 pixels per side; channels after the third are ignored.

    Raises:
        InputError: there are no photos, or one is too small.
    """
    result = []
    for photo in photos:
        features, sharpness = block_features(photo)
        least = torch.minimum(_SHARP * sharpness.max(), sharpness.quantile(1 - _MIN_FRACTION))
        result.append(features[sharpness >= least])
    if not result:
        raise InputError("natural statistics need at least one photo: give one")
    return _gaussian(torch.cat(result))


def naturalness(picture: Tensor, model: Statistics) -> float:
    """Distance between the statistics of an image and the model, as in NIQE; at least 0, lower is better.

    Blur and noise increase it. Report it beside a similarity measure: it does not depend on what the image shows.

    Args:
        picture: [1, C, H, W], -1..1, at least 32 pixels per side.
        model: from ``natural_statistics``. Distances to different models are not comparable.

    Raises:
        InputError: the image is too small.
    """
    fitted = _gaussian(block_features(picture)[0])
    difference = fitted.mean - model.mean
    covariance = (fitted.covariance + model.covariance) / 2
    covariance = covariance + torch.diag(_REGULARISATION * covariance.diagonal() + 1e-9)
    return float((difference @ torch.linalg.solve(covariance, difference)).clamp_min(0).sqrt())


def block_features(picture: Tensor) -> tuple[Tensor, Tensor]:
    """The features [N, 36], float64, of all blocks of an image, and their sharpness [N]: the mean local deviation."""
    if min(picture.shape[2:]) < BLOCK:
        height, width = picture.shape[2:]
        raise InputError(f"{width}x{height} pixels are too few for blocks of {BLOCK}: use a larger picture")
    luma = (picture[:, :3].double() * torch.tensor(_LUMA).to(picture)[:, None, None]).sum(1, keepdim=True)
    luma = (luma + 1) * 127.5
    # Cropped to whole blocks, so that the blocks of both scales correspond.
    height, width = (side // BLOCK * BLOCK for side in luma.shape[2:])
    luma = luma[:, :, :height, :width]
    half = F.interpolate(luma, scale_factor=0.5, mode="bicubic", antialias=True, align_corners=False)
    parts, sharpness = [], torch.zeros(0)
    for x, side in ((luma, BLOCK), (half, BLOCK // 2)):
        normal, deviation = _normalized(x)
        parts.append(_features(_blocks(normal, side)))
        if side == BLOCK:
            sharpness = _blocks(deviation, side).mean((1, 2))
    return torch.cat(parts, 1), sharpness


def _normalized(luma: Tensor) -> tuple[Tensor, Tensor]:
    """Mean-subtracted, contrast-normalized coefficients, and the local deviation: [1, 1, H, W] each."""
    reach = torch.arange(_WINDOW, dtype=luma.dtype, device=luma.device) - _WINDOW // 2
    window = torch.exp(-(reach**2) / (2 * _SIGMA**2))
    window = window / window.sum()

    def smooth(x: Tensor) -> Tensor:
        x = F.pad(x, [_WINDOW // 2] * 4, mode="replicate")
        return F.conv2d(F.conv2d(x, window[None, None, :, None]), window[None, None, None])

    mean = smooth(luma)
    deviation = (smooth(luma**2) - mean**2).abs().sqrt()
    return (luma - mean) / (deviation + 1), deviation


def _blocks(x: Tensor, side: int) -> Tensor:
    """Square blocks of [1, 1, H, W] that overlap by half: [N, side, side]."""
    return x[0, 0].unfold(0, side, side // 2).unfold(1, side, side // 2).reshape(-1, side, side)


def _features(blocks: Tensor) -> Tensor:
    """Shape and width of the coefficients of blocks [N, s, s], and of products of neighbours: [N, 18]."""
    shape, left, right, _ = asymmetric_gaussian(blocks.flatten(1))
    result = [shape, (left + right) / 2]
    for down, across in _NEIGHBOURS:
        height, width = blocks.shape[1:]
        first = blocks[:, : height - down, max(0, -across) : width - max(0, across)]
        second = blocks[:, down:, max(0, across) : width + min(0, across)]
        shape, left, right, mean = asymmetric_gaussian((first * second).flatten(1))
        result += [shape, mean, left, right]
    return torch.stack(result, 1)


def asymmetric_gaussian(values: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Fit asymmetric generalized Gaussians to rows of values by moment matching (Lasmar et al., ICIP 2009).

    Args:
        values: [N, n], float64.

    Returns:
        shape (2 for a normal distribution, 1 for a Laplacian one), left width, right width, and mean, [N] each. A row
        of zeros has widths of about 0.
    """
    square = values.square()
    left, right = (
        ((square * side).sum(1) / side.sum(1).clamp_min(1)).sqrt().clamp_min(1e-6) for side in (values < 0, values > 0)
    )
    ratio = left / right
    spread = values.abs().mean(1).square() / square.mean(1).clamp_min(1e-12)
    wanted = spread * (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1) ** 2
    table = (2 * _log_gamma(2) - _log_gamma(1) - _log_gamma(3)).exp()
    # The table increases with the shape: the nearest entry is next to the insertion point.
    index = torch.searchsorted(table, wanted).clamp(1, len(table) - 1)
    index = index - (wanted - table[index - 1] < table[index] - wanted).long()
    shape = _SHAPES[index]
    gamma = [torch.lgamma(n / shape) for n in (1, 2, 3)]
    scale = ((gamma[0] - gamma[2]) / 2).exp()
    left, right = left * scale, right * scale
    return shape, left, right, (right - left) * (gamma[1] - gamma[0]).exp()


def _log_gamma(n: int) -> Tensor:
    return torch.lgamma(n / _SHAPES)


def _gaussian(features: Tensor) -> Statistics:
    count = len(features)
    covariance = torch.cov(features.T) if count > 1 else torch.zeros(_FEATURES, _FEATURES, dtype=features.dtype)
    return Statistics(features.mean(0), covariance, count)
