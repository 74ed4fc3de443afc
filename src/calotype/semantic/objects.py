"""Objects in boxes: the largest ones of a picture, crops of them, and masks put into their boxes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor


def largest(boxes: Tensor, classes: Tensor, most: int, least: float) -> list[Tensor]:
    """The numbers of the largest objects of every picture, ascending: int64 [n] for each.

    Args:
        boxes: float32 [B, n, 4], left, top, right, bottom, 0..1.
        classes: int64 [B, n], -1 for none.
        most: how many of a picture are taken.
        least: objects whose box has a smaller share of the picture are left out.
    """
    areas = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    areas = torch.where((classes >= 0) & (areas >= least), areas, -1.0)
    found = [row.topk(min(most, len(row))) for row in areas]
    return [row.indices[row.values > 0].sort().values for row in found]


def mirrored(batch: Mapping[str, Tensor], flipped: Tensor) -> dict[str, Tensor]:
    """A batch with some pictures mirrored left to right, and their objects with them.

    Args:
        batch: ``image`` [B, 3, H, W], ``boxes`` float32 [B, n, 4]; perhaps ``instances`` int64 [B, H, W].
        flipped: bool [B].
    """
    result = dict(batch)
    result["image"] = torch.where(flipped[:, None, None, None], batch["image"].flip(3), batch["image"])
    other = batch["boxes"][..., [2, 1, 0, 3]].clone()
    other[..., [0, 2]] = 1 - other[..., [0, 2]]
    result["boxes"] = torch.where(flipped[:, None, None], other, batch["boxes"])
    if "instances" in batch:
        result["instances"] = torch.where(flipped[:, None, None], batch["instances"].flip(2), batch["instances"])
    return result


def crops(pictures: Tensor, boxes: Tensor, side: int) -> Tensor:
    """Boxes [N, 4] cut out of pictures [N, C, H, W] and resized to squares, bilinear: [N, C, side, side]."""
    low, high = 2 * boxes[:, :2] - 1, 2 * boxes[:, 2:] - 1
    theta = boxes.new_zeros(len(boxes), 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = ((high - low) / 2).unbind(1)
    theta[:, :, 2] = (low + high) / 2
    grid = F.affine_grid(theta, [len(boxes), 1, side, side], align_corners=False)
    return F.grid_sample(pictures, grid.to(pictures.dtype), padding_mode="border", align_corners=False)


def placed(masks: Tensor, boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Masks [N, 1, m, m] put into their boxes in pictures of ``size``, zero outside: [N, 1, H, W]."""
    least = boxes.new_tensor([1 / size[1], 1 / size[0]])
    sides = torch.maximum(boxes[:, 2:] - boxes[:, :2], least)
    middle = (boxes[:, 2:] + boxes[:, :2]) / 2
    theta = boxes.new_zeros(len(boxes), 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = (1 / sides).unbind(1)
    theta[:, :, 2] = (1 - 2 * middle) / sides
    grid = F.affine_grid(theta, [len(boxes), 1, *size], align_corners=False)
    inside = ((grid.abs() <= 1).all(-1))[:, None]
    return F.grid_sample(masks, grid, padding_mode="border", align_corners=False) * inside
