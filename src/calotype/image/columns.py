"""Pictures whose columns are moved: one direction after the other, and the columns of a small copy enlarged."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def in_both_directions(picture: Tensor, size: tuple[int, int], change: Callable[[Tensor, int], Tensor]) -> Tensor:
    """Change the width of a picture [1, C, h, w], then its height the same way: [1, C, height, width].

    ``change`` is called with a picture and its new width, only where it differs.
    """
    if size[1] != picture.shape[3]:
        picture = change(picture, size[1])
    if size[0] != picture.shape[2]:
        picture = change(picture.transpose(2, 3), size[0]).transpose(2, 3)
    return picture.contiguous()


def sampled(picture: Tensor, places: Tensor, width: int, mode: str) -> Tensor:
    """A picture [1, C, h, w] at columns that a small copy tells: [1, C, h, width].

    Args:
        picture: [1, C, h, w].
        places: [rows, columns], where the columns of the result are in the picture, 0 (left) .. 1; interpolated to the
            size of the result.
        width: of the result, pixels.
        mode: ``bilinear`` or ``bicubic``.
    """
    height = picture.shape[2]
    across = F.interpolate(places.float()[None, None], size=(height, width), mode="bilinear", align_corners=False)[0, 0]
    down = ((torch.arange(height) + 0.5) / height)[:, None].expand(height, width)
    grid = 2 * torch.stack([across, down], dim=-1)[None] - 1
    return F.grid_sample(picture, grid.to(picture), mode=mode, padding_mode="border", align_corners=False)
