"""Separation of a mask into holes, each with the window that it is filled from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.completion.config import Config


@dataclass(frozen=True)
class Hole:
    """One hole, or several that are close to each other.

    Attributes:
        window: slices of the image [1, C, H, W] that it is filled from.
        own: bool [h, w], the pixels of that window that belong to this hole.
    """

    window: tuple[slice, ...]
    own: Tensor


def holes(hole: Tensor, cfg: Config) -> list[Hole]:
    """The holes of a mask, bool [H, W], from top to bottom."""
    block = max(1, cfg.together)
    height, width = hole.shape
    padded = F.pad(hole.float()[None, None], (0, -width % block, 0, -height % block))
    blocks = F.max_pool2d(padded, block)[0, 0] > 0
    result = []
    labels = components(blocks)
    for label in range(1, int(labels.max()) + 1):
        where = (labels == label).repeat_interleave(block, 0).repeat_interleave(block, 1)[:height, :width] & hole
        rows, columns = where.any(1).nonzero()[:, 0], where.any(0).nonzero()[:, 0]
        box = (int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)
        window = (slice(None), slice(None), *surroundings(box, (height, width), cfg))
        result.append(Hole(window, where[window[2:]]))
    return result


def surroundings(box: tuple[int, int, int, int], size: tuple[int, int], cfg: Config) -> tuple[slice, slice]:
    """Rows and columns of the window of a hole with this bounding box (top, bottom, left, right)."""
    if cfg.reach <= 0:
        return slice(0, size[0]), slice(0, size[1])
    top, bottom, left, right = box
    margin = max(cfg.reach_px, round(cfg.reach * max(bottom - top, right - left)))
    return (
        slice(max(0, top - margin), min(size[0], bottom + margin)),
        slice(max(0, left - margin), min(size[1], right + margin)),
    )


def components(mask: Tensor) -> Tensor:
    """Connected components (8-connectivity) of a small mask, bool [h, w]: int64 [h, w], 1, 2, ... and 0 outside."""
    cells = {(int(y), int(x)) for y, x in mask.nonzero()}
    labels, count = torch.zeros(mask.shape, dtype=torch.int64), 0
    for cell in sorted(cells):
        if cell not in cells:
            continue
        count += 1
        front = [cell]
        cells.remove(cell)
        while front:
            y, x = front.pop()
            labels[y, x] = count
            near = [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
            front += [other for other in near if other in cells]
            cells.difference_update(near)
    return labels.to(mask.device)
