"""Adaptive discriminator augmentation: random transforms of what the discriminator sees, and their strength.

Karras, Aittala, Hellsten, Laine, Lehtinen, Aila, "Training Generative Adversarial Networks with Limited Data", NeurIPS
2020. Every transform is applied with probability ``strength``; gradients pass through. Geometric transforms are one
matrix for each picture and one resampling, at twice the size between orthogonal wavelet filters (sym6), appendix B.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype import distributed

Kind = Literal["bgc", "bc", "colour", "none"]
DRAWS = 40  # random numbers for each picture
# Scaling filter of the wavelet sym6 (Daubechies, "Ten Lectures on Wavelets", 1992, table 6.3, to be normalized).
_SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
_SHIFT, _SCALE, _STRETCH, _FRACTION = 0.125, 0.2, 0.2, 0.125
_BRIGHTNESS, _CONTRAST, _SATURATION = 0.2, 0.5, 1.0


class Strength(nn.Module):
    """The probability of every transform, adapted so that the discriminator's scores of real pictures keep a sign.

    Attributes:
        value: the probability, 0..1: [].
    """

    value: Tensor

    def __init__(self, target: float, thousands: float) -> None:
        super().__init__()
        self.target, self.thousands = target, thousands
        self.register_buffer("value", torch.zeros(()))

    @torch.no_grad()
    def adapt(self, sign: Tensor, pictures: int) -> None:
        """Move the strength after some pictures.

        Args:
            sign: mean sign of the scores of real pictures, over all processes: [].
            pictures: how many there were, over all processes.
        """
        change = torch.sign(sign - self.target) * (pictures / (self.thousands * 1000))
        self.value.add_(change.to(self.value.device)).clamp_(0, 1)


def draws(count: int, device: torch.device) -> Tensor:
    """Random numbers for ``augmented``: [this process's share of count, DRAWS], uniform in 0..1."""
    return distributed.share(torch.rand(count, DRAWS)).to(device)


def augmented(pictures: Tensor, strength: Tensor, drawn: Tensor, kind: Kind) -> Tensor:
    """Pictures with random transforms.

    Args:
        pictures: [N, C, H, W], -1..1.
        strength: probability of every transform: [].
        drawn: [N, DRAWS], uniform in 0..1.
        kind: see ``Config.augment``.

    Returns:
        [N, C, H, W]; values may be beyond -1..1.
    """
    if kind == "none" or float(strength) == 0:
        return pictures
    numbers = _Numbers(drawn.double(), strength.double())
    height, width = pictures.shape[2:]
    if kind != "colour":
        matrix = geometric(numbers, height, width, free=kind == "bgc")
        changed = (matrix - torch.eye(3, device=matrix.device, dtype=matrix.dtype)).abs().amax((1, 2)) > 0
        if changed.any():
            moved = resampled(pictures[changed], matrix[changed].float())
            pictures = pictures.index_put((changed.nonzero().squeeze(1),), moved)
    else:
        numbers.skip(2 * 9)
    if pictures.shape[1] == 3:
        matrix = colour(numbers).float()
        flat = matrix[:, :3, :3] @ pictures.flatten(2) + matrix[:, :3, 3:]
    else:
        matrix = colour(numbers).float()[:, :3].mean(1, keepdim=True)
        flat = pictures.flatten(2) * matrix[:, :, :3].sum(2, keepdim=True) + matrix[:, :, 3:]
    return flat.view_as(pictures)


class _Numbers:
    """Takes uniform numbers of a table, one column after another."""

    def __init__(self, drawn: Tensor, strength: Tensor) -> None:
        self.drawn, self.strength, self.place = drawn, strength, 0

    def uniform(self) -> Tensor:
        self.place += 1
        return self.drawn[:, self.place - 1]

    def skip(self, count: int) -> None:
        self.place += count

    def normal(self) -> Tensor:
        value: Tensor = torch.special.ndtri(self.uniform().clamp(1e-9, 1 - 1e-9))
        return value

    def where(self, value: Tensor, otherwise: float, probability: Tensor | None = None) -> Tensor:
        """``value`` with the probability of a transform, else ``otherwise``."""
        chosen = self.uniform() < (self.strength if probability is None else probability)
        return torch.where(chosen, value, torch.full_like(value, otherwise))


def geometric(numbers: _Numbers, height: int, width: int, *, free: bool) -> Tensor:
    """Matrices [N, 3, 3] from places in the result to places in the picture, in pixels from the centre."""
    flip = numbers.where(torch.floor(numbers.uniform() * 2), 0)
    matrix = _scaling(1 - 2 * flip, torch.ones_like(flip))
    matrix = matrix @ _rotation(math.pi / 2 * numbers.where(torch.floor(numbers.uniform() * 4), 0))
    chosen = numbers.where(torch.ones_like(flip), 0)
    across, down = (torch.round((numbers.uniform() * 2 - 1) * _SHIFT * side) * chosen for side in (width, height))
    matrix = matrix @ _translation(-across, -down)
    if not free:
        numbers.skip(11)
        return matrix
    scale = numbers.where(torch.exp2(numbers.normal() * _SCALE), 1)
    matrix = matrix @ _scaling(1 / scale, 1 / scale)
    # Before and after stretching: one of the two with the probability of a transform.
    turning = 1 - (1 - numbers.strength).clamp(0, 1).sqrt()
    matrix = matrix @ _rotation(numbers.where((numbers.uniform() * 2 - 1) * math.pi, 0, turning))
    stretch = numbers.where(torch.exp2(numbers.normal() * _STRETCH), 1)
    matrix = matrix @ _scaling(1 / stretch, stretch)
    matrix = matrix @ _rotation(numbers.where((numbers.uniform() * 2 - 1) * math.pi, 0, turning))
    chosen = numbers.where(torch.ones_like(flip), 0)
    across, down = (numbers.normal() * _FRACTION * side * chosen for side in (width, height))
    return matrix @ _translation(-across, -down)


def colour(numbers: _Numbers) -> Tensor:
    """Matrices [N, 4, 4] of colours: brightness, contrast, flipped luminance, hue, saturation."""
    brightness = numbers.where(numbers.normal() * _BRIGHTNESS, 0)
    count, like = len(brightness), brightness
    eye = torch.eye(4, dtype=like.dtype, device=like.device)
    matrix = eye.repeat(count, 1, 1)
    matrix[:, :3, 3] = brightness[:, None]
    contrast = numbers.where(torch.exp2(numbers.normal() * _CONTRAST), 1)
    matrix = torch.diag_embed(torch.stack([contrast] * 3 + [torch.ones_like(contrast)], 1)) @ matrix
    axis = like.new_tensor([1.0, 1.0, 1.0, 0.0]) / math.sqrt(3)
    along = torch.outer(axis, axis)
    flip = numbers.where(torch.floor(numbers.uniform() * 2), 0)
    matrix = (eye - 2 * along * flip[:, None, None]) @ matrix
    angle = numbers.where((numbers.uniform() * 2 - 1) * math.pi, 0)
    matrix = _hue(angle) @ matrix
    saturation = numbers.where(torch.exp2(numbers.normal() * _SATURATION), 1)
    result: Tensor = (along + (eye - along) * saturation[:, None, None]) @ matrix
    return result


def _matrix(rows: list[list[Tensor | float]], like: Tensor) -> Tensor:
    filled = [[x if isinstance(x, Tensor) else torch.full_like(like, x) for x in row] for row in rows]
    return torch.stack([torch.stack(row, 1) for row in filled], 1)


def _translation(across: Tensor, down: Tensor) -> Tensor:
    return _matrix([[1.0, 0.0, across], [0.0, 1.0, down], [0.0, 0.0, 1.0]], across)


def _scaling(across: Tensor, down: Tensor) -> Tensor:
    return _matrix([[across, 0.0, 0.0], [0.0, down, 0.0], [0.0, 0.0, 1.0]], across)


def _rotation(angle: Tensor) -> Tensor:
    cosine, sine = torch.cos(angle), torch.sin(angle)
    return _matrix([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]], angle)


