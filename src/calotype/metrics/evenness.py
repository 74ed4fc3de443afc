"""Evenness: how evenly the columns of a photo are spread in a wider result.

Seam carving and patch synthesis repeat single columns or blocks, which leaves streaks, steps and doubled parts; a warp
spreads them. Every row of the result is aligned with the same row of the photo by dynamic programming, and compared is
how often each pixel of the photo occurs with how often its neighbours do. ``benchmarks/wider.py`` compares the measure
with the preferences of studies.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.resize import resize

# Sides of the patches that are compared, and of the surroundings of a pixel.
_PATCH, _AROUND = 5, 5
# Costs, in mean squared difference on -1..1: of each column that is left out or repeated instead of the next one, and
# of going on at any other column.
_STEP, _JUMP = 0.02, 0.6
# Slope of the cost by which alignments start at the left.
_START = 0.002
_MOST_STEPS = 3


def unevenness(real: Tensor, fake: Tensor, longest: int = 64) -> float:
    """Mean difference of the number of times a pixel of ``real`` occurs in ``fake`` from that around it.

    Args:
        real: the photo, [1, C, H, W], -1..1; channels after the third (alpha) are ignored.
        fake: the photo in another width or height, [1, C, h, w], -1..1.
        longest: longest side that the photo is reduced to, pixels; the result is reduced by the same factor.

    Returns:
        The mean over all directions whose size differs, 0 or more; 0 if none does. Lower is more even.
    """
    (height, width), (tall, wide) = real.shape[2:], fake.shape[2:]
    found = []
    if wide != width:
        found.append(_uneven(real, resize(fake, (height, wide)), longest))
    if tall != height:
        found.append(_uneven(real.transpose(2, 3), resize(fake, (tall, width)).transpose(2, 3), longest))
    return sum(found) / len(found) if found else 0.0


def _uneven(real: Tensor, fake: Tensor, longest: int) -> float:
    """The same for pictures of equal height."""
    factor = min(1.0, longest / max(real.shape[2:]))
    height = max(1, round(real.shape[2] * factor))
    known, made = (
        _patches(resize(picture[:, :3].float(), (height, max(2, round(picture.shape[3] * factor)))))
        for picture in (real, fake)
    )
    columns = aligned(torch.cdist(made, known).square() / known.shape[2])
    times = torch.zeros(known.shape[:2]).scatter_add_(1, columns, torch.ones(columns.shape))
    around = F.avg_pool2d(times[None, None], _AROUND, 1, _AROUND // 2, count_include_pad=False)[0, 0]
    return float((times - around).abs().mean())


def _patches(picture: Tensor) -> Tensor:
    """The patch around every pixel: [h, w, values]."""
    height, width = picture.shape[2:]
    padded = F.pad(picture, (_PATCH // 2,) * 4, mode="replicate")
    return F.unfold(padded, _PATCH)[0].T.reshape(height, width, -1)


def aligned(cost: Tensor) -> Tensor:
    """The column of the photo that is shown at each column of the result, of the cheapest alignment of each row.

    Args:
        cost: [h, W, w], of showing each column of the photo at each column of the result.

    Returns:
        int64 [h, W].
    """
    _, wide, width = cost.shape
    every = torch.arange(width)
    total, came = cost[:, 0] + _START * every, []
    for column in range(1, wide):
        ways = [
            F.pad(total, (step, 0), value=float("inf"))[:, :width] + _STEP * abs(step - 1)
            for step in range(_MOST_STEPS + 1)
        ]
        best, origin = total.min(1)
        least, way = torch.stack([*ways, (best + _JUMP)[:, None].expand(-1, width)]).min(0)
        came.append(torch.where(way <= _MOST_STEPS, every - way, origin[:, None]))
        total = least + cost[:, column]
    shown = [total.argmin(1)]
    for origins in reversed(came):
        shown.append(origins.gather(1, shown[-1][:, None])[:, 0])
    return torch.stack(shown[::-1], 1)
