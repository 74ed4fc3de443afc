"""Structure: how far the parts of a photo have moved in a result of another size.

For results of ``retarget``, where nothing says what the right picture would be. A part that is doubled, lost from its
place or exchanged with another is found far from where a plain resizing would put it; distinct parts count more than
grass and sky. ``benchmarks/wider.py`` compares the measure with the preferences of studies.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.resize import resize

# A match at the other end of the photo has to be better by this, in mean squared difference on -1..1.
_NEAR = 0.001


def displacement(real: Tensor, fake: Tensor, longest: int = 48, patch: int = 7) -> float:
    """Mean distance of the patches of ``fake`` from the places of their nearest patches in ``real``.

    Places are relative to the size of each picture, so a resized photo has about 0. Where patches are alike, the match
    near that place is preferred. Each patch is weighted by how unlike its match is to the other patches of the photo.

    Args:
        real: the photo, [1, C, H, W], -1..1; channels after the third (alpha) are ignored.
        fake: the result, [1, C, h, w], -1..1, of any size.
        longest: longest side that the photo is reduced to, pixels; the result is reduced by the same factor. Small, as
            the places of large parts count, and those of fine textures do not.
        patch: side of the patches, pixels.

    Returns:
        The distance relative to the longest side of the photo, 0 or more; lower keeps more of the structure.
    """
    factor = min(1.0, longest / max(real.shape[2:]))
    (known, rows, columns), (made, made_rows, made_columns) = (_patches(x, factor, patch) for x in (real, fake))
    here, there = _places(made_rows, made_columns, rows, columns), _places(rows, columns, rows, columns)
    moved = torch.cdist(there, here) / (factor * max(real.shape[2:]))
    nearest = (_distances(known, made) + _NEAR * moved.square()).argmin(0)
    weights = _distances(known, known).mean(1)[nearest] + 1e-6
    return float((weights * moved.gather(0, nearest[None])[0]).sum() / weights.sum())


def _patches(picture: Tensor, factor: float, side: int) -> tuple[Tensor, int, int]:
    """All patches [n, values] of the reduced picture, and the number of their rows and columns."""
    height, width = (max(side, round(length * factor)) for length in picture.shape[2:])
    small = resize(picture[:, :3].float(), (height, width))
    return F.unfold(small, side)[0].T.contiguous(), height - side + 1, width - side + 1


def _distances(first: Tensor, second: Tensor) -> Tensor:
    """Mean squared differences of all pairs, [n, m]."""
    squares = first.square().sum(1)[:, None] + second.square().sum(1)[None]
    return (squares - 2 * first @ second.T).clamp_min(0) / first.shape[1]


def _places(rows: int, columns: int, real_rows: int, real_columns: int) -> Tensor:
    """Row and column [n, 2] of patches in a grid, in units of a photo of ``real_rows`` and ``real_columns``."""
    down = torch.arange(rows) * ((real_rows - 1) / max(1, rows - 1))
    across = torch.arange(columns) * ((real_columns - 1) / max(1, columns - 1))
    return torch.cartesian_prod(down, across)
