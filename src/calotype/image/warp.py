"""Larger sizes of pictures by a smooth warp: what is distinct keeps its width, what is alike is stretched more.

The widths of all pixels are a least-squares solution: the more important a pixel is, the nearer its width is to 1, and
neighbouring rows are alike, most of all along edges, so that straight things stay straight (Wolf, Guttmann, Cohen-Or,
"Non-homogeneous Content-driven Video-retargeting", ICCV 2007, section 3; the unknowns here are the borders of pixels,
and ``importance`` is another).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.columns import in_both_directions, sampled
from calotype.image.distinct import FAINT, MANY_FOREIGN, distinctness, foreignness, relative, unlikeness
from calotype.image.resize import resize

Values = npt.NDArray[np.float64]

# Longest side of the picture in which widths are found, pixels.
_SIDE = 128
# Importance of what is like all around it, and weights of being unlike other places, unlike the row, and detailed.
_LEAST, _DISTINCT, _UNLIKE, _DETAILED = 2.0, 10.0, 80.0, 20.0
# Detail this many times as much as its mean counts half.
_DETAIL = 1.5
# Weight of differences between neighbouring rows, everywhere and along edges.
_ALIKE, _STRAIGHT = 60.0, 1500.0
# Conjugate gradients: relative residual at the end, and the maximum number of steps.
_RESIDUAL, _STEPS = 1e-6, 2000


def warped(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Change a picture to a size that is at least as large by a smooth warp.

    Args:
        picture: [1, C, h, w], -1..1.
        size: height and width of the result, pixels.

    Returns:
        [1, C, height, width], -1..1.
    """
    return in_both_directions(picture, size, _wide)


def _wide(picture: Tensor, width: int) -> Tensor:
    """``picture`` [1, C, h, w] made ``width`` pixels wide; the places of pixels are found in a small copy."""
    height, before = picture.shape[2:]
    scale = min(1.0, _SIDE / max(height, before))
    small = resize(picture, (max(2, round(height * scale)), max(2, round(before * scale))))[0].double().cpu()
    columns = small.shape[2]
    borders = placed(importance(small).numpy(), edges(small).numpy(), columns * width / before)
    # Where in the photo, 0..1, the middle of every column of the result is, in each row of the small copy.
    middles = (np.arange(width) + 0.5) * columns / before
    places = np.stack([np.interp(middles, row, np.arange(columns + 1)) for row in borders]) / columns
    return sampled(picture, torch.from_numpy(places), width, "bicubic").clamp(-1, 1)


def placed(important: Values, straight: Values, width: float) -> Values:
    """Where the borders of pixels are in a picture of another width.

    Args:
        important: [h, w], importance of every pixel, above 0.
        straight: [h, w + 1], 0..1, how far the borders of two rows should be at the same place.
        width: of the result.

    Returns:
        [h, w + 1], pixels of the result; each row increases from 0 to ``width``.
    """
    height, count = important.shape
    joined = _ALIKE + _STRAIGHT * np.minimum(straight[1:], straight[:-1])
    even = np.tile(np.linspace(0, width, count + 1), (height, 1))
    # The gradient of the sum of squares is zero where the system of the inner borders holds.
    moved = _solved(important, joined, -_gradient(even, important, joined, 1.0)[:, 1:-1])
    even[:, 1:-1] += moved
    return np.maximum.accumulate(even.clip(0, width), axis=1)


def _gradient(borders: Values, important: Values, joined: Values, wanted: float) -> Values:
    """Half the gradient [h, w + 1] of the weighted squares of widths less ``wanted`` and of differences of rows."""
    made = np.zeros_like(borders)
    across = important * (np.diff(borders, axis=1) - wanted)
    made[:, 1:] += across
    made[:, :-1] -= across
    down = joined * np.diff(borders, axis=0)
    made[1:] += down
    made[:-1] -= down
    return made


def _solved(important: Values, joined: Values, right: Values) -> Values:
    """The solution [h, w - 1] of the system of the inner borders, by preconditioned conjugate gradients."""
    diagonal = important[:, 1:] + important[:, :-1]
    diagonal[1:] += joined[:, 1:-1]
    diagonal[:-1] += joined[:, 1:-1]
    found, left = np.zeros_like(right), right
    scaled = left / diagonal
    direction, product = scaled, float((left * scaled).sum())
    enough = _RESIDUAL**2 * product
    for _ in range(_STEPS):
        if product <= enough:
            break
        applied = _gradient(np.pad(direction, ((0, 0), (1, 1))), important, joined, 0.0)[:, 1:-1]
        step = product / float((direction * applied).sum())
        found, left = found + step * direction, left - step * applied
        scaled = left / diagonal
        before, product = product, float((left * scaled).sum())
        direction = scaled + product / before * direction
    return found


def importance(picture: Tensor) -> Tensor:
    """How much the width of each pixel [h, w] of a picture [C, h, w] should stay as it is: above 0."""
    unlike = torch.maximum(relative(unlikeness(picture)), relative(foreignness(picture), MANY_FOREIGN, FAINT))
    total = _LEAST + _DISTINCT * relative(distinctness(picture)) + _UNLIKE * unlike
    total = total + _DETAILED * relative(_detail(picture), _DETAIL)
    # The rim of a thing, too.
    rim = F.max_pool2d(total[None, None], 3, 1, 1)
    return F.avg_pool2d(rim, 3, 1, 1, count_include_pad=False)[0, 0]


def edges(picture: Tensor) -> Tensor:
    """How strong the edge at each border [h, w + 1] between columns of a picture [C, h, w] is: 0..1."""
    across = (picture[:, :, 1:] - picture[:, :, :-1]).abs().sum(0)
    return F.pad(relative(across)[None, None], (1, 1, 0, 0))[0, 0]


def _detail(picture: Tensor) -> Tensor:
    """The mean step to the pixels on all sides, around each pixel [h, w] of a picture [C, h, w]."""
    across = (picture[:, :, 1:] - picture[:, :, :-1]).abs().sum(0)
    down = (picture[:, 1:] - picture[:, :-1]).abs().sum(0)
    steps = F.pad(across, (1, 0)) + F.pad(across, (0, 1)) + F.pad(down, (0, 0, 1, 0)) + F.pad(down, (0, 0, 0, 1))
    return F.avg_pool2d(steps[None, None], 5, 1, 2, count_include_pad=False)[0, 0]
