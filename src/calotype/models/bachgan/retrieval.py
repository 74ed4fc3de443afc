"""Retrieval of label maps whose objects lie like given boxes."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.models.bachgan.boxes import Boxes, filled
from calotype.models.bachgan.config import Config

NONE = 255  # in a memory: a pixel without a class


def plain(index: Tensor) -> Tensor:
    """A label map, int64, -1 for no class, as memories hold it: uint8."""
    return torch.where(index < 0, NONE, index).to(torch.uint8)


def areas_of(memory: Tensor, cfg: Config) -> Tensor:
    """How many pixels each map uint8 [M, H, W] has of each class: int64 [M, classes]."""
    flat = memory.flatten(1)
    return torch.stack([(flat == kind).sum(1) for kind in range(cfg.classes)], 1)


def scores(boxes: Boxes, memory: Tensor, areas: Tensor, cfg: Config) -> Tensor:
    """How alike boxes are to the objects of maps, 0..1: [M]; 0 without boxes.

    Li, Cheng, Gan, Yu, Wang, Liu, "BachGAN: High-Resolution Image Synthesis from Salient Object Layout", CVPR 2020: the
    sum over the classes of the boxes of the intersections of filled boxes and pixels of the class, by that of the
    unions. Only pixels within boxes are compared: the rest of a union follows from the areas.

    Args:
        boxes: of the query.
        memory: uint8 [M, H, W].
        areas: of ``areas_of``.
        cfg: ``score`` is used.
    """
    common, union = _overlaps(boxes, memory, areas)
    if not common.shape[1]:
        return torch.zeros(len(memory))
    if cfg.score == "mean":
        return (common / union).mean(1)
    return common.sum(1) / union.sum(1)


def _overlaps(boxes: Boxes, memory: Tensor, areas: Tensor) -> tuple[Tensor, Tensor]:
    """Intersections and unions of each map and class of the query, float32 [M, classes of the query]."""
    flat, inside = memory.flatten(1), filled(boxes, (memory.shape[1], memory.shape[2]))
    common, union = [], []
    for kind in sorted(set(boxes[1].tolist())):
        pixels = inside[boxes[1] == kind].any(0).flatten().nonzero()[:, 0]
        both = (flat[:, pixels] == kind).sum(1)
        common.append(both)
        union.append(len(pixels) + areas[:, kind] - both)
    if not common:
        return torch.zeros(len(memory), 0), torch.zeros(len(memory), 0)
    return torch.stack(common, 1).float(), torch.stack(union, 1).float()


def ranked(found: Tensor, count: int, left_out: Tensor | None = None) -> Tensor:
    """The numbers of the maps with the best scores, equal ones by their order: int64, at most ``count``.

    Args:
        found: scores [M].
        count: how many.
        left_out: bool [M], maps that are not to be taken.
    """
    order = found.argsort(descending=True, stable=True)
    return (order if left_out is None else order[~left_out[order]])[:count]


def equal_to(memory: Tensor, index: Tensor, areas: Tensor) -> Tensor:
    """Which maps are a given one [H, W] or its mirror image: bool [M]; ``areas`` as for ``scores``."""
    own = plain(index)
    alike = (areas == areas_of_one(own, areas.shape[1])).all(1).nonzero()[:, 0]  # only these need a look
    result = torch.zeros(len(memory), dtype=torch.bool, device=memory.device)
    result[alike] = torch.stack([(memory[alike] == each).flatten(1).all(1) for each in (own, own.flip(1))]).any(0)
    return result


def areas_of_one(index: Tensor, classes: int) -> Tensor:
    """How many pixels a map uint8 [H, W] has of each class: int64 [classes]."""
    return torch.bincount(index.flatten().long(), minlength=NONE + 1)[:classes]