def _hue(angle: Tensor) -> Tensor:
    """Rotations about the axis of grey: Rodrigues' formula."""
    cosine, sine = torch.cos(angle), torch.sin(angle)
    same = (1 + 2 * cosine) / 3
    next_, last = (1 - cosine) / 3 - sine / math.sqrt(3), (1 - cosine) / 3 + sine / math.sqrt(3)
    rows = [[same, next_, last, 0.0], [last, same, next_, 0.0], [next_, last, same, 0.0], [0.0, 0.0, 0.0, 1.0]]
    return _matrix(rows, angle)  # type: ignore[arg-type]


def resampled(pictures: Tensor, matrix: Tensor) -> Tensor:
    """Pictures [N, C, H, W] seen through matrices [N, 3, 3], reflected beyond their edges."""
    height, width = pictures.shape[2:]
    taps = pictures.new_tensor(_SYM6)
    taps = taps / taps.sum()
    margin = len(_SYM6) // 4
    corners = pictures.new_tensor([[-1.0, 1.0, 1.0, -1.0], [-1.0, -1.0, 1.0, 1.0]])
    half = pictures.new_tensor([(width - 1) / 2, (height - 1) / 2])
    places = matrix[:, :2, :2] @ (corners * half[:, None]) + matrix[:, :2, 2:]
    reach = places.abs().amax((0, 2)) - half + 2 * margin
    pads = [min(side - 1, max(0, math.ceil(float(r)))) for side, r in zip((width, height), reach)]
    x = F.pad(pictures, (pads[0], pads[0], pads[1], pads[1]), mode="reflect")
    x = _doubled(x, taps)
    # A pixel of the picture is the first of two in the doubled one, so centres are half a pixel apart.
    linear = matrix[:, :2, :2]
    offset = 2 * matrix[:, :2, 2:] + 0.5 * (linear.sum(2, keepdim=True) - 1)
    shape = (len(x), x.shape[1], 2 * (height + 2 * margin), 2 * (width + 2 * margin))
    inner = x.new_tensor([x.shape[3], x.shape[2]])
    outer = x.new_tensor([shape[3], shape[2]])
    theta = torch.cat([linear * outer / inner[:, None], 2 * offset / inner[:, None]], 2)
    grid = F.affine_grid(theta, list(shape), align_corners=False)
    x = F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return _halved(x, taps, margin)


def _doubled(x: Tensor, taps: Tensor) -> Tensor:
    """Twice the size, by zeros between the pixels and the filter; symmetric about the centre but for half a pixel."""
    count, length = x.shape[1], len(taps)
    for axis in (2, 3):
        shape = [count, 1, 1, 1]
        shape[axis] = length
        stride = [2, 1] if axis == 2 else [1, 2]
        x = F.conv_transpose2d(x, (2 * taps).view(1, 1, *shape[2:]).expand(shape), stride=stride, groups=count)
        cut = length // 2 - 1
        x = x.narrow(axis, cut, x.shape[axis] - 2 * cut)
    return x


def _halved(x: Tensor, taps: Tensor, margin: int) -> Tensor:
    """Half the size, by the mirrored filter, without ``margin`` pixels on each side."""
    count, length = x.shape[1], len(taps)
    cut = 2 * margin - (length // 2 - 1)
    for axis in (2, 3):
        shape = [count, 1, 1, 1]
        shape[axis] = length
        stride = [2, 1] if axis == 2 else [1, 2]
        x = x.narrow(axis, cut, x.shape[axis] - 2 * cut)
        x = F.conv2d(x, taps.view(1, 1, *shape[2:]).expand(shape), stride=stride, groups=count)
    return x
