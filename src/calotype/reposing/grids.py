"""Grids of pictures: identities down the side, poses along the top."""

from __future__ import annotations

import torch
from torch import Tensor

_BLANK = 1.0  # the corner: white


def grid_of(identities: Tensor, poses: Tensor, drawn: Tensor) -> Tensor:
    """Identities as the first column, poses as the first row, and what was drawn of each pair.

    Args:
        identities: [n, 3, H, W], -1..1.
        poses: [m, 3, H, W].
        drawn: [n m, 3, H, W], all poses of the first identity first.

    Returns:
        [1, 3, (n + 1) H, (m + 1) W].
    """
    top = torch.cat([torch.full_like(poses[:1], _BLANK), poses])
    rows = [torch.cat(list(top), 2)]
    for identity, made in zip(identities, torch.split(drawn, len(poses))):
        rows.append(torch.cat([identity, *made], 2))
    return torch.cat(rows, 1)[None]
