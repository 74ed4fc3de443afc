"""Boxes as planes: what the networks see of them, and what is left of a retrieved map around them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.components import joined, neighbours
from calotype.models.bachgan.config import Config
from calotype.semantic.labels import label_channels

Boxes = tuple[Tensor, Tensor]  # float32 [n, 4], left, top, right, bottom, 0..1, and classes int64 [n]
_CACHED = 20_000


def boxes_of_map(index: Tensor, cfg: Config) -> Boxes:
    """The boxes of the connected regions of salient classes of a label map int64 [H, W]."""
    plain = index.cpu().to(torch.int16).contiguous().numpy()
    found = _regions(plain.tobytes(), plain.shape, cfg.salient, cfg.least)
    boxes = torch.tensor([box for box, _ in found], dtype=torch.float32).reshape(-1, 4)
    return boxes.to(index.device), torch.tensor([kind for _, kind in found], dtype=torch.int64).to(index.device)


@lru_cache(_CACHED)
def _regions(
    data: bytes, shape: tuple[int, int], salient: tuple[int, ...], least: float
) -> tuple[tuple[tuple[float, float, float, float], int], ...]:
    # A map is seen once an epoch, and its regions do not change.
    index = torch.from_numpy(np.frombuffer(data, np.int16).reshape(shape).copy())
    height, width = shape
    found = []
    for kind in sorted(set(np.unique(index).tolist()) & set(salient)):
        there = index == kind
        parts = joined(neighbours(there), int(there.sum()))
        rows, columns = there.nonzero(as_tuple=True)
        for part in np.unique(parts).tolist():
            own = parts == part
            top, left = int(rows[own].min()), int(columns[own].min())
            bottom, right = int(rows[own].max()) + 1, int(columns[own].max()) + 1
            if (bottom - top) * (right - left) >= least * height * width:
                found.append(((left / width, top / height, right / width, bottom / height), kind))
    return tuple(found)


def filled(boxes: Boxes, size: tuple[int, int]) -> Tensor:
    """Which pixels are in each box: bool [n, H, W]; every box has at least one."""
    height, width = size
    edges = boxes[0] * boxes[0].new_tensor([width, height, width, height])
    low, high = edges[:, :2].round(), edges[:, 2:].round()
    low = torch.minimum(low, low.new_tensor([width - 1, height - 1]))
    high = torch.maximum(high, low + 1)
    x, y = torch.arange(width, device=low.device), torch.arange(height, device=low.device)
    across = (x >= low[:, :1]) & (x < high[:, :1])
    down = (y >= low[:, 1:]) & (y < high[:, 1:])
    return down[:, :, None] & across[:, None, :]


def box_planes(boxes: Boxes, size: tuple[int, int], cfg: Config) -> Tensor:
    """The layout L: a plane a class, 1 in its boxes, which may overlap, and a last one where there is none.

    Returns:
        [classes + 1, H, W], 0 or 1.
    """
    inside = filled(boxes, size)
    planes = torch.zeros(label_channels(cfg), *size, device=inside.device)
    for mask, kind in zip(inside, boxes[1].tolist()):
        planes[kind] = torch.maximum(planes[kind], mask.float())
    planes[-1] = 1 - inside.any(0).float() if len(inside) else 1.0
    return planes


def backgrounds(maps: Tensor, layout: Tensor, cfg: Config) -> Tensor:
    """Retrieved maps without their salient objects, with the boxes of the layout in their place.

    Args:
        maps: uint8 [m, H, W], 255 for no class.
        layout: [classes + 1, H, W], of ``box_planes``.
        cfg: ``classes`` and ``salient`` are used.

    Returns:
        [m, classes + 1, H, W], 0 or 1.
    """
    channels = label_channels(cfg)
    numbers = torch.where(maps == 255, channels - 1, maps.long())
    planes = F.one_hot(numbers, channels).permute(0, 3, 1, 2).float()
    salient = list(cfg.salient)
    planes[:, salient] = 0
    planes = planes * layout[-1]
    planes[:, salient] = layout[salient]
    return planes
