"""Square patches of image tensors: extraction, and their principal components.

The position of a patch is that of its top-left corner. An image of ``h x w`` has ``(h - p + 1) x (w - p + 1)`` patches
of side ``p``; along a periodic axis (a tileable image) it has one per pixel.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def wrap(x: Tensor, patch: int, tile: tuple[bool, bool]) -> Tensor:
    """Append the first ``patch - 1`` rows and/or columns of ``x`` [B, C, H, W] at its end, on the axes of ``tile``."""
    if tile[0]:
        x = torch.cat([x, x[:, :, : patch - 1]], dim=2)
    if tile[1]:
        x = torch.cat([x, x[:, :, :, : patch - 1]], dim=3)
    return x


def unfold(x: Tensor, patch: int) -> Tensor:
    """All patches of ``x`` [1, C, H, W] as rows [(H - p + 1) (W - p + 1), C p p], in row-major order."""
    return F.unfold(x, patch)[0].T


def principal_filters(x: Tensor, patch: int, count: int, sample: int = 1_500) -> Tensor:
    """The ``count`` leading principal components of the patches of ``x`` [B, C, H, W], as filters [count, C, p, p].

    The filters are orthonormal, so the squared distance between the responses of two patches is their own squared
    distance, less the part outside the components. At most about ``sample`` patches, evenly spaced, are used.
    """
    channels = x.shape[1]
    count = min(count, channels * patch * patch)
    step = max(1, int(((x.shape[2] - patch + 1) * (x.shape[3] - patch + 1) / sample) ** 0.5))
    windows = x.unfold(2, patch, step).unfold(3, patch, step)  # [B, C, rows, columns, p, p]
    rows = windows.permute(0, 2, 3, 1, 4, 5).reshape(-1, channels * patch * patch).double()
    rows = rows - rows.mean(0)
    vectors: Tensor = torch.linalg.eigh(rows.T @ rows)[1]  # columns, least variance first
    return vectors.flip(1)[:, :count].T.reshape(count, channels, patch, patch).to(x.dtype)
