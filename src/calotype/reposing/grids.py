"""Grids of pictures: identities down the side, poses along the top."""

from __future__ import annotations

import torch
from torch import Tensor

_BLANK = 1.0  # the corner: white


def grid_of(identities: Tensor, poses: Tensor | None, drawn: Tensor) -> Tensor:
    """Identities as the first column, poses as the first row, and what was drawn of each pair.

    Args:
        identities: [n, 3, H, W], -1..1.
        poses: [m, 3, H, W]; ``None``: there is no such row.
        drawn: [n m, 3, H, W], all poses of the first identity first.

    Returns:
        [1, 3, (n + 1) H, (m + 1) W], without poses [1, 3, n H, (m + 1) W].
    """
    rows = []
    if poses is not None:
        top = torch.cat([torch.full_like(poses[:1], _BLANK), poses]).to(drawn.device)
        rows.append(torch.cat(list(top), 2))
    for identity, made in zip(identities.to(drawn.device), torch.split(drawn, len(drawn) // len(identities))):
        rows.append(torch.cat([identity, *made], 2))
    return torch.cat(rows, 1)[None]


def chosen(count: int, most: int) -> list[int]:
    """Numbers from 0 to ``count - 1``, at most so many, in equal steps and with both ends."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]
